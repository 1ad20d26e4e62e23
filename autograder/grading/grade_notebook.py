"""From a rebuilt notebook to a graded one: cells run inside the sandbox, checks outside.

`notebook_run.NotebookRun` runs the cells and checks the tasks. This module turns the verdicts into
grades, outputs and the report.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from nbformat import NotebookNode

from autograder.cells import DEFINES, EXPERIMENT, new_cell, role
from autograder.checking import asserts
from autograder.checking.behaviour import Probe
from autograder.content import Content, Task
from autograder.grading.notebook_run import NotebookRun, output
from autograder.model import PLACE, Grade, Repair, Report
from autograder.output import words
from autograder.sandbox.launch import Sandbox
from autograder.sandbox.probe import DESCRIPTION
from autograder.untrusted import overlap
from autograder.untrusted.notebook import written_id
from autograder.untrusted.text import SIGN

AS_SUBMITTED = (
    f"{SIGN} [This output is as it was handed in: the cell only shows something "
    "and was not run again.]\n"
)


def grade(
    notebook: NotebookNode,
    content: Content,
    unit: str,
    student: str,
    sandbox: Sandbox,
    released: NotebookNode,
    repairs: Sequence[Repair] = (),
    seed: bytes = b"",
    own_asserts: Sequence[asserts.AssertCell] = (),
    key: str = "",
    probes: Mapping[str, Sequence[Probe]] = MappingProxyType({}),
) -> Report:
    """Run and grade a rebuilt notebook in place; returns its report, also stored in its metadata.

    notebook : from `rebuild.rebuild`
    content : the content of the course
    unit, student : names; ``student`` determines the student's own numbers
    sandbox : each run starts a new process in it
    released : the notebook as it was handed out
    repairs : the corrections made to the submission
    seed : seeds the hidden inputs, see `autograder.secret`
    own_asserts : one for each graded cell without a check
    key : of the report
    probes : of the tasks, by name, see `checking.behaviour`

    Raises KeyError if a graded cell has neither a check nor own asserts (a mistake of the course),
    and SandboxError if no process starts (a fault of the machine).
    """
    bank: dict[str, Task | asserts.AssertCell] = {
        f"test_{name}": task for name, task in content.tasks_if_any(unit).items()
    }
    bank |= {cell.grade_id: cell for cell in own_asserts}
    graded = {
        index: bank[cell.metadata.nbgrader.grade_id]
        for index, cell in enumerate(notebook.cells)
        if role(cell) == "graded"
    }
    problems: list[str] = []
    for cell in notebook.cells:
        if EXPERIMENT in cell.metadata.get("tags", []) and cell.get("outputs"):
            cell.outputs.insert(0, output("stream", name="stdout", text=AS_SUBMITTED))

    if any(task.own_numbers for task in graded.values()):
        problems += other_id(notebook, student, content.plain_id)
    problems += defined_too_late(notebook.cells, graded)
    run = NotebookRun(notebook, graded, sandbox, student, seed, probes)
    try:
        run.start()
        verdicts = run.verdicts()
    finally:
        run.close()
    grades = []
    for index, verdict in sorted(verdicts.items()):
        cell = notebook.cells[index]
        meta = cell.metadata.nbgrader
        grades.append(Grade(meta.grade_id, float(meta.points), verdict))
        visible = cell.outputs if isinstance(graded[index], asserts.AssertCell) else []
        cell.outputs = [*outputs_of(grades[-1], sandbox.kind), *visible]
    problems += [*run.notes(), *(said for one in grades for said in one.verdict.problems)]
    report = Report(
        sandbox.kind,
        tuple(grades),
        sum(c.metadata.nbgrader.points for c in notebook.cells if role(c) == "written"),
        tuple(repairs),
        tuple(problems),
        overlap.lines_of_course(notebook, released, content, run.compiled.sources),
        tuple(overlap.remarks(run.compiled, content)),
        key,
    )
    if notes := words.notes(report):
        notebook.cells.insert(0, new_cell("markdown", notes, id="notes"))
    notebook.metadata[PLACE] = report.as_json()
    return report


def outputs_of(grade: Grade, sandbox: str) -> list[NotebookNode]:
    """The outputs of a graded cell: the lines for the student, and the score for nbgrader."""
    # nbgrader takes the first number that it finds as the score, so the score is always written.
    value = {"data": {"text/plain": repr(grade.score)}, "metadata": {}, "execution_count": None}
    return [
        output("stream", name="stdout", text=text_of(grade, sandbox)),
        output("execute_result", **value),
    ]


def text_of(grade: Grade, sandbox: str) -> str:
    """The lines for the student under a graded cell."""
    lines = [words.HEADING, *words.lines(grade.verdict)]
    if sandbox == "none":
        lines.append(f"(sandbox: {DESCRIPTION[sandbox]})")
    return "\n".join(lines) + "\n"


def other_id(notebook: NotebookNode, student: str, plain_id: Callable[[str], str]) -> list[str]:
    """A note if STUDENT_ID in the notebook is not the student's id: a list of at most one sentence.

    STUDENT_ID determines the numbers shown in the exercises by hand; they are checked with the
    numbers of ``student``.
    """
    written = written_id(cell.source for cell in notebook.cells if cell.cell_type == "code")
    claimed = plain_id(student if written is None else written)
    if claimed == plain_id(student):
        return []
    if not claimed:
        return ["STUDENT_ID is empty: the exercises by hand show a guest's numbers, not yours"]
    return [f"STUDENT_ID is not {student}: the exercises by hand show someone else's numbers"]


def defined_too_late(
    cells: Sequence[NotebookNode], graded: Mapping[int, Task | asserts.AssertCell]
) -> list[str]:
    """Notes on the answers that are defined again below their graded cell, one sentence each."""
    own = [(i, c.source) for i, c in enumerate(cells) if c.cell_type == "code" and not role(c)]
    return [
        f"`{task.name}` is defined again below its graded cell: "
        "the definition above that cell was graded"
        for index, task in graded.items()
        if any(i > index and re.search(DEFINES.format(task.name), text, re.M) for i, text in own)
    ]
