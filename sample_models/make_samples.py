"""Write the sample models, index.json and the goldens:
`python sample_models/make_samples.py [NAME ...]`.

Needs TensorFlow (`pip install 'rnn-tui[tensorflow]'`). Seeds are fixed and
dates are left out, so that a second run on the same machine writes the same
bytes; the trained ones may differ in the last digits on another.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

os.environ.update(
    KERAS_BACKEND="tensorflow",
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_ENABLE_ONEDNN_OPTS="0",
    CUDA_VISIBLE_DEVICES="",
)

import absl.logging
import numpy as np
import trained
import untrained
from golden import golden
from sample import Sample

absl.logging.set_verbosity("error")
HERE = Path(__file__).parent
DATE = (2025, 1, 1, 0, 0, 0)


def main(names: list[str]) -> None:
    """Write the samples of these names (all without any), and the index of
    all.
    """
    samples = trained.samples() + untrained.samples()
    for sample in samples:
        if not names or sample.name in names:
            write(sample)
    index = [entry(sample) for sample in samples]
    (HERE / "index.json").write_text(
        json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def write(sample: Sample) -> None:
    """Write one model, its vocabulary and its golden."""
    path = HERE / sample.file
    model = sample.make()
    model.save(path)
    if path.suffix == ".keras":
        settle(path)
    if sample.vocabulary:
        vocabulary = json.dumps(sample.vocabulary, ensure_ascii=False)
        (HERE / f"{sample.name}.vocab.json").write_text(
            vocabulary + "\n", encoding="utf-8"
        )
    (HERE / "goldens").mkdir(exist_ok=True)
    np.savez_compressed(
        HERE / "goldens" / f"{sample.name}.npz", **golden(model, sample.x)
    )
    print(
        f"{sample.name:24} {path.stat().st_size:>9,} bytes  {model.count_params():>7,} parameters"
    )


def entry(sample: Sample) -> dict[str, str]:
    """Return the sample's place in index.json."""
    found = {
        "name": sample.name,
        "file": sample.file,
        "description": sample.description,
        "input": sample.input,
    }
    return found | (
        {"vocab": f"{sample.name}.vocab.json"} if sample.vocabulary else {}
    )


def settle(path: Path) -> None:
    """Rewrite a `.keras` archive compressed and without the moment it was
    written.
    """
    with zipfile.ZipFile(path) as archive:
        members = {
            info.filename: archive.read(info) for info in archive.infolist()
        }
    metadata = json.loads(members["metadata.json"])
    members["metadata.json"] = json.dumps(
        metadata | {"date_saved": "2025-01-01@00:00:00"}
    ).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


if __name__ == "__main__":
    main(sys.argv[1:])
