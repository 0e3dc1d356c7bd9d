"""One timestep of a recurrent cell: the textbook pages and their fast loops."""
