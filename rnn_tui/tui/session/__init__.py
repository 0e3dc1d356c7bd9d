"""The open model, its run and the place where the user looks: no widget."""
