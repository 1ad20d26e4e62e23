"""Plausible wrong solutions to unit 3. The docstring is the sentence that the student reads.

A sentence speaks to the student, says what the answer did and what was asked, and does not give
the code away. A misconception keeps everything else right, so that it is told from the others.
"""

import numpy as np

from autograder.checking.mistakes import about_refusals
from autograder.units.unit3_shapes import reference as right


def _pair(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def _room(n, kernel, pad, dilation):
    """Places that the window can start at, less one."""
    return n + 2 * pad - dilation * (kernel - 1) - 1


def _both(size, x_shape, w_shape, stride, pad, dilation):
    """`conv_output_shape` with another rule for one line."""
    n, f, _, _ = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    options = zip(x_shape[2:], w_shape[2:], _pair(stride), _pair(pad), _pair(dilation), strict=True)
    return (n, f, *(size(*option) for option in options))


# -- conv_output_size -----------------------------------------------------------------------------


def conv_output_size__pads_once(n, kernel, stride=1, pad=0, dilation=1):
    """You added the padding once: ``pad`` counts on each side, so it is there twice."""
    return (_room(n, kernel, pad, dilation) - pad) // stride + 1


def conv_output_size__no_plus_one(n, kernel, stride=1, pad=0, dilation=1):
    """You counted the steps of the window: there is one place more than there are steps, the one
    it starts at."""
    return _room(n, kernel, pad, dilation) // stride


def conv_output_size__adds_one_before_dividing(n, kernel, stride=1, pad=0, dilation=1):
    """You divided the number of places by the stride, the first place included: only the steps
    after it are divided."""
    return (_room(n, kernel, pad, dilation) + 1) // stride


def conv_output_size__rounds_up(n, kernel, stride=1, pad=0, dilation=1):
    """You rounded up: a window that does not fit completely is left out."""
    return -(-_room(n, kernel, pad, dilation) // stride) + 1


def conv_output_size__rounds_to_nearest(n, kernel, stride=1, pad=0, dilation=1):
    """You rounded to the nearest whole number, which sometimes goes up: a window that does not
    fit completely is left out."""
    return round(_room(n, kernel, pad, dilation) / stride) + 1


def conv_output_size__does_not_round(n, kernel, stride=1, pad=0, dilation=1):
    """You returned a fraction where the stride does not come out even: windows are counted, and
    only those that fit completely."""
    return _room(n, kernel, pad, dilation) / stride + 1


def conv_output_size__same_rule(n, kernel, stride=1, pad=0, dilation=1):
    """You divided the size of the input by the stride: that is the rule for \"same\" padding. Here
    ``pad`` says how much padding there is."""
    return -(-n // stride)


def conv_output_size__ignores_kernel(n, kernel, stride=1, pad=0, dilation=1):
    """You left the kernel out: a window that starts near the end of the line does not fit."""
    return (n + 2 * pad - 1) // stride + 1


def conv_output_size__ignores_stride(n, kernel, stride=1, pad=0, dilation=1):
    """You moved the window by one where a larger stride was asked for."""
    return _room(n, kernel, pad, dilation) + 1


def conv_output_size__ignores_pad(n, kernel, stride=1, pad=0, dilation=1):
    """You left the padding out: it makes the line longer before the window slides over it."""
    return _room(n, kernel, 0, dilation) // stride + 1


def conv_output_size__ignores_dilation(n, kernel, stride=1, pad=0, dilation=1):
    """You left the dilation out: the kernel reaches further than it has taps."""
    return _room(n, kernel, pad, 1) // stride + 1


def conv_output_size__reach_is_dilation_times_kernel(n, kernel, stride=1, pad=0, dilation=1):
    """You took the reach to be the dilation times the taps: that counts a gap after the last tap,
    where nothing follows."""
    return (n + 2 * pad - dilation * kernel) // stride + 1


def conv_output_size__dilates_one_too_far(n, kernel, stride=1, pad=0, dilation=1):
    """You put ``dilation`` pixels between neighbouring taps: it is the distance from tap to tap,
    and 1 means no gap."""
    return _room(n, kernel, pad, dilation + 1) // stride + 1


def conv_output_size__dilates_the_stride(n, kernel, stride=1, pad=0, dilation=1):
    """You let the dilation make the steps larger: it moves the taps apart, the windows stand as
    far apart as the stride says."""
    return _room(n, kernel, pad, dilation) // (stride * dilation) + 1


@about_refusals
def conv_output_size__accepts_what_does_not_fit(n, kernel, stride=1, pad=0, dilation=1):
    """You returned zero or a negative size: a kernel longer than the padded line must raise a
    ValueError that names it."""
    return _room(n, kernel, pad, dilation) // stride + 1


@about_refusals
def conv_output_size__compares_the_kernel_only(n, kernel, stride=1, pad=0, dilation=1):
    """You compared the taps of the kernel with the line, and not its reach: a dilated kernel is
    longer than it has taps."""
    if kernel > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return max(_room(n, kernel, pad, dilation) // stride + 1, 0)


@about_refusals
def conv_output_size__compares_without_padding(n, kernel, stride=1, pad=0, dilation=1):
    """You refused a kernel longer than the line as it is: with its padding it may fit."""
    if dilation * (kernel - 1) + 1 > n:
        raise ValueError("the kernel does not fit")
    return right.conv_output_size(n, kernel, stride, pad, dilation)


def conv_output_size__refuses_what_just_fits(n, kernel, stride=1, pad=0, dilation=1):
    """You refused a kernel exactly as long as the padded line: it fits, once."""
    out = right.conv_output_size(n, kernel, stride, pad, dilation)
    if _room(n, kernel, pad, dilation) == 0:
        raise ValueError("kernel does not fit")
    return out


# -- conv_output_shape ----------------------------------------------------------------------------


def conv_output_shape__channels_of_the_input(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You gave the output the channels of the input: it has one plane per filter."""
    n, _, rows, columns = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return n, x_shape[1], rows, columns


def conv_output_shape__plane_per_filter_and_channel(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You counted a plane for every filter and every channel: a filter adds its channels up, and
    gives one plane."""
    n, f, rows, columns = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return n, f * x_shape[1], rows, columns


def conv_output_shape__drops_pictures(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You left out how many pictures there are: the output has four axes, and as many pictures as
    went in."""
    return right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)[1:]


def conv_output_shape__one_picture(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You wrote 1 for the number of pictures: as many come out as went in."""
    return (1, *right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)[1:])


def conv_output_shape__filters_first(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You put the filters before the pictures: the first axis counts the pictures."""
    n, f, rows, columns = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return f, n, rows, columns


def conv_output_shape__channels_last(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You put the channels last, as Keras does: here they come second."""
    n, f, rows, columns = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return n, rows, columns, f


def conv_output_shape__swaps_rows_and_columns(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You exchanged rows and columns of the output: the rows come first."""
    n, f, rows, columns = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return n, f, columns, rows


def conv_output_shape__square_output(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You took the number of rows for the columns, too: they have a size, a kernel and options of
    their own."""
    n, f, rows, _ = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    return n, f, rows, rows


def conv_output_shape__square_kernel(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You used the rows of the kernel for the columns, too: a kernel may be wider than high."""
    n, f, rows, _ = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    room = _room(x_shape[3], w_shape[2], _pair(pad)[1], _pair(dilation)[1])
    return n, f, rows, room // _pair(stride)[1] + 1


def conv_output_shape__swaps_stride_pair(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You took the stride pair as (columns, rows): the first number moves the window down."""
    return right.conv_output_shape(x_shape, w_shape, _pair(stride)[::-1], pad, dilation)


def conv_output_shape__swaps_pad_pair(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You took the pad pair as (columns, rows): the first number is for the rows, above and
    below."""
    return right.conv_output_shape(x_shape, w_shape, stride, _pair(pad)[::-1], dilation)


def conv_output_shape__swaps_dilation_pair(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You took the dilation pair as (columns, rows): the first number is for the rows."""

    def turned(n, kernel, s, p, d):
        return _room(n, kernel, p, sum(_pair(dilation)) - d) // s + 1

    return _both(turned, x_shape, w_shape, stride, pad, dilation)


def conv_output_shape__swaps_every_pair(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You took the pairs as (columns, rows): the first number is for the rows."""
    n, f, _, _ = right.conv_output_shape(x_shape, w_shape, stride, pad, dilation)
    sizes = zip(
        x_shape[2:],
        w_shape[2:],
        _pair(stride)[::-1],
        _pair(pad)[::-1],
        _pair(dilation)[::-1],
        strict=True,
    )
    return (n, f, *(_room(size, k, p, d) // s + 1 for size, k, s, p, d in sizes))


def conv_output_shape__first_of_each_pair(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You used the first number of a pair for rows and columns: the second is for the columns."""

    def size(n, kernel, *_):
        s, p, d = (_pair(option)[0] for option in (stride, pad, dilation))
        return _room(n, kernel, p, d) // s + 1

    return _both(size, x_shape, w_shape, stride, pad, dilation)


def conv_output_shape__pads_once(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You added the padding once: ``pad`` counts on each side, so it is there twice."""
    size = conv_output_size__pads_once
    return _both(size, x_shape, w_shape, stride, pad, dilation)


def conv_output_shape__no_plus_one(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You counted the steps of the window: there is one place more than there are steps, the one
    it starts at."""
    size = conv_output_size__no_plus_one
    return _both(size, x_shape, w_shape, stride, pad, dilation)


def conv_output_shape__rounds_up(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You rounded up: a window that does not fit completely is left out."""
    size = conv_output_size__rounds_up
    return _both(size, x_shape, w_shape, stride, pad, dilation)


def conv_output_shape__ignores_dilation(x_shape, w_shape, stride=1, pad=0, dilation=1):
    """You left the dilation out: the kernel reaches further than it has taps."""
    return right.conv_output_shape(x_shape, w_shape, stride, pad)


def conv_output_shape__reach_is_dilation_times_kernel(
    x_shape, w_shape, stride=1, pad=0, dilation=1
):
    """You took the reach to be the dilation times the taps: that counts a gap after the last tap,
    where nothing follows."""
    size = conv_output_size__reach_is_dilation_times_kernel
    return _both(size, x_shape, w_shape, stride, pad, dilation)


# -- conv_output_shape_by_hand --------------------------------------------------------------------


def _answer(mine, size=None, **wrong):
    """The dictionary with the sizes by another rule, or with some entries replaced."""
    answer = dict(right.conv_output_shape_by_hand(mine))
    if size:
        shape = _both(size, mine.x_shape, mine.w_shape, mine.stride, mine.pad, mine.dilation)
        answer["rows"], answer["columns"] = shape[2:]
        answer["macs"] = int(np.prod(mine.w_shape)) * shape[2] * shape[3]
    return answer | wrong


def conv_output_shape_by_hand__pads_once(mine):
    """Your size comes out if the padding is added once: ``pad`` counts on each side."""
    return _answer(mine, conv_output_size__pads_once)


def conv_output_shape_by_hand__no_plus_one(mine):
    """Your size counts the steps of the window: there is one place more, the one it starts at."""
    return _answer(mine, conv_output_size__no_plus_one)


def conv_output_shape_by_hand__rounds_up(mine):
    """Your size is rounded up: a window that does not fit completely is left out."""
    return _answer(mine, conv_output_size__rounds_up)


def conv_output_shape_by_hand__ignores_stride(mine):
    """Your size comes out at stride 1: the window moves further each time."""
    return _answer(mine, conv_output_size__ignores_stride)


def conv_output_shape_by_hand__ignores_pad(mine):
    """Your size comes out without padding: it makes the picture larger first."""
    return _answer(mine, conv_output_size__ignores_pad)


def conv_output_shape_by_hand__ignores_dilation(mine):
    """Your size comes out without dilation: the kernel reaches further than it has taps."""
    return _answer(mine, conv_output_size__ignores_dilation)


def conv_output_shape_by_hand__reach_is_dilation_times_kernel(mine):
    """Your size comes out if the reach is the dilation times the taps: that counts a gap after the
    last tap, where nothing follows."""
    return _answer(mine, conv_output_size__reach_is_dilation_times_kernel)


def conv_output_shape_by_hand__dilates_one_too_far(mine):
    """Your size comes out if the dilation is the gap between taps: it is the distance from tap to
    tap."""
    return _answer(mine, conv_output_size__dilates_one_too_far)


def conv_output_shape_by_hand__swaps_rows_and_columns(mine):
    """You exchanged rows and columns: in the shapes, the rows come first."""
    answer = right.conv_output_shape_by_hand(mine)
    return _answer(mine, rows=answer["columns"], columns=answer["rows"])


def conv_output_shape_by_hand__channels_of_the_input(mine):
    """You gave the output the channels of the input: it has one plane per filter."""
    return _answer(mine, channels=mine.x_shape[1])


def conv_output_shape_by_hand__params_without_channels(mine):
    """You counted one kernel per filter: a filter has a kernel for every channel of its input."""
    f, _, kh, kw = mine.w_shape
    return _answer(mine, params=f * (kh * kw + 1))


def conv_output_shape_by_hand__params_without_filters(mine):
    """You counted the parameters of one filter: there are several."""
    _, c, kh, kw = mine.w_shape
    return _answer(mine, params=c * kh * kw + 1)


def conv_output_shape_by_hand__drops_biases(mine):
    """You counted the weights and left out the biases: every filter has one."""
    return _answer(mine, params=int(np.prod(mine.w_shape)))


def conv_output_shape_by_hand__one_bias(mine):
    """You counted one bias for the whole layer: every filter has one."""
    return _answer(mine, params=int(np.prod(mine.w_shape)) + 1)


def conv_output_shape_by_hand__bias_per_channel(mine):
    """You counted a bias for every kernel: a filter has one, however many channels it reads."""
    f, c, kh, kw = mine.w_shape
    return _answer(mine, params=f * c * (kh * kw + 1))


def conv_output_shape_by_hand__dilation_adds_weights(mine):
    """You counted a weight for every pixel that the dilated kernel reaches over: dilation moves
    the taps apart and adds none."""
    f, c, kh, kw = mine.w_shape
    weights = f * c * (mine.dilation * (kh - 1) + 1) * (mine.dilation * (kw - 1) + 1)
    answer = right.conv_output_shape_by_hand(mine)
    return _answer(mine, params=weights + f, macs=weights * answer["rows"] * answer["columns"])


def conv_output_shape_by_hand__macs_at_input_size(mine):
    """You counted the multiplications for every pixel of the input: they are made once for every
    place of the output."""
    macs = int(np.prod(mine.w_shape)) * mine.x_shape[2] * mine.x_shape[3]
    return _answer(mine, macs=macs)


def conv_output_shape_by_hand__macs_without_channels(mine):
    """You counted the multiplications for one input channel: every output number reads all of
    them."""
    return _answer(mine, macs=right.conv_output_shape_by_hand(mine)["macs"] // mine.w_shape[1])


def conv_output_shape_by_hand__macs_of_one_filter(mine):
    """You counted the multiplications for one filter: every filter makes as many."""
    return _answer(mine, macs=right.conv_output_shape_by_hand(mine)["macs"] // mine.w_shape[0])


def conv_output_shape_by_hand__flops_for_macs(mine):
    """You counted multiplications and additions apart: a multiply-accumulate is both, and counts
    once."""
    return _answer(mine, macs=2 * right.conv_output_shape_by_hand(mine)["macs"])


def conv_output_shape_by_hand__macs_with_biases(mine):
    """You counted the parameters at every place: adding the bias is no multiplication."""
    answer = right.conv_output_shape_by_hand(mine)
    return _answer(mine, macs=answer["params"] * answer["rows"] * answer["columns"])


# -- fit_report -----------------------------------------------------------------------------------


def fit_report__rounds_up(n, kernel, stride=1, pad=0, dilation=1):
    """You rounded up, and counted a window that runs over the end: only those that fit completely
    count."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out + (unused > 0), unused


def fit_report__rounds_up_and_uses_all(n, kernel, stride=1, pad=0, dilation=1):
    """You rounded up, so that nothing seems left over: a window that does not fit completely is
    left out, and what only it would cover is unused."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out + (unused > 0), 0


def fit_report__rounds_to_nearest(n, kernel, stride=1, pad=0, dilation=1):
    """You rounded to the nearest whole number, which sometimes goes up: a window that does not fit
    completely is left out."""
    _, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return round(_room(n, kernel, pad, dilation) / stride) + 1, unused


def fit_report__does_not_round(n, kernel, stride=1, pad=0, dilation=1):
    """You returned a fraction of a window: only windows that fit completely count."""
    _, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return _room(n, kernel, pad, dilation) / stride + 1, unused


def fit_report__no_plus_one(n, kernel, stride=1, pad=0, dilation=1):
    """You counted the steps of the window: there is one place more than there are steps, the one
    it starts at."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out - 1, unused


def fit_report__adds_one_before_dividing(n, kernel, stride=1, pad=0, dilation=1):
    """You divided the number of places by the stride, the first place included: only the steps
    after it are divided."""
    return divmod(_room(n, kernel, pad, dilation) + 1, stride)


def fit_report__same_rule(n, kernel, stride=1, pad=0, dilation=1):
    """You divided the size of the input by the stride, the rule for \"same\" padding: here ``pad``
    says how much padding there is."""
    _, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return -(-n // stride), unused


def fit_report__pads_once(n, kernel, stride=1, pad=0, dilation=1):
    """You added the padding once: ``pad`` counts at each end, so it is there twice."""
    steps, unused = divmod(_room(n, kernel, pad, dilation) - pad, stride)
    return steps + 1, unused


def fit_report__ignores_dilation(n, kernel, stride=1, pad=0, dilation=1):
    """You left the dilation out: the kernel reaches further than it has taps."""
    return right.fit_report(n, kernel, stride, pad)


def fit_report__last_window_without_dilation(n, kernel, stride=1, pad=0, dilation=1):
    """You let the last window end as if it were not dilated: its last tap lies further on."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out, unused + (kernel - 1) * (dilation - 1)


def fit_report__reach_is_dilation_times_kernel(n, kernel, stride=1, pad=0, dilation=1):
    """You took the reach to be the dilation times the taps: that counts a gap after the last tap,
    where nothing follows."""
    steps, unused = divmod(n + 2 * pad - dilation * kernel, stride)
    return steps + 1, unused


def fit_report__remainder_of_the_input(n, kernel, stride=1, pad=0, dilation=1):
    """You took what remains when the size of the input is divided by the stride: the window starts
    with its whole reach, and only the rest is walked in steps."""
    out, _ = right.fit_report(n, kernel, stride, pad, dilation)
    return out, n % stride


def fit_report__remainder_without_kernel(n, kernel, stride=1, pad=0, dilation=1):
    """You took what remains when the padded line is divided by the stride: the first window
    covers its whole reach, and only the rest is walked in steps."""
    out, _ = right.fit_report(n, kernel, stride, pad, dilation)
    return out, (n + 2 * pad) % stride


def fit_report__what_is_missing(n, kernel, stride=1, pad=0, dilation=1):
    """You counted the pixels that one more window would need: asked for are those that are there
    and not covered."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out, -unused % stride


def fit_report__forgets_padding_at_the_end(n, kernel, stride=1, pad=0, dilation=1):
    """You counted up to the end of the picture: the padding after it belongs to the line, too."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out, max(unused - pad, 0)


def fit_report__unused_without_padding(n, kernel, stride=1, pad=0, dilation=1):
    """You left the padding out of what is left over: the windows slide over the padded line."""
    out, _ = right.fit_report(n, kernel, stride, pad, dilation)
    return out, _room(n, kernel, 0, dilation) % stride


def fit_report__counts_gaps(n, kernel, stride=1, pad=0, dilation=1):
    """You counted the gaps between windows, too: asked for is what comes after the last one."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    reach = dilation * (kernel - 1) + 1
    return out, unused + (out - 1) * max(stride - reach, 0)


def fit_report__start_of_the_last_window(n, kernel, stride=1, pad=0, dilation=1):
    """You counted from where the last window starts: what it covers is used."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out, unused + dilation * (kernel - 1)


def fit_report__yes_or_no(n, kernel, stride=1, pad=0, dilation=1):
    """You said only that something is left over: asked for is how much."""
    out, unused = right.fit_report(n, kernel, stride, pad, dilation)
    return out, int(unused > 0)


def fit_report__swapped(n, kernel, stride=1, pad=0, dilation=1):
    """You returned what is left over first: the number of windows comes first."""
    return right.fit_report(n, kernel, stride, pad, dilation)[::-1]


# -- fit_report_by_hand ---------------------------------------------------------------------------


def _line(mine):
    return mine.n, mine.kernel, mine.stride, mine.pad, mine.dilation


def fit_report_by_hand__rounds_up(mine):
    """Your first number is rounded up: the last window does not fit completely."""
    return fit_report__rounds_up(*_line(mine))


def fit_report_by_hand__rounds_up_and_uses_all(mine):
    """These numbers come out if the size is rounded up: the last window does not fit completely,
    so it is left out, and something is unused."""
    return fit_report__rounds_up_and_uses_all(*_line(mine))


def fit_report_by_hand__no_plus_one(mine):
    """Your first number counts the steps of the window: there is one place more, the one it starts
    at."""
    return fit_report__no_plus_one(*_line(mine))


def fit_report_by_hand__pads_once(mine):
    """These numbers come out if the padding is added once: it is there at each end."""
    return fit_report__pads_once(*_line(mine))


def fit_report_by_hand__ignores_pad(mine):
    """These numbers come out without padding: it makes the line longer first."""
    return right.fit_report(mine.n, mine.kernel, mine.stride, 0, mine.dilation)


def fit_report_by_hand__ignores_dilation(mine):
    """These numbers come out without dilation: the kernel reaches further than it has taps."""
    return fit_report__ignores_dilation(*_line(mine))


def fit_report_by_hand__reach_is_dilation_times_kernel(mine):
    """These numbers come out if the reach is the dilation times the taps: after the last tap
    nothing follows."""
    return fit_report__reach_is_dilation_times_kernel(*_line(mine))


def fit_report_by_hand__adds_one_before_dividing(mine):
    """These numbers come out if the number of places is divided by the stride, the first one
    included: only the steps after it are divided."""
    return fit_report__adds_one_before_dividing(*_line(mine))


def fit_report_by_hand__what_is_missing(mine):
    """Your second number is what one more window would need: asked for are the pixels that are
    there and not covered."""
    return fit_report__what_is_missing(*_line(mine))


def fit_report_by_hand__remainder_of_the_input(mine):
    """Your second number is what remains when the size of the input is divided by the stride: the
    first window covers its whole reach, and only the rest is walked in steps."""
    return fit_report__remainder_of_the_input(*_line(mine))


def fit_report_by_hand__nothing_unused(mine):
    """Your first number is right, but something is left over: find where the last window ends."""
    return right.fit_report_by_hand(mine)[0], 0


def fit_report_by_hand__swapped(mine):
    """These numbers are right, in the wrong order: the number of windows comes first."""
    return right.fit_report_by_hand(mine)[::-1]


# -- conv1x1 --------------------------------------------------------------------------------------


def _biased(out, b):
    return out if b is None else out + b[:, None, None]


def conv1x1__transposes_w(x, w, b=None):
    """You exchanged the axes of ``w``: a row belongs to a filter, a column to a channel of the
    input."""
    return _biased(np.einsum("nchw,cf->nfhw", x, w), b)


def conv1x1__reads_w_as_channels_by_filters(x, w, b=None):
    """You read the weights in another order: row f of ``w`` holds the weights of filter f, one for
    every channel."""
    return right.conv1x1(x, w.reshape(w.shape[::-1]).T, b)


def conv1x1__reshapes_pixels(x, w, b=None):
    """You reshaped the picture so that rows of C numbers appear, but they are not the channels of
    one pixel: in memory each plane lies as a whole."""
    n, c, height, width = x.shape
    rows = x.reshape(n, height * width, c) @ w.T
    return _biased(rows.reshape(n, height, width, len(w)).transpose(0, 3, 1, 2), b)


def conv1x1__reshapes_result(x, w, b=None):
    """You reshaped the result into planes without moving the channel axis first: numbers of one
    pixel then lie side by side in a plane."""
    n, _, height, width = x.shape
    out = x.transpose(0, 2, 3, 1) @ w.T + (0 if b is None else b)
    return out.reshape(n, len(w), height, width)


def conv1x1__pads(x, w, b=None):
    """You padded the picture first: a 1×1 window fits everywhere, so the size stays without a
    frame."""
    return right.conv1x1(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), w, b)


def conv1x1__averages_channels(x, w, b=None):
    """You divided by the number of channels: the weighted channels are added up."""
    return _biased(right.conv1x1(x, w) / x.shape[1], b)


def conv1x1__slices_channels(x, w, b=None):
    """You kept the first channels of the input instead of mixing all of them."""
    return _biased(x[:, np.arange(len(w)) % x.shape[1]], b)


def conv1x1__scales_channels(x, w, b=None):
    """You multiplied each channel by one weight and did not add the channels up: every output
    number is a sum over all channels of its pixel."""
    which = np.arange(len(w)) % x.shape[1]
    return _biased(x[:, which] * w[np.arange(len(w)), which][:, None, None], b)


def conv1x1__normalises_w(x, w, b=None):
    """You made the weights of each filter sum to 1: they are used as they are."""
    with np.errstate(all="ignore"):
        return right.conv1x1(x, w / w.sum(axis=1, keepdims=True), b)


def conv1x1__relu_inside(x, w, b=None):
    """You set negative results to zero: the ReLU is a layer of its own, the linear map keeps
    signs."""
    return np.maximum(right.conv1x1(x, w, b), 0)


def conv1x1__one_filter_for_all(x, w, b=None):
    """You used the first filter for every output plane: each has weights of its own."""
    return right.conv1x1(x, np.repeat(w[:1], len(w), axis=0), b)


def conv1x1__only_first_channel(x, w, b=None):
    """You used the first channel only: every filter has a weight for each of them."""
    return right.conv1x1(x[:, :1], w[:, :1], b)


def conv1x1__only_first_picture(x, w, b=None):
    """You gave every picture the result of the first: each has its own."""
    return np.repeat(right.conv1x1(x[:1], w, b), len(x), axis=0)


def conv1x1__sums_over_the_picture(x, w, b=None):
    """You added up the whole picture: a 1×1 window sees one pixel, and every pixel gets a result
    of its own."""
    return right.conv1x1(np.broadcast_to(x.sum(axis=(2, 3), keepdims=True), x.shape), w, b)


def conv1x1__forgets_bias(x, w, b=None):
    """You left the bias out: each filter's bias is added to every number of its output plane."""
    return right.conv1x1(x, w)


def conv1x1__bias_per_channel(x, w, b=None):
    """You added the bias once per input channel: it is added once, to the sum."""
    return right.conv1x1(x, w, None if b is None else b * x.shape[1])


def conv1x1__bias_along_columns(x, w, b=None):
    """You added the bias along the columns of the picture: it belongs to the filters, the second
    axis of the result."""
    return right.conv1x1(x, w) + (0 if b is None else b)


# -- receptive_field ------------------------------------------------------------------------------


def receptive_field__own_stride_counts(layers):
    """You let a layer's own stride widen its field: the stride moves windows apart, so it widens
    what the layers after it see."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        jump *= stride
        size += (kernel - 1) * dilation * jump
        found.append((size, jump))
    return found


def receptive_field__ignores_earlier_strides(layers):
    """You added what each layer reaches over in its own input: behind a stride, neighbours in that
    input lie further apart in the picture."""
    size, found = 1, []
    for (kernel, _, dilation), (_, jump) in zip(layers, right.receptive_field(layers), strict=True):
        size += (kernel - 1) * dilation
        found.append((size, jump))
    return found


def receptive_field__stride_of_the_layer_before(layers):
    """You used the stride of the layer before only: the strides of all earlier layers
    multiply."""
    size, before, found = 1, 1, []
    for (kernel, stride, dilation), (_, jump) in zip(
        layers, right.receptive_field(layers), strict=True
    ):
        size += (kernel - 1) * dilation * before
        before = stride
        found.append((size, jump))
    return found


def receptive_field__jump_of_one_layer(layers):
    """You gave each layer's own stride as its jump: between neighbouring outputs lie the strides
    of all layers up to it, multiplied."""
    sizes = right.receptive_field(layers)
    return [(size, stride) for (size, _), (_, stride, _) in zip(sizes, layers, strict=True)]


def receptive_field__jump_before_the_layer(layers):
    """You gave the jump before each layer: its own stride moves its outputs apart, too."""
    found = right.receptive_field(layers)
    jumps = [1, *(jump for _, jump in found)]
    return [(size, jump) for (size, _), jump in zip(found, jumps, strict=False)]


def receptive_field__adds_strides(layers):
    """You added the strides: a step of 2 over outputs that are 2 apart goes 4 pixels, so they
    multiply."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * jump
        jump += stride - 1
        found.append((size, jump))
    return found


def receptive_field__adds_whole_strides(layers):
    """You added each stride to the jump, even where it is 1: strides multiply, and a stride of 1
    leaves the jump as it was."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * jump
        jump += stride
        found.append((size, jump))
    return found


def receptive_field__adds_the_jump(layers):
    """You added the jump where it should multiply what the layer reaches over: each step between
    its taps is a jump long."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation + jump - 1
        jump *= stride
        found.append((size, jump))
    return found


def receptive_field__ignores_dilation(layers):
    """You left the dilation out: it moves the taps apart, so the field grows faster."""
    return right.receptive_field([(kernel, stride, 1) for kernel, stride, _ in layers])


def receptive_field__reach_is_dilation_times_kernel(layers):
    """You took a layer's reach to be the dilation times the taps: that counts a gap after the last
    tap, where nothing follows."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel * dilation - 1) * jump
        jump *= stride
        found.append((size, jump))
    return found


def receptive_field__dilates_one_too_far(layers):
    """You put ``dilation`` pixels between neighbouring taps: it is the distance from tap to tap,
    and 1 means no gap."""
    return right.receptive_field([(kernel, stride, d + 1) for kernel, stride, d in layers])


def receptive_field__dilation_moves_outputs(layers):
    """You let the dilation grow the jump: it moves taps apart, the outputs stand as far apart as
    the strides say."""
    size, jump, found = 1, 1, []
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * jump
        jump *= stride * dilation
        found.append((size, jump))
    return found


def receptive_field__adds_whole_kernels(layers):
    """You added a whole kernel per layer: neighbouring windows overlap, and a layer adds only what
    reaches beyond the middle one."""
    size, jump, found = 0, 1, []
    for kernel, stride, dilation in layers:
        size += ((kernel - 1) * dilation + 1) * jump
        jump *= stride
        found.append((size, jump))
    return found


def receptive_field__multiplies_kernels(layers):
    """You multiplied the kernels: neighbouring windows overlap, so each layer adds to the field of
    the one before."""
    size, found = 1, []
    for (kernel, _, dilation), (_, jump) in zip(layers, right.receptive_field(layers), strict=True):
        size *= (kernel - 1) * dilation + 1
        found.append((size, jump))
    return found


def receptive_field__starts_at_zero(layers):
    """You started with a field of nothing: before the first layer an output is a pixel, and sees
    itself."""
    return [(size - 1, jump) for size, jump in right.receptive_field(layers)]


def receptive_field__one_side_only(layers):
    """You counted how far the field reaches to one side: its size is from one end to the other,
    both ends included."""
    return [((size + 1) // 2, jump) for size, jump in right.receptive_field(layers)]


def receptive_field__from_the_output_back(layers):
    """You began with the last layer: the list starts with the layer nearest the picture."""
    return right.receptive_field(layers[::-1])


def receptive_field__each_layer_alone(layers):
    """You looked at each layer on its own: what it sees are outputs of the layers before it."""
    return [right.receptive_field([layer])[0] for layer in layers]


def receptive_field__only_the_last(layers):
    """You returned the last layer only: asked for is one pair for every layer."""
    return right.receptive_field(layers)[-1:]


def receptive_field__input_included(layers):
    """You began the list with the picture itself: asked for is one pair for every layer."""
    return [(1, 1), *right.receptive_field(layers)]


def receptive_field__only_sizes(layers):
    """You returned the sizes alone: asked for is a pair for every layer, the size and the jump."""
    return [size for size, _ in right.receptive_field(layers)]


def receptive_field__swapped(layers):
    """You put the jump first: a pair is (size, jump)."""
    return [(jump, size) for size, jump in right.receptive_field(layers)]
