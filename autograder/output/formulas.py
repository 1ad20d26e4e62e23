"""TeX -> MathML, which browsers set by themselves: no script, and nothing from the network.

What a student writes ends up here. The converter is a young compiled one: on some input it takes
time that doubles with every bracket, or more stack than there is. So it runs in a process of its
own, which may be lost; and what it returns is only used if it is MathML and nothing else.
"""

import atexit
import html
import json
import re
import resource
import signal
import subprocess
import sys
from html.parser import HTMLParser

import math_core

CPU_SECONDS = 1  # for one formula; a long one takes a thousandth
MEMORY = 1 << 30  # bytes of address space
LOST = 3  # formulas of one page that may take too much; then all others stay as they were written
ELEMENTS = set(
    "b math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace "
    "msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover".split()
)
ATTRIBUTES = set(
    "accent accentunder columnalign columnlines columnspan display displaystyle fence form height "
    "largeop linethickness lspace mathvariant maxsize minsize movablelimits notation rowspan "
    "rspace scriptlevel separator stretchy style symmetric voffset width".split()
)
STYLE = re.compile(r"[\w\s:;.,%#+-]*")  # lengths and colours; no function, so no address either


class Page:
    """Sets the formulas of one page."""

    def __init__(self):
        self.lost = 0

    def mathml(self, source, display=False):
        """A formula as MathML; as it was written, escaped, if it cannot be set.

        source : TeX without its dollars
        display : whether it stands on a line of its own
        """
        try:
            found = converter.convert(source.strip(), display) if self.lost < LOST else None
        except EOFError:
            self.lost += 1
            found = None
        if found and harmless(found):
            return found
        sign = "$$" if display else "$"
        return f'<code class="formula">{html.escape(sign + source + sign)}</code>'


class Converter:
    """The process that converts, started when it is first needed."""

    def __init__(self):
        self.process = None

    def convert(self, source, display):
        """Whatever the converter makes of a formula; None if it is none, to its mind.

        Raises EOFError if it has taken too much time, stack or memory.
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
        try:
            print(json.dumps([source, display]), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            self.close()
            raise EOFError
        return json.loads(answer)

    def close(self):
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


converter = Converter()
atexit.register(converter.close)


def harmless(page):
    """True if everything in some HTML only sets a formula."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.harmless


class Reader(HTMLParser):
    """Looks at elements and their attributes, as a browser would read them."""

    harmless = True

    def handle_starttag(self, tag, attrs):
        self.harmless &= tag in ELEMENTS and all(
            name in ATTRIBUTES and (name != "style" or bool(STYLE.fullmatch(value or "")))
            for name, value in attrs
        )

    def refuse(self, *content):
        self.harmless = False

    handle_comment = handle_decl = handle_pi = unknown_decl = refuse


def serve():
    """What the process does: a formula on every line of its input, an answer on every other."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Nothing can be defined: what defines itself could grow for long.
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
