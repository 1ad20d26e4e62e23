"""The reference against oracles that are not ours: paper, NumPy, SciPy, and identities."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage, signal, stats

from autograder.units.unit2_matching.reference import (
    downsample,
    layer_cost,
    multiscale_match,
    ncc,
    pyramid,
)

# The worked example, written down here once more.
PATCH = np.zeros((4, 6))
PATCH[1, 2] = PATCH[2, 1] = 1
PATCH[0:2, 4:6] = 9
TEMPLATE = np.array([[0.0, 1.0], [1.0, 0.0]])
BLUE = np.repeat([[1.0], [2.0], [3.0], [4.0]], 4, axis=1)

seeds = st.integers(0, 2**32 - 1)


def signed(seed, *shape):
    return np.random.default_rng(seed).normal(0, 2, shape)


@st.composite
def pictures(draw):
    """(image, template) of any shapes that fit, the template of at least two pixels."""
    h, w = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    size = h + draw(st.integers(0, 6)), w + draw(st.integers(0, 6))
    seed = draw(seeds)
    return signed(seed, *size), signed(seed + 1, h, w)


# -- ncc ------------------------------------------------------------------------------------------


def test_worked_example_of_ncc():
    scores = ncc(PATCH, TEMPLATE)
    raw = signal.correlate(PATCH, TEMPLATE, "valid", "direct")
    centred = signal.correlate(PATCH, TEMPLATE - 0.5, "valid", "direct")
    assert (raw[0, 4], raw[1, 1]) == (18, 2)
    assert (centred[1, 3], centred[1, 1]) == (4.5, 1)
    np.testing.assert_allclose([scores[1, 3], scores[1, 1]], [4.5 / 60.75**0.5, 1], rtol=1e-12)
    assert round(scores[1, 3], 2) == 0.58
    assert scores.argmax() == 1 * 5 + 1
    assert scores[0, 4] == 0  # flat, however bright


@given(pictures())
def test_ncc_is_pearsons_correlation(data):
    image, template = data
    h, w = template.shape
    scores = ncc(image, template)
    for i, j in np.ndindex(scores.shape):
        window = image[i : i + h, j : j + w]
        expected = stats.pearsonr(window.ravel(), template.ravel()).statistic
        assert scores[i, j] == pytest.approx(expected, abs=1e-9)


@given(pictures())
def test_ncc_agrees_with_scipys_correlations(data):
    image, template = data
    ones, n = np.ones(template.shape), template.size
    sums = signal.correlate(image, ones, "valid", "direct")
    squares = signal.correlate(image**2, ones, "valid", "direct")
    dots = signal.correlate(image, template - template.mean(), "valid", "direct")
    lengths = np.sqrt((squares - sums**2 / n) * n * template.var())
    np.testing.assert_allclose(ncc(image, template), dots / lengths, atol=1e-8)


@given(pictures(), st.floats(0.01, 100), st.floats(-50, 50))
def test_gain_and_offset_do_not_matter(data, gain, offset):
    image, template = data
    right = ncc(image, template)
    np.testing.assert_allclose(ncc(gain * image + offset, template), right, atol=1e-8)
    np.testing.assert_allclose(ncc(image, gain * template + offset), right, atol=1e-8)
    np.testing.assert_allclose(ncc(-gain * image, template), -right, atol=1e-8)


@given(pictures())
def test_ncc_lies_between_minus_one_and_one(data):
    assert np.abs(ncc(*data)).max() <= 1 + 1e-12


@given(pictures(), st.data())
def test_a_piece_of_the_picture_is_found(data, draw):
    image, template = data
    row = draw.draw(st.integers(0, image.shape[0] - template.shape[0]))
    col = draw.draw(st.integers(0, image.shape[1] - template.shape[1]))
    piece = image[row : row + template.shape[0], col : col + template.shape[1]]
    assert ncc(image, piece)[row, col] == pytest.approx(1)


@given(st.floats(-5, 5), seeds)
def test_flat_windows_and_flat_templates_give_zero(value, seed):
    flat = np.full((6, 7), value)
    with np.errstate(all="raise", under="ignore"):
        assert not ncc(flat, signed(seed, 3, 4)).any()
        assert not ncc(signed(seed, 6, 7), flat[:3, :4]).any()


def test_a_flat_window_is_not_alike_to_a_flat_template():
    flat = np.full((5, 6), 0.3)
    assert not ncc(flat, np.full((3, 4), 1.1)).any()
    assert not ncc(flat, flat[:3, :4]).any()


def test_ncc_is_not_invariant_to_rotation_and_scale():
    picture = ndimage.gaussian_filter(signed(0, 40, 40), 1.5)
    template = picture[10:22, 12:24]
    turned = ndimage.rotate(picture, 30, reshape=False, order=1)
    assert ncc(picture, template).max() == pytest.approx(1)
    assert ncc(turned, template).max() < 0.9
    assert ncc(ndimage.zoom(picture, 2, order=1), template).max() < 0.9


# -- downsample and pyramid -----------------------------------------------------------------------


def test_mean_pyramid_of_the_blue_plane():
    full, half, quarter = pyramid(BLUE, 3)
    np.testing.assert_array_equal(full, BLUE)
    np.testing.assert_array_equal(half, [[1.5, 1.5], [3.5, 3.5]])
    np.testing.assert_array_equal(quarter, [[2.5]])


def test_stripes_become_grey():
    np.testing.assert_array_equal(downsample(np.tile([0.0, 1.0], (4, 3))), np.full((2, 3), 0.5))


@given(st.integers(2, 15), st.integers(2, 15), seeds)
def test_downsample_agrees_with_scipys_box_filter(height, width, seed):
    image = signed(seed, height, width)
    box = signal.correlate(image, np.full((2, 2), 0.25), "valid", "direct")
    np.testing.assert_allclose(downsample(image), box[::2, ::2], atol=1e-12)


@given(st.integers(1, 5), st.integers(0, 20), st.integers(0, 20), seeds)
def test_a_level_is_the_mean_of_larger_blocks(levels, more_rows, more_cols, seed):
    size = 2 ** (levels - 1)
    image = signed(seed, size + more_rows, size + more_cols)
    planes = pyramid(image, levels)
    assert [p.shape for p in planes] == [
        (image.shape[0] >> k, image.shape[1] >> k) for k in range(levels)
    ]
    block = image[:size, :size].mean()
    assert planes[-1][0, 0] == pytest.approx(block, abs=1e-12)


# -- multiscale_match -----------------------------------------------------------------------------


@given(st.integers(0, 2), st.data(), seeds)
def test_an_enlarged_pattern_is_found_where_it_is(level, draw, seed):
    template = signed(seed, 3, 4)
    step = 2**level
    pattern = np.kron(template, np.ones((step, step)))
    row, col = (step * draw.draw(st.integers(0, 5)) for _ in range(2))
    image = signed(seed + 1, row + pattern.shape[0] + 9, col + pattern.shape[1] + 6) / 10
    image[row : row + pattern.shape[0], col : col + pattern.shape[1]] = pattern
    score, *place = multiscale_match(image, template, 3)
    assert score == pytest.approx(1)
    others = [ncc(plane, template).max() for plane in pyramid(image, 3)[:level]]
    assume(max(others, default=0) < 1 - 1e-9)
    assert place == [level, row, col]


def test_the_score_is_the_best_of_all_places_on_all_levels():
    image, template = signed(1, 21, 30), signed(2, 4, 3)
    score, level, row, col = multiscale_match(image, template, 3)
    maps = [ncc(plane, template) for plane in pyramid(image, 3)]
    assert score == max(scores.max() for scores in maps)
    assert maps[level][row >> level, col >> level] == score


def test_double_size_is_poor_at_full_size_and_perfect_one_level_up():
    pattern = np.random.default_rng(0).random((6, 6))
    for shift, level_1 in [(0, 1.0), (1, 0.394)]:
        image = np.zeros((40, 40))
        image[10 + shift : 22 + shift, 12 + shift : 24 + shift] = np.kron(pattern, np.ones((2, 2)))
        best = [ncc(plane, pattern).max() for plane in pyramid(image, 2)]
        assert best == pytest.approx([0.380, level_1], abs=5e-4)


def test_levels_that_are_too_small_are_passed_over():
    image = signed(3, 9, 16)
    assert multiscale_match(image, image[2:8, 1:15], 4) == (pytest.approx(1), 0, 2, 1)


def test_the_largest_of_negative_scores():
    falling, rising = -np.add.outer(np.arange(6) ** 2.0, np.arange(7)), np.arange(6.0).reshape(2, 3)
    scores = ncc(falling, rising)
    assert scores.max() < 0
    score, _, row, col = multiscale_match(falling, rising, 1)
    assert score == scores.max() == scores[row, col]


# -- layer_cost -----------------------------------------------------------------------------------


def test_half_the_side_and_twice_the_channels_cost_the_same():
    costs = [
        layer_cost((c, side, side), c, 3, 1, 1) for c, side in [(64, 56), (128, 28), (256, 14)]
    ]
    assert [cost["macs"] for cost in costs] == [115_605_504] * 3
    assert [cost["activations"] for cost in costs] == [200_704, 100_352, 50_176]
    assert [cost["params"] for cost in costs] == [36_928, 147_584, 590_080]


@pytest.mark.parametrize(
    ("arguments", "out_shape", "params", "macs"),
    [  # of unit 3's worked examples
        (((32, 128, 128), 16, 3), (16, 126, 126), 4_624, 73_156_608),
        (((32, 28, 28), 16, 1), (16, 28, 28), 528, 401_408),
        (((256, 56, 56), 64, 1), (64, 56, 56), 16_448, 51_380_224),
        (((192, 28, 28), 32, 5, 1, 2), (32, 28, 28), 153_632, 120_422_400),
    ],
)
def test_costs_on_paper(arguments, out_shape, params, macs):
    cost = layer_cost(*arguments)
    assert cost == {
        "out_shape": out_shape,
        "params": params,
        "macs": macs,
        "activations": int(np.prod(out_shape)),
    }


sizes = st.integers(1, 4)
few = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(sizes, sizes, few, few, st.tuples(st.integers(0, 2), st.integers(0, 2)), few)
def test_costs_counted_one_by_one(channels, filters, kernel, stride, pad, more):
    height, width = (max(1, k - 2 * p) + m for k, p, m in zip(kernel, pad, more, strict=True))
    cost = layer_cost((channels, height, width), filters, kernel, stride, pad)
    macs = activations = 0
    for _ in range(filters):
        for top in range(0, height + 2 * pad[0] - kernel[0] + 1, stride[0]):
            for left in range(0, width + 2 * pad[1] - kernel[1] + 1, stride[1]):
                assert top + kernel[0] <= height + 2 * pad[0]
                assert left + kernel[1] <= width + 2 * pad[1]
                activations += 1
                macs += channels * kernel[0] * kernel[1]
    assert (cost["macs"], cost["activations"]) == (macs, activations)
    assert cost["params"] == np.zeros((filters, channels, *kernel)).size + np.zeros(filters).size


def test_costs_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    layer = torch.nn.Conv2d(3, 5, (4, 2), (3, 2), (0, 1))
    cost = layer_cost((3, 10, 17), 5, (4, 2), (3, 2), (0, 1))
    assert cost["params"] == sum(p.numel() for p in layer.parameters())
    assert cost["out_shape"] == tuple(layer(torch.zeros(1, 3, 10, 17)).shape[1:])
