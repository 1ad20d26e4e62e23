"""Plausible wrong solutions to unit 6. The docstring is the sentence that the student reads.

A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.units.unit6_architectures import reference as right
from course import ops

# What the student reads instead of the sentences in `autograder.checking.mistakes`.
SENTENCES = {
    "residual_by_hand__guest_numbers": (
        "These numbers solve the guests' block: write your id into STUDENT_ID, run the cell that "
        "draws your numbers, and work with those."
    ),
}

NAMES = ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj")
KERNELS = dict(zip(NAMES, (1, 1, 3, 1, 5, 1), strict=True))


def _relu(x):
    return np.maximum(x, 0)


# -- inception_forward ----------------------------------------------------------------------------


def _layer(x, params, name, relu=_relu):
    return relu(ops.conv2d(x, *params[name]))


def _branches(x, params, reduced=_relu, final=_relu):
    """What the four branches give, with these functions after the convolutions."""
    return [
        _layer(x, params, "1x1", final),
        _layer(_layer(x, params, "3x3_reduce", reduced), params, "3x3", final),
        _layer(_layer(x, params, "5x5_reduce", reduced), params, "5x5", final),
        _layer(ops.max_pool(x, 3), params, "pool_proj", final),
    ]


def _without_pooled(x, params):
    return _branches(x, params)[:3]


def inception_forward__adds_the_branches(x, params):
    """You added the branches up: they stand side by side on the channels, and each keeps its own
    number of filters."""
    return sum(_branches(x, params))


def inception_forward__concatenates_pictures(x, params):
    """You put the branches behind one another as if they were more pictures: they belong side by
    side on the channels."""
    return np.concatenate(_branches(x, params), axis=0)


def inception_forward__concatenates_rows(x, params):
    """You put the branches below one another, so the planes grew higher: they belong side by side
    on the channels."""
    return np.concatenate(_branches(x, params), axis=2)


def inception_forward__stacks(x, params):
    """You put the branches on a new axis: the result has four dimensions, and the branches share
    the one of the channels."""
    return np.stack(_branches(x, params), axis=1)


def inception_forward__another_order(x, params):
    """You put the channels in another order: first those of 1 × 1, then 3 × 3, then 5 × 5, then
    those of the pooled branch."""
    one, three, five, pooled = _branches(x, params)
    return np.concatenate([one, five, three, pooled], axis=1)


def inception_forward__pooled_branch_first(x, params):
    """You put the pooled branch first: its channels come last."""
    *rest, pooled = _branches(x, params)
    return np.concatenate([pooled, *rest], axis=1)


def inception_forward__leaves_out_the_pooled_branch(x, params):
    """You left out the pooled branch: there are four."""
    return np.concatenate(_without_pooled(x, params), axis=1)


def inception_forward__reduced_maps_too(x, params):
    """You put the maps of the reductions into the result as well: they are only on the way to
    3 × 3 and 5 × 5."""
    one, three, five, pooled = _branches(x, params)
    narrow = [_layer(x, params, name) for name in ("3x3_reduce", "5x5_reduce")]
    return np.concatenate([one, narrow[0], three, narrow[1], five, pooled], axis=1)


def inception_forward__skips_the_reductions(x, params):
    """You gave x itself to 3 × 3 and 5 × 5: they work on what the 1 × 1 convolution before them
    leaves."""
    one, *_, pooled = _branches(x, params)
    wide = [_layer(x, params, name) for name in ("3x3", "5x5")]
    return np.concatenate([one, *wide, pooled], axis=1)


def inception_forward__one_after_the_other(x, params):
    """You ran the branches one after the other, each on what the one before gave: all four start
    from x."""
    one = _layer(x, params, "1x1")
    three = _layer(_layer(one, params, "3x3_reduce"), params, "3x3")
    five = _layer(_layer(three, params, "5x5_reduce"), params, "5x5")
    pooled = _layer(ops.max_pool(five, 3), params, "pool_proj")
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__does_not_pool(x, params):
    """You projected x itself in the last branch: it is max-pooled with windows of 3 × 3 before."""
    pooled = _layer(x, params, "pool_proj")
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__pools_after_projecting(x, params):
    """You pooled after the projection: the last branch pools x first, then projects."""
    pooled = ops.max_pool(_layer(x, params, "pool_proj"), 3)
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__averages(x, params):
    """You took the mean of the windows in the last branch: the largest pixel was asked for."""
    frame = (0, 0), (0, 0), (1, 1), (1, 1)
    x_padded = np.pad(1.0 * x, frame, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(x_padded, (3, 3), axis=(2, 3))
    means = np.nanmean(windows, axis=(4, 5))
    pooled = _layer(means, params, "pool_proj")
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__pools_in_fives(x, params):
    """You pooled with windows of 5 × 5: those of the last branch are 3 × 3."""
    pooled = _layer(ops.max_pool(x, 5), params, "pool_proj")
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__does_not_project(x, params):
    """You put the pooled x into the result as it is: "pool_proj" comes after the pooling, or this
    branch alone would have as many channels as x."""
    pooled = ops.max_pool(x, 3)
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__forgets_the_biases(x, params):
    """You left out the biases: every convolution adds one number per filter."""
    without = {name: (w, np.zeros(len(w))) for name, (w, _) in params.items()}
    return right.inception_forward(x, without)


def inception_forward__forgets_relu(x, params):
    """You left out the ReLU: one follows every convolution."""
    return np.concatenate(_branches(x, params, lambda v: v, lambda v: v), axis=1)


def inception_forward__no_relu_after_reducing(x, params):
    """You left out the ReLU after the reductions: without it, a 1 × 1 and a 3 × 3 convolution in a
    row are no more than one 3 × 3."""
    return np.concatenate(_branches(x, params, reduced=lambda v: v), axis=1)


def inception_forward__no_relu_at_the_end(x, params):
    """You left out the ReLU at the end of the branches: one follows every convolution, not only
    those that reduce."""
    return np.concatenate(_branches(x, params, final=lambda v: v), axis=1)


def inception_forward__no_relu_after_any_1x1(x, params):
    """You left out the ReLU after the 1 × 1 convolutions: one follows every convolution, those of
    1 × 1 included."""
    _, three, five, _ = _branches(x, params, reduced=lambda v: v)
    one, *_, pooled = _branches(x, params, final=lambda v: v)
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__no_relu_after_projecting(x, params):
    """You left out the ReLU after "pool_proj": one follows every convolution, the projection
    included."""
    *_, pooled = _branches(x, params, final=lambda v: v)
    return np.concatenate([*_without_pooled(x, params), pooled], axis=1)


def inception_forward__no_relu_after_1x1(x, params):
    """You left out the ReLU after "1x1": one follows every convolution, those of 1 × 1
    included."""
    one, *_ = _branches(x, params, final=lambda v: v)
    return np.concatenate([one, *_branches(x, params)[1:]], axis=1)


def inception_forward__no_relu_after_5x5(x, params):
    """You left out the ReLU after "5x5": one follows every convolution, the last of a branch
    included."""
    one, three, _, pooled = _branches(x, params)
    _, _, five, _ = _branches(x, params, final=lambda v: v)
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__no_relu_after_3x3(x, params):
    """You left out the ReLU after "3x3": one follows every convolution, the last of a branch
    included."""
    one, _, five, pooled = _branches(x, params)
    _, three, *_ = _branches(x, params, final=lambda v: v)
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__no_relu_after_5x5_reduce(x, params):
    """You left out the ReLU before 5 × 5: one follows every convolution, both reductions
    included."""
    one, three, _, pooled = _branches(x, params)
    _, _, five, _ = _branches(x, params, reduced=lambda v: v)
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__no_relu_after_3x3_reduce(x, params):
    """You left out the ReLU before 3 × 3: one follows every convolution, both reductions
    included."""
    one, _, five, pooled = _branches(x, params)
    _, three, *_ = _branches(x, params, reduced=lambda v: v)
    return np.concatenate([one, three, five, pooled], axis=1)


def inception_forward__first_picture_only(x, params):
    """You looked at the first picture only: the result holds one for each of them."""
    return right.inception_forward(x[:1], params)


# -- inception_params -----------------------------------------------------------------------------


def _total(counts):
    return {**counts, "total": sum(counts.values())}


def _counts(c_in, spec, channels=None, kernels=None, bias=True):
    """The counts, with other channels before some convolutions, or other kernel sizes."""
    before = dict.fromkeys(NAMES, c_in)
    before |= {"3x3": spec["3x3_reduce"], "5x5": spec["5x5_reduce"], **(channels or {})}
    sizes = {**KERNELS, **(kernels or {})}
    return {name: spec[name] * (before[name] * sizes[name] ** 2 + bias) for name in NAMES}


def inception_params__no_biases(c_in, spec):
    """You left out the biases: every filter has one."""
    return _total(_counts(c_in, spec, bias=False))


def inception_params__one_bias_per_layer(c_in, spec):
    """You counted one bias for each convolution: every one of its filters has a bias."""
    counts = _counts(c_in, spec, bias=False)
    return _total({name: count + 1 for name, count in counts.items()})


def inception_params__a_bias_per_channel(c_in, spec):
    """You counted a bias for every channel that comes in: a filter adds up over its channels first
    and has one bias."""
    before = {**dict.fromkeys(NAMES, c_in), "3x3": spec["3x3_reduce"]}
    before["5x5"] = spec["5x5_reduce"]
    counts = _counts(c_in, spec, bias=False)
    return _total({name: counts[name] + spec[name] * before[name] for name in NAMES})


def inception_params__wide_kernels_see_c_in(c_in, spec):
    """You let 3 × 3 and 5 × 5 see all channels of the input: they see what the 1 × 1 convolution
    before them leaves. That is what it is for."""
    return _total(_counts(c_in, spec, {"3x3": c_in, "5x5": c_in}))


def inception_params__no_reductions(c_in, spec):
    """You counted as if nothing were reduced: the 1 × 1 convolutions before 3 × 3 and 5 × 5 have
    parameters, and make the others fewer."""
    counts = _counts(c_in, spec, {"3x3": c_in, "5x5": c_in})
    return _total({**counts, "3x3_reduce": 0, "5x5_reduce": 0})


def inception_params__the_naive_module(c_in, spec):
    """You counted the module without any 1 × 1 convolution on the way, neither before 3 × 3 and
    5 × 5 nor after the pooling. This one has three of them."""
    counts = _counts(c_in, spec, {"3x3": c_in, "5x5": c_in})
    return _total({**counts, "3x3_reduce": 0, "5x5_reduce": 0, "pool_proj": 0})


def inception_params__pooling_has_none(c_in, spec):
    """You counted nothing for the pooled branch: pooling has no parameters, the 1 × 1 convolution
    after it has."""
    return _total({**_counts(c_in, spec), "pool_proj": 0})


def inception_params__one_after_the_other(c_in, spec):
    """You counted six convolutions in a row, each on the channels of the one before: the branches
    stand side by side, and all four start from the input."""
    before = dict(zip(NAMES, (c_in, *(spec[name] for name in NAMES[:-1])), strict=True))
    return _total(_counts(c_in, spec, before))


def inception_params__fives_as_threes(c_in, spec):
    """You counted 9 weights per channel for 5 × 5: a filter has one for each of its places."""
    return _total(_counts(c_in, spec, kernels={"5x5": 3}))


def inception_params__ignores_the_kernel(c_in, spec):
    """You counted one weight per channel for every filter: 3 × 3 and 5 × 5 have one for each of
    their places."""
    return _total(_counts(c_in, spec, kernels={"3x3": 1, "5x5": 1}))


def inception_params__side_for_area(c_in, spec):
    """You multiplied by the side of the kernel: its places are as many as its side times itself."""
    counts = _counts(c_in, spec)
    threes = spec["3x3"] * (spec["3x3_reduce"] * 3 + 1)
    return _total({**counts, "3x3": threes, "5x5": spec["5x5"] * (spec["5x5_reduce"] * 5 + 1)})


def inception_params__projects_with_3x3(c_in, spec):
    """You gave "pool_proj" the 3 × 3 of the pooling: the windows of the pooling have no weights,
    and the projection is 1 × 1."""
    return _total(_counts(c_in, spec, kernels={"pool_proj": 3}))


def inception_params__one_channel(c_in, spec):
    """You left out the channels: a filter has weights of its own for every channel it sees."""
    return _total(_counts(c_in, spec, dict.fromkeys(NAMES, 1)))


def inception_params__total_of_the_outputs(c_in, spec):
    """You left the two reductions out of the total: their outputs do not reach the result, but
    their parameters are there to be trained."""
    counts = _counts(c_in, spec)
    total = sum(counts[name] for name in ("1x1", "3x3", "5x5", "pool_proj"))
    return {**counts, "total": total}


# -- vgg_params -----------------------------------------------------------------------------------


def _steps(config, size):
    """(channels in, filters, height, width) of every convolution, then what is left at the end."""
    channels, height, width = size
    steps = []
    for step in config:
        if step == "M":
            height, width = height // 2, width // 2
        else:
            steps.append((channels, step, height, width))
            channels = step
    return steps, (channels, height, width)


def _conv(steps):
    return sum(filters * (9 * channels + 1) for channels, filters, *_ in steps)


def _dense(inputs, dense, bias=1):
    total = 0
    for outputs in dense:
        total += outputs * (inputs + bias)
        inputs = outputs
    return total


def _vgg(config, size, dense, conv=None, inputs=None, weights=None):
    """The counts, with another way to count the convolutions, or the numbers or weights behind."""
    steps, left = _steps(config, size)
    conv = _conv(steps) if conv is None else conv(steps)
    inputs = int(np.prod(left)) if inputs is None else inputs(*left)
    weights = _dense(inputs, dense) if weights is None else weights(inputs, dense)
    return {"conv": conv, "dense": weights, "total": conv + weights}


def vgg_params__no_biases(config, size, dense):
    """You left out the biases: every filter and every output of a dense layer has one."""

    def conv(steps):
        return sum(filters * 9 * channels for channels, filters, *_ in steps)

    return _vgg(config, size, dense, conv, weights=lambda n, layers: _dense(n, layers, bias=0))


def vgg_params__no_biases_in_convolutions(config, size, dense):
    """You left out the biases of the convolutions: every filter has one."""
    return _vgg(config, size, dense, lambda steps: sum(9 * s[0] * s[1] for s in steps))


def vgg_params__no_biases_in_dense_layers(config, size, dense):
    """You left out the biases of the dense layers: every output has one."""
    return _vgg(config, size, dense, weights=lambda n, layers: _dense(n, layers, bias=0))


def vgg_params__one_bias_per_layer(config, size, dense):
    """You counted one bias for each layer: every filter and every output of a dense layer has a
    bias."""
    bare = vgg_params__no_biases(config, size, dense)
    conv = bare["conv"] + sum(step != "M" for step in config)
    full = bare["dense"] + len(dense)
    return {"conv": conv, "dense": full, "total": conv + full}


def vgg_params__one_bias_per_convolution(config, size, dense):
    """You counted one bias for each convolution: every one of its filters has a bias."""
    return _vgg(config, size, dense, lambda steps: sum(9 * s[0] * s[1] + 1 for s in steps))


def vgg_params__as_many_channels_as_filters(config, size, dense):
    """You gave every convolution as many channels as it has filters: it sees what the one before
    gives, and the first one sees the picture."""
    return _vgg(config, size, dense, lambda steps: _conv([(s[1], *s[1:]) for s in steps]))


def vgg_params__one_colour(config, size, dense):
    """You gave the first convolution one channel: it sees all channels of the picture."""
    return _vgg(config, size, dense, lambda steps: _conv([(1, *steps[0][1:]), *steps[1:]]))


def vgg_params__picture_channels_everywhere(config, size, dense):
    """You gave every convolution the channels of the picture: from the second one on, it sees the
    filters of the one before."""
    return _vgg(config, size, dense, lambda steps: _conv([(size[0], *s[1:]) for s in steps]))


def vgg_params__one_channel_per_filter(config, size, dense):
    """You gave a filter 9 weights: it has 9 for every channel it sees."""
    return _vgg(config, size, dense, lambda steps: _conv([(1, *s[1:]) for s in steps]))


def vgg_params__three_for_nine(config, size, dense):
    """You counted 3 weights per channel: 3 × 3 places are 9."""
    return _vgg(config, size, dense, lambda steps: sum(s[1] * (3 * s[0] + 1) for s in steps))


def vgg_params__last_convolution_only(config, size, dense):
    """You counted one convolution only, the last one: this is how a whole network is said to have
    the parameters of a single layer."""
    return _vgg(config, size, dense, lambda steps: _conv(steps[-1:]))


def vgg_params__at_every_pixel(config, size, dense):
    """You multiplied the parameters by the number of pixels: the same filter is used at every
    pixel. What you counted are multiplications."""
    return _vgg(
        config, size, dense, lambda steps: sum(s[1] * (9 * s[0] + 1) * s[2] * s[3] for s in steps)
    )


def vgg_params__forgets_the_pooling(config, size, dense):
    """You gave the first dense layer the maps at full size: every "M" halves their height and
    width."""
    return _vgg(config, size, dense, inputs=lambda c, *_: c * size[1] * size[2])


def vgg_params__halves_one_side(config, size, dense):
    """You halved the number of pixels at every "M": height and width are both halved, so a quarter
    is left."""
    times = 2 ** list(config).count("M")
    return _vgg(config, size, dense, inputs=lambda c, *_: c * size[1] * size[2] // times)


def vgg_params__one_number_per_channel(config, size, dense):
    """You gave the first dense layer one number per channel: that is global average pooling, which
    VGG16 does not have. It weighs every pixel of every channel."""
    return _vgg(config, size, dense, inputs=lambda c, h, w: c)


def vgg_params__forgets_the_channels(config, size, dense):
    """You gave the first dense layer the pixels of one map: it weighs those of all channels."""
    return _vgg(config, size, dense, inputs=lambda c, h, w: h * w)


def vgg_params__square_maps(config, size, dense):
    """You took the maps for square: rows and columns can differ."""
    return _vgg(config, size, dense, inputs=lambda c, h, w: c * h * h)


def vgg_params__rounds_up(config, size, dense):
    """You rounded up where an odd number is halved: the row or column that fits no window is
    dropped."""

    def halved(n):
        for _ in range(list(config).count("M")):
            n = -(-n // 2)
        return n

    return _vgg(config, size, dense, inputs=lambda c, *_: c * halved(size[1]) * halved(size[2]))


def vgg_params__convolutions_shrink(config, size, dense):
    """You let every convolution take away two rows and columns: with pad 1, a 3 × 3 convolution
    keeps the size."""

    def shrunk(n):
        for step in config:
            n = n // 2 if step == "M" else n - 2
        return max(n, 0)

    return _vgg(config, size, dense, inputs=lambda c, *_: c * shrunk(size[1]) * shrunk(size[2]))


def vgg_params__first_dense_layer_only(config, size, dense):
    """You counted the first dense layer only: each further one has weights for every output of the
    one before."""
    return _vgg(config, size, dense, weights=lambda n, layers: _dense(n, layers[:1]))


def vgg_params__every_dense_layer_on_the_maps(config, size, dense):
    """You let every dense layer weigh the maps: only the first one does, each further one weighs
    the outputs of the one before."""

    def weights(inputs, layers):
        return sum(outputs * (inputs + 1) for outputs in layers)

    return _vgg(config, size, dense, weights=weights)


def vgg_params__total_of_the_convolutions(config, size, dense):
    """You left the dense layers out of the total: they are most of it."""
    counts = right.vgg_params(config, size, dense)
    return {**counts, "total": counts["conv"]}


# -- residual_forward -----------------------------------------------------------------------------


def _maps(x, w1, w2, inner=_relu):
    """What the two maps make of x, without the shortcut."""
    hidden = inner(np.einsum("mc,nchw->nmhw", w1, x))
    return np.einsum("fm,nmhw->nfhw", w2, hidden)


def _shortcut(x, ws):
    return x if ws is None else np.einsum("fc,nchw->nfhw", ws, x)


def residual_forward__forgets_the_shortcut(x, w1, w2, ws=None):
    """You left out the shortcut: x is added to what the two maps give."""
    return _relu(_maps(x, w1, w2))


def residual_forward__relu_before_the_sum(x, w1, w2, ws=None):
    """You applied the second ReLU before the sum: first add the shortcut, then cut off what is
    negative."""
    return _relu(_maps(x, w1, w2)) + _shortcut(x, ws)


def residual_forward__no_relu_at_the_end(x, w1, w2, ws=None):
    """You left out the ReLU after the sum: no number that comes out is negative. With weights of 0
    the block is the identity only for x that is not negative."""
    return _maps(x, w1, w2) + _shortcut(x, ws)


def residual_forward__relu_on_both_before_the_sum(x, w1, w2, ws=None):
    """You applied a ReLU to both sides and then added them: there is one ReLU, after the sum."""
    return _relu(_maps(x, w1, w2)) + _relu(_shortcut(x, ws))


def residual_forward__no_relu_inside(x, w1, w2, ws=None):
    """You left out the ReLU between the two maps: without it they are one map."""
    return _relu(_maps(x, w1, w2, inner=lambda v: v) + _shortcut(x, ws))


def residual_forward__no_relu_at_all(x, w1, w2, ws=None):
    """You left out both ReLUs: one stands between the two maps, one after the sum."""
    return _maps(x, w1, w2, inner=lambda v: v) + _shortcut(x, ws)


def residual_forward__rectifies_the_shortcut(x, w1, w2, ws=None):
    """You added the ReLU of x: the shortcut is x as it is, negative numbers included."""
    return _relu(_maps(x, w1, w2) + _shortcut(_relu(x), ws))


def residual_forward__rectifies_both_maps(x, w1, w2, ws=None):
    """You put a ReLU on the second map as well: it would let the block only add. There is one
    inside, and one after the sum."""
    return _relu(_relu(_maps(x, w1, w2)) + _shortcut(x, ws))


def residual_forward__rectifies_what_ws_gives(x, w1, w2, ws=None):
    """You put a ReLU on what ``ws`` gives: it is added as it is, negative numbers included, and
    the ReLU comes after the sum."""
    return _relu(_maps(x, w1, w2) + (x if ws is None else _relu(_shortcut(x, ws))))


def residual_forward__transposes_the_maps(x, w1, w2, ws=None):
    """You multiplied by w1 and w2 from the wrong side: row i of a matrix says how the channels are
    mixed into channel i of the result."""
    if not np.shape(w1)[0] == np.shape(w1)[1] == np.shape(w2)[0]:
        raise ValueError("operands could not be broadcast together")
    return right.residual_forward(x, np.transpose(w1), np.transpose(w2), ws)


def residual_forward__averages(x, w1, w2, ws=None):
    """You took the mean of the block and its shortcut: their sum was asked for."""
    return right.residual_forward(x, w1, w2, ws) / 2


def residual_forward__concatenates(x, w1, w2, ws=None):
    """You put the shortcut beside the block, on the channels: that is what an inception module
    does. Here the two are added."""
    return _relu(np.concatenate([_maps(x, w1, w2), _shortcut(x, ws)], axis=1))


def residual_forward__ignores_ws(x, w1, w2, ws=None):
    """You added x itself although there is a ``ws``: the shortcut is then ws · x."""
    return _relu(_maps(x, w1, w2) + x)


def residual_forward__ws_only_where_sizes_differ(x, w1, w2, ws=None):
    """You used ``ws`` only where the number of channels changes: where it is given, it is used."""
    out = right.residual_forward(x, w1, w2, ws)
    return right.residual_forward(x, w1, w2) if out.shape == x.shape else out


def residual_forward__ws_besides_x(x, w1, w2, ws=None):
    """You added both x and ws · x: with a ``ws``, the shortcut is ws · x alone."""
    return _relu(_maps(x, w1, w2) + x + (0 if ws is None else _shortcut(x, ws)))


def residual_forward__adds_too_early(x, w1, w2, ws=None):
    """You added x before the second map: the shortcut leads around both of them."""
    hidden = np.einsum("mc,nchw->nmhw", w1, x) + x
    return _relu(np.einsum("fm,nmhw->nfhw", w2, _relu(hidden)))


def residual_forward__multiplies_the_shortcut(x, w1, w2, ws=None):
    """You multiplied the block by its shortcut: the two are added."""
    return _relu(_maps(x, w1, w2) * _shortcut(x, ws))


def residual_forward__subtracts_the_shortcut(x, w1, w2, ws=None):
    """You subtracted the shortcut: the maps learn the residual, so that x is added to it."""
    return _relu(_maps(x, w1, w2) - _shortcut(x, ws))


# -- residual_backward ----------------------------------------------------------------------------


def _backward(grad, x, w1, w2, ws, block=True, hidden=_relu, **stops):
    """The gradients, with other ways past the two ReLUs and the shortcut.

    block : False for no way through the maps
    hidden : what w2 is taken to be multiplied with, made from w1 · x
    stops : ``final``, ``inner`` and ``shortcut`` take a gradient, and a dict of what was there on
        the way forth, and return what goes on; ``shortcut`` gets the gradient of the output
    """
    before = np.einsum("mc,nchw->nmhw", w1, x)
    maps = np.einsum("fm,nmhw->nfhw", w2, _relu(before))
    forth = {"x": x, "before": before, "maps": maps, "sum": maps + _shortcut(x, ws)}

    def final(g):
        return stops["final"](g, forth) if "final" in stops else g * (forth["sum"] > 0)

    def inner(g):
        return stops["inner"](g, forth) if "inner" in stops else g * (before > 0)

    masked = final(grad)
    to_hidden = inner(np.einsum("fm,nfhw->nmhw", w2, masked))
    beside = stops["shortcut"](grad, forth) if "shortcut" in stops else masked
    grads = {
        "x": np.einsum("mc,nmhw->nchw", w1, to_hidden) * bool(block),
        "w1": np.einsum("nmhw,nchw->mc", to_hidden, x),
        "w2": np.einsum("nfhw,nmhw->fm", masked, hidden(before)),
    }
    if ws is None:
        return {**grads, "x": grads["x"] + beside}
    back = np.einsum("fc,nfhw->nchw", ws, beside)
    return {**grads, "x": grads["x"] + back, "ws": np.einsum("nfhw,nchw->fc", beside, x)}


def _past(g, forth):
    """As if there were no ReLU."""
    return g


def _cut_off(g, forth):
    """The ReLU of the gradient."""
    return _relu(g)


def residual_backward__forgets_the_shortcut(grad, x, w1, w2, ws=None):
    """You let the gradient reach x through the maps only: the shortcut passes it on, too."""
    return _backward(grad, x, w1, w2, ws, shortcut=lambda g, forth: 0 * g)


def residual_backward__shortcut_only(grad, x, w1, w2, ws=None):
    """You let the gradient reach x through the shortcut only: what comes through the maps is added
    to it."""
    return _backward(grad, x, w1, w2, ws, block=False)


def residual_backward__passes_the_last_relu(grad, x, w1, w2, ws=None):
    """You sent the gradient past the last ReLU as if it were not there: where the sum is not
    positive, nothing comes back into either branch."""
    return _backward(grad, x, w1, w2, ws, final=_past)


def residual_backward__shortcut_passes_the_last_relu(grad, x, w1, w2, ws=None):
    """You led the shortcut around the last ReLU, too: that ReLU comes after the sum, so it stops
    the gradient of both branches."""
    return _backward(grad, x, w1, w2, ws, shortcut=_past)


def residual_backward__passes_the_inner_relu(grad, x, w1, w2, ws=None):
    """You sent the gradient past the ReLU between the maps: where its input was not positive,
    nothing goes on to w1 and x."""
    return _backward(grad, x, w1, w2, ws, inner=_past)


def residual_backward__rectifies_the_gradient(grad, x, w1, w2, ws=None):
    """You cut off negative gradients: a ReLU lets a gradient through where its input was positive
    in the forward pass, whatever the gradient's sign."""
    return _backward(grad, x, w1, w2, ws, final=_cut_off, inner=_cut_off)


