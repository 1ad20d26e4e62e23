"""The class report: what a class understood."""
