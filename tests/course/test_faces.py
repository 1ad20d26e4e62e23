"""Face detection: its parts on paper and against PyTorch, and on the two photographs."""

import numpy as np
import pytest

from course import faces, images

PORTRAIT = images.portrait()
FACE = (135, 45, 205, 135)  # left, top, right, bottom of her face, read off the picture


def overlap(box, other):
    """Intersection over union of two boxes."""
    shared = np.clip(np.minimum(box[2:4], other[2:4]) - np.maximum(box[:2], other[:2]), 0, None)
    areas = [np.prod(np.subtract(b[2:4], b[:2])) for b in (box, other)]
    return np.prod(shared) / (sum(areas) - np.prod(shared))


# -- on the photographs ---------------------------------------------------------------------------


def test_the_face_is_found():
    boxes = faces.candidates(PORTRAIT)
    sure = faces.confirm(PORTRAIT, boxes)
    assert boxes.shape == (len(sure), 6)
    assert 0 <= sure.min() <= sure.max() <= 1
    kept = boxes[sure > 0.9]
    assert 1 <= len(kept) < len(boxes) / 2  # R-Net refuses most
    assert overlap(boxes[sure.argmax()], FACE) > 0.6
    assert all(overlap(box, FACE) > 0.25 for box in kept)


def test_the_face_is_found_on_the_level_of_its_size():
    scale, picture = faces.levels(PORTRAIT)[2]  # 12 pixels there are 80 of the portrait
    p = faces.probability(picture)
    i, j = np.unravel_index(p.argmax(), p.shape)
    assert p[i, j] > 0.95
    assert overlap(np.array([2 * j, 2 * i, 2 * j + 12, 2 * i + 12]) / scale, FACE) > 0.5


def test_there_is_no_face_in_the_coffee():
    photo = images.photo()
    assert not (faces.confirm(photo, faces.candidates(photo)) > 0.9).any()


def test_nothing_is_found_in_nothing():
    blank = np.full((1, 3, 60, 80), 0.5)
    assert faces.candidates(blank).shape == (0, 6)
    assert faces.confirm(blank, faces.candidates(blank)).shape == (0,)


def test_a_picture_smaller_than_every_face_has_no_levels():
    small = PORTRAIT[:, :, :30, :50]
    assert faces.levels(small) == []
    assert faces.candidates(small).shape == (0, 6)


def test_boxes_come_best_first_and_pass_the_threshold():
    boxes = faces.candidates(PORTRAIT, threshold=0.8)
    assert (np.diff(boxes[:, 4]) <= 0).all()
    assert boxes[:, 4].min() >= 0.8
    assert (boxes[:, :2] < boxes[:, 2:4]).all()
    assert set(boxes[:, 5]) <= set(range(7))


def test_a_box_over_the_border_is_judged_too():
    inside = np.array([FACE])
    cut = PORTRAIT[:, :, FACE[1] + 4 :, FACE[0] + 4 :]  # her face in the corner, four pixels gone
    moved = inside - [FACE[0] + 4, FACE[1] + 4] * 2
    assert faces.confirm(PORTRAIT, inside)[0] > 0.9
    assert faces.confirm(cut, moved)[0] > 0.7
    assert faces.confirm(cut, moved + 1000)[0] < 0.5  # wholly outside: black


# -- the parts ------------------------------------------------------------------------------------


def test_levels_of_the_portrait():
    pyramid = faces.levels(PORTRAIT)
    assert [picture.shape[2] for _, picture in pyramid] == [115, 82, 58, 41, 29, 21, 15]
    np.testing.assert_allclose([scale for scale, _ in pyramid], 0.3 * 0.709 ** np.arange(7))


def test_levels_of_a_picture_that_is_not_square():
    pyramid = faces.levels(np.zeros((1, 3, 48, 96)), smallest=12, factor=0.5)
    assert [picture.shape for _, picture in pyramid] == [
        (1, 3, 48, 96),
        (1, 3, 24, 48),
        (1, 3, 12, 24),
    ]


