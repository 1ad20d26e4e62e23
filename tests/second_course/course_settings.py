"""The settings of a course on statistics: which package holds its units."""

c = get_config()  # noqa: F821  (nbgrader provides it)
c.Content.package = "staff.units"
