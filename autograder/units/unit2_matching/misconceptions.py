"""Plausible wrong solutions to unit 2. The docstring is the sentence that the student reads.

A sentence speaks to the student, says what the answer did and what was asked, and does not give
the code away. A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.units.unit2_matching import reference as right


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _windows(image, template):
    """(out_h, out_w, h, w)"""
    return np.lib.stride_tricks.sliding_window_view(image * 1.0, template.shape)


def _lengths(windows):
    return np.sqrt((windows**2).sum(axis=(2, 3)))


def _centred(windows):
    return windows - windows.mean(axis=(2, 3), keepdims=True)


def _dot(windows, template):
    return np.einsum("ijuv,uv->ij", windows, template)


def _divided(dots, lengths):
    """With 0 where the length is 0."""
    lengths = np.broadcast_to(lengths, dots.shape)
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 1e-9)


def _zero_mean(image, template):
    """Correlation with the template minus its mean."""
    return _dot(_windows(image, template), template - template.mean())


# -- ncc ------------------------------------------------------------------------------------------


def ncc__raw_correlation(image, template):
    """You correlated without normalising, so bright places win whatever they look like: means are
    to be subtracted first, and the lengths divided out."""
    return _dot(_windows(image, template), template)


def ncc__only_subtracts_means(image, template):
    """You subtracted the means but did not divide by the lengths, so a place of strong contrast
    still beats one that looks like the template."""
    return _zero_mean(image, template)


def ncc__cosine_without_means(image, template):
    """You divided by the lengths but did not subtract the means: two bright patches then look
    alike, whatever is in them."""
    windows = _windows(image, template)
    length = np.sqrt((template**2).sum())
    return _divided(_dot(windows, template), _lengths(windows) * length)


def ncc__subtracts_only_template_mean(image, template):
    """You subtracted the mean of the template but not that of the window: the length of the window
    then still counts how bright it is."""
    windows = _windows(image, template)
    length = np.sqrt(((template - template.mean()) ** 2).sum())
    return _divided(_zero_mean(image, template), _lengths(windows) * length)


def ncc__subtracts_only_window_mean(image, template):
    """You subtracted the mean of the window but not that of the template: the length of the
    template then still counts how bright it is."""
    windows = _centred(_windows(image, template))
    length = np.sqrt((template**2).sum())
    return _divided(_dot(windows, template), _lengths(windows) * length)


def ncc__divides_by_template_twice(image, template):
    """You divided by the length of the template twice, and never by that of the window: a window
    with twice the contrast then gets twice the score."""
    template = template - template.mean()
    return _divided(_zero_mean(image, template), (template**2).sum())


def ncc__divides_by_window_twice(image, template):
    """You divided by the length of the window twice, and never by that of the template: scores
    then depend on the contrast of the picture."""
    windows = _centred(_windows(image, template))
    flat = np.ptp(template) == 0
    return _divided(_zero_mean(image, template) * (not flat), (windows**2).sum(axis=(2, 3)))


def ncc__forgets_square_root(image, template):
    """You divided by the sums of squares: a length is the square root of such a sum."""
    windows = _centred(_windows(image, template))
    squares = ((template - template.mean()) ** 2).sum()
    dots = _zero_mean(image, template) * (squares > 0)
    return _divided(dots, (windows**2).sum(axis=(2, 3)) * squares)


def ncc__adds_lengths(image, template):
    """You divided by the sum of the two lengths: their product was asked for."""
    windows = _centred(_windows(image, template))
    length = np.sqrt(((template - template.mean()) ** 2).sum())
    flat = (_lengths(windows) < 1e-9) | (length < 1e-9)
    return _divided(_zero_mean(image, template) * ~flat, _lengths(windows) + length)


def ncc__divides_by_number_of_pixels(image, template):
    """You took the mean of the products where their sum was asked for: lengths are sums over all
    pixels, so the two no longer fit together."""
    return right.ncc(image, template) / template.size


def ncc__sums_standard_scores(image, template):
    """You divided by standard deviations and then added up the products: a perfect match then
    gives the number of pixels instead of 1."""
    return right.ncc(image, template) * template.size


def ncc__statistics_of_whole_image(image, template):
    """You subtracted the mean of the whole picture, and divided by its contrast: each window has a
    mean and a length of its own."""
    windows = _windows(image, template)
    length = image.std() * np.sqrt(template.size)
    contrast = template.std() * np.sqrt(template.size)
    dots = _dot(windows - image.mean(), template - template.mean())
    return _divided(dots, length * contrast)


def ncc__flips_template(image, template):
    """You turned the template by 180° before sliding it: it is compared as it is."""
    return right.ncc(image, template[::-1, ::-1])


def ncc__mirrors_template(image, template):
    """You mirrored the template from left to right: it is compared as it is."""
    return right.ncc(image, template[:, ::-1])


def ncc__absolute_value(image, template):
    """You dropped the sign: a window that is the negative of the template has -1, the least alike
    there is."""
    return np.abs(right.ncc(image, template))


def ncc__squares(image, template):
    """You squared the result: that hides the sign, and makes weak matches look weaker."""
    return right.ncc(image, template) ** 2


def ncc__squared_differences(image, template):
    """You added up squared differences: that is 0 for a match, and counts another brightness as a
    difference."""
    windows = _windows(image, template)
    return ((windows - template) ** 2).sum(axis=(2, 3))


def ncc__nan_on_flat_windows(image, template):
    """You divided by zero where a window or the template is flat: it has no contrast to compare,
    so its score is 0."""
    out = right.ncc(image, template)
    windows = _windows(image, template)
    flat = (np.ptp(windows, axis=(2, 3)) == 0) | (np.ptp(template) == 0)
    return np.where(flat, np.nan, out)


def ncc__rounding_on_flat_windows(image, template):
    """You took a window for flat only if its length came out as exactly 0: rounding leaves about
    1e-17 there, and dividing by that gives any number at all."""
    windows = _centred(_windows(image, template))
    centred = template - template.mean()
    lengths = _lengths(windows) * np.sqrt((centred**2).sum())
    dots = _zero_mean(image, template)
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths != 0)


def ncc__flat_windows_match(image, template):
    """You gave flat windows a score other than 0: without contrast there is nothing alike and
    nothing different."""
    out = right.ncc(image, template)
    windows = _windows(image, template)
    flat = (np.ptp(windows, axis=(2, 3)) == 0) | (np.ptp(template) == 0)
    return np.where(flat, 1, out)


def ncc__flat_pair_matches(image, template):
    """You gave a flat window a score other than 0 where the template is flat, too: two flat pieces
    have no contrast that could be alike."""
    out = right.ncc(image, template)
    flat = (np.ptp(_windows(image, template), axis=(2, 3)) == 0) & (np.ptp(template) == 0)
    return np.where(flat, 1, out)


def ncc__epsilon_in_denominator(image, template):
    """You added a small number to every denominator: weak windows then get too low a score. Only
    flat windows need a rule of their own."""
    windows = _centred(_windows(image, template))
    centred = template - template.mean()
    lengths = _lengths(windows) * np.sqrt((centred**2).sum())
    return _dot(windows, centred) / (lengths + 1e-6)


def ncc__pads_to_image_size(image, template):
    """You padded the picture to keep its size: here the template stays inside the picture, so the
    map is smaller."""
    h, w = template.shape
    padded = np.pad(image, (((h - 1) // 2, h // 2), ((w - 1) // 2, w // 2)))
    return right.ncc(padded, template)


def ncc__one_row_and_column_short(image, template):
    """You left out the last row and column of places: a template as large as the picture still
    fits once."""
    return right.ncc(image, template)[:-1, :-1]


def ncc__assumes_square_template(image, template):
    """You used the height of the template for its width too: templates need not be square."""
    size = min(template.shape)
    return right.ncc(image, template[:size, :size])


# -- downsample -----------------------------------------------------------------------------------


def _blocks(image):
    """(H // 2, 2, W // 2, 2)"""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * height, : 2 * width].reshape(height, 2, width, 2)


def downsample__every_second_pixel(image):
    """You kept every second pixel and threw the others away, so thin stripes vanish or take over:
    each block of four gives its mean."""
    return _blocks(image)[:, 0, :, 0]


def downsample__maximum(image):
    """You kept the largest of each four pixels: the mean was asked for, which smooths before
    pixels are left out."""
    return _blocks(image).max(axis=(1, 3))


def downsample__sum(image):
    """You added up each block of four: without dividing, every level is four times as bright."""
    return _blocks(image).sum(axis=(1, 3))


def downsample__median(image):
    """You took the median of each four pixels: the mean was asked for."""
    return np.median(_blocks(image), axis=(1, 3))


def downsample__rows_only(image):
    """You halved the rows only: rows and columns both get half as many."""
    height = image.shape[0] // 2
    return image[: 2 * height].reshape(height, 2, -1).mean(axis=1)


def downsample__mean_of_two(image):
    """You averaged two pixels of each block: all four count."""
    return _blocks(image)[:, 0].mean(axis=2)


def downsample__overlapping_blocks(x):
    """You let the blocks overlap, so the size hardly changes: the next block begins two pixels
    further."""
    return (x[:-1, :-1] + x[1:, :-1] + x[:-1, 1:] + x[1:, 1:]) / 4


def downsample__keeps_odd_edge(image):
    """You made an output of the odd last row or column too: it is left out."""
    x = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2)), mode="edge")
    return right.downsample(x)


