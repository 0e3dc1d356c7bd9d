"""Between Textual and the terminal: output, input, and the end, when the
terminal is given back.
"""
