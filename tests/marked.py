"""Classes whose answers wait to be marked, made without running any notebook."""

import json
import shutil

import nbformat

from autograder import examples
from autograder.cells import role
from autograder.course import Course
from autograder.grading.record import Recorder
from autograder.model import Grade, Report, TaskVerdict, Verdict
from autograder.untrusted.notebook import inert

UNIT, QUESTION = "unit4_pooling", "why_pooling"
PIXEL = (  # a PNG of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "=="
)


def released(folder):
    """A course with the unit released."""
    course = examples.fresh_course(folder)
    course.release(UNIT)
    return course


def copied(course, folder):
    """The same course in another folder."""
    shutil.copytree(course.root, folder)
    return Course(folder)


def notebook(course, student, text, score=0.0, printed="", unit=UNIT, question=QUESTION):
    """A graded notebook as the grader would write it, with this answer; text None: untouched."""
    path = course.folder("release", ".", unit) / f"{unit}.ipynb"
    found = nbformat.read(path, as_version=4)
    grades = []
    for cell in found.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if role(cell) == "graded":
            points = cell.metadata.nbgrader.points
            part = Verdict("all", points, None if score else "it is wrong")
            verdict = TaskVerdict(name.removeprefix("test_"), (part,))
            grades.append(Grade(name, points, verdict))
        elif name == question and text is not None:
            cell.source = inert(text)
        elif "experiment" in cell.metadata.get("tags", []):
            data = {"image/png": PIXEL, "text/html": "<script>alert(1)</script>"}
            stream = {"output_type": "stream", "name": "stdout", "text": f"{printed}of {student}\n"}
            picture = {"output_type": "display_data", "data": data, "metadata": {}}
            cell.outputs = [nbformat.from_dict(one) for one in (stream, picture)]
    report = Report("bubblewrap", tuple(grades), 2.0, key=f"{student} {text} {score}")
    found.metadata["autograder"] = report.as_json()
    return json.dumps(found)


def record(course, texts, unit=UNIT, **more):
    """Record graded notebooks: {student: text}. Returns the `Recorder`, closed."""
    with Recorder(course, unit) as recorder:
        for student, text in texts.items():
            recorder.record(student, notebook(course, student, text, unit=unit, **more))
    return recorder


def grade_of(course, student, unit=UNIT, question=QUESTION):
    """Points by hand, whether somebody has to look, and the comment, from nbgrader's gradebook."""
    with course.gradebook() as book:
        where = (question, unit, unit, student)
        grade, comment = book.find_grade(*where), book.find_comment(*where)
        return grade.manual_score, grade.needs_manual_grade, comment.manual_comment


def give_in_formgrader(course, student, points, comment=None, unit=UNIT, question=QUESTION):
    """Write points and a comment as formgrader does."""
    with course.gradebook() as book:
        where = (question, unit, unit, student)
        grade = book.find_grade(*where)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment(*where).manual_comment = comment
        book.db.commit()
