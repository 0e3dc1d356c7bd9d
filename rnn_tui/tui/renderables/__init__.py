"""Numbers in, strips and strings out: no widget, no app."""
