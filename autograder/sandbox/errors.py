"""What goes wrong with a sandbox."""


class SandboxError(Exception):
    """No sandbox of the kind that was asked for works here; the message says what to do."""
