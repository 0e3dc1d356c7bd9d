"""A configuration of any Keras generation, as layers, calls and ends in Keras
3's words.
"""
