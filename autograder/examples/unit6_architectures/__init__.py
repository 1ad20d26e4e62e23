"""Right and wrong answers about inception modules and residual blocks."""
