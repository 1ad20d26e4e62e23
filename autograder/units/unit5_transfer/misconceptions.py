"""Plausible wrong solutions to unit 5. The docstring is the sentence that the student reads.

A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.checking.mistakes import about_refusals, by_chance
from autograder.units.unit5_transfer import reference as right


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _layer(name):
    return name.split(".")[0]


def _copies(params):
    return {name: array.copy() for name, array in params.items()}


# -- random_hflip ---------------------------------------------------------------------------------


class _Drawn:
    """Stands for a generator whose numbers have been drawn already."""

    def __init__(self, numbers):
        self.numbers = numbers

    def random(self, n):
        return self.numbers[:n]


def _coins(x, p, rng):
    """True for each picture that is to be flipped."""
    return rng.random(len(x)) < p


def _flipped(x, boxes, flip):
    """The right answer for these coins."""
    return right.random_hflip(x, boxes, 0.5, _Drawn(np.where(flip, 0.0, 1.0)))


def random_hflip__upside_down(x, boxes, p, rng):
    """You flipped the pictures upside down: left and right were to be exchanged, along the last
    axis."""
    flip = _coins(x, p, rng)
    out = x.copy()
    out[flip] = x[flip][:, :, ::-1]
    return out, _flipped(x, boxes, flip)[1]


def random_hflip__upside_down_with_boxes(x, boxes, p, rng):
    """You flipped pictures and boxes upside down: left and right were to be exchanged."""
    flip = _coins(x, p, rng)
    out, new = x.copy(), boxes.copy()
    out[flip] = x[flip][:, :, ::-1]
    new[flip, 1] = x.shape[2] - boxes[flip, 3]
    new[flip, 3] = x.shape[2] - boxes[flip, 1]
    return out, new


def random_hflip__turns(x, boxes, p, rng):
    """You turned the pictures by 180°: only the columns were to change their order, rows stay where
    they are."""
    flip = _coins(x, p, rng)
    out = x.copy()
    out[flip] = x[flip][:, :, ::-1, ::-1]
    return out, _flipped(x, boxes, flip)[1]


def random_hflip__reverses_the_channels(x, boxes, p, rng):
    """You reversed the order of the channels: the columns of each channel were to be reversed."""
    flip = _coins(x, p, rng)
    out = x.copy()
    out[flip] = x[flip][:, ::-1]
    return out, _flipped(x, boxes, flip)[1]


def random_hflip__channels_and_columns(x, boxes, p, rng):
    """You reversed the order of the channels too: a flip moves columns, and leaves every channel
    where it was."""
    flip = _coins(x, p, rng)
    out, new = _flipped(x, boxes, flip)
    out[flip] = out[flip][:, ::-1]
    return out, new


def random_hflip__reverses_the_batch(x, boxes, p, rng):
    """You reversed the order of the pictures: each stays in its place, and its columns were to be
    reversed."""
    flip = _coins(x, p, rng)
    out = x.copy()
    out[flip] = x[flip][::-1]
    return out, _flipped(x, boxes, flip)[1]


def random_hflip__leaves_the_pictures(x, boxes, p, rng):
    """You flipped the boxes and left the pictures as they were: both move together."""
    flip = _coins(x, p, rng)
    return x.copy(), _flipped(x, boxes, flip)[1]


def random_hflip__leaves_the_boxes(x, boxes, p, rng):
    """You left the boxes where they were: the object in a flipped picture is somewhere else, and
    its box has to follow."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, flip)[0], boxes.copy()


def random_hflip__left_beyond_right(x, boxes, p, rng):
    """You mirrored each edge and kept its name: after a flip the old right edge is the left one,
    otherwise left lies beyond right."""
    flip = _coins(x, p, rng)
    out, new = _flipped(x, boxes, flip)
    new[flip] = new[flip][:, [2, 1, 0, 3]]
    return out, new


def random_hflip__one_too_few(x, boxes, p, rng):
    """You mirrored the edges of the boxes like pixels, which are numbered to W − 1: right lies just
    outside, so an edge at 0 goes to W."""
    flip = _coins(x, p, rng)
    out, new = _flipped(x, boxes, flip)
    new[np.ix_(flip, [0, 2])] -= 1
    return out, new


def random_hflip__uses_the_height(x, boxes, p, rng):
    """You subtracted the edges from the height of the picture: left and right are measured along
    its width."""
    flip = _coins(x, p, rng)
    out, new = _flipped(x, boxes, flip)
    new[np.ix_(flip, [0, 2])] += x.shape[2] - x.shape[3]
    return out, new


def random_hflip__overwrites_an_edge(x, boxes, p, rng):
    """You wrote the new left edge first and computed the right one from it: both must come from the
    old edges."""
    flip = _coins(x, p, rng)
    out, new = _flipped(x, boxes, flip)
    new[flip, 2] = boxes[flip, 2]
    return out, new


