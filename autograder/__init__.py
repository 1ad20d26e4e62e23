"""The grader of a course: references, hidden checks, misconceptions, and the engine for them.

Students never get this package. A graded cell of a source notebook calls `check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.content import Content


def check(task: str, namespace: Mapping[str, Any], content: Content | None = None) -> float:
    """Run the hidden checks of ``task`` in this process, on the answer in ``namespace``.

    Prints a line for each part, and the reason under each that failed. Returns the points:
    nbgrader takes the last value of a cell as partial credit. An instructor who runs a source
    notebook runs this. When students are graded, the same checks run in the grader's process
    (`autograder.grading.execute`).

    namespace : holds the answer under the task's name, and STUDENT_ID
    content : the `Content` that has the task, by default that of `content.DEFAULT`. Another content
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
