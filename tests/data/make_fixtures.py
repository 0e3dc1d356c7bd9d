"""Make environments of old Kerases in DIR, let each write its fixtures:
`python make_fixtures.py DIR [NAME ...]`.

Needs the Pythons named below on PATH (`python3.7`, …) and a package index that
still carries those releases.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OLD = (
    "tensorflow==1.15.5",
    "protobuf<3.21",
    "h5py<3",
    "numpy<1.20",
    "scipy",
    "pyyaml",
    "six",
    "theano==1.0.5",
)


@dataclass(frozen=True)
class Environment:
    """One Keras of the past: its Python, what to install, and beside that the
    Keras itself without its dependencies.
    """

    python: str
    packages: tuple[str, ...]
    script: str
    keras: tuple[str, ...] = ()


HELPERS = ("keras-applications==1.0.8", "keras-preprocessing==1.1.2")
ENVIRONMENTS = {
    "1.0.8": Environment("python3.7", OLD, "keras_1.py", ("keras==1.0.8",)),
    "1.2.2": Environment("python3.7", OLD, "keras_1.py", ("keras==1.2.2",)),
    "2.0.8": Environment("python3.7", OLD, "keras_2.py", ("keras==2.0.8",)),
    "2.1.6": Environment("python3.7", OLD, "keras_2.py", ("keras==2.1.6",)),
    "2.2.4": Environment(
        "python3.7", OLD, "keras_2.py", ("keras==2.2.4", *HELPERS)
    ),
    "2.3.1": Environment(
        "python3.7", OLD, "keras_2.py", ("keras==2.3.1", *HELPERS)
    ),
    "2.4.0": Environment(
        "python3.8", ("tensorflow-cpu==2.3.4", "protobuf<3.21"), "keras_tf.py"
    ),
    "2.6.0": Environment(
        "python3.9",
        ("tensorflow-cpu==2.6.5", "keras==2.6.0", "protobuf<3.21"),
        "keras_tf.py",
    ),
    "2.13.1": Environment(
        "python3.8", ("tensorflow-cpu==2.13.1",), "keras_tf.py"
    ),
    "2.15.0": Environment(
        "python3.11", ("tensorflow-cpu==2.15.1",), "keras_tf.py"
    ),
    "3.3.3": Environment(
        "python3.11", ("tensorflow-cpu==2.16.2", "keras==3.3.3"), "keras_3.py"
    ),
    "3.8.0": Environment(
        "python3.11", ("tensorflow-cpu==2.18.1", "keras==3.8.0"), "keras_3.py"
    ),
}


def main(folder: Path, names: list[str]) -> None:
    """Make the environments of these names (all without any) and run their
    scripts.
    """
    for name in names or ENVIRONMENTS:
        python = prepared(folder.resolve() / name, ENVIRONMENTS[name])
        print(f"Keras {name}", flush=True)
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(
            [python, "-W", "ignore", ENVIRONMENTS[name].script],
            cwd=HERE,
            env=environment,
            check=True,
        )
    if not names:
        subprocess.run([sys.executable, "layouts.py"], cwd=HERE, check=True)


def prepared(folder: Path, environment: Environment) -> Path:
    """Return the Python of an environment, made when it isn't there yet."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([environment.python, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "-q"]
        subprocess.run([*install, *environment.packages], check=True)
        if environment.keras:
            subprocess.run(
                [*install, "--no-deps", *environment.keras], check=True
            )
    return python


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