def random_hflip__boxes_as_sizes(x, boxes, p, rng):
    """You took the last two numbers of a box for its width and height: they are its right and
    bottom edge."""
    flip = _coins(x, p, rng)
    new = boxes.copy()
    new[flip, 0] = x.shape[3] - boxes[flip, 0] - boxes[flip, 2]
    return _flipped(x, boxes, flip)[0], new


def random_hflip__rows_first_in_boxes(x, boxes, p, rng):
    """You read the boxes as top, left, bottom, right: left comes first, then top."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, flip)[0], _flipped(x, boxes[:, [1, 0, 3, 2]], flip)[1][
        :, [1, 0, 3, 2]
    ]


def random_hflip__flips_all_boxes(x, boxes, p, rng):
    """You flipped the box of every picture: the box of a picture that is not flipped stays."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, flip)[0], _flipped(x, boxes, np.ones_like(flip))[1]


def random_hflip__flips_all(x, boxes, p, rng):
    """You flipped every picture: only those whose number is below p were to be flipped."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, np.ones_like(flip))


def random_hflip__one_coin_for_all(x, boxes, p, rng):
    """You drew one number for the whole batch: each picture needs a number of its own."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, np.full_like(flip, flip[0]))


def random_hflip__flips_the_others(x, boxes, p, rng):
    """You flipped the pictures whose number is p or more: with p = 0.3 that would be 70 of 100."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, ~flip)


def random_hflip__flips_at_p(x, boxes, p, rng):
    """You flipped the picture whose number is exactly p: only numbers below p flip."""
    return _flipped(x, boxes, rng.random(len(x)) <= p)


def random_hflip__draws_only_if_in_doubt(x, boxes, p, rng):
    """You drew no numbers where p is 0 or 1: N numbers are drawn whatever p is. Otherwise what
    comes next from the same generator depends on p."""
    if p in (0, 1):
        return _flipped(x, boxes, np.full(len(x), p == 1))
    return right.random_hflip(x, boxes, p, rng)


def random_hflip__always_one_half(x, boxes, p, rng):
    """You flipped the pictures whose number is below one half, whatever p is."""
    flip = _coins(x, 0.5, rng)
    return _flipped(x, boxes, flip)


def random_hflip__flips_the_first_ones(x, boxes, p, rng):
    """You flipped a fixed share of the pictures, the first of the batch: chance was to decide for
    each picture."""
    flip = _coins(x, p, rng)
    return _flipped(x, boxes, np.arange(len(x)) < p * len(flip))


# -- random_hflip_by_hand -------------------------------------------------------------------------


def _by_hand(mine, function, p=None):
    """Both boxes as a function of pictures and boxes, flipped where ``mine`` says so."""
    x = np.zeros((2, 1, mine.height, mine.width))
    boxes = np.array([mine.first, mine.second])
    p = mine.p_hundredths / 100 if p is None else p
    return function(x, boxes, p, _Drawn(np.array(mine.hundredths) / 100))[1]


def random_hflip_by_hand__leaves_the_boxes(mine):
    """These numbers are the boxes as they were: one of the two pictures is flipped, and its box
    with it."""
    return _by_hand(mine, random_hflip__leaves_the_boxes)


def random_hflip_by_hand__flips_both(mine):
    """These numbers come out if both pictures are flipped: one of them has drawn a number that is
    not below p."""
    return _by_hand(mine, random_hflip__flips_all)


def random_hflip_by_hand__flips_the_other(mine):
    """These numbers come out if the other picture is flipped: the one whose number is below p is
    flipped."""
    return _by_hand(mine, random_hflip__flips_the_others)


def random_hflip_by_hand__left_beyond_right(mine):
    """These numbers have a left edge beyond the right one: after a flip the old right edge is the
    left one."""
    return _by_hand(mine, random_hflip__left_beyond_right)


def random_hflip_by_hand__one_too_few(mine):
    """These numbers come out if edges are mirrored like pixels, which are numbered to W − 1: right
    lies just outside, so an edge at 0 goes to W."""
    return _by_hand(mine, random_hflip__one_too_few)


def random_hflip_by_hand__uses_the_height(mine):
    """These numbers come out if the edges are subtracted from the height: left and right are
    measured along the width."""
    return _by_hand(mine, random_hflip__uses_the_height)


def random_hflip_by_hand__overwrites_an_edge(mine):
    """These numbers have a new left edge and the old right one: both move."""
    return _by_hand(mine, random_hflip__overwrites_an_edge)


def random_hflip_by_hand__upside_down(mine):
    """These numbers come out if the picture is flipped upside down: it is flipped left to right."""
    return _by_hand(mine, random_hflip__upside_down_with_boxes)


def random_hflip_by_hand__rows_first(mine):
    """These numbers come out if a box is read as top, left, bottom, right: left comes first, then
    top."""
    return _by_hand(mine, random_hflip__rows_first_in_boxes)


def random_hflip_by_hand__boxes_as_sizes(mine):
    """These numbers come out if the last two numbers of a box are taken for its width and height:
    they are its right and bottom edge."""
    return _by_hand(mine, random_hflip__boxes_as_sizes)


# -- random_crop ----------------------------------------------------------------------------------


class _Places:
    """Stands for a generator: gives these tops, then these lefts, each at most as asked for."""

    def __init__(self, *places):
        self.places = list(places)

    def integers(self, low, high, n):
        return np.clip(self.places.pop(0), 0, high - 1)


def _room(x, size, pad):
    """How many places there are for the window, (down, across)."""
    sizes = zip(x.shape[2:], _pair(size), _pair(pad), strict=True)
    return [side + 2 * p - s + 1 for side, s, p in sizes]


def _cut(x, size, pad, tops, lefts):
    return right.random_crop(x, size, pad, _Places(tops, lefts))


def random_crop__one_place_for_all(x, size, pad, rng):
    """You cut all pictures at the same place: each of them gets a place of its own."""
    down, across = _room(x, size, pad)
    tops, lefts = rng.integers(0, down, len(x)), rng.integers(0, across, len(x))
    return _cut(x, size, pad, np.full(len(x), tops[0]), np.full(len(x), lefts[0]))


def random_crop__draws_picture_by_picture(x, size, pad, rng):
    """You drew the top and the left of one picture after the other: all tops are drawn first, and
    all lefts after them. Otherwise the same generator gives other places."""
    down, across = _room(x, size, pad)
    places = [(rng.integers(0, down), rng.integers(0, across)) for _ in range(len(x))]
    return _cut(x, size, pad, *np.transpose(places))


def random_crop__lefts_first(x, size, pad, rng):
    """You drew the lefts first: all tops are drawn before them. Otherwise the same generator gives
    other places."""
    down, across = _room(x, size, pad)
    lefts = rng.integers(0, across, len(x))
    return _cut(x, size, pad, rng.integers(0, down, len(x)), lefts)


def random_crop__one_number_for_both(x, size, pad, rng):
    """You used one number as top and as left of a window: it then moves along the diagonal only."""
    down, across = _room(x, size, pad)
    tops = rng.integers(0, down, len(x))
    rng.integers(0, across, len(x))
    return _cut(x, size, pad, tops, tops)


def random_crop__never_the_last_place(x, size, pad, rng):
    """You left out the last place: a window that just fits counts, and `rng.integers` stops before
    its upper bound."""
    down, across = _room(x, size, pad)
    tops = rng.integers(0, max(down - 1, 1), len(x))
    return _cut(x, size, pad, tops, rng.integers(0, max(across - 1, 1), len(x)))


def random_crop__room_from_the_padding(x, size, pad, rng):
    """You moved the window by at most twice the padding: how far it can go depends on its size
    too."""
    ph, pw = _pair(pad)
    tops = rng.integers(0, 2 * ph + 1, len(x))
    return _cut(x, size, pad, tops, rng.integers(0, 2 * pw + 1, len(x)))


def random_crop__room_from_the_rows(x, size, pad, rng):
    """You computed from the rows how far the window can go to the right: that depends on the
    columns."""
    down, _ = _room(x, size, pad)
    tops = rng.integers(0, down, len(x))
    return _cut(x, size, pad, tops, rng.integers(0, down, len(x)))


def random_crop__room_without_the_frame(x, size, pad, rng):
    """You let the window move within the old picture's size: it may reach over the whole frame, to
    the right and the bottom as well."""
    down, across = _room(x, size, pad)
    ph, pw = _pair(pad)
    tops = rng.integers(0, max(down - 2 * ph, 1), len(x))
    return _cut(x, size, pad, tops, rng.integers(0, max(across - 2 * pw, 1), len(x)))


def random_crop__from_the_middle(x, size, pad, rng):
    """You cut the window from the middle: its place is to be drawn."""
    down, across = _room(x, size, pad)
    rng.integers(0, down, len(x))
    rng.integers(0, across, len(x))
    return _cut(x, size, pad, np.full(len(x), (down - 1) // 2), np.full(len(x), (across - 1) // 2))


def random_crop__each_channel_for_itself(x, size, pad, rng):
    """You cut every channel at another place: the channels of a picture belong together."""
    down, across = _room(x, size, pad)
    n, c = x.shape[:2]
    planes = x.reshape(n * c, 1, *x.shape[2:])
    tops, lefts = rng.integers(0, down, n * c), rng.integers(0, across, n * c)
    return _cut(planes, size, pad, tops, lefts).reshape(n, c, *_pair(size))


def random_crop__no_padding(x, size, pad, rng):
    """You left the zeros out: the picture gets ``pad`` rows and columns of them on each side before
    a window is cut."""
    size = [min(s, side) for s, side in zip(_pair(size), x.shape[2:], strict=True)]
    return right.random_crop(x, size, 0, rng)


def random_crop__pads_at_the_end_only(x, size, pad, rng):
    """You put the zeros on one side only: ``pad`` counts for each of the four sides."""
    down, across = _room(x, size, pad)
    ph, pw = _pair(pad)
    framed = np.pad(x, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw)))
    tops = rng.integers(0, down, len(x))
    return _cut(framed, size, 0, tops, rng.integers(0, across, len(x)))


def _framed(x, pad, **how):
    ph, pw = _pair(pad)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), **how)


def random_crop__repeats_the_edge(x, size, pad, rng):
    """You repeated the edge of the picture: what is added are zeros."""
    return right.random_crop(_framed(x, pad, mode="edge"), size, 0, rng)


def random_crop__mirrors_the_edge(x, size, pad, rng):
    """You mirrored the picture at its edges: what is added are zeros."""
    return right.random_crop(_framed(x, pad, mode="symmetric"), size, 0, rng)


def random_crop__wraps_around(x, size, pad, rng):
    """You let in again on one side what leaves on the other: zeros were to move in."""
    return right.random_crop(_framed(x, pad, mode="wrap"), size, 0, rng)


def random_crop__swaps_pad_pair(x, size, pad, rng):
    """You took the pad pair as (columns, rows): the first number is for the rows, above and
    below."""
    framed = _framed(x, _pair(pad)[::-1])
    size = [min(s, side) for s, side in zip(_pair(size), framed.shape[2:], strict=True)]
    return right.random_crop(framed, size, 0, rng)


def random_crop__swaps_size_pair(x, size, pad, rng):
    """You took the size pair as (columns, rows): the first number is the height of the window."""
    framed = _framed(x, pad)
    size = [min(s, n) for s, n in zip(_pair(size)[::-1], framed.shape[2:], strict=True)]
    return right.random_crop(framed, size, 0, rng)


def random_crop__keeps_the_size(x, size, pad, rng):
    """You returned pictures of their old size: the window has the size that was asked for."""
    down, across = _room(x, size, pad)
    tops, lefts = rng.integers(0, down, len(x)), rng.integers(0, across, len(x))
    return _cut(x, x.shape[2:], pad, tops, lefts)


def random_crop__only_first_picture(x, size, pad, rng):
    """You cut the first picture only: all of them were asked for."""
    return right.random_crop(x, size, pad, rng)[:1]


@by_chance
def random_crop__draws_elsewhere(x, size, pad, rng):
    """You did not draw all tops and all lefts from `rng` every time, however little room there is:
    without that nobody can repeat what your function did."""
    return right.random_crop(x, size, pad, np.random.default_rng())


# -- augmentation_claims --------------------------------------------------------------------------


def _other_way_round(claim):
    claims = right.augmentation_claims()
    return {**claims, claim: not claims[claim]}


def augmentation_claims__a_moved_number_changes():
    """You say that a house number may change when the picture moves by two pixels: what it says
    does not depend on where it stands."""
    return _other_way_round(
        "moved by two pixels and still whole, a house number is still the same number"
    )


def augmentation_claims__turned_numbers_stay():
    """You say that every house number stays the same when it is turned by 180 degrees: a 6 becomes
    a 9. A transform is fit for some classes and not for others."""
    return _other_way_round("turned by 180 degrees, every house number is still the same number")


def augmentation_claims__drawn_once():
    """You say that two epochs mostly show the same: how a picture is changed is drawn anew in each
    epoch, so the network mostly sees pixels it has not seen."""
    return _other_way_round(
        "with transforms drawn anew, a picture mostly has other pixels in the next epoch"
    )


def augmentation_claims__each_network_its_own_test():
    """You say that each network gets test pictures that chance has changed for it alone: then
    nobody can tell a better network from easier pictures. All are compared on the same."""
    return _other_way_round(
        "to compare networks, each gets test pictures changed at random for it alone"
    )


def augmentation_claims__marks_stay():
    """You say that the marks stay when the picture is moved: what is known of a picture has to
    follow."""
    return _other_way_round(
        "where the eyes of a face are marked, the marks move when the picture is moved"
    )


def augmentation_claims__only_for_few_pictures():
    """You say that it is of use only with few pictures: AlexNet was trained on 1.2 million, and its
    authors still found it necessary."""
    return _other_way_round("augmentation is of use only where there are few pictures")


# -- transfer_params ------------------------------------------------------------------------------


def transfer_params__copies_the_head(source, target, skip=("head",)):
    """You copied the head too: the layers in ``skip`` keep the parameters they have in target. The
    old head knows other classes."""
    params, report = right.transfer_params(source, target, skip)
    for name in target:
        if _layer(name) in skip and name in source:
            params[name], report[name] = source[name].copy(), "copied"
    return params, report


def transfer_params__skips_the_head_only(source, target, skip=("head",)):
    """You kept the head of target whatever ``skip`` says: other layers can be named there, or
    none."""
    return right.transfer_params(source, target)


def transfer_params__skips_weights_only(source, target, skip=("head",)):
    """You skipped the weights of a layer and copied its biases: a layer in ``skip`` keeps all its
    parameters."""
    params, report = right.transfer_params(source, target, skip)
    for name in target:
        if _layer(name) in skip and name.endswith(".b") and name in source:
            if source[name].shape == target[name].shape:
                params[name] = source[name].copy()
            report[name] = "copied"
    return params, report


def transfer_params__conv1_skips_conv10(source, target, skip=("head",)):
    """You skipped every layer whose name begins with one in ``skip``: conv1 is another layer than
    conv10. The name ends at the dot."""
    layers = {_layer(name) for name in target}
    return right.transfer_params(
        source, target, [layer for layer in layers if layer.startswith(tuple(skip))]
    )


def transfer_params__only_what_is_skipped(source, target, skip=("head",)):
    """You did it the other way round: the layers in ``skip`` came from source, and the others
    stayed as they were in target."""
    params, report = right.transfer_params(source, target, skip)
    words = {"copied": "skipped", "skipped": "copied"}
    taken = [name for name in target if report[name] == "skipped" and name in source]
    params = _copies(target) | {name: source[name].copy() for name in taken}
    return params, {name: words.get(word, word) for name, word in report.items()}


def transfer_params__by_position(source, target, skip=("head",)):
    """You paired the parameters by their place in the dictionaries: they belong together by name,
    in whatever order they stand."""
    params, report = right.transfer_params(source, target, skip)
    for name, array in zip(target, source.values(), strict=False):
        if report[name] == "copied":
            params[name] = array.copy()
    return params, report


def transfer_params__exchanges_the_networks(source, target, skip=("head",)):
    """You exchanged the two networks: the parameters are those of the trained one, source, put into
    the new one, target."""
    return right.transfer_params(target, source, skip)


def transfer_params__keeps_the_target(source, target, skip=("head",)):
    """You returned the parameters that target had: all but those of the layers in ``skip`` were to
    come from source."""
    return _copies(target), right.transfer_params(source, target, skip)[1]


def transfer_params__leaves_the_skipped_out(source, target, skip=("head",)):
    """You left the skipped layers out of the parameters: the new network needs its head as well."""
    params, report = right.transfer_params(source, target, skip)
    return {name: a for name, a in params.items() if report[name] != "skipped"}, report


def transfer_params__zeros_for_the_skipped(source, target, skip=("head",)):
    """You set the skipped layers to zero: they keep the parameters they have in target."""
    params, report = right.transfer_params(source, target, skip)
    zeros = {name: np.zeros_like(a) for name, a in params.items() if report[name] == "skipped"}
    return params | zeros, report


def transfer_params__leaves_the_new_out(source, target, skip=("head",)):
    """You returned only parameters that both networks have: the new one needs all of its own, and
    those that source lacks stay as they are in target."""
    params, report = right.transfer_params(source, target, skip)
    return {name: a for name, a in params.items() if report[name] != "new"}, report


def transfer_params__adds_the_unused(source, target, skip=("head",)):
    """You handed on parameters that target has no place for: the result has the names of target."""
    params, report = right.transfer_params(source, target, skip)
    return params | {n: a.copy() for n, a in source.items() if report[n] == "unused"}, report


def transfer_params__does_not_report_the_unused(source, target, skip=("head",)):
    """You reported on the names of target only: what source has and target lacks is to be reported
    as well."""
    params, report = right.transfer_params(source, target, skip)
    return params, {name: word for name, word in report.items() if name in target}


def transfer_params__calls_the_new_skipped(source, target, skip=("head",)):
    """You reported parameters that source lacks as "skipped": nobody asked to skip them, so they
    are "new". The report is there to make this visible."""
    params, report = right.transfer_params(source, target, skip)
    return params, {name: "skipped" if w == "new" else w for name, w in report.items()}


def transfer_params__reports_first_who_has_it(source, target, skip=("head",)):
    """You reported "new" or "unused" for parameters of a layer in ``skip``: they are "skipped",
    whether one network has them or both."""
    params, report = right.transfer_params(source, target, skip)
    new = {name: "new" for name in target if name not in source}
    return params, report | new | {name: "unused" for name in source if name not in target}


def transfer_params__reports_the_copied_only(source, target, skip=("head",)):
    """You reported on what was copied only: the report has a word for every name in source or
    target."""
    params, report = right.transfer_params(source, target, skip)
    return params, {name: word for name, word in report.items() if word == "copied"}


def transfer_params__reports_layers(source, target, skip=("head",)):
    """You reported on layers: the report has a word for each parameter, by its full name."""
    params, report = right.transfer_params(source, target, skip)
    return params, {_layer(name): word for name, word in report.items()}


@about_refusals
def transfer_params__skips_other_shapes(source, target, skip=("head",)):
    """You skipped parameters of another shape without a word: a layer that was to be copied and
    cannot be must raise a ValueError that names the parameter."""
    fits = {
        name: array
        for name, array in source.items()
        if name not in target or array.shape == target[name].shape or _layer(name) in skip
    }
    params, report = right.transfer_params(fits, target, skip)
    return params, report | {name: "skipped" for name in source if name not in fits}


@about_refusals
def transfer_params__copies_other_shapes(source, target, skip=("head",)):
    """You copied parameters of another shape: they do not fit into the new network. That must raise
    a ValueError that names the parameter."""
    alike = {
        name: array if name not in target else np.zeros(target[name].shape)
        for name, array in source.items()
    }
    params, report = right.transfer_params(alike, target, skip)
    copied = {name: source[name].copy() for name in params if report[name] == "copied"}
    return params | copied, report


@about_refusals
def transfer_params__broadcasts(source, target, skip=("head",)):
    """You let NumPy stretch a parameter to the shape it has in target: it must raise a ValueError
    that names the parameter."""
    stretched = {}
    for name, array in source.items():
        stretched[name] = array
        if name in target and _layer(name) not in skip:
            try:
                stretched[name] = np.broadcast_to(array, target[name].shape)
            except ValueError:
                pass
    return right.transfer_params(stretched, target, skip)


def transfer_params__refuses_other_heads(source, target, skip=("head",)):
    """You compared the shapes of skipped layers too: a new head may well have another shape, that
    is why it is skipped."""
    out = right.transfer_params(source, target, skip)
    for name in target:
        if name in source and source[name].shape != target[name].shape:
            raise ValueError(f"{name} has another shape")
    return out


def transfer_params__aliases_the_source(source, target, skip=("head",)):
    """You handed on the arrays of source themselves: training the new network would change the old
    one. Copy them."""
    params, report = right.transfer_params(source, target, skip)
    return params | {name: source[name] for name in params if report[name] == "copied"}, report


def transfer_params__aliases_the_target(source, target, skip=("head",)):
    """You handed on the arrays of target themselves where nothing was copied: all arrays were to be
    new."""
    params, report = right.transfer_params(source, target, skip)
    return params | {name: target[name] for name in params if report[name] != "copied"}, report


def transfer_params__changes_the_target(source, target, skip=("head",)):
    """You put the parameters into target itself: it was to be left as it was, and a new dictionary
    returned."""
    params, report = right.transfer_params(source, target, skip)
    target.update(params)
    return params, report


def transfer_params__writes_into_the_arrays(source, target, skip=("head",)):
    """You wrote into the arrays of target: they were to be left as they were, and new ones
    returned."""
    params, report = right.transfer_params(source, target, skip)
    for name, array in target.items():
        array[...] = params[name]
    return params, report


# -- sgd_step -------------------------------------------------------------------------------------


def _step(params, grads, lr, frozen, weight_decay, change):
    """``change(w, grad)`` is added to every parameter that is not frozen."""
    return {
        name: w if _layer(name) in frozen else w + change(w, grads[name])
        for name, w in params.items()
    }


def sgd_step__ascends(params, grads, lr, frozen=(), weight_decay=0.0):
    """You went along the gradient, uphill: the loss becomes smaller in the other direction."""
    return _step(params, grads, lr, frozen, weight_decay, lambda w, g: lr * (g + weight_decay * w))


def sgd_step__ignores_the_rate(params, grads, lr, frozen=(), weight_decay=0.0):
    """You subtracted the whole gradient: ``lr`` says how much of it."""
    return right.sgd_step(params, grads, 1.0, frozen, weight_decay)


def sgd_step__only_the_change(params, grads, lr, frozen=(), weight_decay=0.0):
    """You returned by how much the parameters change: the parameters after the step were asked
    for."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    return {name: new[name] - w for name, w in params.items()}