def residual_backward__rectifies_at_the_last_relu(grad, x, w1, w2, ws=None):
    """You cut off what is negative in the gradient that comes in: the last ReLU stops it where the
    sum was not positive in the forward pass, whatever the gradient's sign."""
    return _backward(grad, x, w1, w2, ws, final=_cut_off)


def residual_backward__rectifies_at_the_inner_relu(grad, x, w1, w2, ws=None):
    """You cut off negative gradients at the ReLU between the maps: it stops a gradient where w1 · x
    was not positive in the forward pass, whatever the gradient's sign."""
    return _backward(grad, x, w1, w2, ws, inner=_cut_off)


def residual_backward__last_mask_without_the_shortcut(grad, x, w1, w2, ws=None):
    """You stopped the gradient where the maps alone give nothing positive: the last ReLU stands
    behind the sum, so it is the sum that decides."""
    return _backward(grad, x, w1, w2, ws, final=lambda g, forth: g * (forth["maps"] > 0))


def residual_backward__masks_the_shortcut_by_x(grad, x, w1, w2, ws=None):
    """You stopped the gradient of the shortcut where x was not positive: there is no ReLU on the
    shortcut, so nothing is stopped there."""
    if ws is not None:
        return _backward(grad, x, w1, w2, ws)
    grads = _backward(grad, x, w1, w2, ws)
    through = _backward(grad, x, w1, w2, ws, shortcut=lambda g, forth: 0 * g)["x"]
    return {**grads, "x": through + (grads["x"] - through) * (x > 0)}


