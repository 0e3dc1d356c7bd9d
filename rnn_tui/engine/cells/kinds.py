"""The one table of cell kinds: the names, gates, states, arrays and settings of
every recurrent cell that is computed.

Every folder reads a cell's class name or a gate's letter from here. A class
that has no row raises UnknownKindError; it is never taken for another. Loading
this module loads no NumPy and no cell: a row names its classes, and
`named_class` imports them when the first cell is made.

A cell has a kernel, a recurrent kernel and mostly a bias, whose last axes are
divided into one block of columns for each gate, in the order of `gates`. Its
first state is `h`, which is also its output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.errors import ConfigError

if TYPE_CHECKING:
    from rnn_tui.engine.cells.cell import Cell

RNN = "RNN"
"""The layer that runs the cells of its configuration."""

TILDE = "_tilde"
"""The end of a candidate's name: `c_tilde` is shown as c̃."""

AN = "AEFHILMNORSX"
"""Letters whose names begin with a vowel: an LSTM, a GRU."""


class UnknownKindError(ConfigError):
    """A cell's class or kind that has no row in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no kind of cell is called {name!r} in engine/cells/kinds.py"
        )


class Gate(NamedTuple):
    """One gate, which is one block of columns of the cell's arrays."""

    letter: str
    """Its letter in the stored arrays."""
    value: str
    """The name of its value in the cell's Step; `pre_` before it names the
    pre-activation.
    """
    meaning: str
    """Its value in a few words, as a map's title has it."""
    purpose: str
    """The gate in a few words, as the table of weights has it."""
    share: bool = True
    """Whether the recurrent activation makes a share from 0 to 1 of it;
    otherwise the activation makes its value.
    """
    scaled_by: str = ""
    """The value that scales h in this gate's recurrent product: a GRU's
    candidate reads r·h.
    """

    @property
    def symbol(self) -> str:
        """Its value as an equation writes it."""
        return symbol(self.value)


class State(NamedTuple):
    """One state of a cell: the name of its value in the Step, and the words for
    it.
    """

    name: str
    meaning: str


class Key(NamedTuple):
    """One key of a cell's configuration, and its default."""

    name: str
    absent: object = None
    """Its value where a configuration lacks it; None where the era decides."""
    era: str = ""
    """The property of the file's era that has its value where a file has no
    configuration; `absent` where this is empty.
    """


CELL_ARRAYS: tuple[str, ...] = ("kernel", "recurrent_kernel", "bias")
"""The arrays of every cell of Keras's."""

GATED = (Key("recurrent_activation", era="gate"), Key("activation", "tanh"))
"""The keys of a cell of Keras's with gates."""

OWN_GATED = (Key("recurrent_activation", "sigmoid"), Key("activation", "tanh"))
"""The keys of a cell with gates that isn't Keras's: no version of Keras decides
what it computes.
"""

RESET_AFTER = "reset_after"
"""The key that says whether a gate scales h or the product of h with its
kernel.
"""


