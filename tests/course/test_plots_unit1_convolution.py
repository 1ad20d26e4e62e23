import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit1_convolution import reference as right
from course import images
from course.plots import unit1_convolution as plots
from tests.drawn import broken, check_leaves_matplotlib, drawn, empty, unwritten

pytestmark = pytest.mark.usefixtures("without_a_screen")


FIGURES = {
    "edges_and_blur": ["conv2d_valid"],
    "real_pixels": ["pad2d", "conv2d_valid"],
    "padded_photo": ["pad2d", "conv2d_valid"],
    "taps": ["dilate_kernel"],
    "stride_and_dilation": ["conv2d"],
}
figures = pytest.mark.parametrize("name", FIGURES)


def test_real_pixels_draws_before_anything_is_written():
    plots.real_pixels()
    assert "not written yet" in drawn()


@figures
def test_draws_with_solved_functions(name):
    getattr(plots, name)(*(getattr(right, task) for task in FIGURES[name]))
    written = drawn()
    assert "yours" in written
    assert "not written yet" not in written
    assert "off by" not in written


@figures
@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unwritten, "not written yet"),
        (None, "not written yet"),
        (broken, "raised IndexError"),
        (empty, "should return an array"),
        (lambda *a, **k: None, "should return an array"),
    ],
)
def test_draws_and_says_why_there_is_no_result(name, function, says):
    getattr(plots, name)(*[function] * len(FIGURES[name]))
    assert says in drawn()


def test_says_how_far_off_a_wrong_result_is():
    plots.edges_and_blur(lambda x, w: right.conv2d_valid(x, w[..., ::-1, ::-1]))
    written = drawn()
    assert "yours: off by up to" in written
    assert "yours: the same" in written  # the blur is symmetric


def test_says_when_the_size_is_wrong():
    plots.edges_and_blur(lambda x, w: right.conv2d(x, w, pad=1))
    assert "is 160 × 240,\nshould be 158 × 238" in drawn()


def test_window_shows_the_channel_sums_and_their_total():
    plots.window(images.picture(), np.ones((1, 3, 3, 3)), out=[[45, 45], [54, 54]])
    assert "9 + 18 + 18 = 45" in drawn()


def test_window_of_the_second_picture():
    x, w = images.second()
    plots.window(x, w, out=[[12, 11], [11, 12]], row=0, col=1)
    assert "6 + 5 + 0 = 11" in drawn()


def test_dilated_windows_show_the_sums_of_the_blue_plane():
    plots.dilated_windows()
    written = drawn()
    assert written.count("2 + 2 + 4 + 4 = 12") == 2
    assert written.count("1 + 1 + 3 + 3 = 8") == 2


@figures
def test_figures_are_white_whatever_the_theme(name):
    with plt.style.context("dark_background"):
        getattr(plots, name)(*[unwritten] * len(FIGURES[name]))
        fig = plt.gcf()
        assert fig.get_facecolor() == (1, 1, 1, 1)
        assert all(ax.xaxis.label.get_color() == "black" for ax in fig.axes)


def test_drawing_leaves_matplotlib_as_it_was():
    # Jupyter shows figures only while matplotlib is interactive, which its backend switches on.
    check_leaves_matplotlib(plots.dilated_windows)
