"""Cells over a sequence, as Keras's recurrent layers run them."""
