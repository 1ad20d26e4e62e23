"""Lines of a submission that are those of `course`: a note for the lecturer, never a deduction.

Students have the files of `course`, and whoever pastes `course/nn.py` into a cell gets the points
that it is worth. That cannot be prevented, but it can be said. Other names for the variables are
enough not to be found.
"""

import functools
from collections import Counter

from autograder import tasks
from autograder.sandbox.view import COURSE

SUBSTANTIAL = 20  # characters, spaces left out; shorter lines are alike by chance
ENOUGH = 15  # lines of one module; fewer are not worth a word
MODULES = (*(f"{name}.py" for name in tasks.ANSWERS), "plots/*.py", "experiments/*.py")


def lines(source):
    """The substantial lines of a text, without spaces, each once; imports are not counted."""
    code = (line for line in source.split("\n") if not line.startswith(("import ", "from ")))
    return {line for line in map("".join, map(str.split, code)) if len(line) >= SUBSTANTIAL}


@functools.cache
def course_lines():
    """The modules that hold a line, by line: {line: [file names]}."""
    found = {}
    for pattern in MODULES:
        for path in sorted(COURSE.glob(pattern)):
            for line in lines(path.read_text(encoding="utf-8")):
                found.setdefault(line, []).append(f"course/{path.relative_to(COURSE)}")
    return found


def lines_of_course(notebook, released):
    """How many lines of the code in a submission stand in modules of `course`: {file name: lines}.

    notebook : from `intake.rebuild`
    released : the notebook as it was handed out: what stands there is not counted

    Only files of which there are `ENOUGH` lines are listed, the most first.
    """
    known = course_lines()
    code = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    same = set().union(*map(lines, code)) & known.keys()
    if len(same) >= ENOUGH:  # rarely
        same = same.difference(*(lines(cell.source) for cell in released.cells))
    counts = Counter(name for line in same for name in known[line])
    return {name: count for name, count in counts.most_common() if count >= ENOUGH}
