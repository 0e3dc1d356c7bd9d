"""The explorer's keys, once: the bindings, the command palette and the help
screen are made from this table and that of the views' own keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rnn_tui.tui.startup.view_keys import VIEW_KEYS, ViewKey
from rnn_tui.tui.startup.view_table import VIEWS

if TYPE_CHECKING:
    from textual.binding import Binding


QUOTES = "'"
ID_OF = {
    **{f"show('{view.name}')": f"view.{view.name}" for view in VIEWS},
    "step(-1)": "step.back",
    "step(1)": "step.on",
    "cell(-1)": "layer.previous",
    "cell(1)": "layer.next",
    "sequence_of_batch(-1)": "sequence.previous",
    "sequence_of_batch(1)": "sequence.next",
}
"""The ids of commands that are given something."""


class Key(NamedTuple):
    """One command: the keys that give it, its name with its arguments, the keys
    as help writes them, its effect, the words people look for it by, and the
    views that bind its keys (none: the screen does, for all of them).
    """

    keys: str
    action: str
    shown: str
    title: str
    help: str
    words: str = ""
    where: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its name in the configuration file."""
        name, _, given = self.action.partition("(")
        if not given:
            return name

        return ID_OF.get(self.action, f"{name}.{given[:-1].strip(QUOTES)}")

    @property
    def bound(self) -> str:
        """The screen's action that carries it out."""
        name, _, given = self.action.partition("(")
        if not given:
            return f"command('{name}')"

        return f"command('{name}', {given}"


