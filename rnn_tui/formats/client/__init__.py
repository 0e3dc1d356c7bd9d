"""The parent's side: it opens the file, starts the reading process, and checks what it
answers.
"""
