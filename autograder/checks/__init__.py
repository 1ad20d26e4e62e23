"""The hidden checks, one module per unit."""