def sgd_step__unit_gradients(params, grads, lr, frozen=(), weight_decay=0.0):
    """You divided the gradient by its length: a step is as long as the gradient says, times
    ``lr``."""

    def change(w, grad):
        total = grad + weight_decay * w
        return -lr * total / np.linalg.norm(total)

    return _step(params, grads, lr, frozen, weight_decay, change)


def sgd_step__skips_biases(params, grads, lr, frozen=(), weight_decay=0.0):
    """You changed the weights and left the biases: every parameter of a layer that is not frozen
    takes its step."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    return {name: new[name] if name.endswith(".w") else w.copy() for name, w in params.items()}


def sgd_step__trains_the_frozen(params, grads, lr, frozen=(), weight_decay=0.0):
    """You did it the other way round: the layers in ``frozen`` took the step, and the others
    stayed."""
    others = {_layer(name) for name in params} - set(frozen)
    return right.sgd_step(params, grads, lr, others if frozen else (), weight_decay)


def sgd_step__ignores_frozen(params, grads, lr, frozen=(), weight_decay=0.0):
    """You changed the frozen layers too: what is in ``frozen`` stays as it is."""
    return right.sgd_step(params, grads, lr, (), weight_decay)


def sgd_step__freezes_everything(params, grads, lr, frozen=(), weight_decay=0.0):
    """You changed nothing as soon as one layer was frozen: the others take their step."""
    return _copies(params) if frozen else right.sgd_step(params, grads, lr, (), weight_decay)


def sgd_step__stops_the_flow(params, grads, lr, frozen=(), weight_decay=0.0):
    """You froze the layers before a frozen one too: their gradients still arrive, through the
    frozen layer. Freezing stops its update and nothing else."""
    layers = list(dict.fromkeys(map(_layer, params)))
    last = max((layers.index(layer) + 1 for layer in frozen), default=0)
    return right.sgd_step(params, grads, lr, layers[:last], weight_decay)


def sgd_step__freezes_what_follows(params, grads, lr, frozen=(), weight_decay=0.0):
    """You froze the layers after a frozen one too: they still take their step. Only the layers in
    ``frozen`` stay."""
    layers = list(dict.fromkeys(map(_layer, params)))
    first = min((layers.index(layer) for layer in frozen), default=len(layers))
    return right.sgd_step(params, grads, lr, layers[first:], weight_decay)


def sgd_step__freezes_weights_only(params, grads, lr, frozen=(), weight_decay=0.0):
    """You kept the weights of a frozen layer and changed its biases: all its parameters are
    frozen."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    moved = right.sgd_step(params, grads, lr, (), weight_decay)
    return {name: new[name] if name.endswith(".w") else moved[name] for name in params}


