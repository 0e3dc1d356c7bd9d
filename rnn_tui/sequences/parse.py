"""The text of a sequence, or one text for each input, as arrays by input
name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnn_tui.errors import SequenceError
from rnn_tui.sequences import files, signals, tokens, typed_numbers
from rnn_tui.sequences.input_shapes import describe, fit
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.engine.model import InputInfo

Vocabulary: TypeAlias = (
    str | os.PathLike[str] | Sequence[str] | Mapping[str, int]
)
"""A path to a JSON file, a list of tokens, or a map from token to id."""

LIKE_A_NAME = re.compile(r"\s*[\w./@-]+\s*")
"""Text before an equals sign that must be meant as an input's name."""


@dataclass(frozen=True, eq=False)
class ParsedInput:
    """The arrays to run a model on, and in one line how the text was
    understood.

    Arrays have the input's own shape `(timesteps, features)`, with a batch axis
    before it when `batched`.
    """

    arrays: Mapping[str, NDArray[Any]]
    understood: str
    batched: bool
    unasked: bool = False
    """Whether only the file says how long it is: a file that declares a large
    input must not get much memory by that.
    """
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The text behind the ids, by the input's name, where the model's own
    vocabulary turned it into them.
    """


def parse_sequence(
    text: str | Sequence[str] | None,
    inputs: Sequence[InputInfo],
    *,
    vocab: Vocabulary | None = None,
    stdin: BinaryIO | None = None,
) -> ParsedInput:
    """Return the arrays that `text` means for `inputs`; None is `random:T`, T
    the model's own length or 20.

    Several inputs are given as `name=SEQ`, in a list or in one text separated
    by `|`. Raises SequenceError.
    """
    if not inputs:
        raise SequenceError(
            "there is no input to feed: the model can't be run from its "
            "beginning; start behind it"
        )

    given = by_input(text, inputs)
    words = None
    if vocab is not None:
        words = tokens.load_vocabulary(vocab)

    raw = _read_all(given, inputs, words, stdin)
    ids = _ids_of_texts(raw, inputs, words)
    raw |= ids.arrays

    fitted = {
        info.name: fit(raw[info.name], info, reader_of(info, inputs))
        for info in inputs
    }
    arrays, batched = _same_batch(fitted, inputs)

    descriptions = []
    for info in inputs:
        line = describe(arrays[info.name], info, batched)
        line += ids.meanings.get(info.name, "")
        if len(inputs) > 1:
            line = f"{info.name}: {line}"

        descriptions.append(line)

    understood = " | ".join(descriptions)
    unasked = any(_leaves_length_open(part) for part in given.values())

    return ParsedInput(arrays, understood, batched, unasked, ids.texts)


def _read_all(
    given: Mapping[str, str],
    inputs: Sequence[InputInfo],
    words: Mapping[str, int] | None,
    stdin: BinaryIO | None,
) -> dict[str, NDArray[Any]]:
    """Return the values of each input's text; raise SequenceError where an
    input has none.
    """
    raw: dict[str, NDArray[Any]] = {}
    for name, part in given.items():
        named = [info for info in inputs if name in ("", info.name)]
        raw.update(_read(part, named, words, stdin))

    missing = [info.name for info in inputs if info.name not in raw]
    if missing:
        raise SequenceError(
            f"no sequence for {files.listed(missing)}: give each input as "
            "NAME=SEQ"
        )

    return raw


class _TextIds(NamedTuple):
    """The ids of the inputs that are texts, by the input's name."""

    arrays: dict[str, NDArray[Any]]
    texts: dict[str, tuple[str, ...]]
    """The texts that the model's own vocabulary turned into ids."""
    meanings: dict[str, str]
    """The first tokens, for the description."""


def _ids_of_texts(
    raw: Mapping[str, NDArray[Any]],
    inputs: Sequence[InputInfo],
    words: Mapping[str, int] | None,
) -> _TextIds:
    found = _TextIds({}, {}, {})
    for info in inputs:
        if info.text is None:
            continue

        name = info.name
        given = raw[name]
        if given.dtype.kind != "O":
            continue

        texts = tokens.in_a_row(given)
        ids, meaning = tokens.by_own_rules(texts, info.text, words)
        found.arrays[name] = ids
        found.meanings[name] = meaning
        if words is None:
            flat = texts.reshape(-1)
            found.texts[name] = tuple(flat.tolist())

    return found


def _leaves_length_open(part: str) -> bool:
    return signals.is_signal(part) and signals.length_of(part) is None


def by_input(
    text: str | Sequence[str] | None,
    inputs: Sequence[InputInfo],
) -> dict[str, str]:
    """Return the text of each input; a text without a name has the name ""."""
    if text is None:
        parts = ["random"]
    elif isinstance(text, str):
        parts = _split(text, inputs)
    else:
        parts = list(text)

    names = [info.name for info in inputs]
    given: dict[str, str] = {}
    for part in parts:
        name, sequence = _named(part, names)
        is_repeated = name in given
        is_mixed = bool(given) and (name == "" or "" in given)
        if is_repeated or is_mixed:
            if name:
                shown = files.listed([name])
            else:
                shown = "the input"

            raise SequenceError(
                f"{shown} is given twice; use NAME=SEQ for each input"
            )

        given[name] = sequence

    return given or {"": ""}


