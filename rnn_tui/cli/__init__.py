"""The command line: arguments in, results on stdout, an exit status back; the
explorer is one of its commands.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; signals end it properly
    from here on.

    Without `argv` the command line is the process's own, which is about to end
    with that status.
    """
    from rnn_tui.cli.ending import Ending

    with Ending(whole_process=argv is None) as ending:
        from rnn_tui.cli.run import main as run

        status = run(argv, ending)
        if ending.status is None:
            return status

        return ending.status