def residual_backward__inner_mask_by_x(grad, x, w1, w2, ws=None):
    """You stopped the gradient between the maps where x was not positive: the input of that ReLU
    is w1 · x, so that decides."""
    if len(w1) != np.shape(x)[1]:
        raise ValueError("operands could not be broadcast together")
    return _backward(grad, x, w1, w2, ws, inner=lambda g, forth: g * (forth["x"] > 0))


def residual_backward__w1_without_the_inner_mask(grad, x, w1, w2, ws=None):
    """You forgot the ReLU between the maps in the gradient of w1: what it stops reaches neither x
    nor w1."""
    without = _backward(grad, x, w1, w2, ws, inner=_past)
    return {**_backward(grad, x, w1, w2, ws), "w1": without["w1"]}


def residual_backward__w1_not_transposed(grad, x, w1, w2, ws=None):
    """You sent the gradient to x through w1 and not through its transpose: what leads from C
    channels to M must lead back from M to C."""
    grads = _backward(grad, x, w1, w2, ws)
    if np.shape(w1)[0] != np.shape(w1)[1]:
        raise ValueError("operands could not be broadcast together")
    turned = _backward(grad, x, w1, w2, ws, block=False)["x"]
    hidden = np.einsum("mc,nchw->nmhw", w1, x)
    alive = grad * (right.residual_forward(x, w1, w2, ws) > 0)
    to_hidden = np.einsum("fm,nfhw->nmhw", w2, alive) * (hidden > 0)
    return {**grads, "x": turned + np.einsum("mc,nchw->nmhw", w1, to_hidden)}


