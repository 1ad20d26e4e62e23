"""A log of what cells compile besides themselves: the text of an `exec`, a module they wrote, …

The grader compares it with the course's code, as it compares the cells: see
`autograder.untrusted.overlap`. Python calls an audit hook (PEP 578) whenever it compiles something.
The hook runs in the student's process, and code there can empty the log. Its content is a hint for
the lecturer; no grade depends on it.
"""

import ast
import collections
import contextlib
import dataclasses
import sys
import typing
from collections.abc import Iterator

MAX_SOURCES = 200_000  # characters of all sources together
WITHOUT_SOURCE = ("marshal.load", "marshal.loads", "code.__new__")
WATCHED = {"compile", *WITHOUT_SOURCE}
IMPORT = "<frozen importlib"  # how the file names of Python's import system begin
# `ast` makes trees, which do not run. The others compile code that they generate.
IGNORED_CALLERS = {module.__file__ for module in (ast, collections, dataclasses, typing)}


class CompileLog:
    """The sources that were compiled while a cell ran, each once, in order.

    cut : True if there were more sources than are kept
    sourceless : True if code was made from bytes or from a syntax tree, which have no source
    library : how the file names of libraries begin, from `start` on
    """

    library: tuple[str, ...]

    def __init__(self) -> None:
        self.sources: dict[str, None] = {}  # a dict keeps their order
        self.room = MAX_SOURCES
        self.cut = self.sourceless = False
        self.cell: set[str] | None = None  # the stripped texts of the cell that runs

    def start(self) -> None:
        """Install the audit hook, for good. What can be imported now counts as a library."""
        self.library = (sys.prefix, *filter(None, sys.path), "<frozen ")

        # Python calls it for other events too, thousands of times.
        def hook(event: str, args: tuple[typing.Any, ...]) -> None:
            if event in WATCHED and (cell := self.cell) is not None:
                self.note(event, args, cell)

        sys.addaudithook(hook)

    @contextlib.contextmanager
    def running(self, source: str) -> Iterator[None]:
        """Log what is compiled in the ``with`` block, where the cell with this source runs."""
        self.cell = {source.strip()}
        try:
            yield
        finally:
            self.cell = None

    def transformed(self, source: str, python: str) -> None:
        """Tell the log that IPython compiles ``python`` instead of this source."""
        if self.cell is not None and source.strip() in self.cell:
            self.cell.add(python.strip())

    def note(self, event: str, args: tuple[typing.Any, ...], cell: set[str]) -> None:
        """Log one event of a cell with these texts.

        ``self.cell`` may have changed since: a thread can outlive its cell.
        """
        try:
            caller = sys._getframe(2).f_code.co_filename
        except ValueError:  # a thread that starts in C has no Python caller
            caller = ""
        library = caller.startswith(self.library)
        if event in WITHOUT_SOURCE or isinstance(args[0], ast.AST):
            self.sourceless = self.sourceless or not library
            return
        source, file = args
        imported = caller.startswith(IMPORT) and str(file).startswith(self.library)
        if imported or caller in IGNORED_CALLERS:
            return
        text = source.decode("utf-8", "replace") if isinstance(source, bytes) else str(source)
        if text.strip() in cell or text in self.sources:
            return
        self.cut = self.cut or len(text) > self.room
        self.sources[text[: self.room]] = None
        self.room = max(0, self.room - len(text))

    def begin_anew(self) -> None:
        """Forget what was logged: the grader has it from elsewhere."""
        self.sources, self.cut, self.sourceless = {}, False, False

    def report(self) -> dict[str, object]:
        """The log, as it is sent to the grader."""
        return {"sources": list(self.sources), "cut": self.cut, "sourceless": self.sourceless}
