"""Sequences as a user types them, as arrays that fit the model's inputs."""

from rnn_tui.sequences.parse import ParsedInput, parse_sequence

__all__ = ["ParsedInput", "parse_sequence"]
