"""The tasks of unit5_transfer."""
