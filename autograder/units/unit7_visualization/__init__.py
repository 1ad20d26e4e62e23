"""The tasks of unit7_visualization."""
