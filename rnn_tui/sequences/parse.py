"""From the text of a sequence, or one text for each input, to arrays by the input's
name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.sequences import files, signals, tokens, typed
from rnn_tui.sequences.fit import describe, fit
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

Vocabulary: TypeAlias = str | os.PathLike[str] | Sequence[str] | Mapping[str, int]
"""A path to a JSON file, a list of tokens, or a map from token to id."""


@dataclass(frozen=True, eq=False)
class ParsedInput:
    """What `Model.run` is fed, and in one line how the text was understood.

    Arrays have the input's own shape `(timesteps, features)`, or a batch axis before it
    when `batched`.
    """

    arrays: Mapping[str, NDArray[Any]]
    understood: str
    batched: bool
    unasked: bool = False
    """Whether nobody said how long it is: a file that declares a large input must not
    get much memory by that.
    """
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The text behind the ids, by the input's name, where the model's own vocabulary
    turned it into them.
    """


def parse_sequence(
    text: str | Sequence[str] | None,
    inputs: Sequence[InputInfo],
    *,
    vocab: Vocabulary | None = None,
    stdin: BinaryIO | None = None,
) -> ParsedInput:
    """Return the arrays that `text` means for `inputs`; None is `random:T`, T the
    model's own length or 20.

    Several inputs are given as `name=SEQ`, in a list or in one text separated by `|`.
    Raises SequenceError.
    """
    if not inputs:
        raise SequenceError(
            "there is no input to feed: the model can't be run from its beginning; "
            "start behind it"
        )

    given = by_input(text, inputs)
    if vocab is None:
        words = None
    else:
        words = tokens.load_vocabulary(vocab)

    raw: dict[str, NDArray[Any]] = {}
    for name, part in given.items():
        raw.update(
            _read(
                part, [info for info in inputs if name in ("", info.name)], words, stdin
            )
        )

    missing = [info.name for info in inputs if info.name not in raw]
    if missing:
        raise SequenceError(
            f"no sequence for {files.listed(missing)}: give each input as NAME=SEQ"
        )

    texts: dict[str, tuple[str, ...]] = {}
    meant: dict[str, str] = {}
    for info in inputs:
        if info.text is not None and raw[info.name].dtype.kind == "O":
            typed_texts = tokens.in_a_row(raw[info.name])
            raw[info.name], meant[info.name] = tokens.by_own_rules(
                typed_texts, info.text, words
            )
            if words is None:
                texts[info.name] = tuple(typed_texts.reshape(-1).tolist())

    arrays = {
        info.name: fit(raw[info.name], info, reader_of(info, inputs)) for info in inputs
    }
    arrays, batched = _same_batch(arrays, inputs)
    lines = [
        describe(arrays[info.name], info, batched) + meant.get(info.name, "")
        for info in inputs
    ]
    names = [f"{info.name}: " if len(inputs) > 1 else "" for info in inputs]
    unasked = any(
        signals.is_signal(part) and signals.length_of(part) is None
        for part in given.values()
    )
    understood = " | ".join(map("".join, zip(names, lines, strict=True)))

    return ParsedInput(arrays, understood, batched, unasked, texts)


def by_input(
    text: str | Sequence[str] | None, inputs: Sequence[InputInfo]
) -> dict[str, str]:
    """Return the text of each input; the name "" stands for a text without a name."""
    if text is None:
        parts = ["random"]
    elif isinstance(text, str):
        parts = _split(text, inputs)
    else:
        parts = list(text)

    names = [info.name for info in inputs]
    given: dict[str, str] = {}
    for part in parts:
        head, equals, rest = part.partition("=")
        named = bool(equals) and head.strip() in names
        if (
            equals
            and not named
            and re.fullmatch(r"\s*[\w./@-]+\s*", head)
            and not files.is_path(part)
        ):
            raise SequenceError(
                f"no input is named {clean(head.strip(), 60)!r}; the model has "
                f"{files.listed(names)}"
            )

        if named:
            name = head.strip()
        else:
            name = ""

        if name in given or (given and "" in (name, *given)):
            raise SequenceError(
                f"{files.listed([name]) if name else 'the input'} is given twice; use "
                "NAME=SEQ for each input"
            )

        given[name] = rest if named else part

    return given or {"": ""}


