"""NumPy only: what a layer computes, and every value on the way."""
