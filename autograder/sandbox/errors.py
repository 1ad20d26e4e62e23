"""What goes wrong with a sandbox."""


class FenceError(Exception):
    """No fence of the kind that was asked for works here; the message says what to do."""
