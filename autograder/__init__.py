"""What students never see: reference, hidden checks, misconceptions, and the grader around them.

`check` is the one call that a graded cell of a source notebook makes.
"""


def check(task, namespace):
    """Run the hidden checks of ``task`` on what ``namespace`` calls by its name, in this process.

    Prints one line per part and returns the points, a float: nbgrader's convention for partial
    credit. This is what runs when an instructor executes a source notebook; when students are
    graded, the same checks run in the grader's process (`autograder.grading.execute`).

    Raises KeyError if there is no such task.
    """
    from autograder.content import load

    return check_with(load(), task, namespace)


def check_with(content, task, namespace):
    """The same for a task of another `Content`.

    Its package offers its notebooks ``check = functools.partial(autograder.check_with, CONTENT)``.
    """
    from autograder.checking import judge
    from autograder.checking.answers import Named
    from autograder.output import words

    found = content.find(task)
    student = str(namespace.get("STUDENT_ID", ""))
    result = judge.grade(found, Named(namespace, task, found.by_value), student)
    print("\n".join(words.lines(result)))
    return result.points
