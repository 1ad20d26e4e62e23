"""The tasks of unit1_convolution."""
