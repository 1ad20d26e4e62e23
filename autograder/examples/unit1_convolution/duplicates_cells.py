"""Every nbgrader cell twice; the second copy of conv2d_valid is the right one."""

import copy

from autograder.examples import full

EXPECTED = full("unit1_convolution")


def build(work):
    work.solve()
    cells = []
    for cell in work.notebook.cells:
        cells.append(cell)
        if "nbgrader" in cell.metadata:
            cells.append(copy.deepcopy(cell))
            cells[-1].id = f"{cell.id}-copy"
    work.notebook.cells = cells
    work.write("conv2d_valid", "def conv2d_valid(x, w, b=None):\n    return 0")
