"""Time-based playback: what is shown depends on the clock alone."""

from types import SimpleNamespace

from rnn_tui.tui.session.playback import Clock, Player, behind, timestep_of


def test_a_backward_cell_reads_from_the_end():
    assert [timestep_of(step, 4, True) for step in range(4)] == [3, 2, 1, 0]
    assert [timestep_of(step, 4, False) for step in range(4)] == [0, 1, 2, 3]


def test_the_step_follows_the_clock_and_stays_at_the_end():
    clock = Clock(10, speed=4.0)
    clock.seek(2, 100.0)
    assert [clock.step(100 + s) for s in (0, 0.24, 0.25, 1.0, 9.0)] == [
        2,
        2,
        3,
        6,
        9,
    ]
    assert not clock.ended(100)
    assert clock.ended(109)


def test_a_loop_starts_over():
    clock = Clock(4, speed=1.0, loop=True)
    clock.seek(0, 0.0)
    assert [clock.step(s) for s in range(6)] == [0, 1, 2, 3, 0, 1]
    assert not clock.ended(50)


def test_another_speed_goes_on_from_where_time_stands():
    clock = Clock(100, speed=10.0)
    clock.seek(0, 0.0)
    clock.change_speed(1.0, 2.0)
    assert [clock.step(s) for s in (2.0, 3.0, 5.5)] == [20, 21, 23]


class Owner:
    """A widget that keeps timers until a test lets them ring."""

    def __init__(self, behind=False):
        self.app = SimpleNamespace(
            _driver=SimpleNamespace(behind=lambda: self.behind)
        )
        self.behind = behind
        self.timers = []

    def set_timer(self, delay, callback, name):
        timer = SimpleNamespace(delay=delay, callback=callback, running=True)
        timer.stop = lambda: setattr(timer, "running", False)
        self.timers.append(timer)
        return timer

    def ring(self):
        self.timers[-1].callback()


class Watch:
    now = 0.0

    def __call__(self):
        return self.now


def player(behind=False, **options):
    owner, shown, ended, watch = Owner(behind), [], [], Watch()
    return (
        Player(
            owner,
            shown.append,
            lambda: ended.append(True),
            now=watch,
            **options,
        ),
        owner,
        shown,
        ended,
        watch,
    )


def test_frames_that_come_late_skip_steps_instead_of_lagging():
    playing, owner, shown, _, watch = player()
    playing.play(0, 100, 10.0)
    for watch.now in (0.1, 0.5, 0.6):
        owner.ring()
    assert shown == [0, 1, 5, 6]


def test_a_frame_is_skipped_while_the_terminal_is_behind():
    playing, owner, shown, _, watch = player(behind=True)
    playing.play(0, 100, 10.0)
    watch.now = 0.1
    owner.ring()
    owner.behind = False
    watch.now = 0.4
    owner.ring()
    assert shown == [0, 4]


def test_the_last_step_is_shown_even_then_and_ends_the_playing():
    playing, owner, shown, ended, watch = player(behind=True)
    playing.play(0, 3, 10.0)
    watch.now = 5.0
    owner.ring()
    assert (shown, ended, playing.playing) == ([0, 2], [True], False)


def test_a_paused_player_has_no_timer():
    playing, owner, _, _, _ = player()
    playing.play(0, 100, 10.0)
    playing.pause()
    assert [timer.running for timer in owner.timers] == [False]
    assert not playing.playing


def test_a_timer_that_rang_before_the_pause_moves_nothing_after_it():
    playing, owner, shown, _, watch = player()
    playing.play(0, 100, 10.0)
    playing.pause()
    watch.now = 1.0
    owner.ring()
    assert (shown, len(owner.timers), playing.playing) == ([0], 1, False)


def test_playing_from_the_end_starts_at_the_beginning():
    playing, _, shown, _, _ = player()
    playing.play(9, 10, 10.0)
    assert shown == [0]


def test_the_user_may_move_while_time_runs():
    playing, owner, shown, _, watch = player()
    playing.play(0, 100, 10.0)
    playing.seek(50)
    watch.now = 0.2
    owner.ring()
    assert shown == [0, 52]


def test_timers_ring_once_a_timestep_and_never_more_often_than_asked():
    playing, owner, _, _, _ = player(fps=20)
    playing.play(0, 100, 4.0)
    playing.play(0, 100, 60.0)
    assert [round(timer.delay, 3) for timer in owner.timers] == [0.25, 0.05]


def test_an_unknown_driver_is_never_behind():
    assert not behind(SimpleNamespace())
