"""The moving picture: bytes and CPU a frame, idle cost, and how soon a key acts on a slow line."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, alone
from benchmarks.models import layer_file
from benchmarks.terminal import Terminal

FPS = 10
SETTLE = 2.5
"""Seconds after which a started explorer has drawn everything."""


def explorer(path: Path, *options: str, rate: float | None = None, size: tuple[int, int] = (160, 48)) -> Terminal:
    """Start the explorer on the States view."""
    command = [sys.executable, "-m", "rnn_tui", str(path), "--view", "states", *options]
    return Terminal(command, *size, rate=rate)


def playing(path: Path, timesteps: int, seconds: float, *options: str) -> tuple[float, float]:
    """Return bytes and CPU milliseconds a frame while `path` plays `timesteps` timesteps at 10 a second."""
    terminal = explorer(path, "--input", f"random:{timesteps}", "--fps", str(FPS), *options)
    try:
        terminal.read(SETTLE)
        terminal.send(" ")
        terminal.read(1.0)
        cpu, size = terminal.cpu(), terminal.bytes
        terminal.read(seconds)
        frames = seconds * FPS
        return (terminal.bytes - size) / frames, (terminal.cpu() - cpu) / frames * 1000
    finally:
        terminal.close()


def idle(path: Path, seconds: float = 4.0) -> tuple[int, int]:
    """Return bytes and wake-ups of an explorer nobody touches."""
    terminal = explorer(path)
    try:
        terminal.read(SETTLE)
        woken, size = terminal.wakeups(), terminal.bytes
        terminal.read(seconds)
        return terminal.bytes - size, terminal.wakeups() - woken
    finally:
        terminal.close()


def quits_after(path: Path, rate: float, *options: str) -> float:
    """Return the seconds from `q`, pressed while it plays on a line of `rate` bytes a second, to the program's end."""
    terminal = explorer(path, "--input", "random:2000", "--fps", "20", *options, rate=rate)
    try:
        terminal.read(SETTLE + 40_000 / rate)
        terminal.send(" ")
        terminal.read(4.0)
        terminal.send("q")
        ended = terminal.ended(60)
        return float("inf") if ended is None else ended
    finally:
        terminal.close()


def figures() -> Iterator[Figure]:
    """Measure the moving picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = layer_file(folder, "LSTM", 8, 64), layer_file(folder, "LSTM", 8, 1024)
        size, cpu = playing(small, 200, 8)
        yield alone(
            "picture", "bytes a frame, 64 units × 200 timesteps, 160×48", "5 KB, whole screen", size / 1000, 5, "KB"
        )
        yield alone("picture", "CPU a frame", "12 ms", cpu, 12, "ms")
        size, cpu = playing(small, 200, 8, "--low-bandwidth", "--fps", "8")
        yield alone("picture", "bytes a frame, --low-bandwidth", "smaller", size / 1000, 5, "KB")
        size, cpu = playing(large, 10_000, 8)
        yield alone("picture", "bytes a frame, 1,024 units × 10,000 timesteps", "as 200 × 64", size / 1000, 5, "KB")
        yield alone("picture", "CPU a frame, 1,024 × 10,000", "as 200 × 64", cpu, 12, "ms")
        sent, woken = idle(small)
        yield alone("picture", "idle for 4 s: bytes", "0", sent, 0, "B")
        yield alone("picture", "idle for 4 s: wake-ups", "0", woken, 0, "")
        for rate in (50_000, 100_000):
            waited = quits_after(small, rate)
            yield alone("picture", f"`q` while playing on a {rate // 1000} KB/s line", "0.3 s", waited, 0.3, "s")
