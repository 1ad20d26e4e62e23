"""One function per figure.

A figure that needs a student's function takes it as an argument, shows what should come out
beside what does, and draws in any case: a panel then says that the function is not written yet,
or what went wrong. matplotlib is imported when something is drawn, not before.

Colours are from the Okabe-Ito palette and from perceptually ordered maps, and never carry a
meaning alone. Figures have a white ground of their own, for light and dark themes.
"""

import functools

import numpy as np

from course import images

ORANGE, BLUE, GREY = "#D55E00", "#0072B2", "#777777"
# Responses beyond the ends of the scale exist, and get the colour of the end.
RESPONSE = {"label": "response", "cmap": "PuOr", "vmin": -0.3, "vmax": 0.3, "extend": "both"}
BRIGHTNESS = {"label": "brightness", "cmap": "gray", "vmin": 0, "vmax": 1, "extend": "neither"}

# Left-to-right differences (Sobel), the same for the three colours: a step from black to white
# gives 1. And the mean of 9 x 9 pixels and three colours.
EDGES = np.tile(np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 12, (1, 3, 1, 1))
BLUR = np.full((1, 3, 9, 9), 1 / (3 * 9 * 9))


def _unwritten(*args, **kwargs):
    """What stands in for a function that is missing."""
    raise NotImplementedError


def _figure(width, height):
    """Hand a drawing function a white figure of that size in inches, in matplotlib's own style."""

    def decorate(draw):
        @functools.wraps(draw)
        def drawn(*args, **kwargs):
            import matplotlib.pyplot as plt

            # Made before the style is switched: Jupyter's backend starts with the first figure,
            # and what it sets then must not be undone when the style is.
            fig = plt.figure(figsize=(width, height), dpi=100, layout="constrained")
            fig.set_facecolor("white")
            with plt.style.context(["default", {"font.size": 10}]):
                draw(fig, *(_unwritten if arg is None else arg for arg in args), **kwargs)

        return drawn

    return decorate


# ---------------------------------------------------------------- unit 1, exercise 1


@_figure(10.5, 6.2)
def window(fig, x, w, out, row=0, col=0):
    """One output number taken apart: window, kernel, products, channel sums, total.

    x : (1, 3, H, W) picture
    w : (1, 3, kh, kw) filter
    out : the output plane, to show where the number goes
    row, col : which output number
    """
    out = np.asarray(out)
    kh, kw = w.shape[2:]
    box = max(x.shape[2:])  # every panel is as large as the picture's, so that cells compare
    under = x[0, :, row : row + kh, col : col + kw]
    products = under * w[0]
    sums = products.sum(axis=(1, 2))

    fig.get_layout_engine().set(wspace=0.04)
    axes = fig.subplots(3, 5, width_ratios=[4, 4, 4, 2, 3])
    for c, name in enumerate(["red", "green", "blue"]):
        _grid(axes[c, 0], x[0, c], top=x.max(), outline=(row, col, kh, kw))
        _grid(axes[c, 1], w[0, c], top=np.abs(w).max(), box=box)
        _grid(axes[c, 2], products[c], top=np.abs(products).max(), box=box)
        axes[c, 0].set_ylabel(f"{name}\nx[0, {c}]", rotation=0, ha="right", va="center")
        for ax, sign in zip(axes[c, 1:4], ["×", "=", "sum"], strict=True):
            ax.text(-0.02, 0.5, sign, ha="center", va="center", size=14, transform=ax.transAxes)
        _text(axes[c, 3], f"{sums[c]:g}", size=20)
    for ax in axes[:2, 3]:
        ax.text(0.5, -0.08, "+", ha="center", va="center", size=20, transform=ax.transAxes)
    titles = ["picture and window", "kernel, w[0, c]", "products", "channel sums"]
    for ax, title in zip(axes[0, :4], titles, strict=True):
        ax.set_title(title, fontsize=11)

    axes[0, 4].set_axis_off()
    axes[2, 4].set_axis_off()
    _grid(axes[1, 4], out, top=np.abs(out).max(), outline=(row, col, 1, 1))
    axes[1, 4].set_title("output plane, out[0, 0]", fontsize=11)
    added = " + ".join(f"{s:g}" if s >= 0 else f"({s:g})" for s in sums)
    label = f"{added} = {sums.sum():g}"
    axes[1, 4].set_xlabel(label, fontsize=12, color=ORANGE, weight="bold")
    fig.suptitle(f"{w[0].size} products, one number: out[0, 0, {row}, {col}] = {sums.sum():g}")


