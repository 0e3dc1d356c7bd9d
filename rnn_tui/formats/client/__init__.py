"""The parent's side of reading: opens the file, starts the reading process,
checks its answer.
"""
