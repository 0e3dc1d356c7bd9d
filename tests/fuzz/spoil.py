"""A seeded fuzzer of configurations: spoiled copies of sound models, each
built, listed and run.

    python tests/fuzz/spoil.py --count 50000 --seed 1
    python tests/fuzz/spoil.py --count 5000 --seed 1 --commands
    python tests/fuzz/spoil.py --every

In this process by default (some hundred a second, see `faces`), through a file
and the command line with --commands; --every puts every odd value at every
place of every model. What broke a promise is told by its number:
`--start N --count 1` makes it again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))

import configurations
import faces
import headless
from forked import forking
from model_files import write_h5
from sound_models import sound
from sound_notation import Weights

VERSIONS = ("1.2.2", "2.2.4", "2.15.0", "3.5.0")


class Spoiled(NamedTuple):
    """A model that no Keras wrote: whose copy it is, its JSON, its arrays, the
    version its file states.
    """

    name: str
    text: str
    arrays: Weights
    version: str


def spoiled(index: int, seed: int) -> Spoiled:
    """Return the model of this number: it follows from the seed and the number
    alone.
    """
    rng = random.Random(f"{seed}:{index}")
    models = sound()
    model = rng.choice(models)
    config = configurations.spoiled(
        model.config, rng, [other.config for other in models]
    )
    version = model.version or rng.choice(VERSIONS)
    return Spoiled(
        model.name,
        json.dumps(config),
        configurations.bent(model.arrays, rng),
        version,
    )


def every() -> Iterator[Spoiled]:
    """Yield each sound model with each of the odd values at each of its
    places.
    """
    for model in sound():
        for k, config in enumerate(
            configurations.spoiled_everywhere(model.config)
        ):
            yield Spoiled(
                model.name,
                json.dumps(config),
                model.arrays,
                model.version or VERSIONS[k % len(VERSIONS)],
            )


def in_process(
    models: Iterable[Spoiled], start: int = 0, report: int = 0
) -> Counter[str]:
    """Build, list and run models in this process; return how many ended how.

    A broken promise raises.
    """
    ends: Counter[str] = Counter()
    for index, model in enumerate(models, start):
        try:
            ends[faces.ended(model.text, model.arrays, model.version)] += 1
        except BaseException as error:
            error.add_note(
                f"number {index}, {model.name}, Keras {model.version}: {model.text[:2000]}"
            )
            raise
        if report and (index + 1) % report == 0:
            print(f"{index + 1:8,}: {dict(ends)}; {_most()}", flush=True)
    return ends


def _most() -> str:
    return f"at most {faces.Most.seconds:.1f} s, {faces.Most.memory >> 20} MB"


def commanded(
    models: Iterable[Spoiled], folder: Path, start: int = 0, report: int = 0
) -> Counter[str]:
    """Send models through files and the command line; return how many ended
    how.

    A broken promise raises.
    """
    ends: Counter[str] = Counter()
    path = folder / "model.h5"
    with forking():
        for index, model in enumerate(models, start):
            write_h5(
                path, model.arrays, config=model.text, version=model.version
            )
            name, *options = headless.COMMANDS[index % len(headless.COMMANDS)]
            ended = headless.run([name, str(path), *options])
            words = ended.broken(path.stat().st_size)
            assert words is None, (
                f"number {index}, {name} on {model.name}: {words}\n{model.text[:2000]}"
            )
            faces.Most.seconds = max(faces.Most.seconds, ended.seconds)
            faces.Most.memory = max(faces.Most.memory, ended.memory)
            ends[f"{name} ended with {ended.status}"] += 1
            if report and (index + 1) % report == 0:
                print(f"{index + 1:8,}: {dict(ends)}; {_most()}", flush=True)
    return ends


def main() -> None:
    """Run what the arguments say and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument(
        "--start", type=int, default=0, help="the number of the first one"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", action="store_true")
    parser.add_argument("--every", action="store_true")
    options = parser.parse_args()
    numbers = range(options.start, options.start + options.count)
    models = (
        every()
        if options.every
        else (spoiled(index, options.seed) for index in numbers)
    )
    if options.commands:
        with tempfile.TemporaryDirectory() as folder:
            ends = commanded(models, Path(folder), options.start, 500)
    else:
        ends = in_process(models, options.start, 2000)
    print(f"{sum(ends.values()):8,} models: {dict(ends)}; {_most()}")


if __name__ == "__main__":
    main()
