"""Detection of lines copied from the student package: a note for the lecturer, no deduction.

Students have the files of that package, and some solve tasks. A student who pastes one into a cell
gets the points; this cannot be prevented, so it is reported. Sources that the cells compiled (a
decoded string, for instance) and strings in the cells are compared too. Renaming the variables
defeats the comparison.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from autograder.content import Content

if TYPE_CHECKING:
    from nbformat import NotebookNode

SUBSTANTIAL = 20  # characters without spaces; shorter lines are often equal by chance
ENOUGH = 15  # lines of one module; fewer are not reported


@dataclasses.dataclass(frozen=True)
class Compiled:
    """The code that a submission's cells and functions compiled, as its processes report it.

    cut : True if there were more sources than are kept
    sourceless : True if code without source was made, from bytes or from a syntax tree
    """

    sources: tuple[str, ...] = ()
    cut: bool = False
    sourceless: bool = False

    def __add__(self, other: Compiled) -> Compiled:
        """The code that was compiled in either."""
        return Compiled(
            tuple(dict.fromkeys((*self.sources, *other.sources))),
            self.cut or other.cut,
            self.sourceless or other.sourceless,
        )


def lines(source: str) -> set[str]:
    """The distinct substantial lines of a text, without spaces and without imports."""
    code = (line for line in source.split("\n") if not line.startswith(("import ", "from ")))
    return {line for line in map("".join, map(str.split, code)) if len(line) >= SUBSTANTIAL}


@functools.cache
def course_lines(content: Content) -> dict[str, list[str]]:
    """The names of the files that contain a line, by line."""
    found: dict[str, list[str]] = {}
    folder = content.student_folder
    for pattern in (*(f"{name}.py" for name in content.answers), *content.compared):
        for path in sorted(folder.glob(pattern)):
            for line in lines(path.read_text(encoding="utf-8")):
                found.setdefault(line, []).append(f"{content.students}/{path.relative_to(folder)}")
    return found


def lines_of_course(
    notebook: NotebookNode,
    released: NotebookNode,
    content: Content,
    compiled: Iterable[str] = (),
) -> dict[str, int]:
    """How many lines of a submission are in the student package: {file name: lines}.

    notebook : from `rebuild.rebuild`
    released : the notebook as it was handed out; its lines are not counted
    content : says which files of the student package are compared
    compiled : sources that the cells compiled

    Lists only files with at least `ENOUGH` lines, in decreasing order. A file is marked
    ``(in strings)`` if lines of it are only in strings or compiled sources, not in a cell.
    """
    handed_out = {cell.source for cell in released.cells}
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    strings = [text for source in code if source not in handed_out for text in literals(source)]
    known = course_lines(content)
    shown = known_lines(code, known)
    same = shown | known_lines([*strings, *compiled], known)
    if len(same) < ENOUGH:
        return {}
    same = same.difference(*map(lines, handed_out))  # last, because it is slow and rarely needed
    counts = Counter(name for line in same for name in known[line])
    unseen = {name for line in same - shown for name in known[line]}
    return {
        f"{name} (in strings)" if name in unseen else name: count
        for name, count in counts.most_common()
        if count >= ENOUGH
    }


def known_lines(sources: Iterable[str], known: dict[str, list[str]]) -> set[str]:
    """The lines of all sources that are ``known``."""
    return {line for source in sources for line in lines(source) if line in known}


def literals(source: str) -> list[str]:
    """The values of all strings in a cell's code; empty if it has no escape sequence.

    Without escape sequences the lines of a string are lines of the cell already.
    """
    if "\\" not in source:
        return []
    try:
        with warnings.catch_warnings(action="ignore"):  # about invalid escapes such as "\d"
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a magic, or a cell that did not run
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    strings = [value.decode(errors="replace") for value in values if isinstance(value, bytes)]
    return strings + [value for value in values if isinstance(value, str)]


def remarks(compiled: Compiled, content: Content) -> list[str]:
    """Remarks for the lecturer on code that could not be compared."""
    found: list[str] = []
    files = f"{content.students}/"
    if compiled.cut:
        found.append(f"compiles more text than is compared with {files}")
    if compiled.sourceless:
        found.append(f"makes code without source, which cannot be compared with {files}")
    return found
