import numpy as np
import pytest
import scipy.ndimage
from scipy.signal import correlate

from course import images, ops


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_convolution_is_scipys_and_keeps_the_size(rng):
    x, w, b = rng.normal(size=(2, 3, 5, 7)), rng.normal(size=(4, 3, 3, 5)), rng.normal(size=4)
    out = ops.conv2d(x, w, b)
    assert out.shape == (2, 4, 5, 7)
    for n, f in np.ndindex(2, 4):
        planes = [correlate(x[n, c], w[f, c], mode="same") for c in range(3)]
        np.testing.assert_allclose(out[n, f], sum(planes) + b[f], rtol=1e-9, atol=1e-12)


def test_the_worked_example_with_a_frame_of_zeros():
    out = ops.conv2d(images.picture(), np.ones((1, 3, 3, 3)))
    assert out[0, 0].tolist() == [
        [18, 27, 27, 18],
        [30, 45, 45, 30],
        [36, 54, 54, 36],
        [26, 39, 39, 26],
    ]


def test_a_matrix_maps_the_channels_of_every_pixel(rng):
    x, w = rng.normal(size=(2, 3, 5, 7)), rng.normal(size=(4, 3))
    out = ops.conv1x1(x, w)
    for n, i, j in np.ndindex(2, 5, 7):
        np.testing.assert_allclose(out[n, :, i, j], w @ x[n, :, i, j], rtol=1e-9, atol=1e-12)


def test_the_gradient_of_a_matrix_is_how_its_output_changes(rng):
    x, g, change = (rng.normal(size=shape) for shape in [(2, 3, 5, 7), (2, 4, 5, 7), (4, 3)])
    grad = ops.conv1x1_grad(g, x)
    assert grad.shape == (4, 3)
    np.testing.assert_allclose((grad * change).sum(), (g * ops.conv1x1(x, change)).sum())


def test_a_gradient_of_other_pixels_or_pictures_is_refused(rng):
    x = rng.normal(size=(2, 3, 5, 7))
    for shape in [(2, 4, 5, 1), (1, 4, 5, 7), (2, 4, 1, 7), (2, 4, 5)]:
        with pytest.raises(ValueError, match="g and x must be"):
            ops.conv1x1_grad(np.ones(shape), x)


def test_pooling_is_scipys_and_keeps_the_size(rng):
    x = rng.normal(size=(2, 3, 5, 7)) - 9  # a frame of zeros would win
    expected = scipy.ndimage.maximum_filter(x, (1, 1, 3, 3), mode="constant", cval=-np.inf)
    np.testing.assert_array_equal(ops.max_pool(x), expected)
    np.testing.assert_array_equal(ops.max_pool(x, 1), x)


def test_float32_stays_and_integers_become_float64(rng):
    x = rng.integers(0, 9, (1, 2, 4, 5), dtype=np.uint8)
    w = np.ones((3, 2, 3, 3), np.float32)
    assert ops.conv2d(x.astype(np.float32), w, np.ones(3, np.float32)).dtype == np.float32
    assert ops.max_pool(x.astype(np.float32)).dtype == np.float32
    assert ops.conv2d(x, w).dtype == ops.max_pool(x).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: ops.conv2d(x, np.ones((4, 2, 3, 3))), r"do not fit: \(2, 3, 5, 7\)"),
        (lambda x: ops.conv2d(x[0], np.ones((4, 3, 3, 3))), r"do not fit: \(3, 5, 7\)"),
        (lambda x: ops.conv2d(x, np.ones((4, 3, 3, 2))), "odd sizes"),
        (lambda x: ops.max_pool(x, 2), "kernel must be odd"),
        (lambda x: ops.max_pool(x[0]), r"x must be \(N, C, H, W\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(np.ones((2, 3, 5, 7)))
