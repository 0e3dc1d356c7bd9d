"""Three themes of our own, in colours the 256-colour palette holds too, so that
they look the same over SSH.
"""

from __future__ import annotations

from textual.theme import Theme

VARIABLES = ("muted", "faint", "line")
"""Our greys beside Textual's variables: secondary text, unimportant text, rules
and rails.
"""


def _theme(
    name: str,
    dark: bool,
    ground: str,
    raised: str,
    text: str,
    greys: tuple[str, str, str],
    **rest: str,
) -> Theme:
    muted, faint, line = greys
    accent = rest.pop("accent")
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        secondary=muted,
        accent=accent,
        background=ground,
        surface=raised,
        panel=raised,
        boost=raised,
        foreground=text,
        text_alpha=1.0,
        warning=rest.pop("warning"),
        error=rest.pop("error"),
        success=accent,
        variables={
            "muted": muted,
            "faint": faint,
            "line": line,
            "block-cursor-background": rest["cursor"],
            "block-cursor-foreground": text,
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": rest["cursor"],
            "block-cursor-blurred-foreground": text,
            "input-cursor-background": accent,
            "input-cursor-foreground": ground,
            "input-selection-background": rest["cursor"],
            "scrollbar": line,
            "scrollbar-hover": faint,
            "scrollbar-active": muted,
            "scrollbar-background": ground,
            "scrollbar-background-hover": ground,
            "scrollbar-background-active": ground,
            "scrollbar-corner-color": ground,
            "border": faint,
            "border-blurred": line,
        },
    )


OURS = (
    _theme(
        "dark",
        True,
        "#121212",
        "#1c1c1c",
        "#d0d0d0",
        ("#8a8a8a", "#585858", "#303030"),
        accent="#87d7af",
        warning="#d7af5f",
        error="#ff8787",
        cursor="#303030",
    ),
    _theme(
        "light",
        False,
        "#ffffff",
        "#eeeeee",
        "#262626",
        ("#6c6c6c", "#a8a8a8", "#d0d0d0"),
        accent="#00875f",
        warning="#af5f00",
        error="#af0000",
        cursor="#dadada",
    ),
    _theme(
        "high-contrast",
        True,
        "#000000",
        "#121212",
        "#ffffff",
        ("#d0d0d0", "#a8a8a8", "#767676"),
        accent="#ffd700",
        warning="#ffaf00",
        error="#ff8700",
        cursor="#444444",
    ),
)
"""Dark, light and high contrast; the last one's accents (yellow, orange) stay
apart for every kind of eye.
"""

FALLBACK = {"muted": "#8a8a8a", "faint": "#6c6c6c", "line": "#444444"}
"""The greys under Textual's own themes."""
