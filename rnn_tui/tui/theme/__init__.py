"""The themes, and which of their colours this terminal can show."""
