"""Right and wrong answers about looking inside a network."""
