"""Keys that arrive together, as over SSH: every one counts, in the order it was
typed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from session import BRACKETS, SAMPLES, Session
from stacked import write_stack

RIGHT, DOWN, UP = "\x1b[C", "\x1b[B", "\x1b[A"
WHEEL_ON = "\x1b[<65;30;10M"
PASTED = "\x1b[200~{}\x1b[201~"
COPIED = re.compile(rb"\x1b\]52;c;([^\x07]*)\x07")
LONG = ("--input", "random:200:1")
LSTM_1 = str(SAMPLES / "lstm-1.h5")

Explore = Callable[..., Session]


@pytest.fixture
def explore() -> Iterator[Explore]:
    """Open the explorer on a terminal of 100 × 30 and wait until it rests."""
    opened: list[Session] = []

    def start(
        *arguments: str, size: tuple[int, int] = (30, 100), shows: str = "unit "
    ) -> Session:
        session = Session(*arguments, size=size, RNN_TUI_STATE="/dev/null")
        opened.append(session)
        session.shows(shows)
        session.rest()
        return session

    yield start
    for session in opened:
        session.__exit__()


def state_line(session: Session) -> str:
    """The line above the footer."""
    return session.picture()[-2]


def place(session: Session) -> tuple[int, int]:
    """The timestep and the unit that the state line names."""
    found = re.search(r" t +(\d+)/\d+ .*unit +(\d+)", state_line(session))
    assert found, state_line(session)
    return int(found[1]), int(found[2])


def last_timestep(session: Session) -> int:
    """The last timestep of the run that is shown."""
    found = re.search(r" t +\d+/(\d+)", state_line(session))
    assert found, state_line(session)
    return int(found[1])


def copied(session: Session) -> str:
    """What was handed to the terminal's clipboard last."""
    return base64.b64decode(COPIED.findall(session.output)[-1]).decode()


def tab(session: Session) -> str:
    """The view whose tab is underlined."""
    line = session.screen().buffer[0]
    letters = [
        line[x].data
        for x in range(session.screen().columns)
        if line[x].underscore
    ]
    return "".join(letters)


def burst(session: Session, keys: str) -> None:
    """Deliver keys in one packet and wait until they have had their effect."""
    session.press(keys)
    session.rest()


@pytest.mark.parametrize(
    ("view", "key"),
    [("3", RIGHT), ("4", RIGHT), ("5", RIGHT), ("3", "."), ("1", ".")],
)
@pytest.mark.parametrize("count", [10, 60])
def test_keys_of_one_packet_move_as_many_timesteps(
    explore: Explore, view: str, key: str, count: int
) -> None:
    session = explore(BRACKETS, *LONG)
    burst(session, view)
    burst(session, key * count)
    assert place(session) == (count, 0)


@pytest.mark.parametrize("count", [20, 60])
def test_a_key_that_is_held_down_moves_as_often_as_it_repeats(
    explore: Explore, count: int
) -> None:
    session = explore(BRACKETS, "--view", "states", *LONG)
    for _ in range(count):
        session.press(RIGHT)
        session.read(1 / 30)
    session.rest()
    assert place(session) == (count, 0)


@pytest.mark.parametrize("view", ["states", "step"])
def test_every_tick_of_the_wheel_moves(explore: Explore, view: str) -> None:
    session = explore(BRACKETS, "--view", view, *LONG)
    burst(session, WHEEL_ON * 30)
    assert place(session) == (30, 0)


def test_timesteps_and_units_of_one_packet_are_both_moved(
    explore: Explore,
) -> None:
    session = explore(BRACKETS, "--view", "states", *LONG)
    burst(session, (RIGHT + DOWN) * 7 + "." + UP)
    assert place(session) == (8, 6)


def test_the_table_of_layers_and_the_state_line_stand_on_the_same_layer(
    explore: Explore, tmp_path: Path
) -> None:
    path = write_stack(tmp_path / "m.h5", *(f"layer{k}" for k in range(5)))
    session = explore(path)
    for keys, layer in (
        (DOWN * 2, "layer2"),
        (DOWN * 100, "layer4"),
        (UP * 3, "layer1"),
    ):
        burst(session, keys)
        assert state_line(session).strip().startswith(layer)
        burst(session, "y")
        assert copied(session).startswith(f"{layer}\t")
        burst(session, "\x1b")


