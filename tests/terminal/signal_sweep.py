"""Send every signal at every moment of the start, in steps of milliseconds;
print what ended otherwise than it must.

python tests/terminal/signal_sweep.py --step 10 --until 1500
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator

from session import BRACKETS, Session

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
PROGRAM = """
import signal, sys
for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from rnn_tui.cli import ending, main
enter = ending.Ending.__enter__

def entered(self):
    enter(self)
    print("!", flush=True)
    return self

ending.Ending.__enter__ = entered
sys.exit(main())
"""
"""The program, which says when it has taken the signals: before that, the
interpreter answers them.
"""
COMMANDS = {
    "explorer": [BRACKETS],
    "start screen": [],
    "layers": ["layers", BRACKETS],
    "trace": ["trace", BRACKETS, "--input", "random:2000"],
}
LAST_WORDS = {"layers": b"* recurrent", "trace": b"output 0"}
"""What a command writes at last: its work is done then, and the interpreter
closes.
"""


def findings(step: float, until: float) -> Iterator[str]:
    """Yield a line for each end that isn't as it must be."""
    for title, arguments in COMMANDS.items():
        for name in NAMES:
            number = getattr(signal, name)
            moments = range(int(until / step) + 1)
            for moment in moments:
                problem = ended_wrong(arguments, number, moment * step)
                if problem is not None:
                    yield f"{title}, {name} after {1000 * moment * step:.0f} ms: {problem}"


def ended_wrong(
    arguments: list[str], number: int, seconds: float
) -> str | None:
    """Run the program, send it a signal so many seconds after its beginning;
    return what is wrong with its end.
    """
    with Session(*arguments, code=PROGRAM) as session:
        session.wait_for("!")
        time.sleep(seconds)
        session.signal(number)
        status = session.end()
        last_words = LAST_WORDS.get(arguments[0] if arguments else "")
        done = (
            last_words is not None
            and last_words in session.output
            and status in (0, -number)
        )
        if status != 128 + number and not done:
            return f"exit status {status}; the last it wrote is {session.output[-200:]!r}"
        if not session.is_restored():
            return "the terminal isn't as it was"
        if b"Traceback" in session.output:
            return "a traceback"
    return None


def main() -> int:
    """Sweep; the exit status says whether anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--step",
        type=float,
        default=10,
        help="milliseconds between two moments",
    )
    parser.add_argument(
        "--until",
        type=float,
        default=1500,
        help="milliseconds after the beginning of the last one",
    )
    asked = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "XDG_STATE_HOME": folder,
            "RNN_TUI_STATE": os.path.join(folder, "state.json"),
        }
        found = 0
        for line in findings(asked.step / 1000, asked.until / 1000):
            found += 1
            print(line, flush=True)
    print(f"{found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
