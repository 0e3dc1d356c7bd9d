"""Between Textual and the terminal: what is written, what is read, and how the
terminal is given back.
"""
