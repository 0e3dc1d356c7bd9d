"""Arrays, activations, names, and NumPy loaded when first needed."""
