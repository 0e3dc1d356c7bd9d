"""Numbers in, text out: no widget, no app."""