def sgd_step__leaves_the_frozen_out(params, grads, lr, frozen=(), weight_decay=0.0):
    """You left the frozen layers out of the result: the network still needs them."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    return {name: w for name, w in new.items() if _layer(name) not in frozen}


def sgd_step__zeros_for_the_frozen(params, grads, lr, frozen=(), weight_decay=0.0):
    """You set the frozen layers to zero: they keep their values. It is their change that is
    zero."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    return {name: np.zeros_like(w) if _layer(name) in frozen else w for name, w in new.items()}


def sgd_step__conv1_freezes_conv10(params, grads, lr, frozen=(), weight_decay=0.0):
    """You froze every layer whose name begins with one in ``frozen``: conv1 is another layer than
    conv10. The name ends at the dot."""
    more = [layer for layer in map(_layer, params) if layer.startswith(tuple(frozen))]
    return right.sgd_step(params, grads, lr, more, weight_decay)


def sgd_step__ignores_the_decay(params, grads, lr, frozen=(), weight_decay=0.0):
    """You left weight decay out: it adds a part of each parameter to its gradient."""
    return right.sgd_step(params, grads, lr, frozen)


def sgd_step__decays_without_the_rate(params, grads, lr, frozen=(), weight_decay=0.0):
    """You took the decay off without ``lr``: it joins the gradient, and the step is ``lr`` times
    both."""
    return _step(params, grads, lr, frozen, weight_decay, lambda w, g: -lr * g - weight_decay * w)


