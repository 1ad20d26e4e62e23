"""Averages of a list."""
