"""Which call of which layer reads which tensors, and a run through them."""
