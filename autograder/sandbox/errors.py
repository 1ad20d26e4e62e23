"""The error of a sandbox that does not work."""


class SandboxError(Exception):
    """The requested kind of sandbox does not work here; the message says what to do."""
