"""What the Validate button looks at: nbgrader reads this in the folder JupyterLab runs in."""

from nbgrader.utils import compute_checksum


def in_short(cell, cell_index, execute_reply):
    """Show a failed cell by its place and its name: the dialog would show all of it.

    cell_index : its place, from 0; JupyterLab counts from 1, in the line below the notebook
    """
    told = cell.metadata.get("nbgrader", {})
    if told.get("locked") and told.get("checksum") != compute_checksum(cell):
        return  # somebody wrote into it: Validate says so, and shows it
    told.pop("checksum", None)  # that of the whole cell
    name = told.get("grade_id") or cell.source.strip().split("\n")[0]
    cell.source = f"Cell {cell_index + 1} · {name}"
    for output in cell.outputs:
        if output.output_type == "error" and output.ename == "NotImplementedError":
            output.traceback = ["not yet  the line `raise NotImplementedError()` is still there."]


c = get_config()  # noqa: F821  (nbgrader provides it)

# All cells count: graded cells may be empty here, and would always pass.
c.Validator.validate_all = True

# Cells that draw or train take most of the time, and there is nothing in them to get wrong.
c.Execute.skip_cells_with_tag = "experiment"

c.Execute.on_cell_error = in_short
