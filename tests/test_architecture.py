"""The rooms and the arrows between them: who may import whom, and what a light
import must not load.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "rnn_tui"

BASE = {"errors", "text"}
CORE = BASE | {"engine"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "text": set(),
    "engine": BASE,
    "formats": CORE,
    "analysis": CORE,
    "sequences": CORE | {"formats"},
    "export": CORE | {"analysis"},
    "samples": BASE | {"export"},
    "pictures": BASE | {"export"},
    "notebook": CORE | {"formats", "analysis", "pictures"},
    "verify": CORE | {"formats", "sequences"},
    "tui": CORE
    | {
        "formats",
        "analysis",
        "sequences",
        "export",
        "samples",
        "pictures",
        "verify",
    },
    "cli": CORE
    | {
        "formats",
        "analysis",
        "sequences",
        "export",
        "samples",
        "pictures",
        "verify",
        "tui",
    },
    "api": CORE
    | {
        "formats",
        "analysis",
        "sequences",
        "export",
        "samples",
        "verify",
        "notebook",
    },
    "__main__": {"cli"},
    "__init__": CORE | {"formats", "api"},
}
"""Which rooms of the package each room may import, besides itself."""

FOLDERS: dict[str, list[set[str]]] = {
    "engine": [
        {"model"},
        {"describe", "gradients"},
        {"recurrent", "graph"},
        {"trace"},
        {"cells"},
        {"layers"},
        {"operations", "memory"},
        {"core"},
    ],
    "formats": [
        {"opened"},
        {"build", "client"},
        {"weights_only"},
        {"weights"},
        {"architecture"},
        {"data"},
        {"wire"},
    ],
    "tui": [
        {"app"},
        {"screens"},
        {"views"},
        {"states_page", "weights_page", "text"},
        {"units_page"},
        {"session", "widgets"},
        {"terminal", "startup"},
        {"theme"},
        {"renderables"},
    ],
}
"""The folders of the large rooms and their root files, level by level: each may
import those of the levels below it.
"""

READER = "formats/reader"
"""The folder of the reading process: it imports `formats/wire`, and is started,
never imported.
"""

ONLY_IN = {
    "h5py": {READER},
    "tensorflow": {"verify/child.py"},
    "torch": {"verify/torch_child.py"},
    "keras": {"verify/child.py"},
    "tf_keras": {"verify/child.py"},
    "textual": {"tui"},
}
"""Libraries that one folder or one file alone may import."""


def folder_of(path: Path) -> str:
    """The folder of a module within the package; a file of a room's root is a
    folder of its own.
    """
    inside = path.relative_to(PACKAGE)
    if len(inside.parts) > 1 and inside.parts[0] not in FOLDERS:
        return inside.parts[0]
    if len(inside.parts) > 2:
        return inside.parent.as_posix()
    return inside.with_suffix("").as_posix()


MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py" or path.parent == PACKAGE
)
IN_FOLDER = {
    folder: [path for path in MODULES if folder_of(path) == folder]
    for folder in map(folder_of, MODULES)
}


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports as it runs, as a dotted name; imports for
    types alone are left out.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(node)
        for node in ast.walk(tree)
        if is_for_types(node)
        for node in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_for_types(node: ast.AST) -> bool:
    """Whether a statement is run by the type checker alone."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def folders_imported(path: Path) -> Iterator[tuple[str, str]]:
    """The folders of the package that a file imports, each with the dotted name
    that says so.
    """
    for name in imports(path):
        if not name.startswith("rnn_tui."):
            continue
        parts = name.split(".")[1:]
        while parts and not (
            PACKAGE.joinpath(*parts).is_dir()
            or PACKAGE.joinpath(*parts).with_suffix(".py").exists()
        ):
            parts.pop()
        if parts:
            module = PACKAGE.joinpath(*parts)
            yield (
                folder_of(
                    module / "x.py"
                    if module.is_dir()
                    else module.with_suffix(".py")
                ),
                name,
            )


