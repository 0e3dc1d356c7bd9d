"""Options and keys: what is known before the explorer starts."""
