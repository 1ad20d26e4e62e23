"""Right and wrong answers about random transforms and trained weights."""
