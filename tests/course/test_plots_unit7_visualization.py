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


def test_suspected_has_a_column_per_scene_and_says_what_is_said_of_the_painted_ones():
    suspected(right.overlay)
    written = drawn()
    assert (written.count("“bag”"), written.count("“sandal”")) == (1, 2)
    assert "20% in the box" in written
    assert "object\nblack" in written
    grid = np.reshape(plt.gcf().axes, (3, 3))
    shown = [[ax.images[0].get_array() for ax in row] for row in grid]
    assert not np.any(shown[2] - shown[2][0][0])
    assert not np.array_equal(shown[0][0], shown[0][1])


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


def test_explained_tells_a_class_that_is_there_from_one_that_is_not():
    explained(right.overlay)
    written = drawn()
    for words in ["“coat”", "20% in its quadrant", "“T-shirt”", "not there; 70% at the trouser"]:
        assert words in written
    assert "not two maps" in written
    picture, there, absent = plt.gcf().axes
    assert [len(ax.patches) for ax in (picture, there, absent)] == [0, 1, 0]
    assert [len(ax.lines) for ax in (picture, there, absent)] == [0, 2, 2]  # between the quadrants


def test_a_map_that_is_shown_less_leaves_more_of_the_picture():
    covers = []
    for alpha in (0, 0.5, 1):
        plots.lay(
            plt.figure().subplots(), np.zeros((32, 32)), np.ones((32, 32)), right.overlay, alpha
        )
        covers.append(plt.gca().images[0].get_array()[0, 0].tolist())
    assert covers[0][0] == covers[0][2]
    assert covers[2] == [1, 0.5, 0]
    np.testing.assert_allclose(covers[1], np.mean([covers[0], covers[2]], axis=0))


def test_evolution_and_dreams_write_what_they_show():
    frames = {s: RNG.random((2, 1, 32, 32)) for s in range(11)}
    filters = [-np.ones((1, 3, 3)), np.ones((16, 3, 3))]
    answers = {s: np.full(2, s / 4) for s in frames}
    starts = {0: "start: noise", 1: "1 step", 3: "3 steps"}
    for step, word in starts.items():
        plt.close("all")
        plots.evolution(filters, frames, answers, ["unit a", "unit b"], step)
        written = drawn()
        for words in [word, "10 steps", "unit b", f"answers {step / 4:.2f}", "sum −9", "16"]:
            assert words in written
        shown = [image.get_array() for image in plt.gca().images]
        np.testing.assert_array_equal(shown[1:], [*frames[step][:, 0], *frames[10][:, 0]])
    plt.close("all")
    six = RNG.random((6, 1, 32, 32))
    plots.dreams(six, np.arange(6.0), six, np.arange(6.0) / 2, list("abcdef"), "c")
    written = drawn()
    assert "score 2.5" in written
    assert "yours: c" in written


def test_recipe_shows_every_number():
    activations = np.array([[[1.0, 2], [0, 1]], [[3, 0], [1, 1]], [[0, 1], [2, 4]]])
    plots.recipe(activations, np.array([2.0, 1, -1]), [[5, 3], [-1, -1]], [[1, 0.6], [0, 0]])
    written = drawn()
    for words in ["− 1 ×", "| 5 | 3 | −1 | −1 |", "| 1 | 0.6 | 0 | 0 |", "÷ 5"]:
        assert words in written


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(lambda: plots.steepest(right.response_grad))
