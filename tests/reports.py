"""Reports of the grader that nobody has graded, for tests of what is made of them."""

from autograder.model import Grade, Report, TaskVerdict, Verdict


def grade(cell, score, maximum, misconceptions=()):
    """A `Grade`: one part that is right, and one for what is missing, or for each misconception."""
    task, missing = cell.removeprefix("test_"), maximum - score
    names = list(misconceptions) or [None] * bool(missing)
    wrong = [
        Verdict("is not right", missing / len(names), "it is wrong", name, name and "You …")
        for name in names
    ]
    right = [Verdict("is right", score)] if score else []
    return Grade(cell, maximum, TaskVerdict(task, (*right, *wrong)))


def report(scores, maxima=(), misconceptions=None, **more):
    """A `Report` with these scores by cell; what is not in ``maxima`` has all its points.

    misconceptions : lists of names, by task
    """
    maxima, named = dict(maxima), misconceptions or {}
    grades = tuple(
        grade(cell, score, maxima.get(cell, score), named.get(cell.removeprefix("test_"), ()))
        for cell, score in scores.items()
    )
    return Report(**{"sandbox": "bubblewrap", **more}, grades=grades)
