"""Converts TeX to MathML, which browsers render without scripts or network.

The input may be a student's. On some input the converter, a compiled package, takes exponential
time or overflows the stack. It therefore runs in a process of its own, which may die, and its
output is used only if it is pure MathML.
"""

import atexit
import functools
import html
import json
import re
import resource
import signal
import subprocess
import sys
from html.parser import HTMLParser

import math_core

CPU_SECONDS = 1  # limit for one formula; a long one normally takes a thousandth of this
MEMORY = 1 << 30  # bytes of address space
LOST = 3  # formulas of a page that may exceed the limits; after that the rest stays TeX
ELEMENTS = set(
    "b math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace "
    "msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover".split()
)
ATTRIBUTES = set(
    "accent accentunder columnalign columnlines columnspan display displaystyle fence form height "
    "largeop linethickness lspace mathvariant maxsize minsize movablelimits notation rowspan "
    "rspace scriptlevel separator stretchy style symmetric voffset width".split()
)
STYLE = re.compile(r"[\w\s:;.,%#+-]*")  # lengths and colours; no function, so no URL


class Page:
    """Converts the formulas of one page."""

    def __init__(self) -> None:
        self.lost = 0

    def mathml(self, source: str, display: bool = False) -> str:
        """A formula as MathML; if it cannot be converted, its escaped source.

        source : TeX without the dollar signs
        display : True for a formula on a line of its own
        """
        try:
            found = mathml(source.strip(), display) if self.lost < LOST else None
        except EOFError:
            self.lost += 1
            found = None
        if found:
            return found
        sign = "$$" if display else "$"
        return f'<code class="formula">{html.escape(sign + source + sign)}</code>'


class Converter:
    """The process that converts formulas, started on first use."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def convert(self, source: str, display: bool) -> str | None:
        """The untrusted output of the converter; None if the source is not valid TeX.

        Raises EOFError if the conversion took too much time, stack or memory.
        """
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps([source, display]), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            self.close()
            raise EOFError
        converted: str | None = json.loads(answer)
        return converted

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


converter = Converter()
atexit.register(converter.close)


@functools.lru_cache(maxsize=1024)  # the pages of a class repeat the formulas of the course
def mathml(source: str, display: bool) -> str | None:
    """A formula as harmless MathML; None if there is none. Raises EOFError as `Converter` does."""
    found = converter.convert(source, display)
    return found if found and harmless(found) else None


def harmless(page: str) -> bool:
    """True if a piece of HTML consists only of allowed MathML elements and attributes."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.harmless


class Reader(HTMLParser):
    """Checks elements and attributes, parsed as a browser does."""

    harmless = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.harmless &= tag in ELEMENTS and all(
            name in ATTRIBUTES and (name != "style" or bool(STYLE.fullmatch(value or "")))
            for name, value in attrs
        )

    def handle_comment(self, data: str) -> None:
        self.harmless = False

    def handle_decl(self, decl: str) -> None:
        self.harmless = False

    def handle_pi(self, data: str) -> None:
        self.harmless = False

    def unknown_decl(self, data: str) -> None:
        self.harmless = False


def serve() -> None:
    """Run the converting process: for each line of input, a formula, write one line of output."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # No macros: a recursive one could expand without end.
    to_mathml = math_core.LatexToMathML(max_expansions=0, fancy_error=False)
    for line in sys.stdin:
        source, display = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # its signal ends the process
        try:
            answer = to_mathml.convert_with_local_state(source, displaystyle=display)
        except (math_core.LatexError, UnicodeError):
            answer = None
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