def _named(part: str, names: Sequence[str]) -> tuple[str, str]:
    """Return the name and the sequence in `name=SEQ`, the name "" where there
    is none.
    """
    head, equals, rest = part.partition("=")
    name = head.strip()
    if equals and name in names:
        return name, rest

    looks_like_name = equals and LIKE_A_NAME.fullmatch(head)
    if looks_like_name and not files.is_path(part):
        raise SequenceError(
            f"no input is named {clean(name, 60)!r}; the model has "
            f"{files.listed(names)}"
        )

    return "", part


def _split(text: str, inputs: Sequence[InputInfo]) -> list[str]:
    """Return the parts of `a=… | b=…`; a bar without an input's name behind it
    doesn't separate.
    """
    names = "|".join(re.escape(info.name) for info in inputs)
    return re.split(rf"\s*\|\s*(?=(?:{names})\s*=)", text)


def _read(
    text: str,
    inputs: Sequence[InputInfo],
    words: Mapping[str, int] | None,
    stdin: BinaryIO | None,
) -> dict[str, NDArray[Any]]:
    """Return the values of `text` for each of `inputs`, not yet in their
    shapes.
    """
    if tokens.is_text(text):
        # blanks at the end belong to a typed text
        text = text.lstrip()
    else:
        text = text.strip("\r\n\t ")

    if signals.is_signal(text):
        return {info.name: signals.make(text, info) for info in inputs}

    if tokens.is_text(text) or tokens.is_onehot(text):
        info = _only(inputs)
        return {info.name: _one(text, info, words)}

    if text == "-":
        return _of_content(files.read_stream(stdin, inputs), inputs, words)
    if files.is_path(text):
        return _of_content(files.read_path(text, inputs), inputs, words)

    if len(inputs) == 1 and inputs[0].text is not None:
        several = tokens.several_texts(text)
        if several is not None:
            return {inputs[0].name: several}

    if text[:1] in ("[", "{"):
        return _of_content(typed_numbers.parse_json(text), inputs, words)

    info = _only(inputs)

    return {info.name: _one(text, info, words)}


def _of_content(
    content: files.Content,
    inputs: Sequence[InputInfo],
    words: Mapping[str, int] | None,
) -> dict[str, NDArray[Any]]:
    """Return the values of a file's content for each of `inputs`."""
    if isinstance(content, Mapping):
        return _pick(content, inputs)

    info = _only(inputs)
    if not isinstance(content, str):
        return {info.name: content}

    if info.text is not None:
        tokens.check_length(content)
        # the end of the file's last line is no part of its text
        content = content.rstrip("\r\n")

    return {info.name: _one(content, info, words)}


def _one(
    text: str,
    info: InputInfo,
    words: Mapping[str, int] | None,
) -> NDArray[Any]:
    """Return the values of a typed text for one input."""
    if tokens.is_text(text):
        return tokens.from_text(text, info, words)
    if tokens.is_onehot(text):
        return tokens.from_onehot(text, info)

    return typed_numbers.parse_numbers(text, info)


def _pick(
    found: Mapping[str, NDArray[Any]],
    inputs: Sequence[InputInfo],
) -> dict[str, NDArray[Any]]:
    """Return the arrays named like the inputs, or as `trace` writes them; a
    single array fits a single input.
    """
    names = [info.name for info in inputs]
    if len(names) == 1 and len(found) == 1:
        (array,) = found.values()
        return {names[0]: array}

    picked = {}
    for name in names:
        for key in (name, f"input/{name}"):
            if key in found:
                picked[name] = found[key]
                break

    if not picked:
        wanted = files.listed(names)
        held = files.listed(list(found)) or "no arrays"
        raise SequenceError(f"it holds {held}; the model reads {wanted}")

    return picked


def _only(inputs: Sequence[InputInfo]) -> InputInfo:
    """Return the single input; raise SequenceError where there are several."""
    if len(inputs) > 1:
        names = [info.name for info in inputs]
        raise SequenceError(
            f"the model has {len(inputs)} inputs, {files.listed(names)}: give "
            "each as NAME=SEQ"
        )

    return inputs[0]


def _same_batch(
    arrays: dict[str, NDArray[Any]],
    inputs: Sequence[InputInfo],
) -> tuple[dict[str, NDArray[Any]], bool]:
    """Return the arrays, each with a batch axis when one of them has it, and
    whether one has.
    """
    sizes = {
        info.name: len(arrays[info.name])
        for info in inputs
        if arrays[info.name].ndim > len(info.shape)
    }
    if not sizes:
        return arrays, False

    if len(set(sizes.values())) > 1:
        shown = ", ".join(
            f"{clean(name, 60)} {size}" for name, size in sizes.items()
        )
        raise SequenceError(
            f"the inputs differ in how many sequences they hold: {shown}"
        )

    (batch,) = set(sizes.values())
    same = {}
    for name, array in arrays.items():
        if name in sizes:
            same[name] = array
        else:
            same[name] = np.broadcast_to(array, (batch, *array.shape))

    return same, True


def reader_of(info: InputInfo, inputs: Sequence[InputInfo]) -> str:
    """Return the reader of an input as messages name it."""
    if len(inputs) == 1:
        return "the model"

    return f"input {clean(info.name, 60)!r}"