@_figure(10.5, 5.2)
def edges_and_blur(fig, conv2d_valid):
    """The photograph through an edge filter and a blur: as it should be, and yours."""
    x = images.photo()
    should = images.photo_answers()
    axes = fig.subplots(2, 3)
    axes[0, 0].imshow(x[0].transpose(1, 2, 0))
    axes[0, 0].set_title("the photograph: 160 × 240")
    edges_text = (
        "edges, in each colour:\n\n"
        "       −1  0  1       \n1/12 × −2  0  2       \n       −1  0  1       \n\n"
    )
    blur_text = "blur, in each colour:\n\n9 × 9 weights of 1/243"
    _text(axes[1, 0], edges_text + blur_text, size=10, family="monospace")
    edges = _attempt(lambda: conv2d_valid(x, EDGES), (158, 238))
    blur = _attempt(lambda: conv2d_valid(x, BLUR), (152, 232))
    _compare(axes[:, 1], "edges: 158 × 238", should["edges"], edges, RESPONSE, at=1)
    _compare(axes[:, 2], "blur: 152 × 232", should["blur"], blur, BRIGHTNESS, at=4)
    _on_photo(axes)


# ---------------------------------------------------------------- unit 1, exercise 2


@_figure(10.5, 2.9)
def real_pixels(fig, pad2d=_unwritten, conv2d_valid=_unwritten):
    """How many pixels of a 4 × 4 picture a 3 × 3 window sees at each place, with pad 1."""
    axes = fig.subplots(1, 5)
    places = {"corner": (0, 0), "edge": (0, 1), "inside": (1, 1)}
    for ax, (place, (row, col)) in zip(axes[:3], places.items(), strict=True):
        _framed(ax, np.full((4, 4), ""), pad=1)
        rows, cols = np.indices((3, 3)).reshape(2, -1) + np.array([[row], [col]])
        real = (rows >= 1) & (rows <= 4) & (cols >= 1) & (cols <= 4)
        for r, c in zip(rows[real], cols[real], strict=True):
            ax.plot(c, r, "o", color=BLUE, markersize=8)
        _outline(ax, row, col, 3, 3)
        ax.set_title(f"{place}: sees {real.sum()} pixels")
    inside = np.array([2, 3, 3, 2])  # rows (or columns) of the picture under a window
    should = np.outer(inside, inside)
    _grid(axes[3], should)
    axes[3].set_title("should be")
    ones = np.ones((1, 1, 4, 4))
    yours, note = _attempt(lambda: conv2d_valid(pad2d(ones, 1), np.ones((1, 1, 3, 3))), (4, 4))
    if yours is None:
        _text(axes[4], f"yours:\n{note}")
    else:
        _grid(axes[4], yours)
        axes[4].set_title(f"yours: {_difference(yours, should)}")
    fig.suptitle("3 × 3 window, pad 1. Dot = real pixel; the rest of the window is frame")


@_figure(9.5, 5.8)
def padded_photo(fig, pad2d, conv2d_valid):
    """What a frame of zeros does to the blur of a photograph: the size stays, the rim darkens."""
    x = images.photo()
    plain, padded = (images.photo_answers()[name] for name in ["blur", "padded blur"])
    axes = fig.subplots(2, 2)
    _on_place(axes[0, 0], plain, BRIGHTNESS, at=4)
    axes[0, 0].set_title("no padding: 152 × 232")
    attempt = _attempt(lambda: conv2d_valid(pad2d(x, 4), BLUR), padded.shape)
    _compare(axes[:, 1], "pad 4: 160 × 240", padded, attempt, BRIGHTNESS)
    _on_photo([axes[0, 0], *axes[:, 1]])

    # The mean of the middle rows, from the right border inwards.
    ax = axes[1, 0]
    inside = plain[36:116, ::-1].mean(axis=0)  # its row 36 is row 40 of the photograph
    ax.plot(np.arange(4, 20), inside[:16], color=BLUE, lw=5)
    ax.plot(padded[40:120, ::-1].mean(axis=0)[:20], color=ORANGE, lw=2)
    yours, _ = attempt
    if yours is not None:
        ax.plot(yours[40:120, ::-1].mean(axis=0)[:20], "ko", markersize=4)
    ax.text(7, 0.53, "no padding", color=BLUE)
    ax.text(2.2, 0.28, "pad 4" + (" (dots: yours)" if yours is not None else ""), color=ORANGE)
    ax.set(xlabel="pixels from the right border", ylabel="brightness, mean of 80 rows")
    ax.set(title="what happens at the border", ylim=(0, 0.7), xticks=range(0, 20, 5))


