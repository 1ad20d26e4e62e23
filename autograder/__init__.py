"""The grader of a course: references, hidden checks, misconceptions, and the engine for them.

Students never get this package. A graded cell of a source notebook calls `check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.content import Content


def check(task: str, namespace: Mapping[str, Any]) -> float:
    """Run the hidden checks of ``task`` in this process, on the answer in ``namespace``.

    Prints a line for each part, and the reason under each that failed. Returns the points:
    nbgrader takes the last value of a cell as partial credit. An instructor who runs a source
    notebook runs this. When students are graded, the same checks run in the grader's process
    (`autograder.grading.grade_notebook`).

    namespace : holds the answer under the task's name, and STUDENT_ID

    Raises KeyError if there is no such task.
    """
    from autograder.content import load

    return check_with(load(), task, namespace)


def check_with(content: Content, task: str, namespace: Mapping[str, Any]) -> float:
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
