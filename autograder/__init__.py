"""What students never see: reference, hidden checks, misconceptions, and the grader around them.

`check` is the one call that a graded cell of a source notebook makes.
"""

import sys

# jsonschema, which comes with nbformat, builds a parser of international addresses (IRIs) as it is
# imported, if this package is there: more than a second in every process. No notebook has any.
sys.modules.setdefault("rfc3987_syntax", None)


def check(task, namespace):
    """Run the hidden checks of ``task`` on what ``namespace`` calls by its name, in this process.

    Prints one line per part and returns the points, a float: nbgrader's convention for partial
    credit. This is what runs when an instructor executes a source notebook; when students are
    graded, the same checks run in the grader's process (`autograder.execute`).

    Raises KeyError if there is no such task.
    """
    from autograder import checking, tasks

    found = tasks.find(task)
    student = str(namespace.get("STUDENT_ID", ""))
    result = checking.grade(found, checking.Named(namespace, task, found.by_value), student)
    print("\n".join(result.lines()))
    return result.points
