"""The vocabularies in SavedModels: of the graph, of the assets and of the
checkpoint; each fault of one is told where the layer is listed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow_files import field, write_bundle

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.formats.reader.keras_metadata import Metadata
from rnn_tui.formats.reader.object_graphs import Node
from rnn_tui.formats.reader.open_files import OpenFile, OpenFiles
from rnn_tui.formats.reader.protobuf import Fields
from rnn_tui.formats.reader.saved_model import SavedModel
from rnn_tui.formats.reader.saved_vocabularies import Vocabularies
from rnn_tui.formats.reader.tensor_bundle import Bundle
from rnn_tui.formats.wire.limits import Limits
from rnn_tui.formats.wire.problems import ProblemError

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="a model that is a folder"
)
DATA = Path(__file__).parents[1] / "data" / "tensorflow" / "texts"
TEXT = "the cat sat at home"


def copied(name: str, tmp_path: Path) -> Path:
    """A copy of one of the models, to be damaged."""
    return Path(shutil.copytree(DATA / name, tmp_path / name))


def note(opened: OpenedModel) -> str:
    """What the layer that reads text says of its vocabulary."""
    (found,) = [
        line for line in opened.layers[0].notes if line.startswith("reads")
    ]
    return found


def output(opened: OpenedModel) -> Any:
    """What a model makes of a text."""
    return opened.run(TEXT, warn=lambda line: None).outputs[0]


@pytest.mark.parametrize("name", ["adapted", "listed"])
def test_a_text_is_read_as_keras_reads_it(name: str) -> None:
    opened = open_model(DATA / name)
    assert (
        note(opened) == "reads text; the ids of its tokens may be given instead"
    )
    golden = np.load(DATA / f"{name}.npz")["output_0"]
    np.testing.assert_allclose(output(opened), golden, rtol=1e-5, atol=1e-6)


def test_an_asset_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = copied("listed", tmp_path)
    (folder / "assets" / "table.txt").unlink()
    assert "'assets/table.txt', which is missing" in note(open_model(folder))


def test_an_asset_that_leads_out_of_the_folder_is_refused(
    tmp_path: Path,
) -> None:
    folder = copied("listed", tmp_path)
    asset = folder / "assets" / "table.txt"
    asset.rename(tmp_path / "outside.txt")
    asset.symlink_to("../../outside.txt")
    with pytest.raises(FileError, match="leads out of the folder"):
        open_model(folder)


def test_an_asset_that_is_too_long_is_told(tmp_path: Path) -> None:
    folder = copied("listed", tmp_path)
    with (folder / "assets" / "table.txt").open("wb") as file:
        file.truncate((16 << 20) + 1)
    assert "takes 16,777,217 bytes" in note(open_model(folder))


def test_a_vocabulary_that_changes_is_not_read_on(tmp_path: Path) -> None:
    folder = copied("listed", tmp_path)
    opened = open_model(folder)
    (folder / "assets" / "table.txt").write_text("other\n")
    with pytest.raises(FileError, match="has changed"):
        output(opened)


# Crafted ----------------------------------------------------------------------


def text_node(children: dict[str, int]) -> list[Node]:
    """A model of one layer that reads text, whose table owns these objects."""
    return [
        Node({"layer-0": 1}),
        Node({"_lookup_layer": 2}),
        Node({"lookup_table": 3}),
        Node(children, table=True),
    ]


def tokens_of(
    nodes: list[Node],
    tmp_path: Path,
    *,
    graph: bytes = b"",
    assets: list[str] | None = None,
    tensors: dict[str, Any] | None = None,
    limits: Limits | None = None,
) -> bytes:
    """What is found for the layer; ProblemError when something is wrong."""
    limits = limits or Limits()
    write_bundle(tmp_path / "v", tensors or {"x": np.zeros(1, "f4")})
    files = {}
    for path in tmp_path.iterdir():
        file = path.open("rb", buffering=0)
        files[path.name] = OpenFile(file, path.stat().st_size)
    fields = Fields(limits.fields)
    said = '{"class_name": "TextVectorization", "name": "words"}'
    metadata = Metadata({1: "_tf_keras_layer"}, {1: said})
    opened = OpenFiles(files)
    model = SavedModel(nodes, metadata, Bundle(opened, "v", limits), nodes)
    found = Vocabularies(
        model, opened, memoryview(graph), assets or [], fields, limits
    ).of({"words": 1})
    for one in files.values():
        one.file.close()
    (tokens,) = found.values() if found else [b"none"]
    if isinstance(tokens, ProblemError):
        raise tokens
    return tokens


KEYS, NUMBERS = "t-keys", "t-values"


def stored_table(texts: list[bytes], numbers: Any) -> dict[str, Any]:
    """A table in a checkpoint; of one token, as the tests write texts."""
    return {KEYS: texts[0], NUMBERS: np.array(numbers)}


def test_a_table_of_the_checkpoint_is_read_by_its_numbers(
    tmp_path: Path,
) -> None:
    nodes = text_node({})
    nodes[3].keys["table"] = "t"
    assert tokens_of(nodes, tmp_path, tensors=stored_table([b"a"], [2])) == b"a"
    for numbers, words in (
        ([3], "aren't in a row"),
        ([2, 3], "without numbers"),
        (np.float32([2]), "without numbers"),
    ):
        with pytest.raises(ProblemError, match=words):
            tokens_of(nodes, tmp_path, tensors=stored_table([b"a"], numbers))
    with pytest.raises(ProblemError, match="line break"):
        tokens_of(nodes, tmp_path, tensors=stored_table([b"a\nb"], [2]))


def constant(name: bytes, tensor: bytes) -> bytes:
    """An operation of the graph that is a constant."""
    value = field(1, b"value") + field(2, field(8, tensor))
    return field(1, field(1, name) + field(2, b"Const") + field(5, value))


def captured(*names: str) -> list[Node]:
    """A table that begins with these constants."""
    nodes = text_node({"_initialize": 4})
    nodes += [Node({"trace_0": 5}), Node()]
    for number, name in enumerate(names):
        nodes[5].children[f"capture_{number}"] = len(nodes)
        nodes.append(Node(constant=name))
    return nodes


def texts_tensor(*texts: bytes) -> bytes:
    """A tensor of texts."""
    return field(1, 7) + b"".join(field(8, text) for text in texts)


def test_the_constant_that_holds_texts_is_the_vocabulary(
    tmp_path: Path,
) -> None:
    graph = (
        constant(b"Const", field(1, 9) + field(4, b"12345678"))
        + constant(b"Other", texts_tensor(b"no"))
        + constant(b"Const_1", texts_tensor(b"b", b"a"))
    )
    nodes = captured("Const", "Const_1")
    assert tokens_of(nodes, tmp_path, graph=graph) == b"b\na"
    assert tokens_of(captured("Missing"), tmp_path, graph=graph) == b"none"


def test_a_damaged_operation_is_told(tmp_path: Path) -> None:
    graph = field(1, field(1, b"Const") + field(5, 3))
    with pytest.raises(ProblemError, match="protobuf"):
        tokens_of(captured("Const"), tmp_path, graph=graph)


def test_a_graph_of_operations_without_end_is_refused(tmp_path: Path) -> None:
    graph = field(1, b"") * 1_000_001
    with pytest.raises(ProblemError, match="protobuf fields"):
        tokens_of(captured("Const"), tmp_path, graph=graph)


def test_more_tokens_than_a_vocabulary_may_have_are_refused(
    tmp_path: Path,
) -> None:
    limits = Limits()._replace(vocabulary_tokens=2)
    graph = constant(b"Const", texts_tensor(b"a", b"b", b"c"))
    with pytest.raises(ProblemError, match="more than 2 tokens"):
        tokens_of(captured("Const"), tmp_path, graph=graph, limits=limits)


def test_a_number_of_no_asset_is_told(tmp_path: Path) -> None:
    nodes = text_node({"_initializer": 4})
    nodes += [Node({"_filename": 5}), Node(asset=7)]
    with pytest.raises(ProblemError, match="isn't named"):
        tokens_of(nodes, tmp_path)
    nodes[5].asset = 0
    with pytest.raises(ProblemError, match="which is missing"):
        tokens_of(nodes, tmp_path, assets=["../../../etc/passwd"])


def test_a_table_that_knows_itself_ends(tmp_path: Path) -> None:
    nodes = text_node({"again": 3})
    assert tokens_of(nodes, tmp_path) == b"none"
