import numpy as np
import pytest

from course import images, resampling


def test_resize_takes_means_of_areas():
    x = np.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    blocks = x.reshape(2, 3, 2, 2, 2, 3).mean(axis=(3, 5))
    np.testing.assert_allclose(resampling.resize(x, 2, 2), blocks)
    np.testing.assert_allclose(resampling.resize(x, 1, 1)[..., 0, 0], x.mean(axis=(2, 3)))
    thirds = resampling.resize(
        np.array([[[[0.0, 6, 12]]]]), 1, 2
    )  # the middle pixel is cut in half
    np.testing.assert_allclose(thirds, [[[[2, 10]]]])


def test_resize_to_the_same_size_changes_nothing():
    x = images.photo()[:, :, :20, :30]
    np.testing.assert_array_equal(resampling.resize(x, 20, 30), x)


def test_resize_interpolates_what_grows():
    x = np.array([[[[0.0, 4]]]])
    np.testing.assert_allclose(resampling.resize(x, 1, 4), [[[[0, 1, 3, 4]]]])
    both = resampling.resize(images.picture(), 2, 8)
    assert both.shape == (1, 3, 2, 8)
    np.testing.assert_allclose(both[0, 2], [[1.5] * 8, [3.5] * 8])


def test_resize_keeps_means_and_bytes():
    x = images.fashion("test")[0][:5]
    np.testing.assert_allclose(
        resampling.resize(x, 20, 11).mean(axis=(2, 3)), x.mean(axis=(2, 3)), rtol=1e-12
    )
    with pytest.raises(ValueError, match="at least 1, got 0 and 5"):
        resampling.resize(x, 0, 5)


def test_resize_agrees_with_pytorch_where_it_grows():
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    x = images.photo()[:, :, :7, :9]
    theirs = torch.nn.functional.interpolate(torch.from_numpy(x), (19, 10), mode="bilinear")
    np.testing.assert_allclose(resampling.resize(x, 19, 10), theirs.numpy(), rtol=1e-9)
