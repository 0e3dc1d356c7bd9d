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
    `before_run` says that it has something to show before anything has run,
    `words` are others that people look for it by.
    """

    def __init__(
        self,
        digit: str,
        name: str,
        does: str,
        help: str,
        keys: tuple[tuple[str, str], ...],
        before_run: bool = False,
        words: str = "",
    ) -> None:
        self.digit = digit
        self.name = name
        self.title = name.title()
        self.does = does
        self.help = help
        self.keys = keys
        self.module = f"rnn_tui.tui.views.{name}"
        self.before_run = before_run
        self.words = words


VIEWS = (
    ViewEntry(
        digit="1",
        name="layers",
        words=(
            "summary architecture parameters configuration mask masking shapes"
        ),
        does="Show the layers and what they compute",
        help=(
            "Every layer of the model, one a line, recurrent layers in the "
            "accent colour. Parameters are counted as Keras's model.summary() "
            "counts them. The selected layer is explained beside the table: "
            "what it does, how it is configured, how its parameters are "
            "counted, and which columns of its stored arrays belong to which "
            "gate. Where there is room, its weights are below at a glance."
        ),
        keys=(
            ("↑ ↓", "select a layer; in the explanation, scroll"),
            (
                "tab",
                "read the explanation, and back: where it is narrow it has "
                "the page to itself",
            ),
            ("enter", "open the layer's weights"),
            ("/", "find a layer by name"),
        ),
        before_run=True,
    ),
    ViewEntry(
        digit="2",
        name="weights",
        words=(
            "kernel bias matrix parameters arrays histogram dense embedding"
        ),
        does="Show the weights gate by gate",
        help=(
            "The weights of the layer in question: a recurrent layer's cut "
            "into gates, kernel (input → gates), recurrent kernel (state → "
            "gates) and biases; every other layer's array by array. "
            "Histograms share one scale, so rows compare. A block "
            "opens as a heat map whose colours leave the ground as values "
            "leave zero; the bars at its edges are the norms of rows and "
            "columns. Where the terminal is wide, the map of the selected row "
            "is beside the table, and its distribution below. Where a block "
            "has more values than there are cells, a cell stands for a tile "
            "of them."
        ),
        keys=(
            (
                "↑ ↓",
                "select a gate or an array; in the heat map, move the cursor",
            ),
            ("enter", "open the block as a heat map"),
            ("tab", "its numbers, and back"),
            (
                "+ -",
                "in the heat map of a large block: into the tiles, and out",
            ),
            ("m", "in such a map: a tile's largest weight, or its mean"),
            ("esc", "back to the table"),
            ("b", "of two models (rnn-tui A B): what differs, gate by gate"),
            ("[ ]", "previous or next recurrent layer"),
            ("/", "find any layer, gate or array by its name"),
        ),
        before_run=True,
    ),
    ViewEntry(
        digit="3",
        name="states",
        words=(
            "memory remember forget long short hidden cell gates activations "
            "heat map saturated mask"
        ),
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
            ("Home End 0 $", "the first or last timestep"),
            ("G", "the last unit"),
            (
                "mouse",
                "a click goes to a cell, the wheel through time, with shift "
                "through the units; over a map it says the value, on the axis "
                "and the strip it can be dragged",
            ),
            ("m M", "what the upper or lower map shows"),
            (
                "z Z",
                "twice or half as many timesteps of a long run, by the "
                "extremes of each column",
            ),
            ("f", "one scale for all units, or each its own"),
            (
                "S",
                "order the units by the next ranking of the Units view: "
                "spread, peak, correlations; then as they are stored. The "
                "principal components are rows of the third map meanwhile",
            ),
            (
                "c",
                "keep the unit at the top, to compare it, or no longer; its "
                "course is drawn dotted over the selected unit's, a second "
                "one's dashed",
            ),
            (
                "p P",
                "of pictures: the next or last pixel, or the mean of all; a "
                "click on a picture chooses one, shift with the arrows the one "
                "beside it, g one by row and column: 4,2",
            ),
            ("u", "where it is narrow: the selected unit instead of the maps"),
            (
                "i",
                "which timesteps mattered: to the output, to the unit, off. "
                "Each is swapped for zeros and the model run again",
            ),
            (
                "B",
                "the same to a logit, its margin or p; by the gradient or by "
                "Integrated Gradients; against the mean, a token, a number or "
                "a sequence of your own: what is no neutral baseline for the "
                "model answers another question",
            ),
            (
                "I",
                "how much every timestep moves the unit at every other: exact "
                "gradients through time, on a logarithmic scale",
            ),
            (
                "x",
                "switch the selected unit off: h is zero, also where it never "
                "is near zero. A unit that is off breaks what works with it: "
                "w has its mean instead",
            ),
            (
                "w",
                "another token or value here, this timestep several times, a "
                "gate clamped, other first states",
            ),
            ("b W", "the difference to the run without changes; take all back"),
            (
                "D",
                "the difference to another sequence on the same model: one "
                "typed, the one before this, or one of the batch, timestep by "
                "timestep as far as both go; b shows the values, W ends it",
            ),
            (
                "T",
                "the path of the state in its two largest principal "
                "components; signs are arbitrary",
            ),
        ),
    ),
    ViewEntry(
        digit="4",
        name="step",
        words=("equation arithmetic formula why sum"),
        does="Show the arithmetic of one unit at one timestep",
        help=(
            "What one unit computes at one timestep. Each column is a gate: "
            "its largest summands, the rest as one line, the bias, their sum "
            "(the pre-activation), and what the activation makes of it, with "
            "the point on its curve. The lines below make the state of the "
            "gates. A summand's bar is its share of the largest, in the colour "
            "of its sign; those that are zero are one line. The shown summands "
            "add up to the shown sum, digit by digit: the line called rounding "
            "has the digit that rounding each of them leaves over. Of a "
            "ConvLSTM it is one pixel of the selected filter: a summand is a "
            "channel, summed over the kernel's window, with its largest "
            "products below it."
        ),
        keys=(
            (
                "← → h l",
                "a timestep to the left or right, in the input's order",
            ),
            ("↑ ↓ j k", "the unit above or below"),
            ("Home End 0 $", "the first or last timestep"),
            ("G", "the last unit"),
            (
                "mouse",
                "the wheel goes through time, with shift through the units",
            ),
            (
                "m",
                "one gate alone, with its factors as they are stored; again "
                "for the next, then all",
            ),
            (
                "p P",
                "of pictures: the next or last pixel; shift with the arrows "
                "the one beside it, g one by row and column: 4,2",
            ),
            ("/", "find a summand by its name: h[17], x[2]"),
        ),
    ),
    ViewEntry(
        digit="5",
        name="output",
        words=(
            "prediction probability softmax logits return_sequences classes"
        ),
        does="Show what the layer returns and what becomes of it",
        help=(
            "From the recurrent layer outward: which arrays Keras returns "
            "here, given return_sequences and return_state; their values at "
            "the timestep in question; the layers behind; the model's "
            "outputs, as bars (where not all fit, the largest) or as lines "
            "over time. Of a change, another model or another sequence (b) the "
            "other run is beside it: dashes below the curve, a second bar. "
            "Verify (v) runs the same sequence in Keras and says "
            "how far the two lie apart."
        ),
        keys=(
            ("← → 0 $", "a timestep back or on, the first or last"),
            ("↑ ↓", "scroll"),
            ("v", "compare with Keras"),
        ),
    ),
    ViewEntry(
        digit="6",
        name="units",
        words=(
            "neuron count counts counter dead unused important memory "
            "half-life correlation saturated rank purpose"
        ),
        does="Show the purpose of each unit: a table of rankings",
        help=(
            "A row for each unit of the recurrent layer, a column for each "
            "question that has a number for an answer: how much the state "
            "varies; how far the target moves when the unit is switched off; "
            "for how many timesteps its gate keeps half; the correlation r "
            "with an output, a token or feature, and the timestep t; when the "
            "state is largest; the share of timesteps at which a gate was "
            "nearly shut (−) or nearly open (+). The signs of units are "
            "arbitrary, so the table is sorted by size. The first sentence "
            "names the unit that the output goes best with, those that go "
            "nearly as well (|r| from 0.9 of the largest on), and where "
            "there are such, the direction of all units that goes best; the "
            "cursor starts on the unit it names. Misleading: over few "
            "timesteps every r is chance, and a state that changes slowly "
            "goes with everything that does; the line below the table says "
            "how large chance is here. A token at fewer than 5 timesteps, "
            "or another series that hardly ever leaves its usual value, is "
            "not ranked, and neither is a unit that is off. A unit that is "
            "important by one question may not be by another: switch it off "
            "(x) and look; the page then shows the output over time with "
            "the change and without."
        ),
        keys=(
            ("↑ ↓", "the unit above or below"),
            ("S", "sort by the next column"),
            ("g /", "go to a unit by its number; find one"),
            ("enter", "the states of the selected unit"),
            (
                "x",
                "switch the selected unit off, and on again: what becomes of "
                "the output over time is shown here, and larger in Output (5)",
            ),
            (
                "C",
                "correlate with a column of your own, a number for each "
                "timestep: it is a column here and a lane in States, as long "
                "as the sequence has so many timesteps",
            ),
            ("[ ]", "previous or next recurrent layer"),
        ),
    ),
)

NAMES = tuple(view.name for view in VIEWS)
"""The views' names, in the order of their keys."""


def entry(name: str) -> ViewEntry:
    """Return a view by its name."""
    return VIEWS[NAMES.index(name)]