@pytest.mark.parametrize(
    ("size", "windows"), [((12, 12), (1, 1)), ((14, 12), (2, 1)), ((31, 64), (11, 27))]
)
def test_a_window_at_every_second_pixel(size, windows):
    assert faces.probability(np.zeros((1, 3, *size))).shape == windows


def test_one_pass_over_a_picture_is_a_pass_over_each_window():
    picture = faces.levels(PORTRAIT)[3][1]
    everywhere = faces.probability(picture)
    for i, j in [(0, 0), (3, 10), (14, 2)]:
        window = picture[:, :, 2 * i : 2 * i + 12, 2 * j : 2 * j + 12]
        np.testing.assert_allclose(faces.probability(window), [[everywhere[i, j]]], atol=1e-5)


def test_non_maximum_suppression_on_paper():
    boxes = np.array(
        [
            [0, 0, 10, 10, 0.8],
            [0, 0, 10, 9, 0.9],  # shares 90 of 100 pixels with the first, and is better
            [5, 0, 15, 10, 0.7],  # shares 45 of 145 with the second
            [90, 0, 99, 9, 0.1],
        ]
    )
    assert faces.suppress(boxes, 0.5).tolist() == boxes[[1, 2, 3]].tolist()
    assert faces.suppress(boxes, 0.3).tolist() == boxes[[1, 3]].tolist()
    assert faces.suppress(boxes, 0.95).tolist() == boxes[[1, 0, 2, 3]].tolist()


def test_prelu_and_ceil_mode_on_paper():
    prelu = faces.PReLU(2)
    prelu.params["slope"][:] = [0.5, -1]
    assert prelu.forward(np.array([[-2.0, -2], [3, 3]])).tolist() == [[-1, 2], [3, 3]]
    x = -np.arange(15.0).reshape(1, 1, 3, 5)
    assert faces.CeilMaxPool(2).forward(x)[0, 0].tolist() == [[0, -2, -4], [-10, -12, -14]]


def test_both_networks_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    f = torch.nn.functional

    def layers(network):
        return {k: torch.from_numpy(array) for k, array in network.params.items()}

    p, r = layers(faces._pnet()), layers(faces._rnet())

    def conv(params, number, x):
        x = f.conv2d(x, params[f"conv{number}.w"], params[f"conv{number}.b"])
        return f.prelu(x, params[f"prelu{number}.slope"])

    x = np.random.default_rng(0).normal(size=(3, 3, 24, 24)).astype(np.float32)
    y = f.max_pool2d(conv(p, 1, torch.from_numpy(x)), 2, 2, ceil_mode=True)
    y = f.conv2d(conv(p, 3, conv(p, 2, y)), p["conv4.w"], p["conv4.b"])
    np.testing.assert_allclose(faces._pnet().forward(x), y.numpy(), atol=1e-5)

    y = f.max_pool2d(conv(r, 1, torch.from_numpy(x)), 3, 2, ceil_mode=True)
    y = conv(r, 3, f.max_pool2d(conv(r, 2, y), 3, 2, ceil_mode=True)).flatten(1)
    y = f.prelu(f.linear(y, r["dense4.w"], r["dense4.b"]), r["prelu4.slope"])
    y = f.linear(y, r["dense5.w"], r["dense5.b"])
    np.testing.assert_allclose(faces._rnet().forward(x), y.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: faces.probability(np.zeros((3, 20, 20))), r"x must be one picture \(1, 3, H, W\)"),
        (lambda: faces.probability(np.zeros((2, 3, 20, 20))), "x must be one picture"),
        (lambda: faces.probability(np.zeros((1, 3, 11, 20))), "at least 12 × 12 pixels"),
        (lambda: faces.levels(PORTRAIT, factor=1), "0 < factor < 1"),
        (lambda: faces.levels(PORTRAIT, smallest=0), "smallest > 0"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
