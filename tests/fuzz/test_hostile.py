"""Every hostile file ends as it should: in one line, in time, in bounded
memory, with nothing from outside.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import headless
import pytest
from forked import Forked, Taken, forking
from hostile import CANARY, CASES, Case

from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading
from rnn_tui.formats.data.description import FileDescription
from rnn_tui.text import clean

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the files need FIFOs and devices"
)

FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def texts(value: object) -> str:
    """Every string of a description, one behind the other."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return " ".join(
            texts(key) + " " + texts(part) for key, part in value.items()
        )
    if isinstance(value, list | tuple):
        return " ".join(texts(part) for part in value)
    return ""


def shown(found: FileDescription) -> str:
    """Everything of a description that may reach a screen."""
    groups = [
        (
            group.name,
            group.layer_name,
            group.problem,
            [(a.name, a.dtype, a.problem) for a in group.arrays],
        )
        for group in found.groups
    ]
    facts = {
        name: text for name, text in found.facts.items() if name != "sha256"
    }
    return texts(
        [
            found.keras_version,
            found.backend,
            found.config,
            groups,
            list(found.warnings),
            facts,
        ]
    )


def problems(found: FileDescription) -> str:
    groups = [group.problem for group in found.groups if group.problem]
    arrays = [
        array.problem
        for group in found.groups
        for array in group.arrays
        if array.problem
    ]
    return " | ".join(groups + arrays)


@pytest.mark.parametrize("hostile", CASES, ids=lambda hostile: hostile.name)
def test_a_hostile_file_ends_as_it_should(
    hostile: Case, tmp_path: Path
) -> None:
    """In its time, too, and with the memory of program and reader together
    within the limit.
    """
    Forked.worst = Taken()
    with forking():
        hold(hostile, tmp_path)
    size = sum(
        path.stat().st_size
        for path in tmp_path.iterdir()
        if path.is_file() and not path.is_symlink()
    )
    assert Forked.worst.seconds <= headless.SECONDS
    assert Forked.worst.memory <= headless.MEMORY + 2 * size


def hold(hostile: Case, tmp_path: Path) -> None:
    """Make a hostile file, read it and hold what came of it against what
    should.
    """
    path = tmp_path / "model.h5"
    hostile.make(path)
    before = sorted(tmp_path.iterdir())
    try:
        found = start_reading(path).result()
    except FileError as error:
        line = str(error)
        assert hostile.outcome == "refused", line
        assert hostile.words in line
        assert line.startswith(f"{clean(path)}: ")
        assert not FORBIDDEN.search(line)
        assert len(line) < 900
    else:
        assert hostile.outcome != "refused", problems(found)
        assert hostile.words in problems(found)
        assert bool(problems(found)) == (hostile.outcome == "part")
        assert not FORBIDDEN.search(shown(found))
        assert CANARY not in shown(found)
        keys = [
            array.key
            for group in found.groups
            for array in group.arrays
            if array.problem is None
        ]
        assert all(
            CANARY.encode() not in values.tobytes()
            for values in found.read(keys[:3]).values()
        )
        json.dumps(found.config)
    assert sorted(tmp_path.iterdir()) == before, "reading wrote something"


WORST = (
    "global_heap_spin",
    "no_such_string_kind",
    "gzip_bomb",
    "deep_json",
    "external_storage_proc",
)


@pytest.mark.parametrize(
    "hostile",
    [case for case in CASES if case.name in WORST],
    ids=lambda hostile: hostile.name,
)
def test_the_worst_end_the_same_in_a_process_started_afresh(
    hostile: Case, tmp_path: Path
) -> None:
    hold(hostile, tmp_path)
