"""Everything that a student made passes through here before anything else reads it."""
