"""NumPy only: analyses of the numbers of a model and of a trace."""
