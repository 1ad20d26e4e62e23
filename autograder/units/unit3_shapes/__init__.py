"""The tasks of unit3_shapes."""