def sgd_step__grows_by_the_decay(params, grads, lr, frozen=(), weight_decay=0.0):
    """You took the decay off the gradient, so that parameters grow: added to it, it makes them
    smaller."""
    return _step(params, grads, lr, frozen, weight_decay, lambda w, g: -lr * (g - weight_decay * w))


def sgd_step__decays_afterwards(params, grads, lr, frozen=(), weight_decay=0.0):
    """You let the parameters decay after the step: the decay is computed from what they were before
    it."""

    def change(w, grad):
        return (w - lr * grad) * (1 - lr * weight_decay) - w

    return _step(params, grads, lr, frozen, weight_decay, change)


def sgd_step__decays_twice_as_much(params, grads, lr, frozen=(), weight_decay=0.0):
    """You added the decay twice to the gradient: that is the derivative of decay times w squared.
    Here decay times w is added, once."""
    return _step(
        params, grads, lr, frozen, weight_decay, lambda w, g: -lr * (g + 2 * weight_decay * w)
    )


def sgd_step__decays_by_the_sign(params, grads, lr, frozen=(), weight_decay=0.0):
    """You let all parameters decay by the same amount: the decay is in proportion to each of
    them."""
    return _step(
        params, grads, lr, frozen, weight_decay, lambda w, g: -lr * (g + weight_decay * np.sign(w))
    )


