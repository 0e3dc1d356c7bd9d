"""The plain data models: a file's contents, and the meaning of its
configuration.
"""
