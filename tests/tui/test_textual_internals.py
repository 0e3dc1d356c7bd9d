"""What of Textual's inside is relied on is there, does what is expected of it,
and is touched in one folder only.
"""

import ast
import asyncio
import importlib
import inspect
import io
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from queue import Queue

import pytest
from rich.console import Console
from textual.app import App
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.events import Blur, Key, Resize
from textual.geometry import Size
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

import rnn_tui.tui
from rnn_tui.tui.terminal.cell_diff import SYNC_END, SYNC_START, read_frame
from rnn_tui.tui.terminal.direct_paint import Straight
from rnn_tui.tui.terminal.driver import POINTER, frugal, terminal_size
from rnn_tui.tui.terminal.pausable_screen import PausableScreen
from rnn_tui.tui.terminal.textual_internals import (
    INTERNALS,
    driver_of,
    fail,
    failure_of,
    forget_lines,
    leave_out_popups,
    lines_of,
)

linux_driver = pytest.importorskip("textual.drivers.linux_driver")

TERMINAL = "rnn_tui.tui.terminal."
ROOT = Path(rnn_tui.tui.__file__).parent


class Notes:
    """A driver that keeps what is written."""

    is_headless = is_inline = is_web = False
    can_suspend = False
    cursor_position = None

    def __init__(self, driver):
        self.driver = driver
        self.written = []

    def __getattr__(self, name):
        return getattr(self.driver, name)

    def write(self, data):
        self.written.append(data)


class Lines(Straight):
    DEFAULT_CSS = "Lines { height: 2; }"
    asked = 0

    def render(self):
        return "one\ntwo"

    def render_lines(self, crop):
        self.asked += 1
        return super().render_lines(crop)


class Host(App):
    def compose(self):
        yield Lines()
        yield Static("[b]bold[/b] [red]red[/red] plain", id="text")


def run(scenario, app=None):
    """Run `scenario(app, pilot)` on an app that draws on a terminal of many
    colours.
    """
    app = app or Host()

    async def inside():
        app.console = Console(
            file=io.StringIO(), color_system="truecolor", force_terminal=True
        )
        async with app.run_test(size=(40, 10)) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(inside())


def check_driver():
    async def scenario(app, pilot):
        assert isinstance(driver_of(app), Driver)

    assert driver_of(Host()) is None
    run(scenario)


def check_exception():
    async def scenario(app, pilot):
        assert failure_of(app) is None
        app._handle_exception(error)
        assert failure_of(app) is error

    error = ValueError("wrong")
    with pytest.raises(ValueError, match="wrong"):
        run(scenario)


def check_handle_exception():
    async def scenario(app, pilot):
        fail(app, ValueError("outside"))
        await pilot.pause()

    app = Host()
    with pytest.raises(ValueError, match="outside"):
        run(scenario, app)
    assert app.return_code == 1


def check_marks():
    async def scenario(app, pilot):
        app._driver = notes = Notes(app._driver)
        app._sync_available = True
        app._begin_update()
        app._end_update()
        assert notes.written == [SYNC_START, SYNC_END]
        app._driver = notes.driver

    run(scenario)


def check_pointer():
    async def scenario(app, pilot):
        app._driver = notes = Notes(app._driver)
        app._set_pointer_shape("text")
        assert all(data.startswith(POINTER) for data in notes.written)
        assert notes.written
        app._driver = notes.driver

    run(scenario)


class Pausing(PausableScreen):
    paused = False

    def compose(self):
        yield Lines()


class PausingApp(App):
    def get_default_screen(self):
        return Pausing()


def check_compositor_refresh():
    async def scenario(app, pilot):
        lines = app.screen.query_one(Lines)
        before = lines.asked
        app.screen.paused = True
        app.screen.refresh()
        for _ in range(50):  # a pilot would wait until everything is drawn
            await asyncio.sleep(0.001)
        assert lines.asked == before
        app.screen.paused = False
        app.screen.refresh()
        await pilot.pause()
        assert lines.asked > before

    run(scenario, PausingApp())


def check_timer_update():
    async def scenario(app, pilot):
        lines = app.screen.query_one(Lines)
        before = lines.asked
        app.screen.refresh()
        app.screen.draw_now()  # without a turn of the event loop
        assert lines.asked > before

    run(scenario, PausingApp())


def check_styles_cache():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        rendered = []
        lines.render_line = lambda y: rendered.append(y) or Strip.blank(40)
        lines.refresh()
        await pilot.pause()
        rendered.clear()

        lines.render_lines(lines.size.region)
        assert rendered == []
        forget_lines(lines)
        lines.render_lines(lines.size.region)
        assert rendered == [0, 1]

    run(scenario)


def check_find_widget():
    async def scenario(app, pilot):
        text = app.query_one("#text")
        first = app.screen.find_widget(text)
        assert app.screen.find_widget(text) is first
        text.update("other")
        await pilot.pause()
        app.query_one(Lines).styles.padding = 1
        await pilot.pause()
        second = app.screen.find_widget(text)
        assert second is not first
        text.styles.padding = 1
        await pilot.pause()
        assert app.screen.find_widget(text) is not second

    run(scenario)


