"""Right and wrong answers about pooling."""
