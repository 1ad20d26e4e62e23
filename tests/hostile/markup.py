"""Markup and terminal escapes on their way to a browser or a terminal."""

import json

import nbformat

from tests.hostile import PAD, earns
from tests.pictures import encoded, png

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>"
ESCAPES = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;javascript:alert(1)\x1b\\x\x1b]8;;\x1b\\\x9b31m\u202egnp.exe"
)


def _text(work, source, attachments=None):
    cell = nbformat.v4.new_markdown_cell(source)
    if attachments:
        cell.attachments = attachments
    work.notebook.cells.insert(1, cell)


def displays_html(work):
    """Displays of all kinds that a browser runs."""
    work.after(
        "setup",
        f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, IFrame, display
html = {SCRIPT!r}
for one in (HTML(html), Javascript("alert(1)"), Latex(html), Markdown(html), SVG(html),
            IFrame("javascript:alert(1)", 9, 9)):
    display(one)
display({{kind: html for kind in ("text/html", "text/plain", "image/svg+xml", "image/png",
        "application/javascript", "text/latex", "text/markdown", "application/pdf",
        "application/vnd.jupyter.widget-view+json")}}, raw=True)
HTML(html)
""",
    )


def prints_html(work):
    """HTML and colours in what is printed, on both streams."""
    work.after(
        "setup",
        f"import sys\nfor file in (sys.stdout, sys.stderr):\n    print({SCRIPT!r}, file=file)\n"
        f"    print({ESCAPES!r}, file=file)\n"
        "    print('\\x1b[31;<script>alert(1)</script>m', file=file)\n"
        f"    print('</pre></div>' + {SCRIPT!r}, file=file)",
    )


def raises_html(work):
    """Exceptions whose type, text, traceback and notes are HTML and escapes."""
    work.after(
        "setup",
        f"""
class Markup(Exception):
    def _render_traceback_(self): return [{SCRIPT!r}, {ESCAPES!r}]
Markup.__name__ = Markup.__qualname__ = {SCRIPT!r}
error = Markup({SCRIPT!r} + {ESCAPES!r})
error.add_note({SCRIPT!r})
raise error
""",
    )
    work.everywhere(f"raise type({SCRIPT!r}, (ValueError,), {{}})({SCRIPT!r} + {ESCAPES!r})")


def comments_in_html(work):
    """Comments and names in solution cells that end the page's own elements."""
    work.write("pad2d", f"# </span></pre></div>{SCRIPT}\n# {ESCAPES}\npad2d = '{SCRIPT[:25]}'")
    work.after("setup", f"</pre>{SCRIPT}")


def writes_html_in_text_cells(work):
    """Markdown with HTML, in tags that are open, upper-case, broken over lines or in tables."""
    for text in (
        SCRIPT,
        "<SCRIPT\n>alert(1)</SCRIPT\n>",
        "<img\nsrc=x\nonerror=alert(1)//",
        "<<script>script>alert(1)<</script>/script>",
        "| a |\n|---|\n| <svg onload=alert(1)> |",
        "<details open ontoggle=alert(1)>",
        "<!--><script>alert(1)</script>-->",
        "<?php alert(1) ?><![CDATA[<script>alert(1)</script>]]>",
        "`` <script>alert(1)</script> ``\n\n    <script>alert(1)</script>",
        "<\x00script>alert(1)</script> <\u200bscript>alert(1)</script>",
        "<style>*{display:none}</style><base href='//evil'><meta http-equiv=refresh content=0>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><form action=javascript:alert(1)>",
    ):
        _text(work, text)


def links_to_scripts(work):
    """Markdown links that lead to scripts, written in all the ways there are."""
    for text in (
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x]( javascript:alert(1))",
        "[x](\njavascript:alert(1))",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "[x]\n\n[x]:\njavascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        '![x](https://a "x" onerror=alert(1))',
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:alert(1))",
        "[x](https://a/?<script>alert(1)</script>)",
        '[x](https://a" onmouseover="alert(1))',
        "[![x](https://a)](javascript:alert(1))",
        "[a]: # (javascript:alert(1))\n[a]",
    ):
        _text(work, text)


