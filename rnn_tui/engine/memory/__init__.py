"""How much a run may hold, and where its large arrays are."""
