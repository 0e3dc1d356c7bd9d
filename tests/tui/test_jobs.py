"""The explorer's slow work, without an app: the first sequence, and a run that
asks for too much.
"""

from __future__ import annotations

from typing import Any

import pytest
from fakes import opened

from rnn_tui.engine.graph.graph import Graph
from rnn_tui.engine.graph.nodes import Node, Ref
from rnn_tui.engine.layers.identity import Identity
from rnn_tui.engine.memory.budget import MEMORY
from rnn_tui.engine.model import Model
from rnn_tui.engine.trace.trace import ModelTrace
from rnn_tui.errors import SequenceError
from rnn_tui.formats.opened import OpenedModel
from rnn_tui.tui.session.jobs import Ran, first_text, parse_texts, run_typed


def random_model(*shape: int | None) -> OpenedModel:
    """A model of one layer that does nothing, and reads a sequence of this
    shape.
    """
    layers = {
        "x": Identity("x", "InputLayer", {"batch_shape": [None, *shape]}),
        "d": Identity("d", "Dropout"),
    }
    return opened(
        Model(
            "m",
            "Sequential",
            Graph(layers, [Node("d", 0, (Ref("x"),))], [Ref("x")], [Ref("d")]),
        )
    )


def run(model: Any, texts: list[str]) -> Ran:
    """Parse a sequence and run a model on it."""
    typed = parse_texts(model, texts, None)
    return run_typed(model, typed, lambda done, total: None, lambda: False)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((None, 2), "random:20"),
        ((7, 2), "random:7"),
        ((10**8, 2), "random"),
        ((1000, 200_000), "random"),
    ],
)
def test_the_first_sequence_is_as_long_as_the_model_wants(
    shape: tuple[int | None, ...], text: str
) -> None:
    assert first_text(random_model(*shape)) == (text, None)


def two_inputs(
    names: tuple[str, str], *shapes: tuple[int | None, ...]
) -> OpenedModel:
    """A model of two inputs that returns both."""
    layers = {
        name: Identity(name, "InputLayer", {"batch_shape": [None, *shape]})
        for name, shape in zip(names, shapes, strict=True)
    }
    refs = [Ref(name) for name in layers]
    return opened(Model("m", "Functional", Graph(layers, [], refs, refs)))


@pytest.mark.parametrize(
    ("shapes", "text"),
    [
        (((7, 2), (4, 3)), "price=random:7 | news=random:4"),
        (((None, 2), (4, 3)), "price=random:20 | news=random:4"),
        (((7, 2), (7, 3)), "random:7"),
        (((7, 2), (10**8, 2)), "random"),
    ],
)
def test_inputs_of_different_lengths_start_each_on_its_own(
    shapes: tuple[tuple[int | None, ...], ...], text: str
) -> None:
    assert first_text(two_inputs(("price", "news"), *shapes))[0] == text


@pytest.mark.parametrize(
    "names", [("price", "news"), ("a=b", "c"), ("a | b", "b")]
)
def test_a_line_with_a_sequence_for_each_input_runs(
    names: tuple[str, str],
) -> None:
    model = two_inputs(names, (7, 2), (4, 3))
    ran = run(model, [first_text(model)[0]])
    assert [ran.parsed.arrays[name].shape for name in names] == [(7, 2), (4, 3)]
    assert [output.shape for output in ran.trace.outputs] == [
        (1, 7, 2),
        (1, 4, 3),
    ]


@pytest.mark.parametrize("shape", [(10**8, 2), (1000, 200_000)])
def test_a_file_can_not_ask_for_a_sequence_of_any_size(
    shape: tuple[int, ...],
) -> None:
    model = random_model(*shape)
    with pytest.raises(
        SequenceError, match="random would make 200,000,000 values"
    ):
        run(model, [first_text(model)[0]])


def test_too_little_memory_for_a_run_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Model, "run", fail)
    with pytest.raises(SequenceError, match="not enough memory"):
        run(random_model(5, 2), ["random"])


@pytest.mark.parametrize(
    ("texts", "allowed"),
    [
        (["random"], MEMORY),
        (["random:700"], MEMORY),
        (["sine"], MEMORY),
        (["random:701"], None),
        (["1 2; 3 4"], None),
    ],
)
def test_a_sequence_nobody_asked_for_gets_the_least_memory(
    texts: list[str], allowed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    really_run = Model.run

    def noted(self: Model, x: Any, **options: Any) -> ModelTrace:
        asked.append(options["max_memory"])
        return really_run(self, x, **options)

    monkeypatch.setattr(Model, "run", noted)
    run(random_model(700, 2), texts)
    assert asked == [allowed]
