"""What students never see: reference, hidden checks, misconceptions, and the grader around them.

`check` is the one call that a graded cell of a source notebook makes.
"""


def check(task, namespace, content=None):
    """Run the hidden checks of ``task`` on what ``namespace`` calls by its name, in this process.

    Prints one line per part and returns the points, a float: nbgrader's convention for partial
    credit. This is what runs when an instructor executes a source notebook; when students are
    graded, the same checks run in the grader's process (`autograder.grading.execute`).

    content : the `Content` of the task, by default that of `content.DEFAULT`. Another content
        package offers its notebooks a `functools.partial` of this function with its own.

    Raises KeyError if there is no such task.
    """
    from autograder.checking import judge
    from autograder.checking.answers import Named
    from autograder.content import load
    from autograder.output import words

    found = (content or load()).find(task)
    student = str(namespace.get("STUDENT_ID", ""))
    result = judge.grade(found, Named(namespace, task, found.by_value), student)
    print("\n".join(words.lines(result)))
    return result.points
