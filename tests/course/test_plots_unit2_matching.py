import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.units.unit2_matching import misconceptions as wrong
from autograder.units.unit2_matching import reference as right
from course import images, yours
from course.plots import unit2_matching as plots
from tests.figure_checks import drawn

pytestmark = pytest.mark.usefixtures("without_a_screen")


def test_a_wrong_score_does_not_find_the_template():
    plots.response_maps(wrong.ncc__only_subtracts_means)
    assert "found" not in drawn()


def test_says_that_yours_is_another():
    plots.rings(wrong.downsample__every_second_pixel)
    written = drawn()
    assert "yours: off by up to" in written
    assert "yours less the mean" in written
    plt.close("all")
    plots.rings(right.downsample)
    assert "yours is the same" in drawn()
    plt.close("all")
    plots.found_by_level(wrong.multiscale_match__coordinates_of_the_level)
    written = drawn()
    assert "on level 0, there" in written
    assert "on level 2, elsewhere" in written
    plt.close("all")
    plots.stages(wrong.layer_cost__no_bias)
    assert drawn().count("not the same") == 1


def test_same_window_says_how_far_off_a_level_is():
    plots.same_window(wrong.pyramid__maximum)
    assert drawn().count("off by up to") == 4


def test_paper_shows_where_each_score_is_largest():
    plots.matching_on_paper()
    written = drawn()
    for words in (
        "raw correlation: largest at (0, 4)",
        "mean: largest at (1, 3)",
        "NCC: largest at (1, 1)",
    ):
        assert words in written


def test_paper_shows_the_scores_of_the_reference():
    image, template = np.zeros((4, 6)), np.array([[0.0, 1.0], [1.0, 0.0]])
    image[1:3, 1:3] = template
    image[0:2, 4:6] = 9
    plots.matching_on_paper()
    drawn()
    shown = [t.get_text().replace("−", "-") for t in plt.gcf().axes[-1].texts]
    expected = np.round(right.ncc(image, template), 2).ravel()
    assert [float(t) for t in shown] == expected.tolist()


def test_the_networks_find_the_face_and_no_other():
    plots.faces_found(lambda x: yours.levels(x, right.pyramid))
    written = drawn()
    assert "portrait: P-Net proposes 54 boxes" in written
    assert "R-Net: 3 stay" in written
    assert "R-Net: none stay" in written


def test_window_probabilities_name_the_best_level():
    plots.window_probabilities(yours.levels(images.portrait(), right.pyramid))
    written = drawn()
    assert written.count("← of all") == 1
    assert "level 5: 12 pixels wide" in written


def test_twins():
    one = plots.grey_portrait(16)
    plots.twins(one, one[::-1], right.downsample)
    assert "the second, pooled: 8 × 8" in drawn()


def test_sampled_without_change_is_the_window():
    picture = plots.grey_portrait(96)
    for row, col in [(0, 0), (15, 36), (84, 84)]:
        window = picture[row : row + 12, col : col + 12]
        np.testing.assert_allclose(plots.sampled(picture, row, col), window, atol=1e-12)


def test_sampled_turns_counter_clockwise_and_magnifies():
    picture = plots.grey_portrait(96)
    window = picture[15:27, 36:48]
    turned = plots.sampled(picture, 15, 36, degrees=90)
    np.testing.assert_allclose(turned, np.rot90(window), atol=1e-9)
    flat = np.indices((96, 96))[1] * 1.0
    steps = np.diff(plots.sampled(flat, 40, 40, scale=2), axis=1)
    np.testing.assert_allclose(steps, 0.5, atol=1e-12)


def test_the_portrait_is_drawn_from_the_course():
    grey = plots.grey_portrait(96)
    assert grey.shape == (96, 96)
    np.testing.assert_allclose(grey.mean(), images.portrait().mean(), atol=1e-9)


def test_responses_are_white_where_they_are_0():
    plots.response_maps(right.ncc)
    drawn()
    maps = [ax.images[0] for ax in plt.gcf().axes if ax.images and ax.images[0].colorbar]
    assert len(maps) == 3
    assert all(vmin == -vmax for vmin, vmax in (shown.get_clim() for shown in maps))
