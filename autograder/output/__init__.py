"""The only place that turns verdicts into words, pages and tables."""
