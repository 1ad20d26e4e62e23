import numpy as np
import pytest

from course import images


def test_picture_is_that_of_the_worked_examples():
    x = images.picture()
    assert x.shape == (1, 3, 4, 4)
    assert x.dtype == np.float64
    assert (x[0, 0] == 1).all()
    assert (x[0, 1] == 2).all()
    assert x[0, 2].tolist() == [[1] * 4, [2] * 4, [3] * 4, [4] * 4]


def test_second_is_that_of_the_worked_examples():
    x, w = images.second()
    assert x.shape == (1, 3, 4, 4)
    assert w.shape == (1, 3, 3, 3)
    assert x[0, 0].tolist() == [[1, 2, 3, 4]] * 4
    assert x[0, 1].tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]] * 2
    assert x[0, 2].tolist() == np.eye(4).tolist()
    assert w[0, 0].tolist() == [[-1, 0, 1]] * 3
    assert (w[0, 1] == 1).all()
    assert w[0, 2].tolist() == [[0, 0, 0], [0, 2, 0], [1, 0, 0]]


def test_photo_is_a_colour_picture_that_is_not_square():
    x = images.photo()
    assert x.shape == (1, 3, 160, 240)
    assert x.dtype == np.float64
    assert 0 <= x.min() < 0.05
    assert 0.95 < x.max() <= 1
    assert np.ptp(x, axis=1).max() > 0.3


def test_photo_answers_have_the_sizes_of_the_figures():
    sizes = {name: values.shape for name, values in images.photo_answers().items()}
    assert sizes == {
        "edges": (158, 238),
        "blur": (152, 232),
        "padded blur": (160, 240),
        "wide edges": (148, 228),
        "strided edges": (40, 60),
    }


def test_photo_answers_are_the_reference_answers():
    from autograder.reference.unit1_convolution import conv2d
    from course import plots

    x, should = images.photo(), images.photo_answers()
    calls = {
        "edges": (plots.EDGES, {}),
        "blur": (plots.BLUR, {}),
        "padded blur": (plots.BLUR, {"pad": 4}),
        "wide edges": (plots.EDGES, {"dilation": 6}),
        "strided edges": (plots.EDGES, {"stride": 4}),
    }
    for name, (w, options) in calls.items():
        np.testing.assert_allclose(conv2d(x, w, **options)[0, 0], should[name], atol=0.51 / 254)


@pytest.mark.parametrize("load", [images.picture, images.photo, lambda: images.second()[0]])
def test_every_call_gives_a_fresh_picture(load):
    first = load()
    first[:] = -1
    assert (load() >= 0).all()
