"""The views, once: the key map, the tabs, the footer, `--view`, the completions
and the README's pictures are made from this table.

It is read before Textual starts, and by `--help`: it imports nothing.
"""

from __future__ import annotations


class ViewEntry:
    """A view: the key that shows it, its name on the command line and its
    title.

    `does` is one clause for the key; `help` and `keys` are the page that
    explains the view: a few plain sentences, and its own keys as (keys shown,
    one clause). `module` holds its class, which is called `{Title}View`.
    `before_run` says that it has something to show before anything has run.
    """

    def __init__(
        self,
        digit: str,
        name: str,
        does: str,
        help: str,
        keys: tuple[tuple[str, str], ...],
        before_run: bool = False,
    ) -> None:
        self.digit = digit
        self.name = name
        self.title = name.title()
        self.does = does
        self.help = help
        self.keys = keys
        self.module = f"rnn_tui.tui.views.{name}"
        self.before_run = before_run


VIEWS = (
    ViewEntry(
        digit="1",
        name="layers",
        does="Show the layers and what they compute",
        help=(
            "Every layer of the model, one a line, recurrent layers in the "
            "accent colour. Parameters are counted as Keras's model.summary() "
            "counts them. The selected layer is explained beside the table: "
            "what it does, how it is configured, how its parameters are "
            "counted, and which columns of its stored arrays belong to which "
            "gate."
        ),
        keys=(
            ("↑ ↓", "select a layer; in the explanation, scroll"),
            (
                "tab",
                "read the explanation, and back: where it is narrow it has "
                "the page to itself",
            ),
            ("enter", "open the weights of a recurrent layer"),
            ("/", "find a layer by name"),
        ),
        before_run=True,
    ),
    ViewEntry(
        digit="2",
        name="weights",
        does="Show the weights gate by gate",
        help=(
            "The weights of the recurrent layer in question, cut into gates: "
            "kernel (input → gates), recurrent kernel (state → gates) and "
            "biases. Histograms share one scale, so rows compare. A block "
            "opens as a heat map whose colours leave the ground as values "
            "leave zero; the bars at its edges are the norms of rows and "
            "columns. Where a block has more values than there are cells, a "
            "cell stands for a tile of them."
        ),
        keys=(
            ("↑ ↓", "select a gate; in the heat map, move the cursor"),
            ("enter", "open the block as a heat map"),
            ("tab", "its numbers, and back"),
            (
                "+ -",
                "in the heat map of a large block: into the tiles, and out",
            ),
            ("m", "in such a map: a tile's largest weight, or its mean"),
            ("esc", "back to the table"),
            ("[ ]", "previous or next recurrent layer"),
        ),
        before_run=True,
    ),
    ViewEntry(
        digit="3",
        name="states",
        does="Show hidden and cell state over time",
        help=(
            "Each row is a unit, each column a timestep. While time runs, the "
            "part it hasn't reached is dim. Signed values leave the ground as "
            "they leave zero, small ones soonest; gates run from empty to "
            "full; each map's title has its scale. A backward cell reads from "
            "the right, so its map fills from the right. The rail follows one "
            "unit: every quantity now, as a number and a bar, and its course."
        ),
        keys=(
            (
                "← → h l",
                "a timestep to the left or right, in the input's order",
            ),
            ("↑ ↓ j k", "the unit above or below"),
            ("PgUp PgDn", "a page of timesteps"),
            ("J K", "a page of units"),
            ("Home End", "the first or last timestep"),
            (
                "mouse",
                "a click goes to a cell, the wheel through time, with shift "
                "through the units",
            ),
            ("m M", "what the upper or lower map shows"),
            (
                "z",
                "the whole of a long run, by means of stretches, or a page of "
                "its timesteps",
            ),
            ("f", "one scale for all units, or each its own"),
            ("p P", "of pictures: the next or last pixel, or the mean of all"),
            ("u", "where it is narrow: the selected unit instead of the maps"),
        ),
    ),
    ViewEntry(
        digit="4",
        name="step",
        does="Show the arithmetic of one unit at one timestep",
        help=(
            "What one unit computes at one timestep. Each column is a gate: "
            "its largest summands, the rest as one line, the bias, their sum "
            "(the pre-activation), and what the activation makes of it, with "
            "the point on its curve. The lines below make the state of the "
            "gates. The shown summands add up to the shown sum, digit by "
            "digit."
        ),
        keys=(
            (
                "← → h l",
                "a timestep to the left or right, in the input's order",
            ),
            ("↑ ↓ j k", "the unit above or below"),
            ("Home End", "the first or last timestep"),
            (
                "mouse",
                "the wheel goes through time, with shift through the units",
            ),
            (
                "m",
                "one gate alone, with its factors as they are stored; again "
                "for the next, then all",
            ),
        ),
    ),
    ViewEntry(
        digit="5",
        name="output",
        does="Show what the layer returns and what becomes of it",
        help=(
            "From the recurrent layer outward: which arrays Keras returns "
            "here, given return_sequences and return_state; their values at "
            "the timestep in question; the layers behind; the model's "
            "outputs, as bars (the ten largest) or as lines over time. Verify "
            "(v) runs the same sequence in Keras and says how far the two lie "
            "apart."
        ),
        keys=(
            ("← →", "a timestep back or on"),
            ("↑ ↓", "scroll"),
            ("v", "compare with Keras"),
        ),
    ),
)

NAMES = tuple(view.name for view in VIEWS)
"""The views' names, in the order of their keys."""


def entry(name: str) -> ViewEntry:
    """Return a view by its name."""
    return VIEWS[NAMES.index(name)]