# ---------------------------------------------------------------- unit 1, exercise 3


@_figure(9, 5.8)
def taps(fig, dilate_kernel):
    """Where the nine taps of a 3 × 3 kernel stand for dilation 1, 2 and 3."""
    fig.get_layout_engine().set(wspace=0.08)
    axes = fig.subplots(2, 3)
    for column, d in enumerate([1, 2, 3]):
        reach = 2 * d + 1
        rows, cols = np.indices((reach, reach))
        should = np.where((rows % d == 0) & (cols % d == 0), 1, 0)
        yours, note = _attempt(lambda d=d: dilate_kernel(np.ones((1, 1, 3, 3)), d))
        _taps(axes[0, column], should)
        axes[0, column].set_title(f"dilation {d}: 9 taps, reach {reach}")
        if yours is None:
            _text(axes[1, column], f"yours: {note}")
        else:
            _taps(axes[1, column], yours)
            found = f"{np.count_nonzero(yours)} taps, reach {max(yours.shape)}"
            same = np.array_equal(yours, should)
            axes[1, column].set_title(f"yours: {'the same' if same else found}")


@_figure(10.5, 3.5)
def dilated_windows(fig):
    """The four windows of the worked example with pad 1 and dilation 2, on the blue plane."""
    blue = np.repeat([["1"], ["2"], ["3"], ["4"]], 4, axis=1)
    for (row, col), ax in np.ndenumerate(fig.subplots(1, 4).reshape(2, 2)):
        _framed(ax, blue, pad=1)
        real = []  # the row of a pixel is its value, the rows and columns 0 and 5 are frame
        for r in range(row, row + 5, 2):
            for c in range(col, col + 5, 2):
                _outline(ax, r, c, 1, 1, inset=0.12)
                real += [r] if 1 <= r <= 4 and 1 <= c <= 4 else []
        added = " + ".join(map(str, real))
        ax.set_title(f"out[0, 0, {row}, {col}]\n{added} = {sum(real)}")
    fig.suptitle("Blue plane, pad 1, dilation 2: nine taps, four of them on the picture")


@_figure(10.5, 5.2)
def stride_and_dilation(fig, conv2d):
    """The edge filter with a longer reach, and with a stride, on the photograph."""
    x = images.photo()
    should = images.photo_answers()
    axes = fig.subplots(2, 3, sharex=True, sharey=True)
    options = [{"stride": 1, "dilation": 1}, {"dilation": 6}, {"stride": 4}]
    names = ["edges", "wide edges", "strided edges"]
    places = [{"at": 1}, {"at": 6}, {"at": 1, "step": 4}]
    for column, option, name, place in zip(axes.T, options, names, places, strict=True):
        words = ", ".join(f"{k} {v}" for k, v in option.items())
        title = f"{words}: {should[name].shape[0]} × {should[name].shape[1]}"
        attempt = _attempt(functools.partial(conv2d, x, EDGES, **option), should[name].shape)
        last = name == names[-1]
        _compare(column, title, should[name], attempt, RESPONSE, **place, bar=last)
    _on_photo(axes)


# ---------------------------------------------------------------- what the figures are made of


def _attempt(call, shape=None):
    """The first plane of what a student's code gives, or None and a note that says why not."""
    try:
        got = call()
        if not isinstance(got, np.ndarray) or got.ndim != 4 or got.size == 0:
            return None, "should return an array\nof 4 dimensions"
        plane = np.array(got[0, 0], float)
    except NotImplementedError:
        return None, "not written yet"
    except Exception as error:
        return None, f"raised {type(error).__name__}"
    if shape is not None and plane.shape != shape:
        return None, f"is {' × '.join(map(str, plane.shape))},\nshould be {shape[0]} × {shape[1]}"
    return plane, ""


def _compare(axes, title, should, attempt, style, at=0, step=1, bar=True):
    """What should come out above what does, each where it belongs on the photograph.

    axes : two axes
    should : (H, W) what should come out
    attempt : what _attempt gave
    style, at, step : as in _on_place
    """
    shown = _on_place(axes[0], should, style, at, step)
    axes[0].set_title(title)
    if bar:
        ticks = np.linspace(style["vmin"], style["vmax"], 3)
        fig = axes[0].figure
        words = {name: style[name] for name in ["label", "extend"]}
        fig.colorbar(shown, ax=list(axes), ticks=ticks, shrink=0.6, **words)
    yours, note = attempt
    if yours is None:
        _text(axes[1], f"yours: {note}")
        return
    _on_place(axes[1], yours, style, at, step)
    axes[1].set_title(f"yours: {_difference(yours, should)}")


