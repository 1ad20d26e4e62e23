"""What students get: numbers to work with, pictures, figures and practice checks.

Needs only NumPy and matplotlib, and never imports ``autograder``.
"""
