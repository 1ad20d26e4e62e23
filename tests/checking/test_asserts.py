"""What a plain nbgrader cell earns: as nbgrader counts, but never more than its points."""

import pytest
from nbformat import v4

from autograder.checking import asserts
from autograder.checking.asserts import AssertCell
from autograder.model import Observation


class Answer:
    """Stands for a process in which every cell ends in the same way."""

    def __init__(self, **seen):
        self.seen = seen

    def run(self, source, seconds):
        return Observation(**self.seen)


def graded(points=2.0, **seen):
    return asserts.grade(AssertCell("test_mean", "assert True", points), Answer(**seen), 1)


@pytest.mark.parametrize(
    ("seen", "points"),
    [
        ({}, 2),
        ({"value": "1.5"}, 1.5),
        ({"value": "2"}, 2),
        ({"value": "0"}, 0),
        ({"value": "7"}, 2),
        ({"value": "-1"}, 0),
        ({"value": "nan"}, 0),
        ({"value": "inf"}, 2),
        ({"value": 10**400}, 2),
        ({"value": -(10**400)}, 0),
        ({"value": "'all right'"}, 2),
        ({"value": ["no", "text"]}, 2),
        ({"error": ("AssertionError", "")}, 0),
        ({"stopped": True}, 0),
        ({"lost": "it is gone"}, 0),
    ],
    ids=str,
)
def test_points(seen, points):
    result = graded(**seen)
    assert (result.points, result.maximum) == (points, 2)
    assert [bool(verdict.fault) for verdict in result.parts] == (
        [False] if points == 2 else [True] if points == 0 else [False, True]
    )


def test_a_cell_worth_nothing_is_right_or_wrong_all_the_same():
    assert not graded(0.0).parts[0].fault
    assert graded(0.0, lost="it is gone").parts[0].fault == "it is gone"


def test_only_the_name_of_a_built_in_exception_is_repeated():
    assert graded(error=("KeyError", "7131")).parts[0].fault == "it raised KeyError"
    assert graded(error=("Value7131", "")).parts[0].fault == "it raised an exception"


def test_the_cells_of_a_notebook_without_a_check_are_found():
    def cell(name, **meta):
        meta = {"grade_id": name, "points": 1, "locked": True, **meta}
        return v4.new_code_cell(f"# {name}", metadata={"nbgrader": meta})

    notebook = v4.new_notebook(
        cells=[
            cell("mean", solution=True, grade=False),
            cell("test_mean", solution=False, grade=True),
            cell("test_range", solution=False, grade=True),
            cell("essay", solution=True, grade=True),
        ]
    )
    assert asserts.in_notebook(notebook, {"mean": None}) == (
        AssertCell("test_range", "# test_range", 1.0),
    )
