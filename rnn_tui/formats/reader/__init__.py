"""The reading process: it alone opens a model file, and imports nothing else of
the package but `wire`.
"""