def _difference(yours, should):
    """How far a result is from what it should be, in words."""
    off = np.abs(yours - should).max()
    return "the same" if off < 0.01 else f"off by up to {off:.2g}"  # stored answers: 1/254


def _on_place(ax, values, style, at=0, step=1):
    """Draw an output plane over the part of the photograph that it comes from.

    style : RESPONSE or BRIGHTNESS
    at, step : the pixel under the middle of the first window, and from there to the next one
    """
    height, width = values.shape
    start = at - step / 2
    extent = (start, start + step * width, start + step * height, start)
    colours = {name: style[name] for name in ["cmap", "vmin", "vmax"]}
    return ax.imshow(values, extent=extent, **colours)


def _grid(ax, values, top=None, outline=None, box=None):
    """A small matrix with its numbers written in; orange tints are negative, purple positive.

    top : the number that gets the fullest tint, the largest one unless told
    outline : (row, col, height, width) of a block to frame
    box : side of the square the panel should have, in cells
    """
    values = np.asarray(values, float)
    top = np.abs(values).max(initial=0) if top is None else top
    limit = 3 * max(top, 1)  # light tints only: the numbers stay legible
    ax.imshow(values, cmap="PuOr", vmin=-limit, vmax=limit)
    for (r, c), value in np.ndenumerate(values):
        ax.text(c, r, f"{value:g}".replace("-", "−"), ha="center", va="center", fontsize=11)
    _cells(ax, values.shape)
    if box is not None:
        middle = (np.array(values.shape) - 1) / 2
        ax.set(xlim=middle[1] + [-box / 2, box / 2], ylim=middle[0] + [box / 2, -box / 2])
    if outline is not None:
        _outline(ax, *outline)


def _framed(ax, labels, pad):
    """A picture with its frame of zeros: white cells are pixels, grey hatched cells are frame."""
    height, width = (n + 2 * pad for n in labels.shape)
    for r in range(height):
        for c in range(width):
            real = pad <= r < height - pad and pad <= c < width - pad
            ax.add_patch(_cell(r, c, facecolor="white" if real else "#dddddd", edgecolor="#999999"))
            text = labels[r - pad, c - pad] if real else "0"
            ax.text(c, r, text, ha="center", va="center", color="black" if real else GREY)
    _cells(ax, (height, width), lines=False)


def _taps(ax, kernel):
    """Which places of a kernel carry a weight, drawn on 7 × 7 so that sizes compare."""
    height, width = kernel.shape
    for (r, c), value in np.ndenumerate(kernel):
        ax.add_patch(_cell(r, c, facecolor=BLUE if value else "white", edgecolor="#999999"))
        ax.text(c, r, f"{value:g}", ha="center", va="center", color="white" if value else GREY)
    _outline(ax, 0, 0, height, width)
    _cells(ax, (max(7, height), max(7, width)), lines=False)


def _cell(row, col, **style):
    from matplotlib.patches import Rectangle

    return Rectangle((col - 0.5, row - 0.5), 1, 1, **style)


def _outline(ax, row, col, height, width, inset=0.0):
    """A thick orange frame around a block of cells."""
    from matplotlib.patches import Rectangle

    corner = (col - 0.5 + inset, row - 0.5 + inset)
    size = (width - 2 * inset, height - 2 * inset)
    ax.add_patch(
        Rectangle(corner, *size, fill=False, edgecolor=ORANGE, lw=3, zorder=3, clip_on=False)
    )


def _cells(ax, shape, lines=True):
    """Limits and thin lines for a grid of cells, without ticks or frame."""
    height, width = shape
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    if lines:
        ax.hlines(
            np.arange(height + 1) - 0.5, -0.5, width - 0.5, color="#999999", lw=0.8, clip_on=False
        )
        ax.vlines(
            np.arange(width + 1) - 0.5, -0.5, height - 0.5, color="#999999", lw=0.8, clip_on=False
        )


def _text(ax, message, **style):
    """A panel that says something instead of showing it."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    style = {"size": 12, "ha": "center", "va": "center", **style}
    ax.text(0.5, 0.5, message, transform=ax.transAxes, **style)


def _on_photo(axes):
    """Limits of the photograph, so that what stands side by side shows the same place."""
    for ax in np.ravel(axes):
        ax.set(xticks=[], yticks=[], xlim=(-0.5, 239.5), ylim=(159.5, -0.5), aspect="equal")
