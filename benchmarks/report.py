"""The figures as lines, JSON and a Markdown page with plots."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Figure

VERDICT = {True: "met", False: "missed", None: ""}


def value(figure: Figure) -> str:
    """Return a figure's value with its unit."""
    number = (
        f"{figure.ratio:.3g}" if figure.ratio < 1000 else f"{figure.ratio:,.0f}"
    )
    return f"{number} {figure.unit}".strip()


def line(figure: Figure) -> str:
    """Return a figure as one line of the terminal."""
    target = (
        ""
        if figure.target is None
        else f"≤ {figure.target:.3g} {figure.unit}".strip()
    )
    return (
        f"{figure.section:8} {figure.work:52} {value(figure):>10}  {target:10} {VERDICT[figure.met]:7} "
        f"{figure.against}  {figure.note}  load {figure.load:g}"
    ).rstrip()


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    import h5py
    import numpy
    import textual

    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "h5py": h5py.__version__,
        "textual": textual.__version__,
    }


def processor() -> str:
    """Return the processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    )
    return next(named, platform.machine())


def write(figures: Sequence[Figure], folder: Path) -> Path:
    """Write results.json, results.md and the plots; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = machine()
    content = {
        "machine": facts,
        "figures": [figure.as_json() for figure in figures],
    }
    (folder / "results.json").write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
    rows = [
        "# Measured",
        "",
        ", ".join(f"{key} {text}" for key, text in facts.items()),
        "",
    ]
    rows += [
        "| work | against | measured | target | |",
        "|---|---|---:|---:|---|",
    ]
    for figure in figures:
        target = (
            ""
            if figure.target is None
            else f"≤ {figure.target:.3g} {figure.unit}"
        )
        note = ", ".join(
            part
            for part in (
                VERDICT[figure.met],
                figure.note,
                f"load {figure.load:g}",
            )
            if part
        )
        rows.append(
            f"| {figure.work} | {figure.against} | {value(figure)} | {target} | {note} |"
        )
    rows += [
        f"\n![{path.stem}]({path.name})" for path in plots(figures, folder)
    ]
    page = folder / "results.md"
    page.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return page


def plots(figures: Sequence[Figure], folder: Path) -> list[Path]:
    """Draw the cost a timestep over length and units, where matplotlib is
    installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        return []
    written = []
    for stem, sign in (("length", "T "), ("units", " units")):
        each = [
            f
            for f in figures
            if f.section == "length" and f.against == "µs a timestep"
        ]
        each = [f for f in each if (", T " in f.work) == (stem == "length")]
        if not each:
            continue
        sizes = [
            int(
                f.work.split(sign)[-1 if stem == "length" else 0]
                .split(", ")[-1]
                .replace(",", "")
            )
            for f in each
        ]
        figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
        axes.loglog(sizes, [f.ratio for f in each], "o-")
        axes.set(
            xlabel="timesteps" if stem == "length" else stem,
            ylabel="µs a timestep",
        )
        written.append(folder / f"{stem}.svg")
        figure.savefig(written[-1])
        pyplot.close(figure)
    return written