def level_of(folder: str) -> int:
    """The level of a folder in its room, counted from the top."""
    room, _, name = folder.partition("/")
    return next(
        level for level, names in enumerate(FOLDERS[room]) if name in names
    )


@pytest.mark.parametrize("folder", sorted(IN_FOLDER))
def test_a_room_imports_only_rooms_behind_it(folder: str) -> None:
    room = folder.partition("/")[0]
    for path in IN_FOLDER[folder]:
        for other, name in folders_imported(path):
            other_room = other.partition("/")[0]
            assert other_room == room or other_room in MAY_IMPORT[room], (
                f"{path.name} must not import {name}"
            )


@pytest.mark.parametrize(
    "folder",
    sorted(
        folder for folder in IN_FOLDER if folder.partition("/")[0] in FOLDERS
    ),
)
def test_inside_a_room_nothing_points_back(folder: str) -> None:
    room = folder.partition("/")[0]
    for path in IN_FOLDER[folder]:
        for other, name in folders_imported(path):
            if other == folder or other.partition("/")[0] != room:
                continue
            if folder == READER:
                assert other == "formats/wire", (
                    f"{path.name} must not import {name}"
                )
                continue
            assert other != READER, (
                f"{path.name}: the reader is started, never imported"
            )
            assert level_of(other) > level_of(folder), (
                f"{path.name} must not import {name}"
            )


def test_between_textual_and_the_terminal_only_the_themes_are_known() -> None:
    for path in IN_FOLDER["tui/terminal"]:
        for other, name in folders_imported(path):
            assert other in ("tui/terminal", "tui/theme"), (
                f"{path.name} must not import {name}"
            )


@pytest.mark.parametrize("folder", sorted(IN_FOLDER))
def test_heavy_libraries_stay_in_their_one_place(folder: str) -> None:
    for path in IN_FOLDER[folder]:
        inside = path.relative_to(PACKAGE).as_posix()
        for name in imports(path):
            home = ONLY_IN.get(name.split(".")[0])
            allowed = home is None or any(
                inside.startswith(place) for place in home
            )
            assert allowed, f"{inside} imports {name}; only {home} may"


def test_the_reading_process_knows_nothing_of_the_package_but_the_wire() -> (
    None
):
    known = {
        other
        for path in IN_FOLDER[READER]
        for other, _ in folders_imported(path)
    }
    assert known == {READER, "formats/wire"}


def test_no_class_is_longer_than_a_page_or_two_with_its_own_bases() -> None:
    classes = {
        node.name: node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }

    def lines(name: str) -> int:
        found = classes.get(name)
        if found is None:
            return 0

        own = (found.end_lineno or 0) - found.lineno + 1
        bases = [base.id for base in found.bases if isinstance(base, ast.Name)]

        return own + sum(lines(base) for base in bases if base != name)

    assert {name: lines(name) for name in classes if lines(name) > 300} == {}


def test_the_explorers_renderables_load_no_textual() -> None:
    names = [
        path.relative_to(PACKAGE.parent).with_suffix("")
        for path in IN_FOLDER["tui/renderables"]
    ]
    statement = "import " + ", ".join(".".join(name.parts) for name in names)
    assert "textual" not in loaded_after(statement)