class CellKind(NamedTuple):
    """Everything that is known of one class of recurrent layers and of its
    cell.
    """

    class_name: str
    """The layer's class; `Cell` after it names the class that an RNN layer
    holds.
    """
    name: str
    """The `kind` of its cell."""
    cell: str
    """The cell's class, as `module:Name`."""
    gates: tuple[Gate, ...]
    states: tuple[State, ...]
    sentence: str
    """The layer's purpose, for a reader who meets it for the first time."""
    first: tuple[str, str] = ("h", "")
    """The quantities that the maps show first."""
    equations: tuple[str, ...] = ()
    """How the states follow from the gates: symbols, separated by blanks.

    `c₋₁` is a state before the timestep, `φ(c)` the activation of a value,
    `(1−z)` its rest. Without equations the Step view has no arithmetic of this
    cell.
    """
    scan: str = "rnn_tui.engine.cells.scan_page:PageScan"
    """The loop that runs it, as `module:Name`; the default steps through the
    page.
    """
    back: str = ""
    """Its page read backwards, as `module:Name`; without one no gradient passes
    through it.
    """
    scan_back: str = "rnn_tui.engine.gradients.scan_back:PageScanBack"
    """The loop that runs it backwards, as `module:Name`; the default steps
    through the page read backwards.
    """
    keys: tuple[Key, ...] = OWN_GATED
    """The keys of its configuration that change what it computes, with their
    defaults; those of a class of Keras's may be decided by its era.
    """
    arrays: tuple[str, ...] = CELL_ARRAYS
    """Its arrays in their order in a file; without `use_bias` the last one is
    missing.
    """
    bias_rows: tuple[int, ...] = (1,)
    """How many rows its bias may have; 1 is a vector."""
    rank: int = 0
    """The spatial axes of the pictures that it reads; 0 reads features."""
    keras: bool = False
    """Whether the class is one of Keras's."""
    cudnn: str = ""
    """Keras's class for the same layer in the layout of cuDNN."""
    keras_1_order: str = ""
    """The letters of its gates in the order in which Keras 1 stores the arrays
    of each apart; empty where it has one array for all.
    """

    @property
    def letters(self) -> tuple[str, ...]:
        """The stored letters of the gates, in the order of the columns."""
        return tuple(gate.letter for gate in self.gates)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states, in Keras's order."""
        return tuple(state.name for state in self.states)

    @property
    def shares(self) -> tuple[str, ...]:
        """The values that are shares from 0 to 1."""
        return tuple(gate.value for gate in self.gates if gate.share)

    @property
    def gated(self) -> bool:
        """Whether it has a recurrent activation."""
        return any(gate.share for gate in self.gates)

    @property
    def size_key(self) -> str:
        """The key of its configuration that has the number of its units."""
        if self.rank:
            return "filters"

        return "units"

    @property
    def meanings(self) -> dict[str, str]:
        """The words for each quantity; a state's where a gate makes a state."""
        gates = {gate.value: gate.meaning for gate in self.gates}
        states = {state.name: state.meaning for state in self.states}

        return {**gates, **states}

    @property
    def purposes(self) -> dict[str, str]:
        """The purpose of each gate, by its stored letter."""
        return {gate.letter: gate.purpose for gate in self.gates}

    def has_key(self, name: str) -> bool:
        """Return whether the key is one of those that its era may decide."""
        return any(key.name == name for key in self.keys)

    def bias_shapes(self, units: int) -> list[tuple[int, ...]]:
        """Return the shapes that the bias of so many units may have."""
        wide = len(self.gates) * units
        shapes: list[tuple[int, ...]] = []
        for rows in self.bias_rows:
            if rows == 1:
                shapes.append((wide,))
            else:
                shapes.append((rows, wide))

        return shapes


LSTM_GATES = (
    Gate("i", "i", "input gate", "input: what is let in"),
    Gate("f", "f", "forget gate", "forget: what is kept"),
    Gate("c", "c_tilde", "candidate", "candidate", share=False),
    Gate("o", "o", "output gate", "output: what is shown"),
)
HIDDEN = State("h", "hidden state")
CELL_STATE = State("c", "cell state")


def _conv_lstm(rank: int, picture: str) -> CellKind:
    """Return the row of a ConvLSTM over pictures of `rank` axes."""
    return CellKind(
        class_name=f"ConvLSTM{rank}D",
        name="conv_lstm",
        cell="rnn_tui.engine.cells.conv_lstm:ConvLSTMCell",
        scan="rnn_tui.engine.cells.scan_conv_lstm:ConvLSTMScan",
        back="rnn_tui.engine.gradients.conv_lstm_back:conv_lstm_back",
        gates=LSTM_GATES,
        states=(HIDDEN, CELL_STATE),
        first=("h", "c"),
        equations=("c = f · c₋₁ + i · c̃", "h = o · φ(c)"),
        sentence=(
            "An LSTM whose products with input and state are convolutions over "
            f"{picture}."
        ),
        keys=GATED,
        rank=rank,
        keras=True,
    )


ROWS = (
    CellKind(
        class_name="SimpleRNN",
        name="simple_rnn",
        cell="rnn_tui.engine.cells.cells:SimpleRNNCell",
        scan="rnn_tui.engine.cells.scan_simple_rnn:SimpleRNNScan",
        back="rnn_tui.engine.gradients.cells_back:simple_rnn_back",
        scan_back="rnn_tui.engine.gradients.scans_back:SimpleRNNScanBack",
        gates=(
            Gate("h", "h", "hidden state", "the state itself", share=False),
        ),
        states=(HIDDEN,),
        equations=("h = φ(pre h)",),
        sentence=(
            "Reads the sequence step by step; the new state is one activation "
            "of input and old state."
        ),
        keys=(),
        keras=True,
    ),
    CellKind(
        class_name="LSTM",
        name="lstm",
        cell="rnn_tui.engine.cells.cells:LSTMCell",
        scan="rnn_tui.engine.cells.scan_lstm:LSTMScan",
        back="rnn_tui.engine.gradients.cells_back:lstm_back",
        scan_back="rnn_tui.engine.gradients.scans_back:LSTMScanBack",
        gates=LSTM_GATES,
        states=(HIDDEN, CELL_STATE),
        first=("h", "c"),
        equations=("c = f · c₋₁ + i · c̃", "h = o · φ(c)"),
        sentence=(
            "Reads the sequence step by step; gates decide what its cell state "
            "forgets, takes in and shows."
        ),
        keys=GATED,
        keras=True,
        cudnn="CuDNNLSTM",
        keras_1_order="icfo",
    ),
    CellKind(
        class_name="GRU",
        name="gru",
        cell="rnn_tui.engine.cells.cells:GRUCell",
        scan="rnn_tui.engine.cells.scan_gru:GRUScan",
        back="rnn_tui.engine.gradients.cells_back:gru_back",
        scan_back="rnn_tui.engine.gradients.scans_back:GRUScanBack",
        gates=(
            Gate(
                "z",
                "z",
                "update gate: 1 keeps the past",
                "update: how much past stays",
            ),
            Gate("r", "r", "reset gate", "reset: what the candidate sees"),
            Gate(
                "h",
                "h_tilde",
                "candidate",
                "candidate",
                share=False,
                scaled_by="r",
            ),
        ),
        states=(HIDDEN,),
        first=("h", "z"),
        equations=("h = z · h₋₁ + (1−z) · h̃",),
        sentence=(
            "Reads the sequence step by step; two gates decide how much of "
            "the past stays in its state."
        ),
        keys=(*GATED, Key(RESET_AFTER, absent=False, era="resets_after")),
        bias_rows=(1, 2),
        keras=True,
        cudnn="CuDNNGRU",
        keras_1_order="zrh",
    ),
    _conv_lstm(1, "a line"),
    _conv_lstm(2, "an image"),
    _conv_lstm(3, "a volume"),
)
"""The table. A new kind is one more row."""

