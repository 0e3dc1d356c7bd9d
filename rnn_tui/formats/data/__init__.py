"""The plain data models: what a file holds, and what its configuration means."""
