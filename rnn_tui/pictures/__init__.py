"""Pictures of the screen: a grid of characters as SVG, PNG, GIF or
asciicast.
"""