KINDS: dict[str, CellKind] = {row.class_name: row for row in ROWS}
"""The rows by the class of the layer."""


def kind_for(class_name: str) -> CellKind:
    """Return the row of a layer's class, or of its cell's.

    Raises UnknownKindError where there is none.
    """
    found = find_kind(class_name)
    if found is None:
        raise UnknownKindError(class_name)

    return found


def find_kind(class_name: str) -> CellKind | None:
    """Return the row of a layer's class, or of the cell that an RNN layer
    holds; None where there is none.
    """
    if class_name in KINDS:
        return KINDS[class_name]

    found = KINDS.get(class_name.removesuffix("Cell"))
    if found is None or found.rank:
        return None

    return found


def kind_of(cell: Cell) -> CellKind:
    """Return the row of a cell.

    Raises UnknownKindError where there is none.
    """
    for kind in KINDS.values():
        if kind.name == cell.kind:
            return kind

    raise UnknownKindError(cell.kind)


def is_recurrent(class_name: str) -> bool:
    """Return whether a layer of this class runs cells."""
    return class_name == RNN or class_name in KINDS


def cell_classes() -> tuple[str, ...]:
    """Return the classes of the cells that an RNN layer may hold."""
    return tuple(f"{name}Cell" for name, kind in KINDS.items() if not kind.rank)


def cudnn_kinds() -> Iterator[CellKind]:
    """Yield the kinds that Keras also has in the layout of cuDNN."""
    return (kind for kind in KINDS.values() if kind.cudnn)


def added_class(class_name: str) -> str | None:
    """Return the name in the table of a class that isn't one of Keras's, None
    for every other.

    A file has such a class as its own program registers it: `Mine>MGU` is an
    MGU.
    """
    name = class_name.rpartition(">")[2]
    kind = find_kind(name)
    if kind is None or kind.keras:
        return None

    return name


def in_words(class_name: str, framework: str = "Keras") -> str:
    """Return a recurrent class of a framework as a message calls it: `Keras's
    LSTM`, and one that was added to the table by its name alone.
    """
    kind = find_kind(class_name)
    if kind is not None and not kind.keras:
        return class_name

    return f"{framework}'s {class_name}"


def named_class(reference: str) -> Any:
    """Return the class that a row names as `module:Name`."""
    # The layer table is made before the first cell, and doesn't need importlib.
    from importlib import import_module

    module, _, name = reference.partition(":")

    return getattr(import_module(module), name)


def symbol(name: str, *, plain: bool = False) -> str:
    """Return a quantity as an equation writes it: `c̃` for c_tilde, `pre i` for
    pre_i; `plain` avoids combining marks.
    """
    if name.startswith("pre_"):
        return f"pre {symbol(name.removeprefix('pre_'), plain=plain)}"
    if not name.endswith(TILDE):
        return name
    if plain:
        return f"{name.removesuffix(TILDE)}~"

    return f"{name.removesuffix(TILDE)}\u0303"


def with_article(class_name: str) -> str:
    """Return a class's name with its article: an LSTM, a GRU, a SimpleRNN."""
    spelled = class_name[1:2].isupper()
    if (spelled and class_name[0] in AN) or class_name[:1] in "AEIOU":
        return f"an {class_name}"

    return f"a {class_name}"
