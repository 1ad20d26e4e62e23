import subprocess
import sys

import numpy as np
import pytest

from course import images, resampling


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
    from autograder.units.unit1_convolution.reference import conv2d
    from course.plots import unit1_convolution as plots

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


@pytest.mark.parametrize(
    "load", [images.picture, images.photo, images.portrait, lambda: images.second()[0]]
)
def test_every_call_gives_a_fresh_picture(load):
    first = load()
    first[:] = -1
    assert (load() >= 0).all()


def test_portrait_is_a_colour_picture():
    x = images.portrait()
    assert x.shape == (1, 3, 384, 384)
    assert x.dtype == np.float64
    assert 0 <= x.min() < 0.05
    assert 0.95 < x.max() <= 1
    assert np.ptp(x, axis=1).max() > 0.3


@pytest.mark.parametrize(("split", "each"), [("train", 300), ("test", 250)])
def test_fashion_has_as_many_of_each_class(split, each):
    x, labels = images.fashion(split)
    assert x.shape == (10 * each, 1, 28, 28)
    assert (x.dtype, labels.dtype) == (np.uint8, np.int64)
    assert np.bincount(labels).tolist() == [each] * 10
    assert len(images.FASHION_CLASSES) == 10
    assert len(set(labels[:50].tolist())) == 10  # in no order of classes


def test_fashion_is_fresh_and_has_two_splits():
    x, labels = images.fashion("test")
    x[:], labels[:] = 1, 1
    again, labels_again = images.fashion("test")
    assert again.max() > 1
    assert labels_again.max() == 9
    with pytest.raises(ValueError, match='split must be "train" or "test", got \'validation\''):
        images.fashion("validation")


def test_normalise_gives_the_units_of_the_networks():
    x = images.normalise(np.array([[0, 255]], np.uint8))
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, [[-0.25 / 0.33, 0.75 / 0.33]], rtol=1e-6)
    scenes, _ = images.scenes(images.fashion("test")[0], np.random.default_rng(0))
    assert abs(scenes.mean()) < 0.4
    assert 0.7 < scenes.std() < 1.2


# -- scenes ---------------------------------------------------------------------------------------


def clothes(n=200):
    return images.fashion("test")[0][:n]


def test_scenes_hold_the_object_where_the_box_is():
    x = clothes()
    kept = x.copy()
    scenes, boxes = images.scenes(x, np.random.default_rng(0))
    assert (scenes.shape, scenes.dtype) == ((200, 1, 32, 32), np.float32)
    assert (boxes.shape, boxes.dtype) == ((200, 4), np.int64)
    np.testing.assert_array_equal(x, kept)
    objects = resampling.resize(x, 20, 20)
    for scene, (left, top, right, bottom), thing in zip(scenes, boxes, objects, strict=True):
        inside = scene[:, top:bottom, left:right]
        bright = thing > 20
        np.testing.assert_allclose(inside[bright], images.normalise(thing)[bright], atol=1e-6)


def test_without_scraps_all_around_the_object_is_black():
    scenes, boxes = images.scenes(clothes(), np.random.default_rng(0), scraps=0)
    for scene, (left, top, right, bottom) in zip(scenes, boxes, strict=True):
        scene[:, top:bottom, left:right] = images.normalise(0)
    assert (scenes == images.normalise(0)).all()


def test_objects_and_scraps_come_everywhere():
    scenes, boxes = images.scenes(clothes(2000), np.random.default_rng(0))
    assert (boxes[:, 2:] - boxes[:, :2] == 20).all()
    assert set(boxes[:, 0]) == set(boxes[:, 1]) == set(range(13))
    for scene, (left, top, right, bottom) in zip(scenes, boxes, strict=True):
        scene[:, top:bottom, left:right] = images.normalise(0)
    littered = scenes > images.normalise(0)
    littered[:, :, 12:20, 12:20] = True  # the middle lies under every object
    assert littered.any(axis=0).all()
    assert littered.any(axis=(1, 2, 3)).mean() > 0.95


def test_scraps_come_from_the_others():
    white = np.full((3, 1, 28, 28), 255, np.uint8)
    scenes, _ = images.scenes(0 * clothes(), np.random.default_rng(0), others=white)
    assert set(np.unique(scenes)) == {images.normalise(0).item(), images.normalise(255).item()}
    white_pixels = (scenes > 0).sum(axis=(1, 2, 3))
    assert 36 <= white_pixels.min() <= white_pixels.max() <= 6 * 36


def test_the_generator_decides_the_scene():
    one, same, other = (images.scenes(clothes(9), np.random.default_rng(s))[0] for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


# -- mosaics --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mosaics():
    x, labels = images.fashion("test")
    return images.mosaics(x, labels, np.random.default_rng(0), 200), x, labels


def test_a_mosaic_shows_four_classes_each_in_its_quadrant(mosaics):
    (pictures, classes, boxes), _, _ = mosaics
    assert pictures.shape == (200, 1, 64, 64)
    assert pictures.dtype == np.float32
    assert classes.shape == (200, 4)
    assert all(len(set(four)) == 4 for four in classes.tolist())
    assert set(classes.ravel().tolist()) == set(range(10))
    left, top, right, bottom = np.moveaxis(boxes, -1, 0)
    assert (right - left == 20).all()
    assert (bottom - top == 20).all()
    corners = 32 * np.array([(0, 0), (1, 0), (0, 1), (1, 1)])  # (left, top), row by row
    inside = boxes[..., :2] - corners
    assert inside.min() == 2
    assert inside.max() == 10


def test_a_mosaic_holds_its_objects_and_is_black_elsewhere(mosaics):
    (pictures, classes, boxes), x, labels = mosaics
    small = resampling.resize(x, 20, 20)[:, 0]
    black = images.normalise(0)
    for picture, four, places in zip(pictures[:5, 0], classes, boxes, strict=False):
        rest = picture.copy()
        for label, (left, top, right, bottom) in zip(four, places, strict=True):
            cut = picture[top:bottom, left:right]
            error = np.abs(images.normalise(small[labels == label]) - cut).max(axis=(1, 2))
            assert error.min() < 1e-5
            rest[top:bottom, left:right] = black
        assert (rest == black).all()


def test_a_mosaic_can_be_drawn_again_and_needs_four_classes(mosaics):
    (pictures, _, _), x, labels = mosaics
    again, _, _ = images.mosaics(x, labels, np.random.default_rng(0), 200)
    np.testing.assert_array_equal(again, pictures)
    with pytest.raises(ValueError, match="at least 4 classes, got 3"):
        images.mosaics(x, labels % 3, np.random.default_rng(0), 1)


# -- imports --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("course.images", "course.nn"),  # hidden while submissions are graded
        ("course.images", "course.resampling"),  # likewise
        ("course.networks, course.faces", "matplotlib"),
    ],
)
def test_pictures_need_no_network_and_networks_no_figures(module, unwanted):
    code = f"import sys, {module}; sys.exit({unwanted!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
