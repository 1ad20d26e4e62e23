"""What cells compile besides themselves: the text of an `exec`, a module that they wrote, …

The grader compares it with the course's code, as it compares the cells: see `autograder.copied`.
Python calls an audit hook (PEP 578) whenever it compiles something. The hook runs in the student's
process, and code there can empty the log. Its content is a hint for the lecturer; no grade depends
on it.
"""

import ast
import collections
import contextlib
import dataclasses
import sys
import typing

MAX_TEXT = 200_000  # characters of all sources together
WITHOUT_SOURCE = ("marshal.load", "marshal.loads", "code.__new__")
WATCHED = {"compile", *WITHOUT_SOURCE}
IMPORT = "<frozen importlib"  # the file names of Python's import system begin so
# `ast` makes trees, which do not run. The others compile code that they have written themselves.
IGNORED_CALLERS = {module.__file__ for module in (ast, collections, dataclasses, typing)}


class CompileLog:
    """The sources that were compiled while a cell ran, each once, in order.

    cut : True if there were more than are kept
    sourceless : True if code was made that has no source, from bytes or from a syntax tree
    """

    def __init__(self):
        self.sources, self.room = {}, MAX_TEXT  # a dict keeps their order
        self.cut = self.sourceless = False
        self.cell = None  # the texts of the cell that runs, without white space around them

    def start(self):
        """Install the hook, for good. What can be imported now is a library."""
        self.library = (sys.prefix, *filter(None, sys.path), "<frozen ")

        def hook(event, args):  # Python calls it for other events too, thousands of times
            if event in WATCHED and (cell := self.cell) is not None:
                self.note(event, args, cell)

        sys.addaudithook(hook)

    @contextlib.contextmanager
    def running(self, source):
        """Note what is compiled in the block, in which the cell with this source runs."""
        self.cell = {source.strip()}
        try:
            yield
        finally:
            self.cell = None

    def transformed(self, source, python):
        """Tell the log that IPython compiles ``python`` in the place of this source."""
        if self.cell is not None and source.strip() in self.cell:
            self.cell.add(python.strip())

    def note(self, event, args, cell):
        """Note one event while a cell with these texts runs (a thread may go on after it)."""
        try:
            caller = sys._getframe(2).f_code.co_filename
        except ValueError:  # a thread that starts in C has no Python code that calls
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

    def report(self):
        """All this as the grader is told it."""
        return {"sources": list(self.sources), "cut": self.cut, "sourceless": self.sourceless}
