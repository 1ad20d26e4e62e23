"""Every figure that shows a student's functions, for what all of them have in common.

What is drawn besides is here too: the tests of single figures draw it again.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from autograder.units import CONTENT as content
from course import numbers
from course.plots import unit1_convolution as plots1
from course.plots import unit2_matching as plots2
from course.plots import unit3_shapes as plots3
from course.plots import unit4_pooling as plots4
from course.plots import unit5_transfer as plots5
from course.plots import unit6_architectures as plots6
from course.plots import unit7_visualization as plots7


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure that is given a student's functions.

    draw : takes the functions, all by position
    tasks : whose functions these are; none for a figure that shows what came, right or wrong
    refuses : what it says of functions that return None or an empty array, one of these
    same : whether it says that the right result is the same as what it should be
    """

    draw: Callable
    tasks: tuple[str, ...]
    refuses: tuple[str, ...]
    same: bool = False

    def solved(self):
        """Draw it with the right functions."""
        self.draw(*(content.find(name).reference for name in self.tasks))

    def given(self, function):
        """Draw it with one function in the place of all."""
        self.draw(*[function] * max(len(self.tasks), 1))


array = functools.partial(Figure, refuses=("should return an array",))
shown = functools.partial(Figure, refuses=("cannot be shown",))
called = functools.partial(Figure, refuses=("raised", "should return an array"))
overlaid = functools.partial(Figure, refuses=("raised", "cannot be shown"))

# -- unit 3 ----------------------------------------------------------------------------------------

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


# -- unit 4 ----------------------------------------------------------------------------------------

ROUTES = ([[1, 5, 2], [4, 0, 3], [4, 1, 1]], [[1, 2], [4, 8]], [[0, 3, 0], [4, 0, 8], [0, 0, 0]])

# -- unit 7 ----------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
KEPT = {"relu1": RNG.random((3, 6, 6)), "relu2": np.zeros((2, 3, 3))}
BOXES = [[4, 5, 24, 25], [36, 5, 56, 25], [4, 40, 24, 60], [40, 40, 60, 60]]
PLACES = dict(zip(["bag", "coat", "sandal", "trouser"], BOXES, strict=True))
MOSAIC, HEAT = RNG.random((64, 64)), {"coat": RNG.random((64, 64)), "T-shirt": np.eye(64)}
SHARES = {"coat": np.array([0.1, 0.2, 0.4, 0.3]), "T-shirt": np.array([0.2, 0.1, 0, 0.7])}
SCENES, MAPS = RNG.random((3, 32, 32)), RNG.random((3, 32, 32))


def channels(activation_grid):
    plots7.channels(np.zeros((32, 32)), KEPT, activation_grid)


def explained(overlay):
    plots7.explained(MOSAIC, PLACES, HEAT, SHARES, overlay, "coat", "T-shirt", 0.9)


def suspected(overlay):
    says, shares = ["bag", "sandal", "sandal"], [0.1, 0.2, 0.3]
    three = SCENES, BOXES[:3], MAPS, shares
    plots7.suspected(*three, overlay, 0 * SCENES, says, "object\nblack")


# -- all of them -----------------------------------------------------------------------------------

crop, flip = (content.find(name).reference for name in ("random_crop", "random_hflip"))
FIGURES = {
    "unit1_convolution": {
        "edges_and_blur": array(plots1.edges_and_blur, ("conv2d_valid",)),
        "padded_photo": array(plots1.padded_photo, ("pad2d", "conv2d_valid")),
        "taps": array(plots1.taps, ("dilate_kernel",)),
        "stride_and_dilation": array(plots1.stride_and_dilation, ("conv2d",)),
    },
    "unit2_matching": {
        "response_maps": array(plots2.response_maps, ("ncc",)),
        "turned_and_scaled": array(
            lambda function: plots2.turned_and_scaled(
                function, [(15, 36), (40, 20)], numbers.draw("why_ncc")
            ),
            ("ncc",),
        ),
        "rings": array(plots2.rings, ("downsample",)),
        "same_window": called(plots2.same_window, ("pyramid",)),
        "found_by_level": called(plots2.found_by_level, ("multiscale_match",)),
        "stages": called(plots2.stages, ("layer_cost",)),
    },
    "unit3_shapes": {
        "volumes": shown(plots3.volumes, ("conv_output_shape",), same=True),
        "left_over": shown(plots3.left_over, ("fit_report",), same=True),
        "mixed_colours": shown(
            lambda function: plots3.mixed_colours(MIXES, function), ("conv1x1",), same=True
        ),
        "fields_on_picture": shown(plots3.fields_on_picture, ("receptive_field",), same=True),
        "measured_fields": shown(
            lambda function: plots3.measured_fields(changes(), LAYERS, function),
            ("receptive_field",),
        ),
    },
    "unit4_pooling": {
        "pooled_photo": array(plots4.pooled_photo, ("pool2d",)),
        "heard": array(plots4.heard, ("maxpool_backward",)),
    },
    "unit5_transfer": {
        "drawn_anew": called(
            lambda function: plots5.drawn_anew(function, crop),
            ("random_hflip",),
        ),
        "drawn_anew, cropped": shown(
            lambda function: plots5.drawn_anew(flip, function),
            ("random_crop",),
        ),
    },
    "unit6_architectures": {
        "branches": shown(plots6.branches, ("inception_forward",), same=True),
        # GoogLeNet's parameters are added up from those of its modules: None has no total.
        "parameter_bars": Figure(
            plots6.parameter_bars,
            ("vgg_params", "inception_params"),
            ("cannot be shown", "raised"),
            same=True,
        ),
    },
    "unit7_visualization": {
        "channels": array(channels, ("activation_grid",)),
        "steepest": array(plots7.steepest, ("response_grad",), same=True),
        "explained": overlaid(explained, ("overlay",)),
        "suspected": overlaid(suspected, ("overlay",)),
    },
}
