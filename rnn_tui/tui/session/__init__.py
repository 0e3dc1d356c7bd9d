"""What is open, what was run and where the user looks: no widget."""