def residual_backward__lets_zero_through(grad, x, w1, w2, ws=None):
    """You let the gradient through where the input of a ReLU was exactly 0: it has to be larger
    than 0."""
    return _backward(
        *(grad, x, w1, w2, ws),
        final=lambda g, forth: g * (forth["sum"] >= 0),
        inner=lambda g, forth: g * (forth["before"] >= 0),
    )


def residual_backward__inner_zero_through(grad, x, w1, w2, ws=None):
    """You let the gradient through where the input of the ReLU between the maps was exactly 0: it
    has to be larger than 0."""
    return _backward(grad, x, w1, w2, ws, inner=lambda g, forth: g * (forth["before"] >= 0))


def residual_backward__passes_both_relus(grad, x, w1, w2, ws=None):
    """You treated the block as if it had no ReLU: each of the two stops the gradient where its
    input was not positive."""
    return _backward(grad, x, w1, w2, ws, final=_past, inner=_past)


def residual_backward__w2_without_relu(grad, x, w1, w2, ws=None):
    """You took w1 · x for what w2 is multiplied with: it is multiplied with the ReLU of that, so
    that is what its gradient holds."""
    return _backward(grad, x, w1, w2, ws, hidden=lambda before: before)


def residual_backward__multiplies_the_ways(grad, x, w1, w2, ws=None):
    """You multiplied what comes through the maps by what comes through the shortcut: where ways
    meet, their gradients are added."""
    grads = _backward(grad, x, w1, w2, ws)
    through = _backward(grad, x, w1, w2, ws, shortcut=lambda g, forth: 0 * g)["x"]
    return {**grads, "x": through * (grads["x"] - through)}


