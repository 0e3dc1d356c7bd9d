"""Coverage-guided fuzzing of the configuration's way: JSON text → checked →
built → listed → run.

    python tests/fuzz/guided.py -max_total_time=600 tests/fuzz/corpus

needs `pip install atheris` and takes libFuzzer's options; whatever
`faces.ended` raises is a bug. The bytes of an input choose a sound
configuration and spoil it, or are JSON themselves when they begin with a brace.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import atheris

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[1] / "formats"),
]

with atheris.instrument_imports(include=["rnn_tui.formats", "rnn_tui.engine"]):
    import configurations
    import faces
    import spoil
    from sound_models import sound

SOUND = sound()


def one_input(data: bytes) -> None:
    """Build the model of one input, list it and run it."""
    rng = random.Random(data)
    model = SOUND[data[0] % len(SOUND)] if data else SOUND[0]
    spoiled = json.dumps(configurations.spoiled(model.config, rng))
    text = data.decode("utf-8", "ignore") if data[:1] == b"{" else spoiled
    faces.ended(
        text,
        configurations.bent(model.arrays, rng),
        model.version or rng.choice(spoil.VERSIONS),
    )


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