def downsample__crops_first_edge(image):
    """You left out the first row or column of an odd size: it is the last one that goes."""
    return right.downsample(image[image.shape[0] % 2 :, image.shape[1] % 2 :])


def downsample__reshape_fails_on_odd_sizes(image):
    """Your blocks of two need an even number of rows and columns: where a size is odd, leave out
    the last one first."""
    return image.reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2).mean(axis=(1, 3))


def downsample__slices_fail_on_odd_sizes(x):
    """Your slices differ in length if the number of rows or columns is odd: leave out the last one
    first."""
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


# -- pyramid --------------------------------------------------------------------------------------


def _built(image, levels, halve):
    """A pyramid by another way to halve a plane."""
    planes = right.pyramid(image, levels)[:1]
    while len(planes) < levels:
        planes.append(halve(planes[-1]))
    return planes


def pyramid__every_second_pixel(image, levels):
    """You kept every second pixel from level to level: each block of four gives its mean."""
    return _built(image, levels, downsample__every_second_pixel)


def pyramid__maximum(image, levels):
    """You kept the largest of each four pixels from level to level: the mean was asked for."""
    return _built(image, levels, downsample__maximum)


def pyramid__counts_halvings(image, levels):
    """You halved the picture ``levels`` times, which gives one level too many: the full size is
    counted too."""
    planes = right.pyramid(image, levels)
    if min(planes[-1].shape) > 1:
        planes.append(right.downsample(planes[-1]))
    return planes


