import numpy as np
import pytest

from autograder.units.unit1_convolution import reference as right
from course import images
from course.plots import unit1_convolution as plots
from tests.figure_checks import check_leaves_matplotlib, drawn

pytestmark = pytest.mark.usefixtures("without_a_screen")


def test_real_pixels_counts_what_a_window_sees():
    plots.real_pixels()
    written = drawn()
    assert "corner: sees 4 pixels" in written
    assert "inside: sees 9 pixels" in written


def test_says_how_far_off_a_wrong_result_is():
    plots.edges_and_blur(lambda x, w: right.conv2d_valid(x, w[..., ::-1, ::-1]))
    written = drawn()
    assert "yours: off by up to" in written
    assert "yours is the same" in written  # the blur is symmetric


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


def test_drawing_leaves_matplotlib_as_it_was():
    # Jupyter shows figures only while matplotlib is interactive, which its backend switches on.
    check_leaves_matplotlib(plots.dilated_windows)


def test_where_the_course_leads():
    plots.where_it_leads()
    assert "where is a face?" in drawn()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "output 5 × 5, reach 3"),
        ({"stride": 3, "pad": 1, "dilation": 2}, "output 2 × 2, reach 5, 1 left over"),
        ({"pad": 1}, "output 7 × 7, reach 3"),
        ({"dilation": 4}, "a reach of 9 does not fit into 7"),
    ],
)
def test_the_places_of_a_window(settings, says):
    plots.window_places(**settings)
    assert says in drawn()


def test_recognised_names_the_true_and_the_most_probable_class():
    class Sure:
        def forward(self, x):
            return np.array([[0.0, 9.0]] * len(x))

    plots.recognised(Sure(), np.zeros((3, 1, 32, 32)), ("coat", "bag"), [0, 1, 1])
    written = drawn()
    assert written.count("network: bag, 100%") == 3
    assert written.count("true: coat") == 1