def residual_backward__averages_the_ways(grad, x, w1, w2, ws=None):
    """You took the mean of the two branches to x: their gradients are added."""
    grads = _backward(grad, x, w1, w2, ws)
    return {**grads, "x": grads["x"] / 2}


def residual_backward__means_over_pictures(grad, x, w1, w2, ws=None):
    """You divided the gradients of the weights by the number of pictures: they are the sum over
    all pictures and pixels."""
    grads = _backward(grad, x, w1, w2, ws)
    return {name: g if name == "x" else g / len(x) for name, g in grads.items()}


def residual_backward__means_over_pixels(grad, x, w1, w2, ws=None):
    """You took the mean over all pixels for the gradients of the weights: they are the sum over
    all pictures and pixels."""
    grads = _backward(grad, x, w1, w2, ws)
    pixels = x.size / x.shape[1]
    return {name: g if name == "x" else g / pixels for name, g in grads.items()}


def residual_backward__first_picture_only(grad, x, w1, w2, ws=None):
    """You used the first picture only for the gradients of the weights: they are the sum over all
    of them."""
    grads = _backward(grad, x, w1, w2, ws)
    return {**_backward(grad[:1], x[:1], w1, w2, ws), "x": grads["x"]}


def residual_backward__transposes_the_weights(grad, x, w1, w2, ws=None):
    """You returned the gradients of the weights transposed: each has the shape of its weights."""
    grads = _backward(grad, x, w1, w2, ws)
    return {name: g if name == "x" else g.T for name, g in grads.items()}


