"""`python -m benchmarks [SECTION …]`: print each figure beside its target,
write JSON and a page with plots.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

from benchmarks import compare, report
from benchmarks.measure import Figure

SECTIONS = (
    "analyses",
    "engine",
    "gradients",
    "length",
    "start",
    "picture",
    "calls",
    "looks",
    "walks",
    "what_if",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__
    )
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"{', '.join(SECTIONS)} (all), or: compare REV "
        "(runs and the first picture of another commit)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("benchmarks/results"),
        help="folder of the results",
    )
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="one thread's time on its core: for a machine that is busy",
    )
    options = parser.parse_args()
    # BLAS reads its threads when NumPy is imported
    if options.cpu and not os.environ.get("BENCHMARKS_CPU"):
        os.environ |= {"BENCHMARKS_CPU": "1", "OPENBLAS_NUM_THREADS": "1"}
        os.execv(
            sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
        )
    if options.sections[:1] == ["compare"]:
        compare.main(*options.sections[1:])
        return
    figures: list[Figure] = []
    for section in options.sections or SECTIONS:
        for figure in importlib.import_module(
            f"benchmarks.{section}"
        ).figures():
            print(report.line(figure), flush=True)
            figures.append(figure)
    print(f"\nwritten: {report.write(figures, options.output)}")


if __name__ == "__main__":
    main()
