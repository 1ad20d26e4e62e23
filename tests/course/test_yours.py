"""The student's functions inside a network of the course."""

import numpy as np
import pytest

from autograder.units.unit1_convolution import misconceptions as wrong
from autograder.units.unit1_convolution.reference import conv2d
from autograder.units.unit1_convolution.variants import conv2d__plain_loops
from autograder.units.unit2_matching import misconceptions as wrong2
from autograder.units.unit2_matching import variants as variants2
from autograder.units.unit2_matching.reference import pyramid
from autograder.units.unit4_pooling.reference import pool2d
from course import faces, images, networks, nn, yours


@pytest.fixture
def scenes():
    return images.normalise(images.fashion("test")[0][:2])


@pytest.fixture
def source():
    return networks.source()


@pytest.mark.parametrize("function", [conv2d, conv2d__plain_loops])
def test_a_right_function_runs_inside(scenes, source, function, capsys):
    mine = yours.network(source, scenes, conv2d=function)
    said = capsys.readouterr().out
    assert said.startswith("This network now runs on YOUR conv2d. 3 layers, at most ")
    assert isinstance(mine.layers["conv1"], yours.Yours)
    assert source.layers["conv1"] is not mine.layers["conv1"]
    np.testing.assert_allclose(mine.forward(scenes), source.forward(scenes), atol=1e-3)


def test_two_functions_at_once(scenes, source, capsys):
    mine = yours.network(source, scenes, conv2d=conv2d, pool2d=pool2d)
    assert "runs on YOUR conv2d and pool2d. 5 layers" in capsys.readouterr().out
    assert mine.forward(scenes).shape == (2, 6)


@pytest.mark.parametrize("pooling", networks.POOLING)
def test_every_way_of_pooling(pooling, capsys):
    x = np.random.default_rng(0).normal(size=(1, 1, 28, 28)).astype(np.float32)
    yours.network(networks.shift(pooling, 0), x, pool2d=pool2d)
    assert "runs on YOUR pool2d. 2 layers" in capsys.readouterr().out


def unwritten(*args, **kwargs):
    raise NotImplementedError


def short(*args, **kwargs):
    return conv2d(*args, **kwargs)[..., 1:]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unwritten, "your conv2d is not written yet."),
        (lambda x: x, "your conv2d raised TypeError: "),
        (lambda *args: "text", "your conv2d raised ValueError: "),
        (wrong.conv2d__flips_kernel, "your conv2d is up to "),
        (lambda *args: np.nan * conv2d(*args), "your conv2d is up to nan off."),
        (short, "your conv2d returned (2, 16, 28, 27) in place of (2, 16, 28, 28)."),
    ],
    ids=["unwritten", "raises", "text", "wrong", "nan", "another shape"],
)
def test_another_function_does_not(scenes, source, function, says, capsys):
    assert yours.network(source, scenes, conv2d=function) is source
    said = capsys.readouterr().out
    assert said.startswith("This network runs on the course's functions for now: ")
    assert says in said


def test_where_it_differs_later_the_layer_takes_over(scenes, source, capsys):
    def for_two_pictures(x, *args):
        assert len(x) == 2, "two pictures"
        return conv2d(x, *args)

    mine = yours.network(source, scenes, conv2d=for_two_pictures)
    capsys.readouterr()
    more = np.concatenate([scenes, scenes])
    for _ in range(2):
        np.testing.assert_allclose(mine.forward(more), source.forward(more), atol=1e-3)
    said = capsys.readouterr().out
    line = "From here on the network runs on the course's layer: your conv2d raised AssertionError"
    assert said.count(line) == 3  # once for each layer


def test_layers_that_are_none_of_the_students_stay(scenes, source):
    layer = source.layers["pool1"]
    assert yours.network(source, scenes, conv2d=conv2d).layers["pool1"] is layer
    assert isinstance(layer, nn.MaxPool)


RIGHT = [pyramid, variants2.pyramid__larger_blocks, variants2.pyramid__recursive]


@pytest.mark.parametrize("function", RIGHT)
def test_the_detector_runs_on_a_right_pyramid(function, capsys):
    x = images.portrait()[:, :, :200, :103]  # odd sides on the way down
    levels = yours.levels(x, function)
    assert capsys.readouterr().out == "The detector now runs on YOUR pyramid. 4 levels.\n"
    assert [scale for scale, _ in levels] == [1, 0.5, 0.25, 0.125]
    assert [plane.shape[2:] for _, plane in levels] == [(200, 103), (100, 51), (50, 25), (25, 12)]
    assert len(faces.candidates(x, pyramid=levels)) > 0


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (unwritten, "your pyramid is not written yet."),
        (lambda image: image, "your pyramid raised TypeError: "),
        (lambda image, levels: [image], "your pyramid returned levels of other sizes."),
        (lambda image, levels: None, "your pyramid raised TypeError: "),
        (wrong2.pyramid__every_second_pixel, "your pyramid is up to "),
        (wrong2.pyramid__small_to_large, "your pyramid returned levels of other sizes."),
        (lambda *args: [np.nan * p for p in pyramid(*args)], "your pyramid is up to nan off."),
    ],
    ids=["unwritten", "raises", "one level", "None", "wrong", "reversed", "nan"],
)
def test_the_detector_does_not_run_on_another_pyramid(function, says, capsys):
    x = images.portrait()[:, :, ::4, ::4]
    levels = yours.levels(x, function)
    said = capsys.readouterr().out
    assert said.startswith("The detector runs on the course's pyramid for now: ")
    assert says in said
    right = yours.levels(x, pyramid)
    for (_, ours), (_, theirs) in zip(levels, right, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
