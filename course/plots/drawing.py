"""What the figures of all units are made of.

A figure that needs a student's function takes it as an argument, shows what should come out
beside what does, and draws in any case: a panel then says that the function is not written yet,
or what went wrong. matplotlib is imported when something is drawn, not before.

Colours are from the Okabe-Ito palette and from perceptually ordered maps, and never carry a
meaning alone. Figures have a white ground of their own, for light and dark themes.
"""

import functools

import numpy as np

SAME = "✓ yours is the same"
ORANGE, BLUE, GREY = "#D55E00", "#0072B2", "#777777"
# Responses beyond the ends of the scale exist, and get the colour of the end.
RESPONSE = {"label": "response", "cmap": "PuOr", "vmin": -0.3, "vmax": 0.3, "extend": "both"}
BRIGHTNESS = {"label": "brightness", "cmap": "gray", "vmin": 0, "vmax": 1, "extend": "neither"}


def unwritten(*args, **kwargs):
    """What stands in for a function that is missing."""
    raise NotImplementedError


def figure(width, height):
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
                draw(fig, *(unwritten if arg is None else arg for arg in args), **kwargs)
                if in_a_notebook():
                    show(fig, alt=" ".join(draw.__doc__.split("\n\n")[0].split()))

        return drawn

    return decorate


def in_a_notebook():
    """Whether figures appear below the cell that draws them."""
    import matplotlib

    return "inline" in matplotlib.get_backend()


def show(fig, alt):
    """Show a figure below the cell, with a text for those who do not see it; it is closed then.

    Jupyter would show the figure by itself at the end of the cell, without the text.
    """
    import io

    import matplotlib.pyplot as plt
    from IPython.display import Image, display

    png = io.BytesIO()
    fig.savefig(png, format="png", bbox_inches="tight")
    plt.close(fig)
    display(Image(png.getvalue(), alt=alt))


def resized(x, height, width):
    """`resampling.resize`; the module is hidden while submissions are graded, without figures."""
    from course.resampling import resize

    return resize(x, height, width)


def tried(call, fits=lambda got: True):
    """What a student's code gives, or None and a note that says why not.

    fits : whether a result can be shown
    """
    try:
        got = call()
        return (got, "") if fits(got) else (None, "cannot be shown")
    except NotImplementedError:
        return None, "not written yet"
    except Exception as error:
        return None, f"raised {type(error).__name__}"


def attempt(call, shape=None, ndim=4):
    """The first plane of what a student's code gives, or None and a note, as of `tried`.

    shape : what the plane should have, or None
    ndim : number of dimensions that the student's code should return
    """

    def first_plane():
        got = call()
        if not isinstance(got, np.ndarray) or got.ndim != ndim or got.size == 0:
            return None
        return np.array(got[(0,) * (ndim - 2)], float)

    plane, note = tried(first_plane)
    if plane is None:
        return None, note or f"should return an array\nof {ndim} dimensions"
    if shape is not None and plane.shape != shape:
        return None, f"is {' × '.join(map(str, plane.shape))},\nshould be {shape[0]} × {shape[1]}"
    return plane, ""


def compare(axes, title, should, attempted, style, at=0, step=1, bar=True):
    """What should come out, each where it belongs on the photograph, and below it a verdict.

    Where the result is right this is a tick, where it is wrong the result.

    axes : two axes
    should : (H, W) what should come out
    attempted : what `attempt` gave
    style, at, step : as in `on_place`
    """
    shown = on_place(axes[0], should, style, at, step)
    axes[0].set_title(title)
    if bar:
        ticks = np.linspace(style["vmin"], style["vmax"], 3)
        fig = axes[0].figure
        words = {name: style[name] for name in ["label", "extend"]}
        fig.colorbar(shown, ax=list(axes), ticks=ticks, shrink=0.6, **words)
    yours, note = attempted
    if yours is None:
        text(axes[1], f"yours: {note}")
    elif (said := verdict(yours, should)) == SAME:
        text(axes[1], SAME)
    else:
        on_place(axes[1], yours, style, at, step)
        axes[1].set_title(said)


def verdict(yours, should):
    """A tick for a right result; for another one how far off it is."""
    off = np.abs(yours - should).max()
    return SAME if off < 0.01 else f"yours: off by up to {off:.2g}"  # stored answers: 1/254


def on_place(ax, values, style, at=0, step=1):
    """Draw an output plane over the part of the photograph that it comes from.

    style : RESPONSE or BRIGHTNESS
    at, step : the pixel under the middle of the first window, and from there to the next one
    """
    height, width = values.shape
    start = at - step / 2
    extent = (start, start + step * width, start + step * height, start)
    colours = {name: style[name] for name in ["cmap", "vmin", "vmax"]}
    return ax.imshow(values, extent=extent, **colours)


def grid(ax, values, top=None, outline=None, box=None):
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
    cells(ax, values.shape)
    if box is not None:
        middle = (np.array(values.shape) - 1) / 2
        ax.set(xlim=middle[1] + [-box / 2, box / 2], ylim=middle[0] + [box / 2, -box / 2])
    if outline is not None:
        mark(ax, *outline)


def framed(ax, labels, pad):
    """A picture with its frame of zeros: white cells are pixels, grey hatched cells are frame."""
    height, width = (n + 2 * pad for n in labels.shape)
    for r in range(height):
        for c in range(width):
            real = pad <= r < height - pad and pad <= c < width - pad
            ax.add_patch(cell(r, c, facecolor="white" if real else "#dddddd", edgecolor="#999999"))
            label = labels[r - pad, c - pad] if real else "0"
            ax.text(c, r, label, ha="center", va="center", color="black" if real else GREY)
    cells(ax, (height, width), lines=False)


def rectangle(left, top, width, height, **style):
    """A rectangle to be added to axes."""
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), width, height, **style)


def cell(row, col, **style):
    """A rectangle over one cell of a grid."""
    return rectangle(col - 0.5, row - 0.5, 1, 1, **style)


def mark(ax, row, col, height, width, inset=0.0):
    """A thick orange frame around a block of cells."""
    corner = (col - 0.5 + inset, row - 0.5 + inset)
    size = (width - 2 * inset, height - 2 * inset)
    style = {"fill": False, "edgecolor": ORANGE, "lw": 3, "zorder": 3, "clip_on": False}
    ax.add_patch(rectangle(*corner, *size, **style))


def cells(ax, shape, lines=True):
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


def text(ax, message, **style):
    """A panel that says something instead of showing it."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    style = {"size": 12, "ha": "center", "va": "center", **style}
    ax.text(0.5, 0.5, message, transform=ax.transAxes, **style)


def on_photo(axes):
    """Limits of the photograph, so that what stands side by side shows the same place."""
    for ax in np.ravel(axes):
        ax.set(xticks=[], yticks=[], xlim=(-0.5, 239.5), ylim=(159.5, -0.5), aspect="equal")
