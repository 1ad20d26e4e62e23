"""What honest students hand in, and what they would expect of a grader.

A case is a function whose docstring says what this student did. It is given the right answers, as
a `autograder.examples.Work`, and changes them. Unless its decorator says otherwise, every point is
expected, and no note at the top of the feedback: nothing was wrong, so nothing alarming is said.
"""

import dataclasses
import importlib
import pkgutil

from autograder.examples import UNIT


@dataclasses.dataclass(frozen=True)
class Case:
    """One honest submission, and what its feedback must say.

    points : None for all of them
    notes : what stands at the top of the feedback, whole and in order
    says : phrases that stand anywhere in it
    refused : None, or a phrase of the reason why there is no grade
    student, file : the names of the folder and of the notebook that is handed in
    """

    build: object
    unit: str = UNIT
    points: float | None = None
    notes: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    refused: str | None = None
    student: str = ""
    file: str = ""

    @property
    def name(self):
        return self.build.__name__

    @property
    def what(self):
        return self.build.__doc__.strip()


def honest(**expected):
    """Mark a function as a case; see `Case` for what may be expected."""

    def mark(build):
        build.expected = {k: tuple(v) if isinstance(v, list) else v for k, v in expected.items()}
        return build

    return mark


RIGHT = "put right, at no cost: "  # how a note on a repair begins


def behind(work, name, *sources):
    """Put code cells of the student's own behind the cell called ``name``, in this order."""
    for source in reversed(sources):
        work.after(name, source)


def changed(work, name, old, new):
    """Replace ``old``, which must be there, in the cell called ``name``."""
    source = work.cell(name).source
    assert old in source, (name, old)
    work.cell(name).source = source.replace(old, new)


def cases():
    """Every case of this package, in the order of its modules."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if module.name == "__main__":
            continue
        functions = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        found += [Case(f, **f.expected) for f in functions if hasattr(f, "expected")]
    return [
        dataclasses.replace(case, student=case.student or case.name, file=case.file or case.unit)
        for case in found
    ]
