"""Figures with sliders, and without ipywidgets."""

import sys

import ipywidgets
import pytest

from course import sliders


@pytest.fixture
def drawn():
    return []


def test_the_first_values_are_drawn_and_a_moved_slider_draws_again(drawn, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *parts: shown.extend(parts))
    sliders.explore(lambda **values: drawn.append(values), stride=range(1, 4), pad=(0, 2))
    assert drawn == [{"stride": 1, "pad": 0}]
    box, output = shown
    assert [slider.description for slider in box.children] == ["stride", "pad"]
    assert isinstance(output, ipywidgets.Output)
    box.children[1].value = 2
    assert drawn[1:] == [{"stride": 1, "pad": 2}]


def test_without_ipywidgets_the_figure_stands(drawn, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    sliders.explore(lambda **values: drawn.append(values), level=[3, 4])
    assert drawn == [{"level": 3}]
    assert "pip install ipywidgets" in capsys.readouterr().out