def residual_backward__forgets_ws(grad, x, w1, w2, ws=None):
    """You returned no gradient of ``ws``: where there is one, it is to be trained like the other
    two."""
    grads = _backward(grad, x, w1, w2, ws)
    return {name: g for name, g in grads.items() if name != "ws"}


def residual_backward__shortcut_without_ws(grad, x, w1, w2, ws=None):
    """You passed the gradient of the shortcut to x as it is, although it went through ``ws``: it
    comes back through the transpose."""
    grads = _backward(grad, x, w1, w2, ws)
    if ws is None or len(ws) != x.shape[1]:
        return grads
    through = _backward(grad, x, w1, w2, ws, shortcut=lambda g, forth: 0 * g)["x"]
    return {**grads, "x": through + grad * (right.residual_forward(x, w1, w2, ws) > 0)}


def residual_backward__ws_not_transposed(grad, x, w1, w2, ws=None):
    """You sent the gradient of the shortcut through ``ws`` and not through its transpose: what
    leads from C channels to F must lead back from F to C."""
    grads = _backward(grad, x, w1, w2, ws)
    if ws is None or len(ws) != x.shape[1]:
        return grads
    flipped = _backward(grad, x, w1, w2, ws, shortcut=lambda g, forth: 0 * g)["x"]
    masked = grad * (right.residual_forward(x, w1, w2, ws) > 0)
    return {**grads, "x": flipped + np.einsum("cf,nfhw->nchw", ws, masked)}


