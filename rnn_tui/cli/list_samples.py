"""`rnn-tui samples`: the bundled sample models, listed or copied."""

from __future__ import annotations

import sys
from argparse import Namespace

from rnn_tui.errors import RnnTuiError
from rnn_tui.samples import copy_samples, samples
from rnn_tui.text import clean


def run(arguments: Namespace) -> int:
    """List or copy the samples and return the exit status."""
    from rnn_tui.analysis.table import Table
    from rnn_tui.cli.output import Result, emit

    if arguments.copy is not None:
        copies = copy_samples(
            arguments.copy,
            arguments.names,
            force=arguments.force,
        )
        sys.stdout.writelines(f"{clean(path)}\n" for path in copies)
        return 0

    found = [
        sample
        for sample in samples()
        if not arguments.names or sample.name in arguments.names
    ]
    if not found:
        if arguments.names:
            what = f"no sample is named {clean(arguments.names[0])!r}"
        else:
            what = "no samples are installed"

        raise RnnTuiError(f"{what}; `rnn-tui samples` lists those there are")

    emit(
        Result(
            page=lambda: [
                Table(
                    "samples",
                    ("Sample", "What to look at"),
                    [[one.name, one.description] for one in found],
                )
            ],
            tree=lambda: {
                "schema": 1,
                "samples": [
                    {
                        "name": one.name,
                        "path": str(one.path),
                        "description": one.description,
                        "input": one.input,
                    }
                    for one in found
                ],
            },
            titles=("name", "path", "description", "input"),
            rows=lambda: [
                [one.name, str(one.path), one.description, one.input or ""]
                for one in found
            ],
        ),
        arguments,
    )

    return 0
