"""The part of `analyze` that tells which timesteps the target depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_tui.analysis.influence import (
    FEATURE_NOTES,
    GRADIENT,
    SWAP,
    Influence,
    influences,
)
from rnn_tui.analysis.series import token_ids
from rnn_tui.analysis.table import Table
from rnn_tui.cli.analyses import SHOWN, Analysis, Answer, Row, in_words
from rnn_tui.cli.stderr import print_warning
from rnn_tui.cli.tables import left_out
from rnn_tui.errors import SequenceError
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.cli.tables import Part

NUMBERS = 4
"""Numbers of a timestep that are written beside its influence."""


def influence(one: Analysis) -> Answer:
    """Which timesteps of each input the target depends on."""
    found = influences(
        one.model,
        one.trace.inputs,
        one.target,
        one.arguments.method,
        _baseline(one),
        trace=one.trace,
        dtype=one.arguments.dtype,
        initial_state=one.changed.states,
        vocabulary=one.vocabulary,
        whole_features=True,
    )
    trees = {name: each.tree() for name, each in found.items()}
    rows: list[Row] = []
    page: list[Part] = ["", "INFLUENCE"]
    for name, each in found.items():
        measures = {each.method: each.by_timestep}
        if each.method != SWAP:
            measures |= {
                f"{each.method}: feature {k}": column
                for k, column in enumerate(each.values.T)
            }

        for measure, values in measures.items():
            rows += [
                ("influence", name, measure, t, value)
                for t, value in enumerate(values.tolist())
            ]

        if each.by_feature is not None:
            rows += [
                ("influence", name, f"{each.method} by feature", k, value)
                for k, value in enumerate(each.by_feature.tolist())
            ]

        page += [_in_words(each, _typed(one)), _most_influential(one, each)]
        timesteps = len(each.by_timestep)
        page += left_out(SHOWN, timesteps, "timesteps, the largest")
        page += _by_feature(each)

    tree: dict[str, Any] = trees
    if len(trees) == 1:
        tree = next(iter(trees.values()))

    return Answer("influence", tree, page, rows)


def _baseline(one: Analysis) -> Any:
    """Return the baseline that was asked for: its name, or a sequence's
    arrays.
    """
    from rnn_tui.analysis.baseline import ZEROS, is_named
    from rnn_tui.sequences.baseline import read_baseline

    text = one.arguments.baseline
    if one.arguments.method == GRADIENT and text != ZEROS:
        print_warning("the gradient needs no baseline: --baseline is left out")

    if is_named(text):
        return text

    try:
        return read_baseline(text, one.model.inputs, one.vocabulary)
    except SequenceError as error:
        raise SequenceError(
            f"--baseline {clean(text, 60)}: zeros, mean, token:X, a number, or "
            f"a sequence ({error})"
        ) from None


def _typed(one: Analysis) -> str:
    """Return the baseline as it was typed, in brackets, where it isn't one that
    has a name.
    """
    from rnn_tui.analysis.baseline import is_named

    text = one.arguments.baseline
    if is_named(text):
        return ""

    return f" ({clean(text, 40)})"


def _in_words(found: Influence, typed: str) -> str:
    """Return the method, its baseline, its sums and its warning."""
    words = (
        f"{found.target} is {in_words(found.value)}; {found.method} of each "
        f"timestep of {found.input}"
    )
    if found.baseline:
        words += f", compared with {found.baseline}{typed}"

    words += f"; sum {in_words(found.sum)}"
    if found.residual is not None:
        words += f", residual {in_words(found.residual)}"

    return f"{words}. {found.note}"


def _most_influential(one: Analysis, found: Influence) -> Table:
    """Return the timesteps with the largest influence, in their order."""
    order = np.argsort(-np.abs(found.by_timestep), kind="stable")[:SHOWN]
    titles = ("t", "input", found.method)
    lines = [
        [
            str(t),
            _fed(one, found.input, t),
            in_words(float(found.by_timestep[t])),
        ]
        for t in sorted(order.tolist())
    ]

    return Table(
        "influence",
        titles,
        lines,
        numbers=frozenset(("t", found.method)),
    )


def _fed(one: Analysis, name: str, t: int) -> str:
    """Return the token of a timestep of an input, or its first numbers; empty
    for a picture.
    """
    value = one.trace.inputs[name][0]
    infos = {info.name: info for info in one.model.inputs}
    ids = token_ids(value, infos.get(name))
    if ids is not None:
        return one.token(int(ids[t]))
    if value.ndim > 2:
        return ""

    # an input without time is one timestep
    timesteps = value if infos[name].has_time else value[None]
    numbers = np.atleast_1d(timesteps[t]).tolist()
    words = [in_words(float(number)) for number in numbers[:NUMBERS]]
    if len(numbers) > NUMBERS:
        words.append("…")

    return " ".join(words)


def _by_feature(found: Influence) -> list[Part]:
    """Return the features with the largest influence, in their order; nothing
    where they aren't told apart.
    """
    if found.by_feature is None:
        return []

    order = np.argsort(-np.abs(found.by_feature), kind="stable")[:SHOWN]
    titles = ("feature", found.method)
    lines = [
        [str(k), in_words(float(found.by_feature[k]))]
        for k in sorted(order.tolist())
    ]
    features = len(found.by_feature)

    return [
        f"by feature: {FEATURE_NOTES[found.method]}",
        Table("features", titles, lines, numbers=frozenset(titles)),
        *left_out(SHOWN, features, "features, the largest"),
    ]
