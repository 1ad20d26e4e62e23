"""Small pieces of sentences."""


def counted(items, noun):
    """How many, in words: 1 student, 2 students."""
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")
