"""The right answers, one module per unit, one function per task."""
