"""Pasted modules of `course` are noticed; answers of one's own never are."""

import inspect
import re

import pytest

from autograder import examples
from autograder.course import Course
from autograder.model import Graded
from autograder.output import words
from autograder.output.report import summary
from autograder.release.notebooks import released
from autograder.sandbox import view
from autograder.units import CONTENT as content
from autograder.untrusted import overlap, rebuild
from tests.reports import report

UNITS = content.units()
NN = (content.student_folder / "nn.py").read_text()


@pytest.fixture(scope="module")
def originals():
    """The notebooks as they are handed out, by unit."""
    course = Course(view.PROJECT)
    return {unit: released(course.source(unit)) for unit in UNITS}


def found(original, unit, build, compiled=()):
    """What is said of the submission that ``build`` makes, whose cells compiled these sources."""
    work = examples.Work("ada", original, unit)
    build(work)
    notebook, _ = rebuild.rebuild(work.data(), original, content)
    return overlap.lines_of_course(notebook, original, content, compiled)


def test_a_pasted_module_is_named_with_its_lines(originals):
    unit = "unit6_architectures"
    said = found(originals[unit], unit, lambda work: work.after("setup", NN))
    assert said == {"course/nn.py": len(overlap.lines(NN))}
    assert said["course/nn.py"] > 100


def test_indented_respaced_and_split_over_cells_it_is_still_found(originals):
    unit = "unit7_visualization"
    half = len(NN) // 2

    def build(work):
        work.after("setup", NN[:half].replace("    ", "\t").replace(" = ", "="))
        work.write("grad_cam", "if True:\n    " + NN[half:].replace("\n", "\n    "))

    assert found(originals[unit], unit, build)["course/nn.py"] > 0.9 * len(overlap.lines(NN))


PART = NN[NN.index("        w, b = self") : NN.index("class Pool")]
PART_SAID = {"course/nn.py (in strings)": len(overlap.lines(PART))}


def test_what_the_cells_compiled_is_compared_too(originals):
    unit = "unit1_convolution"
    half = PART.index("\n", len(PART) // 2)
    compiled = [PART[:half], PART[half:], "x = 1"]
    assert found(originals[unit], unit, lambda work: None, compiled) == PART_SAID
    pasted = found(originals[unit], unit, lambda work: work.after("setup", NN), compiled)
    assert pasted == {"course/nn.py": len(overlap.lines(NN))}


STRINGS = {
    "one": f"text = {PART!r}",
    "bytes": f"text = {PART.encode()!r}",
    "one for each line": "\n".join(f"text += {line!r}" for line in PART.splitlines(keepends=True)),
}


@pytest.mark.parametrize("source", STRINGS.values(), ids=STRINGS)
def test_what_stands_in_strings_is_compared_too(originals, source):
    unit = "unit1_convolution"
    assert found(originals[unit], unit, lambda work: work.after("setup", source)) == PART_SAID


def test_cells_that_python_cannot_read_hold_no_strings():
    for source in ("%pwd '\\n'", "'\\n' +", "x = '\\n'" + "+(" * 500):
        assert overlap.literals(source) == []
    assert overlap.literals("'\\n'" + ".x" * 9000) in ([], ["\n"])  # Python 3.13 reads this one
    assert sorted(overlap.literals(r"re.compile('\d'); 'a\nb'")) == ["\\d", "a\nb"]  # no warning


def test_code_that_cannot_be_compared_is_said_as_it_is():
    assert overlap.remarks(overlap.Compiled(), content) == []
    assert overlap.remarks(overlap.Compiled(("a",), cut=True, sourceless=True), content) == [
        "compiles more text than is compared with course/",
        "makes code without source, which cannot be compared with course/",
    ]


@pytest.mark.parametrize("unit", UNITS)
def test_the_notebook_as_handed_out_and_blank_cells_are_not_copied(originals, unit):
    assert found(originals[unit], unit, lambda work: None) == {}
    twice = [cell.source for cell in originals[unit].cells if cell.cell_type == "code"]
    assert found(originals[unit], unit, lambda work: work.after("setup", "\n".join(twice))) == {}


@pytest.mark.parametrize("unit", UNITS)
def test_all_right_and_wrong_answers_of_ours_together_are_not_taken_for_copies(originals, unit):
    """More of them than any student writes: what they have in common with `course` is chance."""

    def build(work):
        for task in content.of_unit(unit).values():
            ours = [task.reference, *task.variants.values(), *task.misconceptions.values()]
            code = "\n\n".join(map(inspect.getsource, ours))
            work.after("setup", re.sub(rf"\b{task.name}__\w+", task.name, code))

    assert found(originals[unit], unit, build) == {}


@pytest.mark.parametrize("unit", UNITS)
def test_no_example_submission_is_taken_for_a_copy(originals, unit):
    for name, module in examples.every(unit).items():
        if module.EXPECTED is not None:
            assert found(originals[unit], unit, module.build) == {}, name


def test_the_lecturers_line_says_so_and_the_student_loses_nothing():
    made = report(
        {"test_pad2d": 3.0},
        overlap={"course/nn.py": 232, "course/ops.py": 30},
        remarks=("makes code without source",),
    )
    said = summary.line(Graded("ada", made))
    assert said.split("  ")[-1] == (
        "232 lines are those of course/nn.py; 30 lines are those of course/ops.py; "
        "makes code without source"
    )
    assert "3 of 3" in said
    assert words.notes(made) == ""
