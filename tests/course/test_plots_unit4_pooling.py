import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from autograder.units.unit4_pooling import reference as right
from course import networks
from course.plots import unit4_pooling as plots
from tests.figure_checks import check_leaves_matplotlib, drawn
from tests.figures import ROUTES

pytestmark = pytest.mark.usefixtures("without_a_screen")


PLANE = [
    [3, -1, -2, 0, 5],
    [-4, -3, -6, 2, 1],
    [0, -2, -5, -1, -3],
    [7, 1, -4, -2, -6],
    [2, -8, -1, -9, 4],
]


def test_routes_needs_no_function_and_shows_what_arrives():
    plots.routes(*ROUTES)
    written = drawn()
    assert "yours" not in written
    assert " | 0 | 3 | 0 | 4 | 0 | 8 | 0 | 0 | 0 | " in written


def test_says_how_far_off_a_wrong_result_is():
    plots.pooled_photo(
        lambda x, kernel, stride=None, pad=0, mode="max": right.pool2d(x, kernel, stride)
    )
    written = drawn()
    assert "yours: off by up to" in written
    assert written.count("✓ yours") == 2
    assert written.count("too large") == 1, "a map for the one that is off"


def test_ticks_what_is_right_and_draws_it_once():
    plots.pooled_photo(right.pool2d)
    assert drawn().count("✓ yours") == 3
    assert len(plt.gcf().axes) == 4


def test_says_when_the_size_is_wrong():
    plots.pooled_photo(lambda x, kernel, stride=1, pad=0, mode="max": right.pool2d(x, 8, 1))
    assert "is 153 × 233,\nshould be 20 × 30" in drawn()


def test_heard_shows_who_gets_a_gradient():
    plots.heard(right.maxpool_backward)
    written = drawn()
    assert written.count("✓ yours") == 2
    assert "8 × 8, stride 8: 112 windows\n112 of 7,168 pixels get a gradient" in written
    assert "16 × 16, stride 8: 91 windows\n64 of 7,168 pixels get a gradient" in written
    assert not any(line.get_marker() == "x" and len(line.get_xdata()) for line in lines())


def test_heard_crosses_out_what_is_wrong():
    plots.heard(lambda grad, x, *how: 0.5 * right.maxpool_backward(grad, x, *how))
    assert drawn().count("yours: off by up to") == 2
    assert [len(line.get_xdata()) for line in lines()] == [112, 64]


def lines():
    return [line for ax in plt.gcf().axes for line in ax.lines]


def test_winners_of_both_sizes():
    plots.winners(PLANE)
    written = drawn()
    for title in ["output[0, 1] is 2", "output[1, 1] is −1", "output[0, 1] is 5"]:
        assert title in written


@pytest.mark.parametrize(
    ("shift", "changed"),
    [
        (0, [0, 0, 0, 0, 0, 0]),  # max, average, every 2nd pixel; from column 2, then from column 3
        (1, [0, 0, 1, 2, 2, 1]),
        (2, [2, 2, 2, 2, 2, 0]),
    ],
)
def test_shifted_frames_what_has_changed(shift, changed):
    plots.shifted(shift=shift)
    strips = plt.gcf().subfigs[0].axes
    tops = [
        [patch.get_y() for patch in ax.patches if patch.get_edgecolor() == to_rgba(plots.ORANGE)]
        for ax in strips
    ]
    rows = sorted({patch.get_y() for patch in strips[0].patches if patch.get_width() == 2})
    assert [found.count(row) for found in tops for row in rows] == changed


def test_the_pullover_changes_least_with_max_pooling_and_most_with_every_2nd_pixel():
    for shift in range(1, 5):
        plots.shifted(shift=shift)
        titles = [ax.get_title() for ax in plt.gcf().subfigs[1].axes[1:]]
        shares = [int(re.search(r"changes by (\d+)%", title)[1]) for title in titles]
        assert 0 < shares[0] < shares[1] < shares[2]


def test_agreement_shows_every_kind_and_marks_the_shift():
    same = {kind: np.full((3, 5), 0.5) for kind in networks.POOLING}
    plots.agreement(same, SimpleNamespace(way="left", by=3))
    written = drawn()
    for label in ["max pooling", "average pooling", "every 2nd pixel", "shift left, in pixels"]:
        assert label in written
    assert list(lines()[0].get_xdata()) == [3, 3]


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(lambda: plots.shifted(shift=1))
