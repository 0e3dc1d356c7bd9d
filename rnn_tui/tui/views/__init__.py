"""The five views of one model."""
