"""The tasks of unit6_architectures."""
