"""The explorer's keys, once: the bindings, the command palette and the help
screen are made from this table.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding

from rnn_tui.tui.startup.view_table import VIEWS


class Key(NamedTuple):
    """One command: the keys that give it, its name with what it is given, how
    help writes the keys, and what it does.
    """

    keys: str
    action: str
    shown: str
    title: str
    help: str

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
        )
        for view in VIEWS
    ),
    Key("space", "play", "space", "Play or pause", "Let time run, or hold it"),
    Key(
        "comma",
        "step(-1)",
        ",",
        "One timestep back",
        "Move one timestep back",
    ),
    Key("full_stop", "step(1)", ".", "One timestep on", "Move one timestep on"),
    Key("plus,equals_sign", "faster", "+", "Faster", "Play faster"),
    Key("minus", "slower", "-", "Slower", "Play slower"),
    Key("g", "goto", "g", "Go to a timestep", "Type the timestep to look at"),
    Key("slash", "find", "/", "Find a layer", "Type part of a layer's name"),
    Key(
        "s",
        "sequence",
        "s",
        "Edit the sequence",
        "Type the sequence the model reads; Enter runs it",
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
    ),
    Key(
        "r",
        "reload",
        "r",
        "Reload the file",
        "Read the file again, as it is now",
    ),
    Key(
        "e",
        "export",
        "e",
        "Export what is shown",
        "Write what is shown as a table or a picture, or the trace",
    ),
    Key("y", "copy", "y", "Copy", "Copy the value or table under the cursor"),
    Key(
        "v",
        "verify",
        "v",
        "Verify against TensorFlow",
        "Run the model in Keras too and compare",
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
        "Change what is assumed of layers and classes, and run again",
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
    ),
    Key(
        "M",
        "map('lower')",
        "M",
        "Change the lower map",
        "The lower map of the States view shows another quantity",
    ),
)
"""Commands of the States view that the palette offers everywhere; the view
itself binds the keys.
"""


def bindings() -> list[Binding]:
    """Return the screen's bindings."""
    return [
        Binding(key.keys, key.bound, key.title, show=False) for key in COMMANDS
    ]