def residual_backward__subtracts(grad, x, w1, w2, ws=None):
    """You returned the gradients with the other sign: taking the step downhill is not part of
    this function."""
    return {name: -g for name, g in _backward(grad, x, w1, w2, ws).items()}


# -- residual_by_hand -----------------------------------------------------------------------------


def _by_hand(mine, forward=right.residual_forward, backward=right.residual_backward):
    x, w1, w2 = mine.x, mine.w1, mine.w2
    dx = backward(mine.grad, x, w1, w2)["x"]
    return {"out": forward(x, w1, w2).ravel().tolist(), "dx": dx.ravel().tolist()}


def residual_by_hand__forgets_the_shortcut(mine):
    """These numbers leave out the shortcut, forward and backward: x is added to what the two
    maps give, and its gradient is added, too."""
    return _by_hand(
        mine, residual_forward__forgets_the_shortcut, residual_backward__forgets_the_shortcut
    )


def residual_by_hand__relu_before_the_sum(mine):
    """These numbers come from a ReLU before the sum: first add x, then cut off what is negative."""
    return _by_hand(mine, residual_forward__relu_before_the_sum)


def residual_by_hand__no_relu_at_the_end(mine):
    """These numbers were not cut off after the sum: what is negative becomes 0, and lets no
    gradient back."""
    return _by_hand(
        mine, residual_forward__no_relu_at_the_end, residual_backward__passes_the_last_relu
    )