def _split(text: str, inputs: Sequence[InputInfo]) -> list[str]:
    """Return `a=… | b=…` as its parts; a bar that no input's name follows stays what it
    is.
    """
    names = "|".join(re.escape(info.name) for info in inputs)
    return re.split(rf"\s*\|\s*(?=(?:{names})\s*=)", text)


def _read(
    text: str,
    inputs: Sequence[InputInfo],
    words: Mapping[str, int] | None,
    stdin: BinaryIO | None,
) -> dict[str, NDArray[Any]]:
    """Return what `text` means for each of `inputs`, not yet fitted to their shapes."""
    if not tokens.is_text(text):
        text = text.strip("\r\n\t ")
    else:
        text = text.lstrip()

    if signals.is_signal(text):
        return {info.name: signals.make(text, info) for info in inputs}

    if tokens.is_text(text) or tokens.is_onehot(text):
        _only(inputs)
        return {inputs[0].name: _one(text, inputs[0], words)}

    if text == "-":
        source: files.Content = files.read_stream(stdin, inputs)
    elif files.is_path(text):
        source = files.read_path(text, inputs)
    elif (
        len(inputs) == 1
        and inputs[0].text is not None
        and (several := tokens.several_texts(text)) is not None
    ):
        return {inputs[0].name: several}
    elif text[:1] in ("[", "{"):
        source = typed.parse_json(text)
    else:
        _only(inputs)
        return {inputs[0].name: _one(text, inputs[0], words)}

    if isinstance(source, str):
        _only(inputs)
        if inputs[0].text is not None:
            tokens.check_length(source)
            # the end of the file's last line is no part of its text
            source = source.rstrip("\r\n")

        return {inputs[0].name: _one(source, inputs[0], words)}

    if isinstance(source, Mapping):
        return _pick(source, inputs)

    _only(inputs)

    return {inputs[0].name: source}


def _one(text: str, info: InputInfo, words: Mapping[str, int] | None) -> NDArray[Any]:
    """Return what a typed text means for one input."""
    if tokens.is_text(text):
        return tokens.from_text(text, info, words)
    if tokens.is_onehot(text):
        return tokens.from_onehot(text, info)

    return typed.parse_numbers(text, info)


def _pick(
    found: Mapping[str, NDArray[Any]], inputs: Sequence[InputInfo]
) -> dict[str, NDArray[Any]]:
    """Return the arrays named like the inputs (as `trace` writes them, too); a single
    one fits a single input.
    """
    named = {
        info.name: found.get(info.name, found.get(f"input/{info.name}"))
        for info in inputs
    }
    if len(inputs) == 1 and len(found) == 1:
        return {inputs[0].name: next(iter(found.values()))}

    picked = {name: array for name, array in named.items() if array is not None}
    if not picked:
        wanted = files.listed([info.name for info in inputs])
        raise SequenceError(
            f"it holds {files.listed(list(found)) or 'no arrays'}; the model reads "
            f"{wanted}"
        )

    return picked


def _only(inputs: Sequence[InputInfo]) -> None:
    if len(inputs) > 1:
        names = [info.name for info in inputs]
        raise SequenceError(
            f"the model has {len(inputs)} inputs, {files.listed(names)}: give each as "
            "NAME=SEQ"
        )


def _same_batch(
    arrays: dict[str, NDArray[Any]], inputs: Sequence[InputInfo]
) -> tuple[dict[str, NDArray[Any]], bool]:
    """Give every input the batch axis when one of them has it."""
    sizes = {
        info.name: len(arrays[info.name])
        for info in inputs
        if arrays[info.name].ndim > len(info.shape)
    }
    if not sizes:
        return arrays, False

    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{clean(name, 60)} {size}" for name, size in sizes.items())
        raise SequenceError(
            f"the inputs differ in how many sequences they hold: {shown}"
        )

    batch = next(iter(sizes.values()))

    return {
        name: array if name in sizes else np.broadcast_to(array, (batch, *array.shape))
        for name, array in arrays.items()
    }, True


def reader_of(info: InputInfo, inputs: Sequence[InputInfo]) -> str:
    """Return how messages name who reads an input."""
    if len(inputs) == 1:
        return "the model"

    return f"input {clean(info.name, 60)!r}"
