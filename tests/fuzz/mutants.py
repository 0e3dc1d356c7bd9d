"""A seeded fuzzer: damaged copies of sound files, each read as a stranger's
file would be.

    python tests/fuzz/mutants.py --count 20000 --seed 1
    python tests/fuzz/mutants.py --count 20000 --seed 1 --commands

reads mutants in children forked from one warm process and prints what came of
them, and the most that one of them took of the processor and of memory, reader
and parent together; with --commands the whole command line runs on each. The
file of a mutant that broke a promise is kept in the folder given with --keep;
`--start N --count 1` makes it again.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import move

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

import headless
import numpy as np
import tensorflow_mutants as tensorflow
from forked import Forked, Taken, forget_peak, forking, own_peak
from model_files import (
    arrays,
    write_h5,
    write_keras,
    write_weights,
    zip_members,
)

from rnn_tui.errors import FileError
from rnn_tui.formats.client.process import start_reading

INTERESTING = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    (1 << 63) - 1,
    (1 << 64) - 1,
)


DATA = Path(__file__).parents[1] / "data"
OF_KERAS = (
    "1.2.2__lstm.h5",
    "1.2.2__weights.h5",
    "2.2.4__wired.h5",
    "2.15.0__wired.h5",
    "2.15.0__alone.weights.h5",
    "layout__explicit_mask.h5",
    "layout__nb_layers.h5",
    "layout__shards.weights.json",
    "layout__shards_00000.weights.h5",
    "layout__windows.keras",
)
"""Files that Keras wrote, of every generation, and of the layouts it can't be
made to write any more.
"""
OF_PYTORCH = (
    "tagger_parallel.pt",
    "tagger_old.pt",
    "chain_module.pt",
    "chain_script.pt",
    "chain_views.pt",
    "chain_half.safetensors",
    "tagger.safetensors",
)
"""Files of PyTorch's, and of safetensors."""


def repacked(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A copy of a zip with one of its members changed, whose checksum is made
    right again, and the kind of damage.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        zipfile.ZipFile(out, "w") as copy,
    ):
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("data.pkl")]
        which = rng.choice([*names, *pickles * len(names)])
        kind = ""
        for name in names:
            member = archive.read(name)
            if name == which and member:
                kind, member = mutant(member, rng)
            copy.writestr(name, member)
    return f"{kind} of {which}, sums repaired", out.getvalue()


def write_numpy_keras(path: Path) -> None:
    """Write an archive with its weights as NumPy arrays."""
    packed = io.BytesIO()
    values = {
        name: {str(k): v for k, v in enumerate(parts.values())}
        for name, parts in arrays().items()
    }
    np.savez(
        packed,
        **{
            f"layers/{name}": np.array(parts, dtype=object)
            for name, parts in values.items()
        },
    )
    write_keras(
        path,
        {
            **zip_members(model_weights_h5=None),
            "model.weights.npz": packed.getvalue(),
        },
    )


def seeds(folder: Path) -> dict[str, bytes]:
    """One sound file of every container and layout."""
    makers: dict[str, Callable[[Path], object]] = {
        "lstm.h5": write_h5,
        "latest.h5": lambda path: write_h5(
            path, file={"libver": "latest"}, compression="gzip"
        ),
        "old_weights.h5": lambda path: write_h5(
            path, arrays("<f2"), config=None
        ),
        "lstm.weights.h5": write_weights,
        "lstm.keras": write_keras,
        "deflated.keras": lambda path: write_keras(
            path, method=zipfile.ZIP_DEFLATED
        ),
        "numpy.keras": write_numpy_keras,
        "userblock.h5": lambda path: write_h5(
            path, file={"userblock_size": 512}
        ),
    }
    found = {name: (DATA / name).read_bytes() for name in OF_KERAS}
    for name in OF_PYTORCH:
        found[name] = (DATA / "pytorch" / name).read_bytes()
    for name, make in makers.items():
        make(folder / name)
        found[name] = (folder / name).read_bytes()
    return found


