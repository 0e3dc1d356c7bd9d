"""A `.keras` archive that was unpacked opens as the model; whatever else a
folder holds is refused by name.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_files import write_h5, write_keras, zip_members

from rnn_tui import open_model
from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading

pytestmark = pytest.mark.skipif(
    os.name != "posix",
    reason="folders are opened where files open below a folder",
)
TEXTS = Path(__file__).parents[1] / "data" / "texts"
MEMBERS = ("config.json", "metadata.json", "model.weights.h5")


def unpacked(folder: Path, archive: Path | None = None) -> Path:
    """Write the members of an archive as files of a folder."""
    if archive is None:
        archive = folder.with_suffix(".keras")
        write_keras(archive)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpacked(tmp_path / "model")


def same(path: Path, archive: Path) -> None:
    """Hold what is opened against the archive it was unpacked from."""
    opened, packed = open_model(path), open_model(archive)
    assert opened.file.container == "keras-folder"
    assert opened.file.keras_version == packed.file.keras_version
    assert [layer.path for layer in opened.layers] == [
        layer.path for layer in packed.layers
    ]
    x = np.random.default_rng(0).normal(size=(3, 3)).astype("f4")
    assert np.array_equal(opened.run(x).output, packed.run(x).output)


def test_a_folder_opens_as_the_archive_it_was(folder: Path) -> None:
    same(folder, folder.with_suffix(".keras"))
    assert not any(
        "config.json" in line for line in open_model(folder).warnings
    )


def test_its_weights_open_with_the_configuration_beside_them_and_say_so(
    folder: Path,
) -> None:
    same(folder / "model.weights.h5", folder.with_suffix(".keras"))
    assert any(
        "config.json beside the file" in line
        for line in open_model(folder / "model.weights.h5").warnings
    )


def test_a_folder_that_is_reached_over_a_link_opens(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(folder)
    same(tmp_path / "link", folder.with_suffix(".keras"))


def test_what_a_mac_unpacks_beside_and_around_a_model_is_no_obstacle(
    folder: Path, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    folder.rename(outer / "model")
    (outer / "__MACOSX").mkdir()
    (outer / ".DS_Store").write_bytes(b"x")
    same(outer, tmp_path / "model.keras")


def test_weights_in_numpys_format_open_too(tmp_path: Path) -> None:
    numbers = {"lstm/cell": [(3, 16), (4, 16), (16,)], "dense": [(4, 2), (2,)]}
    stored = {
        f"layers/{path}": {
            str(k): np.ones(shape, "f4") for k, shape in enumerate(shapes)
        }
        for path, shapes in numbers.items()
    }
    packed = io.BytesIO()
    np.savez(packed, **stored)
    archive = tmp_path / "m.keras"
    write_keras(
        archive,
        {
            **zip_members(model_weights_h5=None),
            "model.weights.npz": packed.getvalue(),
        },
    )
    same(unpacked(tmp_path / "m", archive), archive)


def test_a_folder_without_weights_says_so(folder: Path) -> None:
    (folder / "model.weights.h5").unlink()
    assert any(
        "holds no weights" in line for line in open_model(folder).warnings
    )


def test_the_vocabulary_in_its_assets_is_read(tmp_path: Path) -> None:
    archive = next(
        path
        for path in sorted(TEXTS.glob("keras__*.keras"))
        if _has_vocabulary(path)
    )
    folder = unpacked(tmp_path / "texts", archive)
    opened, packed = open_model(folder), open_model(archive)
    assert {layer.notes for layer in opened.layers} == {
        layer.notes for layer in packed.layers
    }
    assert list(opened.file.vocabularies) == list(packed.file.vocabularies)
    for name, found in opened.file.vocabularies.items():
        assert found.read() == packed.file.vocabularies[name].read()


def _has_vocabulary(path: Path) -> bool:
    with zipfile.ZipFile(path) as packed:
        return any(
            name.endswith("/vocabulary.txt") for name in packed.namelist()
        )


def test_a_member_may_be_a_link_within_the_folder(folder: Path) -> None:
    (folder / "blobs").mkdir()
    (folder / "config.json").rename(folder / "blobs" / "a1")
    (folder / "config.json").symlink_to("blobs/a1")
    same(folder, folder.with_suffix(".keras"))


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    code = f"import os, socket; os.chdir({str(path.parent)!r}); socket.socket(socket.AF_UNIX).bind({path.name!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (_fifo, "named pipe"),
    "a socket": (_socket, "socket"),
    "a folder": (Path.mkdir, "directory"),
    "a device": (
        lambda path: path.symlink_to("/dev/zero"),
        "out of the folder",
    ),
    "a link by an absolute path": (
        lambda path: path.symlink_to(path.parent / "other"),
        "out of the folder",
    ),
    "a link upwards": (
        lambda path: path.symlink_to("../model/other"),
        "out of the folder",
    ),
    "a link through a link that leads out": (
        lambda path: path.symlink_to("away/other"),
        "is no folder",
    ),
    "a link to itself": (lambda path: path.symlink_to(path.name), "is a link"),
    "a link to nothing": (
        lambda path: path.symlink_to("nothing"),
        "can't be opened",
    ),
    "a link to a pipe": (lambda path: path.symlink_to("pipe"), "named pipe"),
}


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("name", ODD)
def test_a_member_that_is_no_regular_file_inside_is_refused_by_name(
    name: str, member: str, folder: Path
) -> None:
    (folder / member).rename(folder / "other")
    os.mkfifo(folder / "pipe")
    (folder / "away").symlink_to(folder)
    make, words = ODD[name]
    make(folder / member)
    with pytest.raises(FileError, match=words) as refused:
        open_model(folder)
    assert f"its {member}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_weights_beside_a_configuration_that_is_elsewhere_open_without_it(
    folder: Path,
) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("/etc/hostname")
    opened = open_model(folder / "model.weights.h5")
    assert opened.file.container == "weights-h5"
    assert any(
        "left aside" in line and "config.json" in line
        for line in opened.warnings
    )


def test_weights_alone_with_a_configuration_but_no_metadata_stay_alone(
    folder: Path,
) -> None:
    (folder / "metadata.json").unlink()
    assert start_reading(folder / "model.weights.h5").result().config is None


def test_a_configuration_beside_that_is_of_another_model_is_left_aside(
    folder: Path,
) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["config"]["layers"][1]["config"]["units"] = 7
    (folder / "config.json").write_text(json.dumps(config))
    opened = open_model(folder / "model.weights.h5")
    assert opened.file.container == "weights-h5"
    assert any("left aside" in line for line in opened.warnings)


@pytest.mark.parametrize("changed", MEMBERS)
def test_a_member_that_changes_before_it_is_read_again_is_noticed(
    changed: str, folder: Path
) -> None:
    from rnn_tui.formats.wire.limits import Limits

    found = start_reading(folder, limits=Limits(at_once=1)).result()
    assert found.read(["0"])["0"].size
    (folder / changed).write_bytes((folder / changed).read_bytes() + b" ")
    with pytest.raises(FileError, match="has changed"):
        found.read(["1"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("saved_model.pb",), "SavedModel"),
        (("checkpoint", "model.index"), "checkpoint"),
        (("config.json", "model.safetensors"), "is a directory"),
        (
            ("config.json", "metadata.json", "model.weights.json"),
            "--config config.json",
        ),
        (("model.weights.h5",), "open the weights themselves"),
    ],
)
def test_another_folder_is_told_what_it_is(
    names: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(FileError, match=words):
        open_model(tmp_path)


def test_a_folder_without_end_is_refused(tmp_path: Path) -> None:
    for k in range(10_001):
        (tmp_path / str(k)).touch()
    with pytest.raises(FileError, match="10,000 entries"):
        open_model(tmp_path)


def test_the_reader_gets_the_members_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptors a reading process starts with: its input, its answer,
    nothing for errors, and the members.
    """
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    from rnn_tui.formats.client import process

    seen = folder.parent / "seen"
    code = (
        "import os; fds = {int(fd) for fd in os.listdir('/proc/self/fd')}; "
        "names = [os.readlink(f'/proc/self/fd/{fd}') for fd in fds if os.path.exists(f'/proc/self/fd/{fd}')]; "
        f"open({str(seen)!r}, 'w').write(repr(names))"
    )
    monkeypatch.setattr(
        process, "_START", code.replace("{", "{{").replace("}", "}}")
    )
    with open(folder / "other", "wb"), pytest.raises(FileError):
        start_reading(folder).result()
    names = sorted(
        os.path.basename(name)
        for name in eval(seen.read_text())
        if str(folder) in name
    )
    assert names == sorted(MEMBERS)


def test_a_model_that_is_one_file_still_comes_as_one(tmp_path: Path) -> None:
    write_h5(tmp_path / "m.h5")
    from rnn_tui.formats.client.source_file import open_sources

    sources = open_sources(str(tmp_path / "m.h5"))
    sources.close()
    assert [member.name for member in sources.members] == ["m.h5"]
