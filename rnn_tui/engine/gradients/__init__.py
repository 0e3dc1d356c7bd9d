"""Gradients through time, from the values that a run keeps."""
