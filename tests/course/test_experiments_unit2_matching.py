"""What unit 2 says about its experiments, computed again."""

import numpy as np

from autograder.units.unit2_matching import reference as right
from course import faces, images, yours
from course.experiments import unit2_matching as experiments


def test_pooled_twins_differ_and_pooling_hides_it():
    one, other, measured = experiments.twins()
    differ, pictures, pooled, after, before, size = measured.values()
    assert 5 / 6 <= differ < 0.85
    assert pictures > 0.9
    assert pooled == after == 0
    assert before > size > 0
    for block in np.ndindex(24, 24):
        rows, cols = (slice(4 * i, 4 * i + 4) for i in block)
        np.testing.assert_array_equal(
            np.sort(one[rows, cols], None), np.sort(other[rows, cols], None)
        )


def test_a_pattern_of_double_size_that_moves_by_a_pixel():
    random, scores = experiments.moved_by_a_pixel(right.ncc, right.pyramid)
    np.testing.assert_allclose(random, [[0.38, 1], [0.38, 0.394]], atol=0.001)
    assert (round(np.median(scores), 2), round(min(scores), 2)) == (0.89, 0.64)


def test_boxes_that_stay_on_one_face_share_a_third_to_two_fifths():
    x = images.portrait()
    boxes = faces.candidates(x, pyramid=yours.levels(x, right.pyramid))
    boxes = boxes[faces.confirm(x, boxes) > 0.9]
    assert len(boxes) == 3
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        low, high = np.maximum(boxes[a, :2], boxes[b, :2]), np.minimum(boxes[a], boxes[b])[2:4]
        shared = np.prod(high - low)
        both = sum(np.prod(boxes[i, 2:4] - boxes[i, :2]) for i in (a, b)) - shared
        assert 0.32 < shared / both < 0.41


def test_a_separable_layer_is_about_8_times_cheaper():
    full = right.layer_cost((128, 28, 28), 128, 3, pad=1)
    alone, mixing = (
        right.layer_cost((1, 28, 28), 1, 3, pad=1),
        right.layer_cost((128, 28, 28), 128, 1),
    )
    both = {name: 128 * alone[name] + mixing[name] for name in ("params", "macs")}
    assert both == {"params": 17_792, "macs": 13_748_224}
    assert all(8 < full[name] / both[name] < 8.5 for name in both)
