"""Marking written answers: what they are, who gave what, and the page for it."""