COMMANDS = (
    *(
        Key(
            view.digit,
            f"show('{view.name}')",
            view.digit,
            f"{view.title} view",
            view.does,
            view.words,
        )
        for view in VIEWS
    ),
    Key(
        "space",
        "play",
        "space",
        "Play or pause",
        "Let time run, or hold it",
        "animate run start stop time",
    ),
    Key(
        "comma",
        "step(-1)",
        ",",
        "One timestep back",
        "Move one timestep back",
    ),
    Key("full_stop", "step(1)", ".", "One timestep on", "Move one timestep on"),
    Key("plus,equals_sign", "faster", "+", "Faster", "Play faster", "speed"),
    Key("minus", "slower", "-", "Slower", "Play slower", "speed"),
    Key(
        "g",
        "goto",
        "g",
        "Go to a timestep",
        "Type a timestep, a pixel (4,2) or, in Units, a unit",
        "jump pixel unit",
    ),
    Key(
        "U",
        "units",
        "U",
        "Choose units",
        "Type which units are shown: 0 2 7, 8-15; nothing for all",
        "filter",
    ),
    Key(
        "slash",
        "find",
        "/",
        "Find a layer",
        "Find a layer, gate (Weights), summand (Step), unit (Units)",
        "search select",
    ),
    Key(
        "s",
        "sequence",
        "s",
        "Edit the sequence",
        "Type the sequence the model reads; Enter runs it",
        "input text data prompt tokens words vocabulary feed mask padding",
    ),
    Key(
        "left_square_bracket",
        "cell(-1)",
        "[",
        "Previous recurrent layer",
        "The recurrent layer or direction before",
    ),
    Key(
        "right_square_bracket",
        "cell(1)",
        "]",
        "Next recurrent layer",
        "The next recurrent layer or direction",
    ),
    Key(
        "left_curly_bracket",
        "sequence_of_batch(-1)",
        "{",
        "Previous sequence",
        "The sequence of the batch before",
    ),
    Key(
        "right_curly_bracket",
        "sequence_of_batch(1)",
        "}",
        "Next sequence",
        "The next sequence of the batch",
    ),
    Key(
        "o",
        "open",
        "o",
        "Open another file",
        "Samples, recent files and a file browser",
        "load model sample",
    ),
    Key(
        "r",
        "reload",
        "r",
        "Reload the file",
        "Read the file again, as it is now",
        "again refresh",
    ),
    Key(
        "e",
        "export",
        "e",
        "Export what is shown",
        "Write what is shown as a table or a picture, or the trace",
        "save write csv json npz picture screenshot svg png gif cast animation",
    ),
    Key(
        "y",
        "copy",
        "y",
        "Copy",
        "Copy the value or table under the cursor",
        "clipboard yank",
    ),
    Key(
        "i",
        "influence",
        "i",
        "Which timesteps mattered",
        "Their influence on the output, then the unit, then off",
        "influence attribution occlusion saliency importance important "
        "sensitivity attention explain why",
    ),
    Key(
        "B",
        "influence_choice",
        "B",
        "Target, method and baseline",
        "What mattered: to what, by which method, against what",
        "influence reference zeros mean token integrated gradients swap "
        "occlusion logit margin runner-up probability against compare with",
    ),
    Key(
        "I",
        "influence_map",
        "I",
        "Influence map",
        "How much each timestep moves the unit at every other",
        "timestep by timestep jacobian vanishing exploding gradient",
    ),
    Key(
        "w",
        "change",
        "w",
        "What if",
        "Change a timestep, a unit, a gate, the first states",
        "edit replace clamp intervene counterfactual initial state carry "
        "stateful hold noise",
    ),
    Key(
        "x",
        "unit_off",
        "x",
        "Switch the unit off",
        "Run with the selected unit's h at zero, or on again",
        "ablate ablation knock out remove zero disable",
    ),
    Key(
        "b",
        "difference",
        "b",
        "Difference or values",
        "The difference to the run without changes, or values",
        "compare delta baseline",
    ),
    Key(
        "D",
        "compare",
        "D",
        "Compare with another sequence",
        "With one typed, the one before, or one of the batch",
        "difference two sequences previous batch side by side diff",
    ),
    Key(
        "W",
        "unchange",
        "W",
        "Take all changes back",
        "Show the run without any change again",
        "undo reset clear",
    ),
    Key(
        "T",
        "trajectory",
        "T",
        "Trajectory",
        "The path of the state in two principal components",
        "pca phase plot dynamics",
    ),
    Key(
        "C",
        "column",
        "C",
        "Correlate with your own column",
        "A number for each timestep, typed or in a file",
        "correlation series label annotation probe csv file depth position",
    ),
    Key(
        "v",
        "verify",
        "v",
        "Verify against TensorFlow",
        "Run the model in Keras too and compare",
        "keras compare check correct exact difference",
    ),
    Key(
        "n",
        "numerics",
        "n",
        "Other hard_sigmoid",
        "Switch hard_sigmoid between Keras 2 and 3; say what moves",
    ),
    Key(
        "a",
        "assume",
        "a",
        "Assumptions",
        "Change what is assumed of layers and classes; run again",
        "as class custom weights-only configuration",
    ),
    Key(
        "L",
        "loop",
        "L",
        "Loop",
        "After the last timestep, begin again or stop",
    ),
    Key(
        "ctrl+l",
        "draw_anew",
        "ctrl+l",
        "Draw the screen anew",
        "After something else has written on the terminal",
    ),
    Key(
        "escape",
        "cancel",
        "esc",
        "Cancel",
        "Stop a run, or take back a message",
    ),
    Key(
        "question_mark,f1",
        "help",
        "?",
        "Help for this view",
        "What is shown here, and every key",
        "keys explain manual",
    ),
)
"""Every command of the explorer's screen, in the order help lists them."""

MAP_COMMANDS = (
    Key(
        "m",
        "map('upper')",
        "m",
        "Change the upper map",
        "The upper map of the States view shows another quantity",
        where=("states",),
    ),
    Key(
        "M",
        "map('lower')",
        "M",
        "Change the lower map",
        "The lower map of the States view shows another quantity",
        where=("states",),
    ),
)
"""Commands of the States view that the palette offers everywhere; the view
itself binds the keys.
"""


QUIT = Key("q", "quit", "q", "Quit", "Leave")
"""The command that leaves; the app itself binds it."""

AnyKey = Key | ViewKey
EVERY: tuple[AnyKey, ...] = (*COMMANDS, *MAP_COMMANDS, QUIT, *VIEW_KEYS)
IDS = {key.id: key for key in EVERY}
"""Every command and every key of a view whose keys can be chosen, by its
id.
"""


def bindings() -> list[Binding]:
    """Return the screen's bindings."""
    from textual.binding import Binding

    return [
        Binding(key.keys, key.bound, key.title, show=False, id=key.id)
        for key in COMMANDS
    ]


def bound(name: str, action: str, *, priority: bool = False) -> Binding:
    """Return the binding of an id's keys to an action of a view or dialog."""
    from textual.binding import Binding

    key = IDS[name]

    return Binding(
        key.keys,
        action,
        key.title,
        show=False,
        priority=priority,
        id=name,
    )
