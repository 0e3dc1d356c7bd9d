"""YAML is read as the JSON it stands for, in bounded time; what isn't a
configuration is one line.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rnn_tui.errors import FileError
from rnn_tui.formats.client.external_config import load_config

yaml = pytest.importorskip("yaml")
FAST = hasattr(yaml, "CSafeLoader")


def loaded(text: str, folder: Path) -> object:
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(str(path))


def test_dates_and_tuples_stay_what_they_are_written_as(tmp_path: Path) -> None:
    text = "class_name: Sequential\nconfig: {name: 2001-01-01, shape: !!python/tuple [null, [3]]}\n"
    assert loaded(text, tmp_path) == {
        "class_name": "Sequential",
        "config": {"name": "2001-01-01", "shape": [None, [3]]},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{class_name: x, config: " + "[" * 20_000 + "]" * 20_000 + "}",
            "nested deeper|isn't valid YAML: line 1",
        ),
        ("- " * 3_000 + "x", "nested deeper|isn't valid YAML: line 1"),
        ("class_name: x\nconfig: [&a [1], *a]\n", "aliases"),
        ("class_name: x\nconfig: " + "x" * (1 << 20), "is read up to"),
        (
            "class_name: x\nconfig: !!python/object/apply:os.system [ls]\n",
            "isn't valid YAML: line 2",
        ),
        ("class_name: x\nconfig: {[1]: 2}\n", "isn't valid YAML: line 2"),
        ("class_name: [\n", "isn't valid YAML: line"),
        (
            "class_name: x\nconfig: {a: 1" + "0" * 5_000 + "}\n",
            "isn't valid YAML",
        ),
        ("a\0b", "isn't valid YAML"),
        ("- 1\n", "no JSON object"),
        ("", "no JSON object"),
        ("{a: 1}", "no model's configuration"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_configuration_is_one_line(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=words) as found:
        loaded(text, tmp_path)
    assert str(found.value).isprintable()
    assert "\\x0a" not in str(found.value)
