import numpy as np
import pytest

from autograder.units.unit3_shapes import misconceptions as wrong
from autograder.units.unit3_shapes import reference as right
from course.plots import unit3_shapes as plots
from tests.figure_checks import check_leaves_matplotlib, drawn, unwritten
from tests.figures import FIGURES, LAYERS, changes

pytestmark = pytest.mark.usefixtures("without_a_screen")


def out_of_bounds(*args):
    return -3, 999


def test_windows_on_a_line_are_those_that_fit():
    plots.windows_on_a_line()
    for line in [(10, 3, 2), (10, 3, 2, 1), (12, 3, 3, 0, 2), (13, 3, 5), (15, 3, 5)]:
        out, unused = right.fit_report(*line)
        assert f"{out} windows, {unused} left over" in drawn()


@pytest.mark.parametrize(
    ("name", "function", "says"),
    [
        ("volumes", wrong.conv_output_shape__channels_of_the_input, "yours: 112 × 112 × 3"),
        ("left_over", wrong.fit_report__rounds_up, "yours: 5 × 7 windows"),
        ("left_over", out_of_bounds, "yours: [(-3, 999)"),
        ("mixed_colours", wrong.conv1x1__relu_inside, "off by"),
        ("fields_on_picture", wrong.receptive_field__ignores_earlier_strides, "not the same"),
        ("measured_fields", wrong.receptive_field__own_stride_counts, "yours: 9 × 9"),
    ],
)
def test_shows_a_wrong_result_as_it_is(name, function, says):
    FIGURES["unit3_shapes"][name].given(function)
    assert says in drawn()


def test_a_right_result_is_not_drawn_twice():
    FIGURES["unit3_shapes"]["mixed_colours"].solved()
    assert "below: yours" not in drawn()


def test_the_pixel_is_worked_out_with_the_numbers_shown():
    plots.one_pixel([[1, 0, -1], [-1, 2, -1]])
    pixel = [0.62, 0.29, 0.13]
    assert all(f"{value:.2f}" in drawn() for value in pixel)
    assert f"{pixel[0] - pixel[2]:.2f}" == "0.49"  # as the notebook says
    assert "0.49" in drawn()
    assert f"−{pixel[0] - 2 * pixel[1] + pixel[2]:.2f}" in drawn()


def test_field_in_a_line_shows_the_fields_on_paper():
    plots.field_in_a_line()
    written = drawn()
    fields = [size for size, _ in right.receptive_field([(3, 1, 1), (3, 2, 1), (3, 1, 1)])]
    assert fields == [3, 5, 9]
    assert all(f"field: {size} pixels" in written for size in fields)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (right.receptive_field, "conv5_3: one output of it sees\n196 × 196 pixels |"),
        (wrong.receptive_field__ignores_earlier_strides, "yours (dashed): 31"),
    ],
)
def test_a_slider_chooses_the_layer(function, says):
    plots.fields_on_picture(function, "conv5_3")
    assert says in drawn()


def test_without_the_stride_of_the_pooling_a_layer_adds_a_pixel_or_two():
    at_stride_1 = [(kernel, 1, dilation) for kernel, _, dilation in plots.vgg16()]
    sizes = [size for size, _ in right.receptive_field(at_stride_1)]
    assert set(np.diff(sizes)) == {1, 2}
    assert sizes[-1] == 32


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
    assert [size for size, _ in right.receptive_field(plots.vgg16())] == plots.VGG16


def test_drawing_leaves_matplotlib_as_it_was():
    check_leaves_matplotlib(plots.field_in_a_line)
