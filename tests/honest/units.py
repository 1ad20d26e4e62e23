"""What is special about the other units: written answers, training cells, parts of the course."""

from nbformat import v4

from tests.honest import honest
from tests.honest.cells import EDITED, RECOGNISED, behind, replace

UNIT4, UNIT6 = "unit4_pooling", "unit6_architectures"
TEXT = """## Réponse

With $H < W$ and $$\\frac{1}{4}$$ of the places, `out[i, j] < 3`:

| before | after |
|---|---|
| 231,211,008 | 57,802,752 |

See [PyTorch](https://pytorch.org).
"""


@honest(unit=UNIT4, says=["Réponse", "57,802,752"])
def writes_with_formulas(work):
    """A written answer with formulas, code, a table, a link and an accent."""
    work.cell("why_pooling").source = TEXT


@honest(unit=UNIT4, notes=[RECOGNISED + "`why_pooling`"], says=["Réponse"])
def retypes_a_deleted_answer(work):
    """Deleted the cell of the written answer by mistake and wrote the text into a new one."""
    replace(work, "why_pooling", v4.new_markdown_cell(TEXT))


@honest(
    unit=UNIT4,
    notes=[EDITED + "stands above your output: `show_overfitting`"],
    says=["is as it was handed in", "my own run: 0.73"],
)
def changes_a_training_cell(work):
    """Trained on other pictures in a locked cell; the written answer is about what came out."""
    cell = work.cell("show_overfitting")
    assert "run.seed" in cell.source
    cell.source = cell.source.replace("run.seed", "99")
    cell.outputs = [v4.new_output("stream", text="my own run: 0.73\n")]


@honest(unit=UNIT6)
def uses_what_the_unit_gives(work):
    """Compares with course.ops, which this unit builds on."""
    behind(
        work,
        "test_residual_forward",
        "from course import ops\nops.max_pool(np.ones((1, 1, 4, 4)), 3).shape",
    )