def pyramid__leaves_out_full_size(image, levels):
    """You began with the halved picture: level 0 is the full size."""
    planes = right.pyramid(image, levels)
    last = planes[-1]
    return [*planes[1:], right.downsample(last) if min(last.shape) > 1 else last]


def pyramid__one_level_short(image, levels):
    """You left out the smallest level: the full size and the halved ones are ``levels`` in all."""
    return right.pyramid(image, levels)[: max(levels - 1, 1)]


def pyramid__halves_the_original_each_time(image, levels):
    """You downsampled the full picture for every level: each level is made from the one before
    it."""
    return _built(image, levels, lambda plane: right.downsample(image))


def pyramid__small_to_large(image, levels):
    """You put the smallest level first: level 0 is the full size."""
    return right.pyramid(image, levels)[::-1]


def pyramid__only_last_level(image, levels):
    """You returned the smallest level alone: a list of all levels was asked for."""
    return right.pyramid(image, levels)[-1]


def pyramid__shrinks_by_level(image, levels):
    """You divided the size by 2, 3, 4 … from level to level: each level has half the size of the
    one before it."""
    planes = right.pyramid(image, levels)[:1]
    for k in range(2, levels + 1):
        h, w = planes[0].shape[0] // k, planes[0].shape[1] // k
        blocks = planes[0][: h * k, : w * k].reshape(h, k, w, k)
        planes.append(blocks.mean(axis=(1, 3)))
    return planes


