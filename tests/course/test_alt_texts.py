"""Figures in a notebook carry a text for those who do not see them."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell

from course.plots import drawing


@drawing.figure(2, 1)
def one(fig):
    """One panel,
    and nothing in it.

    More.
    """
    fig.subplots()


def test_a_figure_in_a_notebook_is_shown_with_the_first_sentence_of_its_docstring(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setattr(mpl, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    one()
    (image,) = shown
    data, metadata = InteractiveShell.instance().display_formatter.format(image)
    assert data["image/png"]
    assert metadata["image/png"]["alt"] == "One panel, and nothing in it."
    assert plt.get_fignums() == []
