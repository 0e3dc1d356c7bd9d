"""A monkey at the explorer's keyboard: keys, mouse, resizes and reloads at
random, over a pseudo-terminal.

`python tests/fuzz/monkey.py --seconds 1800 --seed 1` lets it play with friendly
and hostile models. After each round the program must live, its terminal hold
nothing foreign, its memory, threads and children be back where they were; at
its end the terminal must be restored. Each round is repeated by its seed
(`--seed N --rounds 1`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "formats", HERE.parent / "terminal"):
    sys.path.insert(0, str(folder))

from processes import descendants  # noqa: E402
from scan import foreign  # noqa: E402
from session import PATIENCE, SAMPLES, Session  # noqa: E402

KEYS = [
    *"12345 ,.+-mMg/s[]or?eyvhjklLnN0zcbtxa",
    "\t",
    "\r",
    "\x1b",
    "\x1b",
    "\x10",
    "\x7f",
    "\x0c",
    "\x01",
    "\x05",
]
LONG_KEYS = ["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z", "\x1b[1;2C",
             "\x1b[3~", "\x1bOP", "\x1b[15~"]  # fmt: skip
TYPED = ["0.1 0.2", "4 7 8", "random:300:7", "text: hello", "onehot: 4 7", "[[0.1, 0.2]]", "sine:50", "random:20000",
         "\x1b[200~a\x1b]0;T\x07\u202e[@click=app.quit]\x1b[201~", "/etc/passwd", "-1", "99999", "lstm"]  # fmt: skip
SIZES = [
    (1, 1),
    (2, 2),
    (5, 20),
    (1, 80),
    (80, 1),
    (10, 40),
    (9, 39),
    (24, 80),
    (48, 160),
    (60, 200),
    (200, 500),
]
ACTIONS = (
    "key",
    "long",
    "typed",
    "mouse",
    "wheel",
    "resize",
    "storm",
    "touch",
    "junk",
)
WEIGHTS = (50, 20, 4, 12, 6, 2, 1, 1, 1)
RAW = b"\x1b[?1004h"
"""Written once the terminal no longer echoes what is typed."""
GROWTH = 120 << 20
"""Bytes a program may grow by between the first rounds and the last: what
opened models and traces leave cached.
"""


@dataclass
class State:
    """What a program holds."""

    memory: int
    threads: int
    children: int

    @classmethod
    def of(cls, pid: int) -> State:
        """Read it from /proc."""
        status = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":" in line
        )
        # a process that has just ended has none
        memory = status.get("VmRSS", "0 kB").split()[0]
        return cls(
            int(memory) << 10, int(status["Threads"]), len(descendants(pid))
        )


class Monkey:
    """Plays with one program; `play` does so many things at random, `settle`
    brings it to rest.
    """

    def __init__(
        self, session: Session, chance: random.Random, path: Path
    ) -> None:
        self.session = session
        self.chance = chance
        self.path = path
        self.size = (24, 80)

    def play(self, things: int) -> None:
        """Do things until the program has ended or there were enough."""
        for _ in range(things):
            if self.session.process.poll() is not None:
                return
            getattr(self, self.chance.choices(ACTIONS, WEIGHTS)[0])()
            self.session.read(self.chance.choice([0.0, 0.01, 0.03, 0.1]))

    def key(self) -> None:
        self.session.press(
            self.chance.choice(KEYS) * self.chance.choice([1, 1, 1, 2, 8])
        )

    def long(self) -> None:
        self.session.press(
            self.chance.choice(LONG_KEYS) * self.chance.choice([1, 1, 2, 10])
        )

    def typed(self) -> None:
        self.session.press("\x1b")
        self.session.read(0.15)
        self.session.press(self.chance.choice("sg/"))
        self.session.read(0.2)
        self.session.press(
            self.chance.choice(TYPED) + self.chance.choice(["\r", "\r", "\x1b"])
        )

    def _cell(self) -> tuple[int, int]:
        return self.chance.randrange(self.size[1]), self.chance.randrange(
            self.size[0]
        )

    def mouse(self) -> None:
        x, y = self._cell()
        self.session.click(x, y)

    def wheel(self) -> None:
        x, y = self._cell()
        button = self.chance.choice([64, 65, 35, 2])
        self.session.press(f"\x1b[<{button};{x + 1};{y + 1}M" * 3)

    def resize(self) -> None:
        self.size = self.chance.choice(SIZES)
        self.session.resize(*self.size)

    def storm(self) -> None:
        for _ in range(30):
            self.session.resize(
                self.chance.randint(1, 60), self.chance.randint(1, 200)
            )
            self.session.read(0.005)
        self.resize()

    def touch(self) -> None:
        os.utime(self.path)
        self.session.press("\x1b[O\x1b[I")

    def junk(self) -> None:
        codes = [
            self.chance.randrange(0x20, 0x250)
            for _ in range(self.chance.randint(1, 40))
        ]
        self.session.press(
            "".join(map(chr, codes)).replace("q", "").replace("e", "")
        )

    def settle(self) -> None:
        """Out of every dialog, nothing playing or running, at a usual size."""
        self.session.read(0.3)
        self.size = (24, 80)
        self.session.resize(*self.size)
        for _ in range(6):
            self.session.press("\x1b")
            self.session.read(0.2)
        self.session.press("1")
        self.session.read(1.0)
        end = time.monotonic() + PATIENCE
        # a reader that has just been started ends by itself
        while self.session.children() and time.monotonic() < end:
            self.session.press("\x1b")
            self.session.read(0.3)


def models(folder: Path) -> Iterator[Path]:
    """Yield friendly and hostile models, each a copy in `folder`."""
    from hostile import CASES
    from named import write_named

    for sample in sorted([*SAMPLES.glob("*.h5"), *SAMPLES.glob("*.keras")]):
        yield Path(shutil.copy(sample, folder))
    for index in range(4):
        path = folder / f"named{index}.h5"
        write_named(path, random.Random(index))
        yield path
    for case in CASES:
        if case.name.startswith("name_") or case.name in (
            "global_heap_spin",
            "html",
        ):
            path = folder / f"{case.name}.h5"
            case.make(path)
            yield path


def play(
    path: Path, seed: int, things: int, rounds: int, folder: Path
) -> list[str]:
    """Let the monkey play some rounds with a model and return what was
    wrong.
    """
    chance = random.Random(seed)
    wrong: list[str] = []
    quiet = {
        "RNN_TUI_STATE": str(folder / "state.json"),
        "TMPDIR": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    quiet["XDG_STATE_HOME"] = str(folder)  # where a crash's report goes
    options = chance.choice(
        [
            [],
            [],
            ["--ascii"],
            ["--low-bandwidth"],
            ["--no-mouse"],
            ["--theme", "light"],
        ]
    )
    environ = chance.choice(
        [
            {},
            {},
            {"NO_COLOR": "1"},
            {"TERM": "linux"},
            {"COLORTERM": "truecolor"},
        ]
    )
    os.chdir(folder)
    with Session(str(path), *options, **quiet, **environ) as session:
        session.until(
            lambda: RAW in session.output or session.process.poll() is not None,
            "the explorer",
        )
        session.rest()
        monkey = Monkey(session, chance, path)
        monkey.settle()
        states = [State.of(session.process.pid)]
        for _ in range(rounds):
            monkey.play(things)
            if session.process.poll() is not None:
                break
            monkey.settle()
            states.append(State.of(session.process.pid))
        wrong += [
            f"foreign: {place!r}"
            for place in foreign(drawn(session.output), copied=True)[:3]
        ]
        wrong += _at_the_end(session, states)
    for report in folder.glob("rnn-tui/crash-*.txt"):
        wrong.append(f"its report: {report.read_text()[-2000:]}")
        report.unlink()
    return wrong


def drawn(output: bytes) -> bytes:
    """Return what was written before the terminal was given back; behind it
    stand our own keys, echoed.
    """
    return output.rpartition(b"\x1b[?1049l")[0] or output


def _at_the_end(session: Session, states: list[State]) -> list[str]:
    wrong = []
    status = session.process.poll()
    if status is None:
        if any(state.children for state in states[-1:]):
            wrong.append(f"children are left: {states[-1].children}")
        if states[-1].threads > states[0].threads + 8:
            wrong.append(
                f"threads grew from {states[0].threads} to {states[-1].threads}"
            )
        if states[-1].memory > states[min(1, len(states) - 1)].memory + GROWTH:
            wrong.append(
                f"memory grew: {[state.memory >> 20 for state in states]} MB"
            )
        session.press("\x03")
        status = session.end()
    if status not in (0, 130):
        wrong.append(f"exit status {status}: {session.output[-300:]!r}")
    if not session.is_restored():
        wrong.append("the terminal isn't restored")
    if b"Traceback" in session.output or b"internal error" in session.output:
        wrong.append(f"it crashed: {session.output[-300:]!r}")
    return wrong


def main() -> int:
    """Play for a while over all models and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--things", type=int, default=150, help="things done in a round"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds with each program"
    )
    parser.add_argument(
        "--only",
        default="",
        help="part of the file name of the models to play with",
    )
    options = parser.parse_args()
    end, seed, bad = time.monotonic() + options.seconds, options.seed, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [path for path in models(folder) if options.only in path.name]
        while time.monotonic() < end:
            path = paths[seed % len(paths)]
            wrong = play(path, seed, options.things, options.rounds, folder)
            bad += bool(wrong)
            print(
                f"seed {seed} {path.name}: {'; '.join(wrong) or 'fine'}",
                flush=True,
            )
            seed += 1
    print(f"{seed - options.seed} programs, {bad} of them went wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
