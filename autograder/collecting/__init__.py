"""Collects submissions into ``submitted/``: from downloads and from nbgrader's exchange."""
