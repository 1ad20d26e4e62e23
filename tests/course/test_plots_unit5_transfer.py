import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit5_transfer import reference as right
from course import networks
from course.plots import unit5_transfer as plots
from tests.figure_checks import check_leaves_matplotlib, drawn

pytestmark = pytest.mark.usefixtures("without_a_screen")

TWO = {"one way": np.ones((3, 4)), "another": 2 * np.ones((3, 4))}


def test_drawn_anew_shows_eight_different_pictures():
    plots.drawn_anew(right.random_hflip, right.random_crop)
    first = [ax.images[0].get_array() for ax in plt.gcf().axes[1:9]]
    assert len(first) == 8
    assert any(not np.array_equal(first[0], other) for other in first[1:])
    assert "epoch 8" in drawn()


def test_mirror_shows_both_boxes():
    plots.mirror((1, 0, 3, 2), (4, 7))
    written = drawn()
    assert "box (1, 0, 3, 2)" in written
    assert "box (4, 0, 6, 2)" in written


def test_tasks_names_every_class():
    plots.tasks(networks.SOURCE_CLASSES, networks.TARGET_CLASSES)
    written = drawn()
    for name in ["T-shirt", "ankle boot", "pullover", "sneaker", "knows", "new"]:
        assert name in written


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("scale", "yscale"),
    [(0, "linear"), (1, "linear"), (1e31, "log"), (np.inf, "log"), (np.nan, "log")],
)
def test_runs_shows_every_way_whatever_the_loss(scale, yscale):
    losses = {way: curve.copy() for way, curve in TWO.items()}
    losses["another"][:, 2] = scale
    plots.runs(losses, {w: np.ones(3) for w in TWO})
    written = drawn()
    assert "one way" in written
    assert "another" in written
    left = plt.gcf().axes[0]
    assert left.get_yscale() == yscale
    low, high = left.get_ylim()
    assert low < 1
    assert high <= 1000


def test_a_loss_beyond_the_axis_lies_on_its_edge():
    losses = {"one way": np.array([[np.inf, 1e9, 2.0], [np.nan, 3.0, 1.0]])}
    plots.runs(losses, {"one way": np.ones(2)})
    left = plt.gcf().axes[0]
    drawn_to = [line.get_ydata().max() for line in left.lines if line.get_ydata().size]
    assert max(drawn_to) == plots.MOST == left.get_ylim()[1]


WAYS = ("head alone", "top layer")


@pytest.mark.parametrize("spread", [0.01, 0.1, 0.5])
def test_stages_show_all_gains_on_an_axis_that_does_not_magnify_noise(spread):
    shares = 0.5 + spread * np.array([[0, 1], [0, -1], [1, 0.5]])
    plots.stages(WAYS, shares, "few scenes")
    left, right = plt.gcf().axes
    assert left.get_ylim() == (0, 1)
    low, high = right.get_ylim()
    assert low <= -max(spread, 0.2)
    assert high >= max(spread, 0.2)


def test_augmentation_and_stages_show_every_way():
    plots.augmentation(TWO, {way: np.ones((3, 3)) / 2 for way in TWO})
    assert "another" in drawn()
    plt.close("all")
    plots.stages(WAYS, np.ones((3, 2)) / 2, "few scenes")
    written = drawn()
    assert "few scenes" in written
    assert "top\nlayer" in written
    assert "gain over “head alone”" in written


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(lambda: plots.mirror((1, 0, 3, 2), (4, 7)))