def test_a_sequence_typed_in_one_packet_is_the_one_that_runs(
    explore: Explore,
) -> None:
    session = explore(LSTM_1)
    burst(session, "s0.1 0.2 0.3 0.4 0.5 0.6 0.7\r3" + RIGHT * 5)
    assert last_timestep(session) == 6
    assert place(session) == (5, 0)
    assert tab(session) == "3 States"


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("g12\r", "t 12/"),
        ("/open\r", "Dense"),
        ("\x10loop\r", "playing goes round"),
    ],
)
def test_what_is_typed_behind_a_key_belongs_to_the_dialog_it_opens(
    explore: Explore, keys: str, shown: str
) -> None:
    session = explore(BRACKETS)
    burst(session, keys)
    assert shown in "\n".join(session.picture())


def test_keys_behind_a_dialog_belong_to_the_view_again(
    explore: Explore,
) -> None:
    session = explore(BRACKETS, "--view", "states")
    burst(session, "g9\r" + RIGHT * 3 + "g-1\r," + "g4\r.")
    assert place(session) == (5, 0)


def test_an_export_in_one_packet_writes_what_is_shown(
    explore: Explore, tmp_path: Path
) -> None:
    session = explore(BRACKETS)
    for digit in "12345":
        session.press(f"{digit}e\x01\x0b{tmp_path}/{digit}.csv\r")
        session.until(
            (tmp_path / f"{digit}.csv").exists, f"the table of view {digit}"
        )
        session.rest()
    first = [
        (tmp_path / f"{digit}.csv").read_text().split(",")[0]
        for digit in "12345"
    ]
    assert first == ["name", "layer", "layer", "gate", "layer"]


@pytest.mark.parametrize(
    ("digit", "begins"),
    [("1", "lstm\t"), ("3", "-0.0"), ("4", "input"), ("5", "[")],
)
def test_a_view_that_was_asked_for_just_now_is_copied(
    explore: Explore, digit: str, begins: str
) -> None:
    session = explore(
        BRACKETS, "--view", "weights" if digit == "1" else "layers"
    )
    burst(session, f"{digit}y")
    text = copied(session)
    assert text.strip()
    assert "copied" in state_line(session)


def test_a_view_that_was_asked_for_just_now_gets_the_keys(
    explore: Explore,
) -> None:
    session = explore(BRACKETS, *LONG)
    burst(
        session,
        "3" + RIGHT * 4 + "4" + DOWN * 3 + "5" + RIGHT + "1" + "3" + RIGHT,
    )
    assert place(session) == (6, 3)


@pytest.mark.parametrize(
    "view", ["layers", "weights", "states", "step", "output"]
)
def test_the_keyboard_comes_back_after_the_terminal_was_too_small(
    explore: Explore, view: str, tmp_path: Path
) -> None:
    path = write_stack(tmp_path / "m.h5", "lower", "upper")
    session = explore(path, "--view", view)
    session.resize(5, 20)
    session.shows("40 ×")
    session.resize(30, 100)
    session.shows("unit ")
    session.rest()
    keys = {"layers": DOWN, "weights": "]"}.get(view, RIGHT * 3)
    before = state_line(session)
    burst(session, keys)
    assert state_line(session) != before


def test_the_keyboard_comes_back_after_a_dialog_in_which_the_terminal_was_too_small(
    explore: Explore,
) -> None:
    session = explore(BRACKETS, "--view", "states")
    session.press_each("g")
    session.resize(5, 20)
    session.rest()
    session.resize(30, 100)
    session.rest()
    burst(session, "\x1b")
    session.shows("unit ")
    burst(session, RIGHT * 3)
    assert place(session) == (3, 0)


