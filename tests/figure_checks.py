"""What the tests of all figures share: how to read one, and what holds for every one."""

import matplotlib as mpl
import matplotlib.pyplot as plt


def drawn():
    """Everything that is written in the one open figure."""
    assert len(plt.get_fignums()) == 1
    fig = plt.gcf()
    fig.canvas.draw()
    return written(fig)


def written(fig):
    """All texts of a figure."""
    return " | ".join(text.get_text() for text in fig.findobj(mpl.text.Text))


def unwritten(*args, **kwargs):
    raise NotImplementedError


def check_white_in_the_dark(draw):
    """The figure that ``draw()`` makes is white, whatever the theme around it."""
    with plt.style.context("dark_background"):
        draw()
        fig = plt.gcf()
        assert fig.get_facecolor() == (1, 1, 1, 1)
        assert all(ax.title.get_color() == "black" for ax in fig.axes)
        assert all(ax.xaxis.label.get_color() == "black" for ax in fig.axes)


def check_leaves_matplotlib(draw):
    """Settings of matplotlib are after ``draw()`` what they were before."""
    with mpl.rc_context({"font.size": 17, "interactive": True}):
        draw()
        assert mpl.rcParams["font.size"] == 17
        assert mpl.is_interactive()
