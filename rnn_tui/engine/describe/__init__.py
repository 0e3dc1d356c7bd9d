"""A model before any run: its layer table, its inputs, its configuration in
words.
"""