def test_the_keyboard_comes_back_after_a_refused_file(
    explore: Explore, tmp_path: Path
) -> None:
    (tmp_path / "bad.h5").write_text("no model")
    session = explore(
        str(tmp_path / "bad.h5"), "--view", "states", shows="try again"
    )
    session.press(f"o/{BRACKETS}\r")
    session.shows("unit ")
    session.rest()
    burst(session, RIGHT * 3)
    assert place(session) == (3, 0)


def test_the_keyboard_comes_back_after_any_dialog(explore: Explore) -> None:
    session = explore(BRACKETS, "--view", "states")
    for count, key in enumerate("?oes/\x10", 1):
        session.press_each(key, "\x1b")
        burst(session, RIGHT * 3)
        assert place(session) == (3 * count, 0)


def test_a_pasted_column_is_a_sequence_of_as_many_timesteps(
    explore: Explore,
) -> None:
    session = explore(LSTM_1)
    burst(session, "s" + PASTED.format("0.1\r0.2\r0.3\r") + "\r")
    burst(session, "\x1b")
    assert last_timestep(session) == 2


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        ("lstm-1.h5", "0.1\r0.2\r-3e-1\r"),
        ("lstm-1.h5", "4\r7\r8\r"),
        ("lstm-notebook.h5", "0.1 0.2\r0.3 0.4\r0.5 0.6\r"),
    ],
)
def test_a_column_pasted_as_keys_is_a_sequence_of_as_many_timesteps(
    explore: Explore, model: str, rows: str
) -> None:
    session = explore(str(SAMPLES / model))
    burst(session, "s" + rows)
    burst(session, "\x1b")
    assert last_timestep(session) == 2
    assert tab(session) == "1 Layers"


def type_in_packets(session: Session, text: str) -> None:
    """Deliver a long text as a line does, in packets of 2 KB."""
    for start in range(0, len(text), 2048):
        session.press(text[start : start + 2048])
        session.sip(0.001)


def test_keys_behind_a_hundred_thousand_pasted_values_are_answered(
    explore: Explore,
) -> None:
    session = explore(str(SAMPLES / "sine-gru.keras"))
    values = "\r".join(f"{k % 10}.5" for k in range(100_000))
    session.press_each("s")
    type_in_packets(
        session, PASTED.format(values) + " 7.5\r3" + RIGHT * 5 + DOWN
    )
    session.shows("/100000")
    session.rest()
    assert last_timestep(session) == 100_000
    assert place(session) == (5, 1)

    burst(session, "s")
    type_in_packets(session, PASTED.format(values) + "\x1b")
    session.rest()
    burst(session, RIGHT * 2)
    assert last_timestep(session) == 100_000
    assert place(session) == (7, 1)


def test_the_sequences_of_a_batch_are_gone_through(
    explore: Explore, tmp_path: Path
) -> None:
    np.save(
        tmp_path / "x.npy", np.random.default_rng(0).normal(size=(3, 12, 2))
    )
    path = write_stack(tmp_path / "m.h5", "lstm")
    session = explore(
        path, "--input", str(tmp_path / "x.npy"), "--view", "states"
    )
    assert "seq 0/2" in state_line(session)
    burst(session, "}}" + RIGHT)
    assert "seq 2/2" in state_line(session)
    assert place(session) == (1, 0)
    burst(session, "}}{")
    assert "1/2" in state_line(session)


@pytest.mark.parametrize(
    ("width", "digit"), [(60, "3"), (80, "4"), (100, "1"), (160, "5")]
)
def test_beside_a_long_name_the_place_and_its_values_are_seen(
    explore: Explore, tmp_path: Path, width: int, digit: str
) -> None:
    name = "begins" + "x" * 140 + "ends"
    path = write_stack(tmp_path / f"{name}.h5", name)
    session = explore(path, size=(30, width))
    burst(session, digit)
    line = state_line(session)
    assert re.search(
        r"beg.*….*ds .* t +\d+/\d+ .*unit \d+ .*h +.?\d\.\d+ .*c +.?\d\.\d+",
        line,
    )
    assert re.search(r"beg.*….*h5", session.picture()[0])