def check_render_lines():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        before = lines.asked
        app.screen.refresh()
        await pilot.pause()
        assert lines.asked > before

    run(scenario)


def check_render_update():
    async def scenario(app, pilot):
        compositor = app.screen._compositor
        for full in (True, False):
            text = app.query_one("#text")
            text.refresh()
            compositor.update_widgets({text})
            update = compositor.render_update(full=full)
            frame = read_frame(update.render_segments(app.console))
            assert (frame.rest, frame.style_is_open) == ("", False)
            assert "bold" in "".join(text for _, _, text, _ in frame.runs)

    run(scenario)


def check_strips():
    async def scenario(app, pilot):
        lines = lines_of(app.screen)
        texts = ["".join(segment.text for segment in line) for line in lines]
        assert len(texts) == 10
        assert all(len(text) == 40 for text in texts)
        assert texts[2].startswith("bold red plain")
        app.query_one("#text").update("other")
        await pilot.pause()
        line = lines_of(app.screen)[2]
        assert "".join(part.text for part in line).startswith("other")

    run(scenario)


def check_parser():
    from textual._xterm_parser import XTermParser

    parser = XTermParser(False)
    events = [*parser.feed("a\x1b[A"), *parser.tick()]
    assert [event.key for event in events if isinstance(event, Key)] == [
        "a",
        "up",
    ]


def with_frugal_driver(check):
    async def inside():
        driver = frugal(linux_driver.LinuxDriver)(
            Host(), debug=False, mouse=True
        )
        check(driver)

    asyncio.run(inside())


def check_drivers_app():
    def check(driver):
        assert isinstance(driver._app, Host)

    with_frugal_driver(check)


def check_drivers_loop():
    def check(driver):
        assert driver._loop is asyncio.get_running_loop()

    with_frugal_driver(check)


def check_drivers_debug():
    def check(driver):
        assert driver._debug is False

    with_frugal_driver(check)


def names_in_the_start():
    """The names that Textual's driver uses when it takes over the terminal."""
    start = linux_driver.LinuxDriver.start_application_mode.__code__
    inside = [inner for inner in start.co_consts if hasattr(inner, "co_names")]
    return {name for code in (start, *inside) for name in code.co_names}


def check_file():
    def check(driver):
        assert driver._file is driver._line

    with_frugal_driver(check)
    assert {"WriterThread", "_file"} <= names_in_the_start()


def check_writer_thread():
    def check(driver):
        assert driver._writer_thread is None
        assert not driver.behind()
        driver._writer_thread = WriterThread(io.StringIO())
        for _ in range(3):
            driver._writer_thread.write("frame")
        assert driver.behind()

    with_frugal_driver(check)


def check_queue():
    assert isinstance(WriterThread(io.StringIO())._queue, Queue)


def check_key_thread():
    def check(driver):
        assert driver._key_thread is None

    with_frugal_driver(check)
    assert {"_key_thread", "Thread"} <= names_in_the_start()


def check_terminal_size():
    def check(driver):
        assert driver._get_terminal_size() == (terminal_size() or (80, 24))

    with_frugal_driver(check)
    assert "_get_terminal_size" in names_in_the_start()


def check_input_thread():
    run_in_thread = linux_driver.LinuxDriver._run_input_thread
    assert "run_input_thread" in run_in_thread.__code__.co_names


def check_waiting_messages():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        await pilot.pause()
        assert lines._message_queue.qsize() == 0
        lines.post_message(Blur())
        lines.post_message(Blur())
        assert lines._message_queue.qsize() == 2

    run(scenario)


def check_next_callbacks():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        await pilot.pause()
        assert not lines._next_callbacks
        lines.call_next(lambda: None)
        assert lines._next_callbacks

    run(scenario)


def check_no_popups():
    class WithPopups(Host):
        def __init__(self):
            super().__init__()
            leave_out_popups(self)

    async def widgets(kind):
        app = kind()
        async with app.run_test(notifications=True, tooltips=True) as pilot:
            # `run_test` sets them, too: a screen made since follows the app
            if kind is WithPopups:
                leave_out_popups(app)

            screen = Screen()
            await app.push_screen(screen)
            await pilot.pause()
            return {type(widget).__name__ for widget in screen.children}

    assert asyncio.run(widgets(Host)) == {"ToastRack", "Tooltip"}
    assert asyncio.run(widgets(WithPopups)) == set()


def check_mounted():
    async def scenario(app, pilot):
        assert app.screen._is_mounted
        assert not Screen()._is_mounted

    run(scenario)


def check_closed():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        assert not lines._closing
        assert not lines._closed
        await lines.remove()
        assert lines._closing
        assert lines._closed

    run(scenario)


