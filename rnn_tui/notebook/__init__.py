"""Models and traces in a notebook: as HTML, as plots, as labelled arrays."""
