"""How the Keras of a file treats sequences of another length than the declared
one, in words.

A recurrent layer's arithmetic knows no length, so it runs here in any case;
Keras checks the declared one first, and not everywhere: Keras 3 in functional
models only, tf.keras in every model that declares its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnn_tui.formats.data.spec import Era, GraphSpec

WARNS = (2, 3)
"""The version that TensorFlow 2.2's Keras writes: it warns, and runs."""
WARNS_OR_REFUSES = (2, 4)
"""The version that TensorFlow 2.3's and 2.4's Keras write: 2.3 warns, 2.4
refuses.
"""


def other_lengths(era: Era, spec: GraphSpec) -> str:
    """Return in words how the Keras of this era treats a sequence of another
    length: `Keras 3.15.1 refuses it …`.
    """
    name = "tf.keras" if era.tensorflow else "Keras"
    keras = f"{name} {'.'.join(map(str, era.version))}"

    if era.generation >= 3:
        refuses = any(
            graph.class_name != "Sequential" for graph in _with_lengths(spec)
        )
        if refuses:
            return f"{keras} refuses it in a functional model"

        return f"{keras} runs it, too"

    if not era.tensorflow:
        return f"{keras} refuses it"
    if era.version[:2] == WARNS:
        return f"{keras} runs it with a warning"
    if era.version[:2] == WARNS_OR_REFUSES:
        return (
            f"{keras} runs it with a warning (TensorFlow 2.3) or refuses it "
            "(2.4)"
        )
    if spec.declared:
        return f"{keras} refuses it"

    return f"{keras} runs it, too"


def _with_lengths(spec: GraphSpec) -> Iterator[GraphSpec]:
    """Yield a model, and the models in it whose inputs have lengths."""
    yield spec
    for layer in spec.layers:
        inner = layer.graph
        if inner is not None and any(
            _has_length(inner, ref.layer) for ref in inner.inputs
        ):
            yield from _with_lengths(inner)


def _has_length(spec: GraphSpec, name: str) -> bool:
    shape = spec.layer(name).config.get("batch_shape")
    return isinstance(shape, list) and any(
        side is not None for side in shape[1:2]
    )
