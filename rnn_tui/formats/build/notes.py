"""The notes taken while the layers of a file are built: for the user, and for
the choice of the class that a custom one is computed as.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnn_tui.engine.graph.nodes import Ref
from rnn_tui.formats.data.spec import GraphSpec, LayerSpec
from rnn_tui.text import clean

if TYPE_CHECKING:
    from rnn_tui.formats.weights_only.own_layers import OwnLayer


@dataclass(eq=False)
class Notes:
    """The lines that come up while layers are built."""

    warnings: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    """Assumptions beside the file on which the numbers rest."""
    own: list[OwnLayer] = field(default_factory=list)
    """The layers of custom classes so far."""
    misfits: list[str] = field(default_factory=list)
    """Where arrays and configuration don't agree: they may be those of two
    models.
    """

    def own_model(self, class_name: str, path: str) -> None:
        """Note the assumption about a model of a custom class; `path` is that
        of its layers.
        """
        if path:
            owner = f"layer {path[:-1]!r}"
        else:
            owner = "the model"

        self.assumptions.append(f"{owner} {own_model(class_name)}")

    def inputs(
        self,
        spec: GraphSpec,
        readers: Mapping[Ref, Sequence[str]],
    ) -> None:
        """Note the oddities of the inputs where the user sees them: at the
        input, or at the layers that read it where no table shows it.
        """
        by_name = {layer.name: layer for layer in spec.layers}
        for ref in spec.inputs:
            entry = by_name[ref.layer]
            shown_in = [entry]
            if ref.layer in spec.hidden:
                self.warnings += [
                    f"the model's input: {note}" for note in entry.notes
                ]
                each_once = dict.fromkeys(readers.get(ref, ()))
                shown_in = [by_name[name] for name in each_once]

            _note_batch(entry, shown_in)

    def misfit(self, path: str, problem: str) -> None:
        """Note that a layer's arrays aren't those that its configuration asks
        for.
        """
        self.misfits.append(f"layer {path!r}: {problem}")

    def disagreement(
        self,
        path: str,
        problem: str | None,
        differences: list[str],
    ) -> None:
        """Note where a layer's arrays differ from its configuration, and why
        they don't make it where they don't.
        """
        self.warnings += differences
        self.misfits += differences
        if problem is not None:
            self.misfit(path, problem)
            self.warnings.append(f"layer {path!r} isn't computed: {problem}")


def own_model(class_name: str) -> str:
    """Return the assumption about a model of a custom class whose layers and
    calls are in the file.
    """
    shown = clean(class_name, 80)
    return (
        f"is of its author's own class {shown}: computed as the graph in the "
        "file; a call of its own isn't in it"
    )


def _note_batch(entry: LayerSpec, shown_in: Sequence[LayerSpec]) -> None:
    """Note a batch size that an input fixes: numerically one sequence is
    enough, and any number runs.
    """
    shape = entry.config.get("batch_shape")
    if isinstance(shape, list) and shape and shape[0] is not None:
        for layer in shown_in:
            layer.notes.append(
                f"the file fixes the batch at {shape[0]}; here any number of "
                "sequences runs"
            )
