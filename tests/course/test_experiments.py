import sys

import numpy as np
import pytest

from course.experiments import Misfit, fitting, needs, progress


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotImplementedError(), "not written yet"),
        (ValueError("x is no picture"), "ValueError: x is no picture"),
        (Misfit("it returned the shape (2,)"), "it returned the shape (2,)"),
    ],
)
def test_what_a_cell_needs_is_said_without_a_traceback(capsys, error, said):
    with needs("grad_cam", "overlay"):
        raise error
    assert capsys.readouterr().out == f"This cell needs your grad_cam and your overlay: {said}\n"


def test_what_fits_is_an_array_of_floats():
    got = fitting([[1, 2]], (1, 2))
    assert got.dtype == float
    np.testing.assert_array_equal(got, [[1, 2]])


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, r"returned the shape \(\), it should be \(2, 2\)"),
        ("map", "an array of numbers"),
        ([[1], [2, 3]], "an array of numbers"),
        (np.ones(4), r"returned the shape \(4,\), it should be \(2, 2\)"),
    ],
    ids=["None", "text", "ragged", "flat"],
)
def test_what_does_not_fit_is_said(got, said):
    with pytest.raises(Misfit, match=said):
        fitting(got, (2, 2))


def test_progress_goes_through_the_steps_and_says_nothing_on_stderr(capsys):
    assert list(progress(range(3), "training")) == [0, 1, 2]
    printed = capsys.readouterr()
    assert "training" in printed.out
    assert printed.err == ""


def test_without_tqdm_it_counts(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress([4, 5], "training")) == [4, 5]
    _, first, second, blanks, end = capsys.readouterr().out.split("\r")
    assert (first, second) == ("training: 1 of 2", "training: 2 of 2")
    assert (blanks.strip(), end) == ("", "")
