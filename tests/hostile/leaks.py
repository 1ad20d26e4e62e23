"""Hidden inputs and other secrets, carried to where a student reads them."""

from tests.hostile import FUNCTIONS, PAD, earns

RECORD = """
import base64, os, sys
seen = []
def record(args, kwargs):
    seen.append(repr((args, kwargs)))
    print("HIDDEN INPUT", repr((args, kwargs)), flush=True)
    print("HIDDEN INPUT", repr((args, kwargs)), file=sys.stderr)
    for number in (1, 2):
        try: os.write(number, repr((args, kwargs)).encode())
        except OSError: pass
    for folder in ("/tmp", "/dev/shm", ".", "/grader", {course!r}):
        try: open(folder + "/{marker}-hidden", "a").write(repr((args, kwargs)))
        except OSError: pass
"""


def _recording(work, body):
    record = RECORD.replace("{course!r}", repr(str(work.around.course)))
    setup = record.replace("{marker}", work.around.marker)
    work.everywhere("record(args, kwargs)\n" + body, setup)


def prints_its_arguments(work):
    """Every argument is printed, recorded and written to files; later cells print what was seen."""
    _recording(work, "return None")
    for task in FUNCTIONS:
        work.after(task, "print(seen)\nfor name in __import__('glob').glob('/tmp/*'): print(name)")
    work.notebook.cells.append(work.cell("setup").copy())


def dies_and_tells(work):
    """Records, then kills its process, so that all cells run again, and print what was found."""
    _recording(work, "os._exit(1)")
    marker = work.around.marker
    work.after(
        "conv2d",
        f"""
for folder in ("/tmp", "/dev/shm", ".", {str(work.around.course)!r}):
    try: print(open(folder + "/{marker}-hidden").read())
    except OSError: pass
""",
    )


def tells_through_exceptions(work):
    """Its arguments are the text, the type, the notes and the cause of exceptions."""
    _recording(
        work,
        "name = ''.join(c for c in repr(args) if c.isalnum())[:60]\n"
        "error = type('Is' + name, (ValueError,), {})(repr(args))\n"
        "error.add_note(repr(args))\nraise error from KeyError(repr(args))",
    )


def tells_through_usual_messages(work):
    """Numbers of a hidden input stand in messages that look like NumPy's own."""
    _recording(
        work,
        "digits = ''.join(c for c in repr(np.ravel(args[0])[0]) if c.isdigit())\n"
        "a, b = digits[-16:-8], digits[-8:]\n"
        "raise ValueError('operands could not be broadcast together with shapes (%s) (%s) ' % "
        "(','.join('1' + c for c in a[:4]), ','.join('1' + c for c in b[:4])))",
    )


def tells_through_shapes(work):
    """Numbers of a hidden input are the sizes of an empty array."""
    _recording(
        work,
        "digits = ''.join(c for c in repr(np.ravel(args[0])[0]) if c.isdigit())[-10:]\n"
        "return np.zeros([0] + [int(digits[i:i + 2]) for i in range(0, 10, 2)])",
    )


def tells_through_line_numbers(work):
    """The number of the line that raises says three digits of a hidden input."""
    lines = "".join(f"    if n == {i}: raise ValueError('no')\n" for i in range(900))
    for task in FUNCTIONS:
        head = f"def {task}(x, *args, **kwargs):\n    n = int(abs(np.ravel(x)[0]) * 1e6) % 900\n"
        work.write(task, (head + lines)[:19_000].rpartition("\n")[0])


def tells_through_names(work):
    """Numbers of a hidden input are names of types, keys, dtypes and warnings."""
    _recording(
        work,
        "import warnings\nname = ''.join(c for c in repr(args[0]) if c.isalnum())[:70]\n"
        "warnings.warn(repr(args[0]), type(name, (RuntimeWarning,), {}))\n"
        "kind = type(name, (), {'__module__': 'builtins'})\n"
        "return [kind(), {repr(args): 1}, np.zeros(1, [(name, float)]), np.datetime64(5, 'D')]["
        "len(seen) % 4]",
    )


def reads_the_environment(work):
    """Prints the environment of its process and of all it can see."""
    work.after(
        "setup",
        "import os, glob\nprint(dict(os.environ))\n!env\n!set\n"
        "for name in glob.glob('/proc/*/environ'):\n"
        "    try: print(open(name, 'rb').read())\n    except OSError: pass",
    )


def searches_its_memory(work):
    """Looks through all of its own memory for the words of a check."""
    work.after(
        "setup",
        """
import re
for line in open("/proc/self/maps"):
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    if "r" not in line.split()[1] or end - start > 1 << 26: continue
    try:
        with open("/proc/self/mem", "rb") as memory:
            memory.seek(start)
            held = memory.read(end - start)
            for found in re.findall(rb"check_[a-z]+2d[^\\0]{0,200}|HIDDEN TESTS", held):
                if b"[a-z]" not in found: print("CHECKS", found)
    except (OSError, ValueError, OverflowError): pass
""",
    )


def looks_for_the_reference(work):
    """Searches all folders for what belongs to the grader, compiled files too."""
    work.after(
        "setup",
        """
import os, sys
for top in {*sys.path, "/grader", "/tmp", "/usr/local", "/opt", "/srv", "/var", "/home", "/root"}:
    count = 0
    for folder, _, names in os.walk(top or "."):
        count += 1
        if count > 300: break
        for name in names:
            if any(word in folder + name for word in ("autograder", "reference", "misconception")):
                path = os.path.join(folder, name)
                try: print(path, open(path, errors="replace").read(3000))
                except OSError: pass
""",
    )


@earns(PAD)
def tells_the_next_call(work):
    """A right function that hands hidden inputs to other tasks by files, and these raise them."""
    work.solve_pad2d()
    body = work.cell("pad2d").source.replace("def pad2d(", "def honest_pad2d(")
    marker = work.around.marker
    work.write(
        "pad2d",
        body + "\nimport os\ndef pad2d(*args, **kwargs):\n"
        f"    open(os.path.expanduser('~/{marker}'), 'a').write(repr(args))\n"
        "    return honest_pad2d(*args, **kwargs)",
    )
    work.write(
        "conv2d",
        "def conv2d(*args, **kwargs):\n"
        f"    raise ValueError(open(os.path.expanduser('~/{marker}')).read()[:400])",
    )
