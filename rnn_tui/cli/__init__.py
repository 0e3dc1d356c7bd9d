"""The command line: arguments in, results on stdout, an exit status back; the explorer is one of its commands."""

from rnn_tui.cli.run import main

__all__ = ["main"]
