import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit7_visualization import reference as right
from course.plots import unit7_visualization as plots
from tests.figure_checks import check_leaves_matplotlib, drawn
from tests.figures import KEPT, channels, explained, suspected

pytestmark = pytest.mark.usefixtures("without_a_screen")

RNG = np.random.default_rng(0)


def test_says_how_far_off_a_wrong_result_is():
    plots.steepest(lambda x, w: 0.5 * right.response_grad(x, w))
    assert "yours: off by up to" in drawn()


def test_suspected_has_a_row_per_scene_and_a_column_per_change():
    suspected(right.overlay)
    written = drawn()
    assert written.count("“sandal”") == written.count("“bag”") == 3
    assert "20% in the box" in written
    assert "object\nblack" in written


def test_a_wrong_gradient_is_shown_as_its_difference():
    plots.steepest(lambda x, w: right.response_grad(x, w) + 1)
    panels = {ax.get_title().split("\n")[0]: ax for ax in plt.gcf().axes}
    shown = panels["yours minus what it should be"].images[0].get_array()
    assert np.ptp(shown) < 1e-6
    assert shown.min() > 1


def test_without_relu_nothing_is_left_inside():
    plots.steepest(right.response_grad)
    panels = {ax.get_title().split("\n")[0]: ax for ax in plt.gcf().axes}
    shown = panels["without ReLU: nothing is left,"].images[0].get_array()
    assert not shown[2:-2, 2:-2].any()
    assert shown[:2].any()
    assert panels["gradient by the picture"].images[0].get_array()[2:-2, 2:-2].any()


def test_puzzle_writes_what_the_network_says_under_each_scene():
    plots.puzzle(
        {"on black": RNG.random((32, 32)), "on grey": RNG.random((32, 32))}, ["bag", "coat"]
    )
    written = drawn()
    for words in ["on black", "on grey", "“bag”", "“coat”"]:
        assert words in written


def test_channels_shows_each_scale_and_one_for_all():
    channels(right.activation_grid)
    written = drawn()
    assert "relu1: 3 channels of 6 × 6" in written
    assert "none silent" in written
    assert "2 silent" in written
    bars = {len(ax.patches): [bar.get_height() for bar in ax.patches] for ax in plt.gcf().axes}
    np.testing.assert_allclose(bars[3], KEPT["relu1"].max(axis=(1, 2)))


def test_channels_are_shown_without_a_grid_each_on_its_own_scale():
    channels(None)
    assert "yours: not written yet" in drawn()
    tops = [[i.get_clim()[1] for i in ax.images] for ax in plt.gcf().axes if len(ax.images) == 3]
    np.testing.assert_allclose(tops, [KEPT["relu1"].max(axis=(1, 2))])


def test_explained_has_the_class_over_each_map_and_no_scale_for_all_of_them():
    explained(right.overlay)
    written = drawn()
    assert written.count("“sandal”") == 2
    assert written.count("25% in its quadrant") == 8
    assert "not two maps" in written
    assert not [ax for ax in plt.gcf().axes if hasattr(ax, "_colorbar")]


def test_evolution_and_dreams_write_what_they_show():
    frames = {s: RNG.random((2, 1, 32, 32)) for s in (0, 1, 10)}
    filters = [-np.ones((1, 3, 3)), np.ones((16, 3, 3))]
    plots.evolution(filters, frames, {s: np.full(2, s / 4) for s in frames}, ["unit a", "unit b"])
    written = drawn()
    for words in ["start: noise", "1 step", "10 steps", "unit b", "answers 2.50", "sum −9", "16"]:
        assert words in written
    plt.close("all")
    six = RNG.random((6, 1, 32, 32))
    plots.dreams(six, np.arange(6.0), six, np.arange(6.0) / 2, list("abcdef"))
    assert "score 2.5" in drawn()


def test_recipe_shows_every_number():
    activations = np.array([[[1.0, 2], [0, 1]], [[3, 0], [1, 1]], [[0, 1], [2, 4]]])
    plots.recipe(activations, np.array([2.0, 1, -1]), [[5, 3], [-1, -1]], [[1, 0.6], [0, 0]])
    written = drawn()
    for words in ["− 1 ×", "| 5 | 3 | −1 | −1 |", "| 1 | 0.6 | 0 | 0 |", "÷ 5"]:
        assert words in written


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(lambda: plots.steepest(right.response_grad))
