"""NumPy only: what the numbers of a model and of a trace say."""