CHECKS = {
    "MessagePump._message_queue": check_waiting_messages,
    "MessagePump._next_callbacks": check_next_callbacks,
    "MessagePump._is_mounted": check_mounted,
    "MessagePump._closing": check_closed,
    "MessagePump._closed": check_closed,
    "App._driver": check_driver,
    "App._exception": check_exception,
    "App._disable_notifications": check_no_popups,
    "App._disable_tooltips": check_no_popups,
    "App._handle_exception": check_handle_exception,
    "App._begin_update": check_marks,
    "App._end_update": check_marks,
    "App._set_pointer_shape": check_pointer,
    "Screen._compositor_refresh": check_compositor_refresh,
    "Screen._on_timer_update": check_timer_update,
    "Screen.find_widget": check_find_widget,
    "Widget._styles_cache": check_styles_cache,
    "Widget.render_lines": check_render_lines,
    "Compositor.render_update": check_render_update,
    "Screen._compositor": check_strips,
    "Compositor.render_strips": check_strips,
    "XTermParser.feed": check_parser,
    "Driver._app": check_drivers_app,
    "Driver._loop": check_drivers_loop,
    "Driver._debug": check_drivers_debug,
    "LinuxDriver._file": check_file,
    "LinuxDriver._writer_thread": check_writer_thread,
    "WriterThread._queue": check_queue,
    "LinuxDriver._key_thread": check_key_thread,
    "LinuxDriver._get_terminal_size": check_terminal_size,
    "LinuxDriver.run_input_thread": check_input_thread,
}


@pytest.mark.parametrize(
    "name", [f"{row.owner.rpartition('.')[2]}.{row.name}" for row in INTERNALS]
)
def test_textual_does_what_is_relied_on(name):
    CHECKS[name]()


def test_a_repaint_of_a_widget_painted_straight_asks_for_no_other():
    async def scenario(app, pilot):
        lines = app.query_one(Lines)
        asked = lines.asked
        lines.painted_straight()
        lines.refresh()
        await pilot.pause()
        assert lines.asked == asked + 1

    run(scenario)


def private_names(tree: ast.AST) -> Iterator[str]:
    """The private names that code speaks of: attributes, methods, and names as
    text.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        else:
            continue
        if (
            name.startswith("_")
            and not name.startswith("__")
            and name.isidentifier()
        ):
            yield name


@cache
def names_of(owner: type) -> frozenset[str]:
    """The private names a class speaks of on its own attributes."""
    source = ast.parse(inspect.cleandoc("\n" + inspect.getsource(owner)))
    return frozenset(private_names(source))


def modules() -> Iterator[object]:
    """The explorer's modules."""
    for found in pkgutil.walk_packages([str(ROOT)], "rnn_tui.tui."):
        yield importlib.import_module(found.name)


def classes() -> Iterator[type]:
    """Our classes that are Textual's, too."""
    for module in modules():
        for owner in vars(module).values():
            if (
                isinstance(owner, type)
                and owner.__module__ == module.__name__
                and issubclass(owner, MessagePump | Driver)
            ):
                yield owner


def test_our_classes_use_no_private_name_of_their_textual_bases():
    """Neither on purpose, nor by giving an attribute of their own the same
    name.
    """
    listed = {row.name for row in INTERNALS}
    for owner in classes():
        theirs = {
            name
            for base in owner.__mro__
            if base.__module__.startswith("textual.")
            for name in defined_by(base)
        }
        used = names_of(owner) & theirs
        if owner.__module__.startswith(TERMINAL):
            used -= listed
        assert not used, (
            f"{owner.__name__} uses {', '.join(sorted(used))} of Textual's"
        )


@cache
def defined_by(base: type) -> frozenset[str]:
    """The private names a class defines: its methods, and what it sets on
    itself.
    """
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(base)))
    names = {name for name in vars(base) if name.startswith("_")}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and node.attr.startswith("_")
        ):
            names.add(node.attr)
    return frozenset(name for name in names if not name.startswith("__"))


def test_a_private_name_of_another_object_is_touched_between_textual_and_terminal_only():
    bases = [App, Static, WriterThread, Driver, linux_driver.LinuxDriver]
    theirs = {
        name
        for owner in bases
        for base in owner.__mro__
        if base.__module__.startswith("textual.")
        for name in defined_by(base)
    }
    listed = {row.name for row in INTERNALS}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                owner = (
                    node.value.id if isinstance(node.value, ast.Name) else ""
                )
                name = "" if owner in ("self", "os") else node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            else:
                continue
            if name in theirs:
                where = f"{path.name}, line {node.lineno}: {name}"
                assert path.parent.name == "terminal", where
                assert name in listed, where


class Paused(PausableScreen):
    """Counts how often it is laid out for an event."""

    laid_out = 0

    def _screen_resized(self, size):
        self.laid_out += 1
        super()._screen_resized(size)


class Sized(App):
    def get_default_screen(self):
        return Paused()


def test_two_sizes_under_way_do_not_take_turns_for_ever():
    """Each layout posts an event of its own size, which is laid out again."""

    async def scenario(app, pilot):
        await pilot.pause()
        before = app.screen.laid_out
        for size in (Size(70, 20), app.size, Size(90, 30), app.size):
            app.screen.post_message(Resize(size, size))
            # one that follows another at once would replace it
            app.screen.post_message(Blur())
        await pilot.pause(0.3)
        assert app.screen.laid_out - before < 5
        assert app.screen.size == app.size

    run(scenario, Sized())