def sets_formulas_that_run(work):
    """TeX that MathJax turns into links, styles and elements of the page."""
    for text in (
        r"$\href{javascript:alert(1)}{x}$",
        r"$$\require{html}\href{javascript:alert(1)}{x}\style{position:fixed}{x}\cssId{a}{x}$$",
        r"\begin{equation}\unicode{<img src=x onerror=alert(1)>}\end{equation}",
        r"$\def\x{\x\x}\x$",
        r"$<script>alert(1)</script>$",
        r"$\text{</script><script>alert(1)</script>}$",
    ):
        _text(work, text)


def attaches_scripts(work):
    """Attachments that are no pictures, or whose names close the attribute they stand in."""
    names = ('x" onerror="alert(1)', "x.png", "<script>alert(1)</script>", "a\x1b[31m\u202eb")
    bundle = {"image/svg+xml": SCRIPT, "text/html": SCRIPT, "image/png": encoded(png())}
    _text(
        work,
        "\n".join(f"![x](attachment:{name})" for name in names),
        dict.fromkeys(names, bundle) | {"y.png": {"image/png": SCRIPT, "image/jpeg": SCRIPT}},
    )


def brings_raw_cells(work):
    """Raw cells, which a page takes over as they are, and Markdown that is no such thing."""
    for kind in ("raw", "html", "heading", None):
        cell = nbformat.v4.new_raw_cell(f"</pre></div>{SCRIPT}")
        cell.metadata.raw_mimetype = "text/html"
        cell.cell_type = kind
        work.notebook.cells.insert(1, cell)
    work.raw = json.dumps(work.notebook).encode()


def puts_html_in_metadata(work):
    """Titles, authors, kernels, languages, widgets and cell ids that are HTML."""
    meta = work.notebook.metadata
    meta.title, meta.authors = SCRIPT, [{"name": SCRIPT}]
    meta.kernelspec = {"name": SCRIPT, "display_name": SCRIPT, "language": SCRIPT}
    meta.language_info = {"name": SCRIPT, "pygments_lexer": SCRIPT, "codemirror_mode": SCRIPT}
    meta.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"x": SCRIPT}}}
    for cell in work.notebook.cells:
        cell.id = "x" * 8 + "-" + SCRIPT[:8]
        cell.metadata.name = cell.metadata["class"] = SCRIPT
    work.raw = json.dumps(work.notebook).encode()


def keeps_html_in_old_outputs(work):
    """Outputs of experiments, which are kept as handed in, are HTML and escapes."""
    for cell in work.notebook.cells:
        if "experiment" in cell.metadata.get("tags", []):
            html = {"text/html": SCRIPT, "text/plain": SCRIPT + ESCAPES, "image/svg+xml": SCRIPT}
            cell.outputs = [
                nbformat.v4.new_output("display_data", data=html, metadata={"x": SCRIPT}),
                nbformat.v4.new_output("stream", text=SCRIPT + ESCAPES),
                nbformat.v4.new_output("error", ename=SCRIPT, evalue=ESCAPES, traceback=[SCRIPT]),
            ]


def calls_itself_html(work):
    """An id in the notebook that is HTML, in the cell that asks for it."""
    for cell in work.notebook.cells:
        cell.source = cell.source.replace('remembered("")', f'remembered("{SCRIPT} {ESCAPES}")')
    work.after("setup", f'STUDENT_ID = "{SCRIPT}"')


@earns(PAD)
def speaks_for_the_grader(work):
    """Prints and raises what the grader says when all is right, or when it stopped a cell."""
    work.solve_pad2d()
    work.after(
        "setup",
        """
print("ok    one picture, one channel, one filter  (1 of 1)")
print("conv2d_valid: 5 of 5 points")
print("[Not run: the cells before it took too long.]")
print("**Notes from the grader**")
class Stopped(Exception):
    def _render_traceback_(self):
        return ["Stopped by the grader: its process ended. This cell was left out."]
raise Stopped("its process ended")
""",
    )
    _text(work, "**Notes from the grader**\n\n- graded by hand: 15 of 15 points")
    work.after("test_conv2d", "print('conv2d: 3 of 3 points')\n3.0")
