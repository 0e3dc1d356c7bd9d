"""The explorer, in Textual."""