# -- multiscale_match -----------------------------------------------------------------------------


def _search(
    image, template, levels, score=right.ncc, planes=right.pyramid, halve=False, better=np.greater
):
    """The search, with another score, another pyramid or another comparison."""
    best = None
    for level, plane in enumerate(planes(image, levels)):
        if plane.shape[0] < template.shape[0] or plane.shape[1] < template.shape[1]:
            break
        scores = score(plane, template)
        row, col = (int(i) for i in np.unravel_index(scores.argmax(), scores.shape))
        if best is None or better(scores[row, col], best[0]):
            best = (float(scores[row, col]), level, row * 2**level, col * 2**level)
        if halve and min(template.shape) > 1:
            template = right.downsample(template)
    return best


def _placed(image, template, levels, place):
    """The right answer, with row and col as ``place(row, col, level)`` gives them."""
    score, level, row, col = right.multiscale_match(image, template, levels)
    return (score, level, *place(row, col, level))


def multiscale_match__coordinates_of_the_level(image, template, levels):
    """You returned the place in pixels of the level where it was found: it was asked for in pixels
    of level 0."""
    return _placed(image, template, levels, lambda r, c, k: (r // 2**k, c // 2**k))


def multiscale_match__doubles_once(image, template, levels):
    """You doubled the place once, on whatever level: from level 2 to level 0 it is doubled
    twice."""
    return _placed(
        image,
        template,
        levels,
        lambda r, c, k: (r // 2**k * (2 if k else 1), c // 2**k * (2 if k else 1)),
    )


def multiscale_match__multiplies_by_level(image, template, levels):
    """You counted a pixel of level 1 twice and one of level 2 three times: each level is half the
    size of the one before it, so the factor doubles from level to level."""
    return _placed(
        image, template, levels, lambda r, c, k: (r // 2**k * (k + 1), c // 2**k * (k + 1))
    )


def multiscale_match__centre_of_window(image, template, levels):
    """You returned the middle of the window: its upper left corner was asked for."""
    h, w = template.shape
    return _placed(image, template, levels, lambda r, c, k: (r + h // 2 * 2**k, c + w // 2 * 2**k))


def multiscale_match__column_before_row(image, template, levels):
    """You returned the column before the row."""
    return _placed(image, template, levels, lambda r, c, k: (c, r))


def multiscale_match__unravels_with_image_width(image, template, levels):
    """You turned the position in the map into row and column with the size of the picture: the map
    is narrower than the picture."""

    def place(row, col, k):
        width = image.shape[1] >> k
        position = (row >> k) * (width - template.shape[1] + 1) + (col >> k)
        return (position // width << k, position % width << k)

    return _placed(image, template, levels, place)


def multiscale_match__unravels_before_reading(image, template, levels):
    """You unravelled the position in the map with the shape of the picture, and read the score at
    the place this gave: the map is smaller than the picture."""
    best = None
    for level, plane in enumerate(right.pyramid(image, levels)):
        if plane.shape[0] < template.shape[0] or plane.shape[1] < template.shape[1]:
            break
        scores = right.ncc(plane, template)
        row, col = (int(i) for i in np.unravel_index(scores.argmax(), plane.shape))
        if best is None or scores[row, col] > best[0]:
            best = (float(scores[row, col]), level, row * 2**level, col * 2**level)
    return best


def multiscale_match__starts_from_zero(image, template, levels):
    """You began with 0 as the best score so far: where every score is negative, the largest of
    them is the answer all the same."""
    best = right.multiscale_match(image, template, levels)
    return best if best[0] > 0 else (0.0, 0, 0, 0)


def multiscale_match__levels_from_one(image, template, levels):
    """You counted the levels from 1: level 0 is the full size."""
    score, level, row, col = right.multiscale_match(image, template, levels)
    return score, level + 1, row, col


def multiscale_match__scale_for_level(image, template, levels):
    """You returned the scale, 1, 2 or 4, where the number of the level was asked for."""
    score, level, row, col = right.multiscale_match(image, template, levels)
    return score, 2**level, row, col


def multiscale_match__only_full_size(image, template, levels):
    """You searched level 0 only: a pattern larger than the template is found on a smaller level."""
    return right.multiscale_match(image, template, 1)


def multiscale_match__only_smallest_level(image, template, levels):
    """You kept the result of the last level: the best of all levels was asked for."""
    return _search(image, template, levels, better=lambda new, old: True)


def multiscale_match__shrinks_template_too(image, template, levels):
    """You shrank the template along with the picture, so that it has the same size in the picture
    on every level: one window, many scales means that the template stays."""
    return _search(image, template, levels, halve=True)


def multiscale_match__raw_scores(image, template, levels):
    """You compared plain correlations, so a bright place wins on any level: only normalised scores
    can be compared."""
    return _search(image, template, levels, score=_raw)


def multiscale_match__raw_scores_choose(image, template, levels):
    """You chose the place by plain correlation and computed the normalised score afterwards: the
    normalised scores are to be compared."""
    _, level, row, col = _search(image, template, levels, score=_raw)
    scores = right.ncc(right.pyramid(image, levels)[level], template)
    return float(scores[row >> level, col >> level]), level, row, col


def multiscale_match__zero_mean_scores(image, template, levels):
    """You compared scores that are not divided by the lengths, so strong contrast wins on any
    level: only normalised scores can be compared."""
    return _search(image, template, levels, score=_zero_mean)


def multiscale_match__cosine_scores(image, template, levels):
    """You compared scores without subtracting the means: bright windows then all look alike."""
    return _search(image, template, levels, score=ncc__cosine_without_means)


def multiscale_match__every_second_pixel(image, template, levels):
    """You made the levels by keeping every second pixel: each block of four gives its mean."""
    return _search(image, template, levels, planes=pyramid__every_second_pixel)


def multiscale_match__maximum(image, template, levels):
    """You made the levels from the largest of each four pixels: their mean was asked for."""
    return _search(image, template, levels, planes=pyramid__maximum)


def multiscale_match__absolute_score(image, template, levels):
    """You dropped the sign of the scores: the opposite of the template then counts as a match."""
    return _search(image, template, levels, score=ncc__absolute_value)


def multiscale_match__smallest_score(image, template, levels):
    """You kept the smallest score: the larger the score, the more alike."""
    score, *place = _search(image, template, levels, score=_negative)
    return -score, *place


def multiscale_match__flips_template(image, template, levels):
    """You turned the template by 180°: it is compared as it is."""
    return _search(image, template, levels, score=ncc__flips_template)


def multiscale_match__crashes_when_template_is_too_large(image, template, levels):
    """You asked for a score on a level smaller than the template: where it does not fit, the level
    is passed over."""
    planes = right.pyramid(image, levels)
    maps = [right.ncc(plane, template) for plane in planes]
    assert maps
    return right.multiscale_match(image, template, levels)


def multiscale_match__cuts_template_to_fit(image, template, levels):
    """You cut the template where a level is smaller than it: where it does not fit, the level is
    passed over."""
    best = right.multiscale_match(image, template, levels)
    for level, plane in enumerate(right.pyramid(image, levels)):
        if plane.shape[0] < template.shape[0] or plane.shape[1] < template.shape[1]:
            scores = right.ncc(plane, template[: plane.shape[0], : plane.shape[1]])
            row, col = (int(i) for i in np.unravel_index(scores.argmax(), scores.shape))
            if scores[row, col] > best[0]:
                best = (float(scores[row, col]), level, row * 2**level, col * 2**level)
    return best


def _raw(plane, template):
    return ncc__raw_correlation(plane, template)


def _negative(plane, template):
    return -right.ncc(plane, template)


# -- layer_cost -----------------------------------------------------------------------------------


def _with(cost, **changed):
    return {**cost, **changed}


def _recounted(in_shape, filters, kernel, out_shape):
    """All four numbers, from an output shape that may be wrong."""
    kh, kw = _pair(kernel)
    activations = int(np.prod(out_shape))
    weights = in_shape[0] * kh * kw
    return {
        "out_shape": out_shape,
        "params": filters * (weights + 1),
        "macs": activations * weights,
        "activations": activations,
    }


def layer_cost__no_bias(in_shape, filters, kernel, stride=1, pad=0):
    """You left the biases out of the parameters: every filter has one."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=cost["params"] - filters)


def layer_cost__bias_per_channel(in_shape, filters, kernel, stride=1, pad=0):
    """You counted a bias for every kernel of a filter: a filter has one bias, however many
    channels it reads."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=cost["params"] + filters * (in_shape[0] - 1))


def layer_cost__one_bias_for_all(in_shape, filters, kernel, stride=1, pad=0):
    """You counted one bias for the whole layer: every filter has its own."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=cost["params"] - filters + 1)


def layer_cost__params_without_channels(in_shape, filters, kernel, stride=1, pad=0):
    """You left the input channels out of the parameters: a filter has a kernel for each of
    them."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=filters * (int(np.prod(_pair(kernel))) + 1))


def layer_cost__params_of_one_filter(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the parameters of one filter: there are as many filters as output channels."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=cost["params"] // filters)


def layer_cost__params_at_every_place(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the weights anew at every place: a convolution uses the same ones everywhere, so
    the size of the picture does not matter."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    places = cost["out_shape"][1] * cost["out_shape"][2]
    return _with(cost, params=cost["params"] * places)


def layer_cost__params_times_input_size(in_shape, filters, kernel, stride=1, pad=0):
    """You multiplied the parameters by the size of the input: a convolution uses the same weights
    everywhere, so the size of the picture does not matter."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=cost["params"] * in_shape[1] * in_shape[2])


def layer_cost__fully_connected(in_shape, filters, kernel, stride=1, pad=0):
    """You counted a weight from every input number to every output number: that is a dense layer.
    A filter sees one window, and is shared by all places."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, params=(int(np.prod(in_shape)) + 1) * cost["activations"])


def layer_cost__macs_at_input_size(in_shape, filters, kernel, stride=1, pad=0):
    """You multiplied by the size of the input to get the MACs: the filter works once per output
    place."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    weights = cost["params"] - filters
    return _with(cost, macs=weights * in_shape[1] * in_shape[2])


def layer_cost__flops_for_macs(in_shape, filters, kernel, stride=1, pad=0):
    """You counted multiplications and additions apart: a MAC is one multiplication together with
    its addition."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, macs=2 * cost["macs"])


def layer_cost__macs_with_bias(in_shape, filters, kernel, stride=1, pad=0):
    """You counted adding the bias among the MACs: it comes without a multiplication."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, macs=cost["macs"] + cost["activations"])


def layer_cost__macs_without_channels(in_shape, filters, kernel, stride=1, pad=0):
    """You left the input channels out of the MACs: every output number sums over all of them."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, macs=cost["macs"] // in_shape[0])


def layer_cost__macs_of_one_filter(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the MACs of one filter: each filter makes a plane of its own."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, macs=cost["macs"] // filters)


def layer_cost__macs_of_one_place(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the MACs of one place: the filters work at every place of the output."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, macs=cost["params"] - filters)


def layer_cost__activations_with_input_channels(in_shape, filters, kernel, stride=1, pad=0):
    """You counted activations with the input channels: what comes out has one plane per filter."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, activations=cost["activations"] // filters * in_shape[0])


def layer_cost__activations_of_input(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the numbers that go in: activations are the numbers that come out."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, activations=int(np.prod(in_shape)))


def layer_cost__activations_of_one_plane(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the numbers of one output plane: there is a plane for every filter."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, activations=cost["activations"] // filters)


def layer_cost__keeps_input_channels(in_shape, filters, kernel, stride=1, pad=0):
    """You gave the output the channels of the input: each filter makes one plane."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, out_shape=(in_shape[0], *cost["out_shape"][1:]))


def layer_cost__channels_last(in_shape, filters, kernel, stride=1, pad=0):
    """You put the channels last in the output shape: this course keeps them first."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    return _with(cost, out_shape=(*cost["out_shape"][1:], filters))


def layer_cost__rounds_up(in_shape, filters, kernel, stride=1, pad=0):
    """You rounded the output size up: where the last window does not fit whole, it is left out."""
    sizes = zip(in_shape[1:], _pair(kernel), _pair(stride), _pair(pad), strict=True)
    out = tuple(-(-(n + 2 * p - k) // s) + 1 for n, k, s, p in sizes)
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__no_plus_one(in_shape, filters, kernel, stride=1, pad=0):
    """You left out the first place of the window: after dividing by the stride, one is added."""
    cost = right.layer_cost(in_shape, filters, kernel, stride, pad)
    _, h, w = cost["out_shape"]
    return _recounted(in_shape, filters, kernel, (filters, h - 1, w - 1))


def layer_cost__same_size(in_shape, filters, kernel, stride=1, pad=0):
    """You divided the size of the input by the stride, which is right for one padding only: the
    kernel and the padding count too."""
    out = tuple(-(-n // s) for n, s in zip(in_shape[1:], _pair(stride), strict=True))
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__ignores_stride(in_shape, filters, kernel, stride=1, pad=0):
    """You left the stride out: the window moves by more than one."""
    return right.layer_cost(in_shape, filters, kernel, 1, pad)


def layer_cost__ignores_pad(in_shape, filters, kernel, stride=1, pad=0):
    """You left the padding out: it makes the picture larger before the window slides."""
    sizes = zip(in_shape[1:], _pair(kernel), _pair(stride), strict=True)
    out = tuple((n - k) // s + 1 for n, k, s in sizes)
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__pads_one_side(in_shape, filters, kernel, stride=1, pad=0):
    """You counted the padding once: ``pad`` is added on each of the two sides."""
    sizes = zip(in_shape[1:], _pair(kernel), _pair(stride), _pair(pad), strict=True)
    out = tuple((n + p - k) // s + 1 for n, k, s, p in sizes)
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__swaps_pairs(in_shape, filters, kernel, stride=1, pad=0):
    """You took the pairs as (columns, rows): the first number is for the rows."""
    pairs = zip(in_shape[1:], *(_pair(value)[::-1] for value in (kernel, stride, pad)), strict=True)
    out = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in pairs)
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__square_kernel(in_shape, filters, kernel, stride=1, pad=0):
    """You used the height of the kernel for its width too: kernels need not be square."""
    kernel = (_pair(kernel)[0],) * 2
    sizes = zip(in_shape[1:], kernel, _pair(stride), _pair(pad), strict=True)
    out = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)
    return _recounted(in_shape, filters, kernel, (filters, *out))


def layer_cost__tuple(in_shape, filters, kernel, stride=1, pad=0):
    """You returned the four values without their names: a dictionary was asked for."""
    return tuple(right.layer_cost(in_shape, filters, kernel, stride, pad).values())
