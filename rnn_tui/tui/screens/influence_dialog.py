"""Which timesteps mattered: the dialog that offers the targets, the methods and
the baselines, and the reader of a baseline that is typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rnn_tui.analysis.baseline import (
    MEAN,
    TOKEN,
    ZEROS,
    baselines,
    is_named,
)
from rnn_tui.analysis.series import token_ids
from rnn_tui.sequences.baseline import read_baseline
from rnn_tui.sequences.preview import preview_sequence
from rnn_tui.text import clean
from rnn_tui.tui.screens.path_names import completed
from rnn_tui.tui.session import influence
from rnn_tui.tui.session.session import InfluenceChoice, Move
from rnn_tui.tui.session.tokens import visible
from rnn_tui.tui.text.scales import SEARCHED, offered_scales
from rnn_tui.tui.widgets.choice import ChoiceDialog
from rnn_tui.tui.widgets.entry import Choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.tui.session.session import Session, Subject

TYPED = "typed"
"""The answer that asks for a baseline to be typed."""
Answer = Move | str

MOST_TOKENS = 8
"""Tokens of the sequence that are offered as baselines."""

METHODS = (
    (
        "swap",
        "swap",
        "each timestep swapped and run again: exact, needn't add up",
    ),
    ("gradient", "gradient", "how fast the target changes, through time"),
    (
        "ig",
        "Integrated Gradients",
        "adds up to the change from the baseline; says what it misses",
    ),
)


class InfluenceDialog(ChoiceDialog[Answer]):
    """Offers the targets, methods and baselines; answers with the session that
    asks so, or that a baseline is to be typed.
    """

    TITLE_TEXT = "Which timesteps mattered"
    NOTHING = "no target, method or baseline has this in it"

    def __init__(self, session: Session) -> None:
        super().__init__(choices(session))


def choices(session: Session) -> list[Choice[Answer]]:
    """Return the targets, the methods, the baselines, and none."""
    return [
        *_targets(session),
        *_methods(session),
        *_baselines(session),
        Choice(
            "none",
            "the lane below the input goes",
            influence.none,
            "off hide",
        ),
    ]


def _targets(session: Session) -> Iterator[Choice[Answer]]:
    now = session.influence
    trace = session.subject.trace
    assert trace is not None

    on_output = now is not None and not now.of_unit
    scales = list(offered_scales(session))
    for scale in scales:
        here = on_output and influence.scale_of(session) == scale.name
        yield Choice(
            f"target: the output, its {scale.name}",
            _now(here, f"{scale.activation}: {scale.about}"),
            partial(influence.on_scale, scale=scale.name),
            SEARCHED,
        )

    # a run that stopped has no output: the unit is left
    if trace.outputs and not scales:
        yield Choice(
            "target: the output",
            _now(on_output, "where it has timesteps, at the cursor's"),
            influence.on_output,
        )

    place = session.cursor
    yield Choice(
        f"target: unit {place.unit}",
        _now(
            now is not None and now.of_unit,
            "the selected unit's state at the cursor's timestep",
        ),
        influence.on_unit,
    )


def _methods(session: Session) -> Iterator[Choice[Answer]]:
    now = session.influence
    for method, name, about in METHODS:
        here = now is not None and now.method == method
        yield Choice(
            f"method: {name}",
            _now(here, about),
            partial(influence.by, method=method),
            "occlusion perturbation saliency attribution path ig",
        )


def _baselines(session: Session) -> Iterator[Choice[Answer]]:
    now = (session.influence or InfluenceChoice()).baseline
    shown = session.influence is not None
    offered = [
        (ZEROS, "zeros", "zeros; for a token id the vector of zeros"),
        (MEAN, "the mean", "the mean over this sequence"),
    ]
    offered += [
        (f"{TOKEN}{token}", f"“{visible(token)}”", "this token everywhere")
        for token in _present_tokens(session)
    ]
    for asked, name, about in offered:
        yield Choice(
            f"against {name}",
            _now(shown and now == asked, about),
            partial(influence.against, baseline=asked),
            "baseline reference compared with",
        )

    is_own = all(asked != now for asked, _, _ in offered)
    about = "a number, token:X, a sequence, a file"
    if is_own:
        about = f"now {now}; {about}"

    yield Choice(
        "against another baseline …",
        about,
        TYPED,
        "baseline reference own typed sequence number file",
    )


def _present_tokens(session: Session) -> list[str]:
    """Return the tokens of the sequence, the most frequent first, by their
    names; by their ids where there is no vocabulary.
    """
    opened = session.subject.opened
    trace = session.subject.trace
    assert opened is not None
    assert trace is not None

    names = {
        index: name
        for name, index in (session.subject.vocabulary or {}).items()
    }
    found = []
    for info in opened.model.inputs:
        fed = trace.inputs[info.name]
        ids = token_ids(fed[min(session.cursor.sequence, len(fed) - 1)], info)
        if ids is not None:
            found += Counter(ids.tolist()).most_common(MOST_TOKENS)

    return [names.get(token, str(token)) for token, _ in found[:MOST_TOKENS]]


def _now(here: bool, about: str) -> str:
    if here:
        return f"● now   {about}"

    return about


class BaselineReader:
    """The baseline that is typed, as it is typed: checked against the run's
    inputs.
    """

    title = "Against which baseline"
    keys = "enter takes it · tab completes a path · esc back"
    grammar = (
        "zeros   mean   token:X   0.5 for every timestep and feature\n"
        "0.1 0.2; 0.3 0.1   one timestep, or as many as the sequence has\n"
        "text: xxx   data.npy .npz .csv .tsv .json .txt"
    )

    def __init__(self, subject: Subject) -> None:
        assert subject.opened is not None
        assert subject.trace is not None
        self._model = subject.opened.model
        self._trace = subject.trace
        self._vocabulary = subject.vocabulary
        self._words = subject.vocabulary if subject.vocab else None

    def reads(self) -> str:
        """Return the purpose of the baseline in words."""
        return (
            "each timestep is swapped for that of the baseline; Integrated "
            "Gradients go from it to the sequence"
        )

    def look(self, text: str) -> tuple[str, str | None]:
        """Return the meaning of a text: a large file isn't read to the end."""
        if not is_named(text.strip()) and not _is_number(text):
            found = preview_sequence(
                text,
                self._model.inputs,
                vocab=self._words,
            )
            if found.parsed is None:
                return found.line, None

        return self.read(text)

    def read(self, text: str) -> tuple[str, str]:
        """Return the baseline in words, and as it is typed."""
        text = text.strip()
        asked: str | Mapping[str, NDArray[Any]] = text
        if not is_named(text):
            asked = read_baseline(text, self._model.inputs, self._words)

        batch = len(next(iter(self._trace.inputs.values())))
        if batch > 1:  # it is checked when one of them runs
            return f"against {clean(text, 60)}", text

        found = baselines(self._model, self._trace, asked, self._vocabulary)
        words = [f"against {one.words}" for one in found.values()]

        return ", ".join(dict.fromkeys(words)), text

    def completed(self, text: str) -> str:
        """Return the line with its path completed."""
        return completed(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False

    return True
