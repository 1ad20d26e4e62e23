"""What all figures have in common that show a student's functions: they draw whatever comes back.

What is special to one of them, the tests of its unit see.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.figure_checks import check_white_in_the_dark, drawn, unwritten, written
from tests.figures import FIGURES

ALL = {f"{unit}-{name}": one for unit, figures in FIGURES.items() for name, one in figures.items()}
figures = pytest.mark.parametrize("figure", ALL.values(), ids=ALL)
pytestmark = [pytest.mark.slow(30), pytest.mark.usefixtures("without_a_screen")]

NOTES = ("not written yet", "raised", "should return an array", "cannot be shown")
WRONG = ("off by", "not the same", "elsewhere")
NOTHING = {"None": None, "an empty array": np.zeros((1, 1, 0, 0))}
RESULTS = NOTHING | {
    "a dict of None": {"out_shape": None},
    "an array of no size": np.zeros((0, 0)),
    "a small array": np.zeros((2, 2)),
    "a tuple of None": (None,) * 4,
    "pairs of texts": [("a", "b")] * 18,
}


def broken(*args, **kwargs):
    raise IndexError("somewhere inside")


def contents(figure):
    """What tells two drawings of a figure apart: its texts, and what its images show."""
    images = figure.findobj(mpl.image.AxesImage)
    return written(figure).replace("\n", " "), *(i.get_array().tobytes() for i in images)


@pytest.mark.parametrize(
    "figure", [pytest.param(one, id=name) for name, one in ALL.items() if one.tasks]
)
def test_draws_with_solved_functions(figure):
    figure.solved()
    said = drawn()
    assert [fault for fault in (*NOTES, *WRONG) if fault in said] == []
    assert "the same" in said or not figure.same


@figures
def test_says_what_is_not_written_white_on_any_ground(figure):
    check_white_in_the_dark(lambda: figure.given(unwritten))
    assert "not written yet" in drawn().replace("\n", " ")


@figures
def test_draws_whatever_comes_back_and_says_why_it_is_no_result(figure):
    functions = {name: lambda *a, value=value, **k: value for name, value in RESULTS.items()}
    functions |= {"no function": None, "an error": broken}
    notes = {"no function": ["not written yet"], "an error": ["raised IndexError"]}
    notes |= dict.fromkeys(NOTHING, figure.refuses)
    wrong, rendered = {}, set()
    for name, function in functions.items():
        plt.close("all")
        try:
            figure.given(function)
            said, *images = contents(plt.gcf())
            if (said, *images) not in rendered:
                rendered.add((said, *images))
                drawn()
        except Exception as error:
            wrong[name] = repr(error)
            continue
        if not any(note in said for note in notes.get(name, ["yours", *NOTES])):
            wrong[name] = said
    assert wrong == {}
