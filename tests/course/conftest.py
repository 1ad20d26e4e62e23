"""A place to draw for the tests of figures: in memory, and tidied up afterwards."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def without_a_screen():
    plt.switch_backend("agg")
    yield
    plt.close("all")
