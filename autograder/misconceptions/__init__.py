"""Plausible wrong solutions, one module per unit."""
