"""The colours and glyphs of this terminal and theme, for everything that draws
cells itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.color import Color, ColorParseError

from rnn_tui.tui.renderables.palette import RGB, Colours, Look

if TYPE_CHECKING:
    from textual.app import App

SYSTEMS: dict[str | None, Colours] = {
    "truecolor": "truecolor",
    "256": "256",
    "standard": "16",
    "windows": "16",
}


def look_of(app: App[Any]) -> Look:
    """Return the colours and glyphs of the app's terminal and theme."""
    variables = app.theme_variables
    dark = app.current_theme.dark
    colours: Colours
    if getattr(app, "no_color", False):
        colours = "none"
    else:
        colours = SYSTEMS.get(app.console.color_system, "truecolor")

    if app.native_ansi_color and colours != "none":
        colours = "16"

    return Look(
        colours=colours,
        dark=dark,
        ascii=bool(getattr(app, "ascii", False)),
        background=_rgb(
            variables.get("background"),
            (18, 18, 18) if dark else (255, 255, 255),
        ),
        foreground=_rgb(
            variables.get("foreground"),
            (208, 208, 208) if dark else (38, 38, 38),
        ),
        accent=_rgb(variables.get("accent"), (135, 215, 175)),
        muted=_rgb(variables.get("muted"), (138, 138, 138)),
        faint=_rgb(variables.get("faint"), (88, 88, 88)),
        warning=_rgb(variables.get("warning"), (215, 175, 95)),
        error=_rgb(variables.get("error"), (255, 135, 135)),
    )


def _rgb(text: str | None, otherwise: RGB) -> RGB:
    try:
        colour = Color.parse(text or "")
    except ColorParseError:
        return otherwise

    if colour.ansi is not None:
        return otherwise

    return (colour.r, colour.g, colour.b)
