"""Figures that move: one slider per argument of a drawing function.

The sliders are ipywidgets. Without them the figure stands still, drawn with the first value of
each slider.
"""

from collections.abc import Callable, Sequence
from typing import Any


def explore(draw: Callable[..., object], **values: Sequence[Any]) -> None:
    """Draw a figure below sliders, and again whenever one is moved.

    draw : function that draws the figure and shows it; takes one value of each slider by name
    values : the values of each slider, in order; the slider starts at the first
    """
    first = {name: choices[0] for name, choices in values.items()}
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        print("Install ipywidgets to move the sliders of this figure: pip install ipywidgets")
        draw(**first)
        return
    sliders = {
        name: ipywidgets.SelectionSlider(
            options=list(choices),
            description=name,
            continuous_update=False,  # a figure takes longer than a slider moves
            style={"description_width": "initial"},
        )
        for name, choices in values.items()
    }
    moving = ipywidgets.interactive_output(draw, sliders)
    display(ipywidgets.HBox(list(sliders.values())), moving)  # type: ignore[no-untyped-call]