def mutant(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A damaged copy of `data` and the kind of damage."""
    kind = rng.choice(
        [
            "bit",
            "bits",
            "bytes",
            "number",
            "cut",
            "swap",
            "fill",
            "splice",
            "insert",
        ]
    )
    out = bytearray(data)
    at, length = rng.randrange(len(out)), rng.choice((1, 2, 4, 8, 16, 64, 256))
    if kind == "bit":
        out[at] ^= 1 << rng.randrange(8)
    elif kind == "bits":
        for _ in range(rng.randrange(2, 65)):
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    elif kind == "bytes":
        out[at : at + length] = rng.randbytes(length)
    elif kind == "number":
        out[at : at + 8] = rng.choice(INTERESTING).to_bytes(8, "little")[
            : rng.choice((1, 2, 4, 8))
        ]
    elif kind == "cut":
        del out[at:]
    elif kind == "swap":
        other = rng.randrange(len(out))
        out[at : at + length], out[other : other + length] = (
            out[other : other + length],
            out[at : at + length],
        )
    elif kind == "fill":
        out[at : at + length] = bytes([rng.choice((0, 255))]) * length
    elif kind == "splice":
        other = rng.randrange(len(out))
        out[at : at + length] = out[other : other + length]
    else:
        out[at:at] = rng.randbytes(length)
    return kind, bytes(out)


def outcome(path: Path) -> str:
    """Read a file to the last array and say in one word what came of it; any
    error but FileError is a bug.
    """
    try:
        found = start_reading(path).result()
        keys = [
            array.key
            for group in found.groups
            for array in group.arrays
            if array.problem is None
        ]
        found.read(keys)
    except FileError as error:
        line = str(error)
        assert line.isprintable(), line
        assert len(line) < 1000, line
        return next(
            (word for word in ("too long", "crash") if word in line), "refused"
        )
    spoiled = found.warnings or len(keys) < sum(
        len(group.arrays) for group in found.groups
    )
    return (
        "opened in part"
        if spoiled or any(group.problem for group in found.groups)
        else "opened"
    )


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(
            one.stat().st_size for one in path.rglob("*") if one.is_file()
        )
    return path.stat().st_size


def watched(path: Path, look: Callable[[Path], str]) -> tuple[str, Taken]:
    """Return what came of a file and what the whole of it took; more than is
    promised is a broken promise.
    """
    Forked.worst = Taken()
    # what other files took before isn't this one's
    forget_peak()
    begun = time.process_time()
    word = look(path)
    took = Taken(
        time.process_time() - begun + Forked.worst.seconds,
        own_peak() + Forked.worst.memory,
    )
    assert took.seconds <= headless.SECONDS, (
        f"{took.seconds:.1f} seconds of the processor"
    )
    assert took.memory <= headless.MEMORY + 2 * size_of(path), (
        f"{took.memory >> 20} MB"
    )
    return word, took


def run(
    indices: Iterable[int],
    seed: int,
    look: Callable[[Path], str] = outcome,
    keep: Path | None = None,
) -> tuple[Counter[str], Taken]:
    """Read the mutants of these numbers; return how many ended how and the most
    that one took.

    What a mutant is follows from the seed and its number alone, so that any one
    can be made again. One that breaks a promise raises, and its file is kept.
    """
    ends: Counter[str] = Counter()
    worst = Taken()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = seeds(folder)
        several = tensorflow.models()
        for shard in DATA.glob("layout__shards_*"):
            (folder / shard.name).write_bytes(shard.read_bytes())
        for index in indices:
            rng = random.Random(f"{seed}:{index}")
            which = rng.choice([*sound, *several])
            if which in several:
                kind, files = tensorflow.damaged(several[which], rng, mutant)
                path = tensorflow.written(files, folder / "several")
            else:
                change = mutant
                if which.endswith(".pt") and sound[which][:2] == b"PK":
                    change = rng.choice([mutant, repacked])
                kind, data = change(sound[which], rng)
                path = folder / "mutant"
                path.write_bytes(data)
            try:
                word, took = watched(path, look)
            except BaseException as error:
                if keep is not None:
                    kept = (
                        keep
                        / f"{seed}-{index}-{kind.partition(' ')[0]}-{which}"
                    )
                    move(path, kept)
                error.add_note(
                    f"mutant {index} of seed {seed}: {kind} of {which}"
                )
                raise
            ends[word] += 1
            worst = Taken(*map(max, worst, took))
    return ends, worst


def commanded(path: Path) -> str:
    """Run a command line on a mutant and say how it ended; a broken promise is
    a bug.
    """
    size = size_of(path)
    name, *options = headless.COMMANDS[size % len(headless.COMMANDS)]
    ended = headless.run([name, str(path), *options])
    words = ended.broken(size)
    assert words is None, words
    Forked.worst = Taken(ended.seconds, ended.memory)
    return f"{name} ended with {ended.status}"


def main() -> None:
    """Read the mutants the arguments name and print what came of them, one line
    for every thousand.
    """
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument(
        "--start", type=int, default=0, help="the number of the first one"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--commands", action="store_true")
    options = parser.parse_args()
    look = commanded if options.commands else outcome
    total: Counter[str] = Counter()
    worst = Taken()
    end = options.start + options.count
    for start in range(options.start, end, 500):
        stop = min(end, start + 500)
        with forking():
            ends, took = run(
                range(start, stop), options.seed, look, options.keep
            )
        total += ends
        worst = Taken(*map(max, worst, took))
        words = ", ".join(
            f"{count:,} {word}" for word, count in sorted(total.items())
        )
        print(
            f"{stop:8,}: {words}; at most {worst.seconds:.1f} s, {worst.memory >> 20} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
