"""The entries of the command palette that the explorer's screen carries out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from rnn_tui.tui.startup.keymap import COMMANDS, MAP_COMMANDS, QUIT
from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.text.quantities import quantities_of
from rnn_tui.tui.text.scales import SEARCHED, offered_scales
from rnn_tui.tui.widgets.entry import Choice

if TYPE_CHECKING:
    from rnn_tui.tui.app import RnnTuiApp
    from rnn_tui.tui.screens.explorer import ExplorerScreen

METHODS = (
    ("swap", "swapped and run again", "occlusion perturbation"),
    ("gradient", "by the gradient through time", "saliency derivative"),
    ("ig", "by Integrated Gradients", "integrated path attribution"),
)
"""The methods of influence, in words, and the words people look for them by."""
BASELINES = (
    ("zeros", "Each timestep against zeros, for a token id its zero vector"),
    ("mean", "Each timestep against the mean over the sequence"),
)
"""The baselines that are offered everywhere; the dialog has more."""

TWO_MODELS = "Start with both files: rnn-tui MODEL OTHER; b shows the values"
"""How two models are compared: both are opened at the start."""


def entries_of(
    base: ExplorerScreen,
    keys: ShownKeys,
) -> Iterator[Choice[Callable[[], object]]]:
    """Yield an entry for each command, each quantity of the upper map, each
    scale that the output can be explained on and each method of influence.
    """
    for key in (*COMMANDS, *MAP_COMMANDS):
        yield Choice(
            f"{key.title}  ({keys.of(key)})",
            key.help,
            partial(base.run_action, key.bound),
            key.words,
        )

    cell = base.session.cell
    quantities = [] if cell is None else quantities_of(cell)
    for quantity in quantities:
        yield Choice(
            f"Upper map: {quantity.symbol}",
            quantity.meaning,
            partial(base.commands.upper_map, quantity.name),
            quantity.words,
        )

    yield Choice(
        "Low bandwidth",
        "Over SSH, start with low bandwidth, or no longer",
        partial(base.run_action, "command('low_bandwidth')"),
        "slow line ssh",
    )

    yield Choice(
        "Compare with the sequence before",
        "The difference to the sequence that was run before this one",
        partial(base.run_action, "command('compare_before')"),
        "previous last two sequences difference",
    )

    yield Choice(
        "Compare with another model",
        TWO_MODELS,
        partial(base.say, TWO_MODELS),
        "checkpoint epoch two models before after training diff",
    )

    for scale in offered_scales(base.session):
        yield Choice(
            f"Which timesteps mattered to the {scale.name}",
            f"Of the {scale.activation}: {scale.about}",
            partial(base.commands.influence_on, scale.name),
            SEARCHED,
        )

    for baseline, about in BASELINES:
        yield Choice(
            f"Which timesteps mattered, against {baseline}",
            about,
            partial(base.commands.influence_against, baseline),
            "baseline reference compared with",
        )

    for method, about, words in METHODS:
        yield Choice(
            f"Which timesteps mattered: {method}",
            f"Each timestep's influence, {about}",
            partial(base.commands.influence_by, method),
            words,
        )


def app_entries(app: RnnTuiApp) -> Iterator[Choice[Callable[[], object]]]:
    """Yield the entries that there are on every screen."""
    yield Choice(
        "Theme",
        "Choose the colours",
        app.action_change_theme,
        "dark light color contrast",
    )
    yield Choice(
        f"{QUIT.title}  ({app.keys.of(QUIT)})",
        QUIT.help,
        app.action_quit,
        "exit leave close",
    )
