import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit6_architectures import reference as right
from course import images
from course.experiments import unit6_architectures as experiment
from course.plots import unit6_architectures as plots
from tests.figure_checks import check_leaves_matplotlib, drawn

pytestmark = pytest.mark.usefixtures("without_a_screen")


def test_says_how_far_off_a_wrong_result_is():
    plots.branches(lambda x, params: right.inception_forward(x, params) / 2)
    assert "off by up to" in drawn().replace("\n", " ")


def test_branches_says_which_map_is_wrong():
    def without_relu_in_edges(x, params):
        out = right.inception_forward(x, params)
        out[:, 2] -= 1
        return out

    plots.branches(without_relu_in_edges)
    written = drawn().replace("\n", " ")
    assert written.count("✓ yours is the same") == 3
    assert "off by up to 1" in written


def test_the_module_of_the_figure_is_the_one_asked_for():
    # What is shown as right is made of the course's layers, in float64 as the photograph.
    x = images.photo()[:, :, :20, :30]
    should = right.inception_forward(x, plots.hand_made())
    np.testing.assert_allclose(experiment.module(plots.hand_made(), x), should, atol=1e-12)


def test_inception_module_shows_the_channels():
    plots.inception_module()
    written = drawn()
    for words in ["input\n192", "3 × 3\n128", "5 × 5\n32", "max 3 × 3\n192", "= 256"]:
        assert words in written
    assert all(name in written for name in plots.LAYERS)


def test_bars_show_the_counts():
    plots.parameter_bars(right.vgg_params, right.inception_params)
    written = drawn()
    assert "= 138,357,544" in written
    assert "= 6,998,552" in written
    assert written.count("✓ yours is the same") == 2


def test_bars_show_another_count():
    plots.parameter_bars(lambda *args: {"conv": 2_359_808, "dense": 0, "total": 2_359_808}, None)
    assert "yours: 2,359,808 in all" in drawn()


def test_the_constants_are_those_of_the_reference():
    counts = right.vgg_params(plots.VGG16, (3, 224, 224), [4096, 4096, 1000])
    assert plots.COUNTED["VGG16"] == (counts["conv"], counts["dense"])
    modules = sum(
        right.inception_params(c_in, dict(zip(plots.LAYERS, filters, strict=True)))["total"]
        for c_in, filters in plots.GOOGLENET.values()
    )
    conv = plots.GOOGLENET_STEM + modules
    assert plots.COUNTED["GoogLeNet"] == (conv, plots.GOOGLENET_DENSE)


def test_residual_block_shows_numbers_and_gradients_of_the_example():
    plots.residual_block()
    written = drawn()
    x, w1, w2 = np.reshape([4.0, -3], (1, 2, 1, 1)), [[0, 3], [1, 1]], [[-2, -3], [2, 1]]
    out = right.residual_forward(x, w1, w2).ravel()
    dx = right.residual_backward(np.reshape([-2.0, 1], (1, 2, 1, 1)), x, w1, w2)["x"].ravel()
    assert f"[{out[0]:g}, {out[1]:g}]" in written
    assert f"[{dx[0]:g}, {dx[1]:g}]" in written


def test_gradient_by_depth_shows_every_kind():
    measured = {kind: np.full((3, 2), 10.0**-k) for k, kind in enumerate(experiment.KINDS)}
    plots.gradient_by_depth((2, 16), measured)
    written = drawn()
    assert all(kind in written for kind in experiment.KINDS)
    assert plt.gcf().axes[0].get_yscale() == "log"
    assert set(experiment.KINDS) == set(plots.KINDS)


def test_training_losses_name_every_run():
    runs = [("plain, He", 4), *((kind, 24) for kind in experiment.KINDS[1:])]
    plots.training_losses({run: np.full((3, 8), 2.0) for run in runs})
    written = drawn()
    assert all(f"{kind}, depth {depth}" in written for kind, depth in runs)


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(plots.residual_block)