def residual_by_hand__no_relu_inside(mine):
    """These numbers were not cut off between the two maps: what is negative there becomes 0, and
    lets no gradient back."""
    return _by_hand(
        mine, residual_forward__no_relu_inside, residual_backward__passes_the_inner_relu
    )


def residual_by_hand__no_relu_at_all(mine):
    """These numbers come from a block without a ReLU: there is one between the two maps and one
    after the sum."""
    return _by_hand(mine, residual_forward__no_relu_at_all, residual_backward__passes_both_relus)


def residual_by_hand__rectifies_the_shortcut(mine):
    """These numbers come from adding the ReLU of x: the shortcut is x as it is, negative numbers
    included."""
    return _by_hand(mine, residual_forward__rectifies_the_shortcut)


def residual_by_hand__shortcut_only(mine):
    """These numbers take the gradient through the shortcut only: what comes back through the two
    maps is added to it."""
    return _by_hand(mine, backward=residual_backward__shortcut_only)


def residual_by_hand__gradient_without_shortcut(mine):
    """These numbers take the gradient through the two maps only: the shortcut passes it on, too."""
    return _by_hand(mine, backward=residual_backward__forgets_the_shortcut)


def residual_by_hand__gradient_passes_the_last_relu(mine):
    """These numbers let the gradient past the last ReLU: where nothing comes out, nothing goes
    back into either branch."""
    return _by_hand(mine, backward=residual_backward__passes_the_last_relu)


def residual_by_hand__shortcut_passes_the_last_relu(mine):
    """These numbers lead the shortcut around the last ReLU: that one comes after the sum, so it
    stops the gradient of both branches."""
    return _by_hand(mine, backward=residual_backward__shortcut_passes_the_last_relu)


def residual_by_hand__gradient_passes_the_inner_relu(mine):
    """These numbers let the gradient past the ReLU between the maps: the map that gave something
    negative passes none on."""
    return _by_hand(mine, backward=residual_backward__passes_the_inner_relu)


def residual_by_hand__returns_the_gradient_as_it_came(mine):
    """These numbers are the gradient as it came in: it still has to go back through the block."""
    return {**_by_hand(mine), "dx": mine.grad.ravel().tolist()}


def residual_by_hand__rectifies_both_maps(mine):
    """These numbers come from one ReLU too many, on the second map: there is one between the maps
    and one after the sum."""
    return _by_hand(mine, residual_forward__rectifies_both_maps)


def residual_by_hand__rectifies_the_gradient(mine):
    """These gradients were cut off where they are negative: a ReLU lets a gradient through where
    its input was positive in the forward pass, whatever the gradient's sign."""
    return _by_hand(mine, backward=residual_backward__rectifies_the_gradient)


def residual_by_hand__rectifies_at_the_last_relu(mine):
    """These numbers stop a negative ``grad`` at the last ReLU: what counts there is whether the sum
    was positive in the forward pass."""
    return _by_hand(mine, backward=residual_backward__rectifies_at_the_last_relu)


def residual_by_hand__rectifies_at_the_inner_relu(mine):
    """These numbers stop negative gradients between the maps: what counts there is whether w1 · x
    was positive in the forward pass."""
    return _by_hand(mine, backward=residual_backward__rectifies_at_the_inner_relu)


def residual_by_hand__last_mask_without_the_shortcut(mine):
    """These numbers stop the gradient where the maps alone give nothing positive: the last ReLU
    stands behind the sum, so it is the sum that decides."""
    return _by_hand(mine, backward=residual_backward__last_mask_without_the_shortcut)


def residual_by_hand__masks_the_shortcut_by_x(mine):
    """These numbers stop the gradient of the shortcut where x is negative: there is no ReLU on the
    shortcut."""
    return _by_hand(mine, backward=residual_backward__masks_the_shortcut_by_x)


def residual_by_hand__back_past_both_relus(mine):
    """These numbers come back as if there were no ReLU: each of the two lets the gradient through
    only where its input was positive in the forward pass."""
    return _by_hand(mine, backward=residual_backward__passes_both_relus)
