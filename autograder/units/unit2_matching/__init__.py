"""The tasks of unit2_matching."""
