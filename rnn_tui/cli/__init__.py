"""The command line: arguments in, results on stdout, an exit status back; the explorer is one of its commands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; Ctrl-C is quiet from the first import on."""
    try:
        from rnn_tui.cli.run import main as run

        return run(argv)
    except KeyboardInterrupt:
        return 130
