"""The tasks of unit4_pooling."""
