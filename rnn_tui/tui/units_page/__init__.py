"""The page of the Units view: rankings, rows, sentences."""
