"""A file's content as engine objects: a process of its own reads it, the rest
turns the description into a model.
"""