def sgd_step__biases_do_not_decay(params, grads, lr, frozen=(), weight_decay=0.0):
    """You let the weights decay and not the biases: many do that, but here every parameter that is
    not frozen decays."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    plain = right.sgd_step(params, grads, lr, frozen)
    return {name: new[name] if name.endswith(".w") else plain[name] for name in params}


def sgd_step__frozen_layers_decay(params, grads, lr, frozen=(), weight_decay=0.0):
    """You left the gradient of frozen layers out, but not their decay: they shrink from step to
    step. A frozen layer stays as it is."""
    new = right.sgd_step(params, grads, lr, frozen, weight_decay)
    for name, w in params.items():
        if _layer(name) in frozen:
            new[name] = w - lr * weight_decay * w
    return new


# -- finetune_plan --------------------------------------------------------------------------------


def _plan(names, n_unfreeze, lr_head, lr_base, bn, trained):
    """This choice of layers at the rate of the base."""
    plan = {name: lr_base if name in trained else 0.0 for name in names[:-1]}
    return {**plan, names[-1]: lr_head}


def _counted(names, bn):
    return [name for name in names[:-1] if name not in bn]


def finetune_plan__unfreezes_the_first(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You unfroze the layers next to the input: what they see is the most general. Those next to
    the head are the most special, and come first."""
    trained = _counted(names, bn)[:n_unfreeze]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__counts_the_head(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You counted the head among the layers to unfreeze: it is trained besides them."""
    counted = _counted(names, bn)
    trained = counted[len(counted) - max(n_unfreeze - 1, 0) :]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__slices_all_names(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You took the last n of all names: that counts the head, and for 0 it is all of them."""
    trained = [name for name in names[-n_unfreeze:] if name not in bn]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__zero_unfreezes_all(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You unfroze the whole base for 0 layers: a slice that starts at −0 starts at 0."""
    counted = _counted(names, bn)
    trained = counted if n_unfreeze == 0 else counted[-n_unfreeze:]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__freezes_that_many(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You froze as many layers as were to be trained: ``n_unfreeze`` counts those of the base that
    are trained."""
    trained = _counted(names, bn)[n_unfreeze:]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__unfreezes_all(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You unfroze the whole base: only ``n_unfreeze`` layers of it were to be trained."""
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, _counted(names, bn))


def finetune_plan__unfreezes_one_layer(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You unfroze a single layer of the base, the last one of those: all from there to the head are
    trained."""
    counted = _counted(names, bn)
    trained = counted[len(counted) - n_unfreeze :][:1]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__equal_rates(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You gave the base the rate of the head: its weights are good already, and a low rate keeps
    what they know."""
    plan = right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn)
    return {name: lr_head if rate else rate for name, rate in plan.items()}


def finetune_plan__exchanges_the_rates(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You exchanged the two rates: the head begins with random weights and has the furthest to
    go."""
    return right.finetune_plan(names, n_unfreeze, lr_base, lr_head, bn)


def finetune_plan__head_at_the_rate_of_the_base(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You gave the head the rate of the base: it has a rate of its own, ``lr_head``."""
    return right.finetune_plan(names, n_unfreeze, lr_base, lr_base, bn)


def finetune_plan__freezes_the_head(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You froze the head: it is new, and always trained."""
    return {**right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn), names[-1]: 0.0}


def finetune_plan__fades_towards_the_input(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You made the rate smaller from layer to layer: that can be useful, but here all layers of the
    base that are trained have the rate ``lr_base``."""
    plan = right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn)
    for step, name in enumerate(reversed(_counted(names, bn))):
        plan[name] /= 2**step
    return plan


def finetune_plan__lists_the_trained_only(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You left the frozen layers out of the plan: they are in it, with a rate of 0."""
    plan = right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn)
    return {name: rate for name, rate in plan.items() if rate}


def finetune_plan__counts_batch_norm(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You counted batch normalisation among the layers to unfreeze: it stays frozen, so it does not
    count."""
    base = names[:-1]
    trained = [name for name in base[len(base) - n_unfreeze :] if name not in bn]
    return _plan(names, n_unfreeze, lr_head, lr_base, bn, trained)


def finetune_plan__trains_batch_norm(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You trained the batch normalisation between the unfrozen layers: its statistics belong to
    many pictures, and a few would spoil them. It stays frozen."""
    plan = right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn)
    first = min(list(names).index(name) for name, rate in plan.items() if rate)
    return plan | {name: lr_base for name in bn if list(names).index(name) > first}


def finetune_plan__ignores_bn(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You treated batch normalisation like any other layer: it stays frozen, and is not counted."""
    return right.finetune_plan(names, n_unfreeze, lr_head, lr_base)


def finetune_plan__always_trains_batch_norm(names, n_unfreeze, lr_head, lr_base, bn=()):
    """You trained batch normalisation everywhere: its rate is 0, in the unfrozen part too."""
    plan = right.finetune_plan(names, n_unfreeze, lr_head, lr_base, bn)
    return plan | dict.fromkeys(bn, lr_base)
