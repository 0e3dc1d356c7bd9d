"""Every value of a run, read a stretch of time at a time."""