def loaded_after(statement: str) -> set[str]:
    """The modules a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport sys\nprint('LOADED', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import rnn_tui", {"numpy", "h5py", "textual", "rich", "tensorflow"}),
        (
            "from rnn_tui import open_model",
            {"numpy", "h5py", "textual", "rich", "tensorflow"},
        ),
        (
            "import rnn_tui.cli",
            {"numpy", "h5py", "textual", "rich", "tensorflow"},
        ),
        (
            "import rnn_tui.engine.model",
            {"numpy", "h5py", "textual", "tensorflow"},
        ),
        (
            "import rnn_tui.formats.opened",
            {"numpy", "h5py", "textual", "tensorflow"},
        ),
        (
            "from rnn_tui.cli import main; main(['layers', 'lstm-25'])",
            {"numpy", "h5py", "textual", "tensorflow"},
        ),
        (
            "from rnn_tui.cli import main; main(['--versions'])",
            {"numpy", "h5py", "textual", "tensorflow"},
        ),
        (
            "import rnn_tui.tui.app, rnn_tui.tui.views.layers",
            {"numpy", "h5py", "tensorflow"},
        ),
        (
            "from rnn_tui.cli.explore import load_asyncio; load_asyncio(); "
            "import rnn_tui.tui.app",
            {"ssl"},
        ),
        (
            "import rnn_tui.analysis.gates, rnn_tui.sequences, rnn_tui.export",
            {"h5py", "textual", "tensorflow"},
        ),
        (
            "import rnn_tui.formats.client.process",
            {"numpy", "h5py", "textual", "tensorflow"},
        ),
        ("import rnn_tui.verify", {"h5py", "textual", "tensorflow", "keras"}),
        (
            "import rnn_tui.tui.startup.options, rnn_tui.tui.terminal.tty_state",
            {"numpy", "textual", "h5py"},
        ),
        (
            "from rnn_tui.cli import main; main(['layers', 'lstm-25'])",
            {
                "rnn_tui.engine.graph.given_edits",
                "rnn_tui.engine.graph.given_states",
                "rnn_tui.formats.build.custom_layer",
                "rnn_tui.formats.build.wrapped",
                "rnn_tui.formats.weights.attach_by_path",
                "rnn_tui.formats.weights_only.own_layers",
            },
        ),
        (
            "import rnn_tui.tui.views.states, rnn_tui.sequences.parse",
            {
                "csv",
                "rnn_tui.export",
                "rnn_tui.sequences.numpy_files",
                "rnn_tui.sequences.table",
                "rnn_tui.tui.units_page.rankings",
            },
        ),
    ],
)
def test_the_core_loads_light(statement: str, absent: set[str]) -> None:
    assert not loaded_after(statement) & absent


FIRST_PICTURE = """
import sys
from rnn_tui.formats.client.process import start_reading
from rnn_tui.samples import find_sample
from rnn_tui.tui.app import RnnTuiApp
from rnn_tui.tui.screens import explorer
from rnn_tui.tui.widgets.table import RowTable
explorer.PATIENCE = 600  # a slow machine must not draw before the file is read
path = str(find_sample("lstm-25").path)
app = RnnTuiApp(path, start_reading(path))
def drawn():
    print(len(app.screen.query_one(RowTable).rows), *sys.modules)
    app.exit()
app.drawn = drawn
app.run(headless=True)
"""


def test_the_first_picture_is_there_before_numpy_or_a_dialog_is_loaded(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "RNN_TUI_STATE": str(tmp_path / "state.json")}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=environment,
    )
    rows, *loaded = done.stdout.splitlines()[-1].split()
    assert rows == "2"
    unneeded = {
        "numpy",
        "rnn_tui.tui.text.changes",
        "rnn_tui.tui.text.nothing",
        "rnn_tui.tui.widgets.dialog",
    }
    assert not unneeded & set(loaded)


def test_tls_can_be_loaded_after_asyncio_was_loaded_without() -> None:
    loading = "from rnn_tui.cli.explore import load_asyncio; load_asyncio(); "

    assert "ssl" in loaded_after(loading + "import ssl; ssl.SSLContext")


def test_the_lazy_numpy_is_numpy() -> None:
    import numpy

    from rnn_tui.engine.core import lazy_numpy

    assert lazy_numpy.tanh is numpy.tanh
    assert lazy_numpy.ndarray is numpy.ndarray
    with pytest.raises(AttributeError):
        _ = lazy_numpy.no_such_function


def test_the_engine_asks_the_lazy_numpy_for_no_name_that_is_the_modules_own() -> (
    None
):
    for path in (PACKAGE / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "np"
            ):
                assert not node.attr.startswith("__"), (
                    f"{path.name} reads np.{node.attr}, which isn't NumPy's here"
                )
