"""Figures that move: one slider per argument of a drawing function.

The sliders are ipywidgets. The figure is an ordinary output of its cell, so it stands without them,
too, drawn with the first value of each slider, and wherever the notebook is only read.
"""

from collections.abc import Callable, Sequence
from typing import Any


def explore(draw: Callable[..., object], **values: Sequence[Any]) -> None:
    """Draw a figure below sliders, and again whenever one is moved.

    draw : function that draws the figure and shows it; takes one value of each slider by name
    values : the values of each slider, in order; the slider starts at the first
    """
    from IPython.display import display
    from IPython.utils.capture import capture_output

    first = {name: choices[0] for name, choices in values.items()}
    try:
        import ipywidgets
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

    def drawn() -> list[Any]:
        with capture_output(stdout=False, stderr=False) as captured:
            draw(**{name: slider.value for name, slider in sliders.items()})
        return list(captured.outputs)

    # Not ipywidgets' own Output: what it holds is not saved, and nbclient may wait for it forever.
    display(ipywidgets.HBox(list(sliders.values())))  # type: ignore[no-untyped-call]
    if not (figure := drawn()):
        return  # figures are not shown here
    shown = display(figure[0], display_id=True)  # type: ignore[no-untyped-call]
    for slider in sliders.values():
        slider.observe(lambda change: shown.update(drawn()[0]), "value")
