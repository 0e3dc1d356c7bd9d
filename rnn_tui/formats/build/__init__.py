"""A configuration and its weights, put together as the engine's model."""
