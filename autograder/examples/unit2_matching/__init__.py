"""Right and wrong answers about matching, pyramids and the cost of a layer."""
