"""Figures with sliders, and without ipywidgets."""

import sys

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Image, display
from IPython.utils.capture import capture_output

from course import sliders


@pytest.fixture
def shell():
    """IPython, in which displaying something can be seen."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def drawn():
    return []


@pytest.fixture
def draw(drawn):
    """Draws a "figure" that holds the values it was drawn with."""

    def draw(**values):
        drawn.append(values)
        display(Image(f"\x89PNG {values}".encode(), alt="a figure"))

    return draw


@pytest.fixture
def boxes(monkeypatch):
    """The rows of sliders that are made."""
    made = []

    class Row(ipywidgets.HBox):
        def __init__(self, children):
            super().__init__(children)
            made.append(self)

    monkeypatch.setattr(ipywidgets, "HBox", Row)
    return made


def test_the_figure_is_an_output_of_its_cell_and_a_moved_slider_changes_it(
    shell, drawn, draw, boxes
):
    with capture_output() as shown:
        sliders.explore(draw, stride=range(1, 4), pad=(0, 2))
    assert drawn == [{"stride": 1, "pad": 0}]
    row, figure = shown.outputs
    assert "application/vnd.jupyter.widget-view+json" in row.data
    assert figure.metadata["image/png"]["alt"] == "a figure"
    assert figure.transient["display_id"]

    stride, pad = boxes[0].children
    assert [stride.description, pad.description] == ["stride", "pad"]
    with capture_output() as changed:
        stride.value = 2
    assert drawn[1:] == [{"stride": 2, "pad": 0}]
    (update,) = changed.outputs
    assert update.update
    assert update.transient == figure.transient
    assert update.data != figure.data


def test_where_no_figure_is_shown_nothing_fails(shell, drawn):
    sliders.explore(lambda **values: drawn.append(values), level=[3, 4])
    assert drawn == [{"level": 3}]


def test_without_ipywidgets_the_figure_stands(drawn, draw, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    sliders.explore(draw, level=[3, 4])
    assert drawn == [{"level": 3}]
    assert "pip install ipywidgets" in capsys.readouterr().out
