import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit3_shapes import misconceptions as wrong
from autograder.units.unit3_shapes import reference as right
from course.plots import unit3_shapes as plots
from tests.drawn import broken, check_leaves_matplotlib, drawn, empty, unwritten

pytestmark = pytest.mark.usefixtures("without_a_screen")


W = [[0.3, 0.59, 0.11], [1, 0, -1]]
MIXES = {"brightness": W[:1], "signed": W[1:], "three": [[0.2, 0.2, 0.6], [0, 1, 0], [1, 0, 0]]}
LAYERS = [(3, 1, 1), (2, 2, 1), (3, 1, 1)]


def changes():
    """Squares of 3, 4 and 8 pixels, as if they had been measured."""
    found = {}
    for name, size in {"conv1": 3, "pool1": 4, "conv2": 8}.items():
        found[name] = np.zeros((32, 32))
        found[name][10 : 10 + size, 12 : 12 + size] = 1.0
    return found


FIGURES = {  # how to call each, and the task that it is about
    "volumes": (plots.volumes, "conv_output_shape"),
    "windows_on_a_line": (plots.windows_on_a_line, "fit_report"),
    "left_over": (plots.left_over, "fit_report"),
    "one_pixel": (lambda function: plots.one_pixel(W, function), "conv1x1"),
    "mixed_colours": (lambda function: plots.mixed_colours(MIXES, function), "conv1x1"),
    "fields_on_picture": (plots.fields_on_picture, "receptive_field"),
    "measured_fields": (
        lambda function: plots.measured_fields(changes(), LAYERS, function),
        "receptive_field",
    ),
}
figures = pytest.mark.parametrize(("draw", "task"), FIGURES.values(), ids=FIGURES)


def nothing(*args, **kwargs):
    return None


def words(*args, **kwargs):
    return [("a", "b")] * 18


def out_of_bounds(*args):
    return -3, 999


@figures
def test_draws_with_solved_functions(draw, task):
    draw(getattr(right, task))
    written = drawn()
    assert "yours" in written
    assert "not written yet" not in written
    assert "off by" not in written


@pytest.mark.parametrize("name", ["volumes", "windows_on_a_line", "one_pixel", "mixed_colours"])
def test_says_that_a_right_result_is_the_same(name):
    draw, task = FIGURES[name]
    draw(getattr(right, task))
    assert "the same" in drawn()


@figures
@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unwritten, "not written yet"),
        (None, "not written yet"),
        (broken, "raised IndexError"),
        (nothing, "cannot be shown"),
        (empty, "cannot be shown"),
        (words, "cannot be shown"),
    ],
)
def test_draws_and_says_why_there_is_no_result(draw, task, function, says):
    draw(function)
    assert says in drawn()


@pytest.mark.parametrize(
    "draw",
    [plots.volumes, plots.windows_on_a_line, lambda: plots.one_pixel(W)],
    ids=["volumes", "windows_on_a_line", "one_pixel"],
)
def test_without_a_function_it_speaks_of_none(draw):
    draw()
    assert "yours" not in drawn()


@pytest.mark.parametrize(
    ("name", "function", "says"),
    [
        ("volumes", wrong.conv_output_shape__channels_of_the_input, "yours: 112 × 112 × 3"),
        ("windows_on_a_line", wrong.fit_report__rounds_up_and_uses_all, "5 windows, 0 left over"),
        ("left_over", wrong.fit_report__rounds_up, "yours: 5 × 7 windows"),
        ("left_over", out_of_bounds, "yours: [(-3, 999)"),
        ("one_pixel", wrong.conv1x1__averages_channels, "off by"),
        ("mixed_colours", wrong.conv1x1__relu_inside, "off by"),
        ("fields_on_picture", wrong.receptive_field__ignores_earlier_strides, "block 5: 31"),
        ("measured_fields", wrong.receptive_field__own_stride_counts, "yours: 9 × 9"),
    ],
)
def test_shows_a_wrong_result_as_it_is(name, function, says):
    FIGURES[name][0](function)
    assert says in drawn()


def test_the_pixel_is_worked_out_with_the_numbers_shown():
    plots.one_pixel([[-1, 2, -1]])
    pixel = [0.62, 0.29, 0.13]
    assert all(f"{value:.2f}" in drawn() for value in pixel)
    assert f"−{pixel[0] - 2 * pixel[1] + pixel[2]:.2f}" in drawn()


def test_field_in_a_line_shows_the_fields_on_paper():
    plots.field_in_a_line()
    written = drawn()
    fields = [size for size, _ in right.receptive_field([(3, 1, 1), (3, 2, 1), (3, 1, 1)])]
    assert fields == [3, 5, 9]
    assert all(f"field: {size} pixels" in written for size in fields)


def test_measured_fields_are_measured():
    plots.measured_fields(changes(), LAYERS, unwritten)
    assert all(f"measured {size} × {size}" in drawn() for size in (3, 4, 8))


def test_class_share_writes_the_medians():
    shares = {"conv1": np.array([0.1, 0.2, 0.3]), "conv2": np.array([0.5, 0.7, 0.9])}
    plots.class_share(shares, {name: values / 2 for name, values in shares.items()})
    written = drawn()
    assert all(median in written for median in ["0.20", "0.70", "0.10", "0.35"])
    assert "3 channels" in written


def test_what_the_figures_say_should_come_out_is_right():
    shape = (1, 3, 224, 224)
    for filters, kernel, stride, pad, should in plots.STAGES:
        shape = right.conv_output_shape(shape, (filters, shape[1], kernel, kernel), stride, pad)
        assert shape == should
    fields = right.receptive_field(plots.VGG16)
    assert [fields[place][0] for place in plots.VGG16_CONVS] == list(plots.VGG16_FIELDS.values())


@figures
def test_figures_are_white_whatever_the_theme(draw, task):
    with plt.style.context("dark_background"):
        draw(unwritten)
        fig = plt.gcf()
        assert fig.get_facecolor() == (1, 1, 1, 1)
        assert all(ax.xaxis.label.get_color() == "black" for ax in fig.axes)


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(plots.field_in_a_line)
