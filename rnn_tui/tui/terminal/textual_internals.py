"""What of Textual's inside is relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App


def driver_of(app: App[Any]) -> Any:
    """Return the driver of an app, None before it has one."""
    return getattr(app, "_driver", None)


def fail(app: App[Any], error: Exception) -> None:
    """End the app because of an error outside a message's handler."""
    app._handle_exception(error)
