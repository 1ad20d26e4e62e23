"""One function per figure, in one module per unit; `drawing` holds what they share."""
