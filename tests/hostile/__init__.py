"""Hostile submissions, one module per family, one function per case, named by what it tries.

A case is a function of an `Attempt`, and its docstring says what it is after. What is right in it
gets the points of `earns`; what cannot be graded names its reason with `refused`; all others
deserve nothing. `suite` hands all of them in at once, with honest neighbours, runs the real
command, and looks at what came of it: ``python -m tests.hostile`` prints the table.
"""

import dataclasses
import importlib
import inspect
from pathlib import Path

from autograder.examples import UNIT, Work
from autograder.units import CONTENT as content

FAMILIES = (
    *("cells", "forging", "frozen", "border", "resources", "escape", "leaks", "markup", "names"),
)
BY_HAND = [task.name for task in content.of_unit(UNIT).values() if task.by_value]
FUNCTIONS = [task.name for task in content.of_unit(UNIT).values() if not task.by_value]
PAD = 3  # points for `pad2d`, what most cases solve that solve something
PAD2D = """
def pad2d(x, pad, value=0.0):
    ph, pw = np.broadcast_to(pad, 2)
    if x.ndim != 4:
        raise ValueError("x is not 4-D")
    if min(ph, pw) < 0:
        raise ValueError("pad is negative")
    x = x if x.dtype.kind == "f" else x.astype(float)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)
"""


# For a cell: ``tried(what, attempt)`` notes what became of an attempt, and returns its value. With
# ``may`` it is allowed; without, the sandbox has to refuse it, and its error is what is observed.
# ``PACKAGES`` are the folders of the packages that a cell can import.
TRIED = """
import sys
PACKAGES = [place for place in sys.path if place.endswith("-packages") or "/imports/" in place]
noted = []
def tried(what, attempt, may=False):
    try:
        value = attempt()
    except BaseException as error:
        noted.append(("allowed" if may else "refused", type(error).__name__, what))
        return None
    noted.append(("allowed" if may else "DONE", "", what))
    return value
"""
# At the end: what was done in full, else how much was refused in which way.
TELL = """
from collections import Counter
for word, kind, what in noted:
    if word == "DONE": print("OBSERVED DONE", what)
for (word, kind), count in Counter(item[:2] for item in noted).items():
    if word == "refused": print("OBSERVED refused", count, kind)
"""


# For a cell: ``serving``, the names of the module that runs cells and takes snapshots. The
# name of it in `sys.modules` differs, so it is found by what it has imported.
SERVING = """
import gc, sys
gc.unfreeze()  # else what the template has made is not found
[serving] = [names for names in gc.get_referrers(sys.modules["wire"])
             if isinstance(names, dict) and "serve_snapshot" in names]
"""
# What a cell prints at its end: see `Attempt.prepare`.
PREPARED = "PREPARED to the end"


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What there is to be attacked outside of a sandbox."""

    course: Path  # the folder that is graded in, with gradebook and submissions
    temporary: Path  # the grader's folder for temporary files
    marker: str  # in the name of every file that a case tries to leave behind
    port: int  # of 127.0.0.1: a server that counts who reaches it
    socket: Path  # of the same server, as a file
    abstract: str  # of the same server, as a name


class Attempt(Work):
    """A hostile student's copy of the notebook.

    path : where it is handed in; None if the case puts something there itself
    student : the name of its folder
    shown : that name as the command prints it
    """

    def __init__(self, student, released, around):
        super().__init__(student, released)
        self.around, self.rename = around, None

    @property
    def folder(self):
        """``submitted/<student>/<unit>``"""
        return self.around.course / "submitted" / self.student / self.unit

    @property
    def path(self):
        return self.folder / (self.rename or f"{self.unit}.ipynb")

    def call(self, student):
        """Hand in under another name than that of the case."""
        self.student = student

    def instead(self, make):
        """Put there what ``make(path)`` makes, instead of a notebook."""
        self.make = make

    make = None

    def hand_in(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.make:
            self.make(self.path)
        else:
            self.path.write_bytes(self.data())

    def solve_pad2d(self):
        """The one thing that is right in many cases: worth `PAD` points."""
        self.write("pad2d", PAD2D)

    def tries(self, body, after="setup"):
        """Add a cell that makes attempts, by ``tried``, and tells what came of them."""
        self.after(after, TRIED + body + TELL)
        self.observes = True

    observes = False

    def prepare(self, source, after="setup"):
        """Add a cell that has to run to its end, or else the case attacks nothing."""
        self.after(after, f"{source}\nprint({PREPARED!r})")
        self.prepares = True

    prepares = False

    def everywhere(self, body, setup="", tasks=FUNCTIONS):
        """Give all functions the same body, and run ``setup`` before them."""
        if setup:
            self.after("setup", setup)
        for task in tasks:
            self.write(task, f"def {task}(*args, **kwargs):\n" + indented(body))


def indented(source):
    return "".join("    " + line for line in source.strip("\n").splitlines(keepends=True))


def earns(points):
    """Marks a case that solves something: it deserves just these points."""

    def mark(case):
        case.deserves = points
        return case

    return mark


def refused(reason):
    """Marks a case that gets no grade, but these words."""

    def mark(case):
        case.reason = reason
        return case

    return mark


def families(only=FAMILIES):
    """All cases of these families, by family and name."""
    found = {}
    for family in only:
        module = importlib.import_module(f"{__name__}.{family}")
        functions = {n: f for n, f in vars(module).items() if inspect.isfunction(f)}
        found[family] = {
            name: function
            for name, function in functions.items()
            if function.__module__ == module.__name__ and not name.startswith("_")
        }
    return found
