"""Checking an answer: how checks are written, the judge, the comparison and the diagnosis."""
