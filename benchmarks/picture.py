"""The moving picture: bytes and CPU a frame, what each key costs, idle cost,
and how soon a key acts on a slow line.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.measure import Figure, alone
from benchmarks.models import layer_file
from benchmarks.terminal import Terminal

FPS = 10
READY = "hidden state"
"""The caption of a map: it is there when the first run is drawn."""

SCREEN_BACK = "\x1b[?1049l"
"""What a program writes when it gives the screen back."""


def explorer(
    path: Path,
    *options: str,
    rate: float | None = None,
    size: tuple[int, int] = (160, 48),
) -> Terminal:
    """Start the explorer on the States view and wait until it rests."""
    command = [
        sys.executable,
        "-m",
        "rnn_tui",
        str(path),
        "--view",
        "states",
        *options,
    ]
    terminal = Terminal(command, *size, rate=rate)
    if terminal.until(READY, 90) is None or not terminal.quiet(timeout=120):
        raise RuntimeError(
            f"the explorer never came to rest: {bytes(terminal.received[-300:])!r}"
        )
    return terminal


def playing(
    path: Path, timesteps: int, seconds: float, *options: str, fps: int = FPS
) -> tuple[float, float]:
    """Return bytes and CPU milliseconds a timestep while `path` plays
    `timesteps` of them, `fps` a second.
    """
    terminal = explorer(
        path, "--input", f"random:{timesteps}", "--fps", str(fps), *options
    )
    try:
        terminal.send(" ")
        terminal.read(1.0)
        cpu, size, start = terminal.cpu(), terminal.bytes, time.perf_counter()
        terminal.read(seconds)
        shown = (time.perf_counter() - start) * fps
        return (terminal.bytes - size) / shown, (
            terminal.cpu() - cpu
        ) / shown * 1000
    finally:
        terminal.close()


def busy(path: Path, seconds: float = 4.0) -> float:
    """Return the share of a core, in percent, at sixty timesteps a second."""
    return playing(path, 2000, seconds, fps=60)[1] * 60 / 1000 * 100


def idle(path: Path, seconds: float = 4.0) -> tuple[int, int]:
    """Return bytes and wake-ups of an explorer nobody touches."""
    terminal = explorer(path)
    try:
        woken, size = terminal.wakeups(), terminal.bytes
        terminal.read(seconds)
        return terminal.bytes - size, terminal.wakeups() - woken
    finally:
        terminal.close()


ACTIONS = (
    ("the next timestep", "\x1b[C"),
    ("the next unit", "\x1b[B"),
    ("another map", "m"),
    ("opening Step", "4"),
    ("another timestep there", "\x1b[C"),
    ("opening Layers", "1"),
    ("back to States", "3"),
)


def actions(path: Path) -> Iterator[Figure]:
    """Measure the bytes and the CPU of single keys."""
    terminal = explorer(path, "--input", "random:200")
    try:
        for what, key in ACTIONS:
            size, cpu = terminal.bytes, terminal.cpu()
            terminal.send(key)
            terminal.quiet(0.8)
            spent = (terminal.cpu() - cpu) * 1000
            yield alone(
                "picture",
                what,
                "bytes",
                (terminal.bytes - size) / 1000,
                None,
                "KB",
                f"{spent:.0f} ms CPU",
            )
    finally:
        terminal.close()


def on_a_slow_line(
    path: Path, rate: float, pauses: int = 15
) -> Iterator[Figure]:
    """Measure how soon pause and `q` act while it plays faster than the line
    can carry.
    """
    line = f"while playing on a {rate / 1000:.0f} KB/s line"
    terminal = explorer(
        path, "--input", "random:2000", "--fps", "30", rate=rate
    )
    try:
        delays = []
        for k in range(pauses):
            terminal.send(" ")
            # sooner or later a page of the maps is being turned
            for _ in range(10 + 2 * k):
                terminal.read(0.1)
                terminal.picture()
            paused = terminal.gone_after(" ", "▶")
            delays.append(float("inf") if paused is None else paused)
        note = f"median of {pauses}; the slowest took {max(delays):.2f} s"
        yield alone(
            "picture", f"pause {line}", "0.3 s", median(delays), 0.3, "s", note
        )
        terminal.send(" ")
        terminal.read(3.0)
        left = terminal.after("q", SCREEN_BACK)
        yield alone(
            "picture",
            f"`q` {line}",
            "0.3 s",
            float("inf") if left is None else left,
            0.3,
            "s",
        )
    finally:
        terminal.close()


def figures() -> Iterator[Figure]:
    """Measure the moving picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = (
            layer_file(folder, "LSTM", 8, 64),
            layer_file(folder, "LSTM", 8, 256),
        )
        size, cpu = playing(small, 200, 6)
        sized = "bytes a frame, 64 units × 200 timesteps, 160×48"
        yield alone(
            "picture", sized, "5 KB, whole screen", size / 1000, 5, "KB"
        )
        yield alone("picture", "CPU a frame", "12 ms", cpu, 12, "ms")
        size, cpu = playing(small, 200, 6, "--low-bandwidth", fps=8)
        yield alone(
            "picture",
            "bytes a frame, --low-bandwidth",
            "smaller",
            size / 1000,
            3,
            "KB",
        )
        yield alone(
            "picture",
            "60 timesteps a second: share of a core",
            "one core",
            busy(small),
            100,
            "%",
        )
        size, cpu = playing(large, 10_000, 6)
        yield alone(
            "picture",
            "bytes a frame, 256 units × 10,000 timesteps",
            "as 200 × 64",
            size / 1000,
            5,
            "KB",
        )
        yield alone(
            "picture", "CPU a frame, 256 × 10,000", "as 200 × 64", cpu, 12, "ms"
        )
        sent, woken = idle(small)
        yield alone("picture", "idle for 4 s: bytes", "0", sent, 0, "B")
        yield alone("picture", "idle for 4 s: wake-ups", "0", woken, 0, "")
        yield from actions(small)
        yield from on_a_slow_line(small, 50_000)
