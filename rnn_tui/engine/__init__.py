"""NumPy only: the computation of each layer, with every value on the way."""
