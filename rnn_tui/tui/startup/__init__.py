"""Options and keys, read before the explorer starts."""
