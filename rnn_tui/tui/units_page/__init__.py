"""The page of the Units view: a row for each unit, a column for each question."""
