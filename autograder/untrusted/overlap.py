"""Lines of a submission that are the student package's: a note for the lecturer, no deduction.

Students have its files, and whoever pastes one that solves a task into a cell gets the points that
it is worth. That cannot be prevented, but it can be said. What the cells compiled, a decoded
string for instance, and what stands in their strings is compared too. Other names for the variables
are enough not to be found.
"""

import ast
import functools
import warnings
from collections import Counter

SUBSTANTIAL = 20  # characters, spaces left out; shorter lines are alike by chance
ENOUGH = 15  # lines of one module; fewer are not worth a word


def lines(source):
    """The substantial lines of a text, without spaces, each once; imports are not counted."""
    code = (line for line in source.split("\n") if not line.startswith(("import ", "from ")))
    return {line for line in map("".join, map(str.split, code)) if len(line) >= SUBSTANTIAL}


@functools.cache
def course_lines(content):
    """The modules that hold a line, by line: {line: [file names]}."""
    found, folder = {}, content.student_folder
    for pattern in (*(f"{name}.py" for name in content.answers), *content.compared):
        for path in sorted(folder.glob(pattern)):
            for line in lines(path.read_text(encoding="utf-8")):
                found.setdefault(line, []).append(f"{content.students}/{path.relative_to(folder)}")
    return found


def lines_of_course(notebook, released, content, compiled=()):
    """How many lines of a submission stand in the student package: {file name: lines}.

    notebook : from `intake.rebuild`
    released : the notebook as it was handed out: what stands there is not counted
    content : a `Content`: says which modules of the student package are compared
    compiled : sources that the cells compiled

    Only files of which there are `ENOUGH` lines are listed, the most first. A file is marked
    ``(in strings)`` if more of it was compiled, or stands in strings, than is seen in the cells.
    """
    handed_out = {cell.source for cell in released.cells}
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    strings = [text for source in code if source not in handed_out for text in literals(source)]
    known = course_lines(content)
    shown = known_lines(code, known)
    same = shown | known_lines([*strings, *compiled], known)
    if len(same) < ENOUGH:
        return {}
    same = same.difference(*map(lines, handed_out))  # rarely
    counts = Counter(name for line in same for name in known[line])
    unseen = {name for line in same - shown for name in known[line]}
    return {
        f"{name} (in strings)" if name in unseen else name: count
        for name, count in counts.most_common()
        if count >= ENOUGH
    }


def known_lines(sources, known):
    """The lines of all sources that are ``known``."""
    return set().union(*map(lines, sources)) & known.keys()


def literals(source):
    """The values of the strings in a cell that do not stand there as they are."""
    if "\\" not in source:
        return []
    try:
        with warnings.catch_warnings(action="ignore"):  # about "\d", say, of which runs warn
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a magic, or nothing that Python reads: then the cell did not run
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    strings = [value.decode(errors="replace") for value in values if isinstance(value, bytes)]
    return strings + [value for value in values if isinstance(value, str)]


def remarks(compiled, content):
    """What the lecturer should know of code that could not be compared, as sentences.

    compiled : a `model.Compiled`
    content : a `Content`
    """
    found, files = [], f"{content.students}/"
    if compiled.cut:
        found.append(f"compiles more text than is compared with {files}")
    if compiled.sourceless:
        found.append(f"makes code without source, which cannot be compared with {files}")
    return found
