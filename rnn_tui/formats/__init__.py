"""What is in a file, as engine objects: a process of its own reads it, the rest
turns the description into a model.
"""
