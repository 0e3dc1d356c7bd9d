"""The agreement between the reading process and its parent: messages, limits,
names.
"""
