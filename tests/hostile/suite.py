"""Hostile submissions through the real command, many at once, and what came of it.

One course folder holds some families of them and a few honest neighbours. The same command grades
the neighbours alone in a copy of that folder, which is what theirs must look like. Planted secrets,
a server that listens, and everything that lies around before and after tell what got out.
"""

import contextlib
import dataclasses
import functools
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import bs4
import nbformat
import numpy as np

from autograder.checking import judge
from autograder.commands import cli
from autograder.examples import UNIT, Work, fresh_course, full
from autograder.sandbox import packages
from autograder.sandbox.view import PROJECT
from autograder.secret import digest, of_course, seed
from autograder.units import CONTENT as content
from autograder.untrusted.text import CONTROL_CHARACTERS, SIGN, clean_line, unseen
from tests.hostile import FAMILIES, PREPARED, Attempt, Surroundings, families
from tests.whole.test_submissions import hidden_lines, nbgrader, scores

NEIGHBOURS = 3  # one for each style of right answers
JOBS = 8  # many only wait, for what never answers
HANGS = 900  # wall time in seconds after which the command hangs, and is killed
FULL = full()
TEXT = ("leaks", "markup", "names")  # families whose feedback is written: it takes a second each
EXCLUDE = "--CourseDirectory.student_id_exclude"
PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/home", "/root", "/", "/etc")
# Settings that the kernel itself changes all the time.
COUNTERS = re.compile(r"/random/|-nr$|-state$|_count$|ns_last_pid|/pty/nr$|/pid_max$|_cur$|cdrom")
COLOURED = re.compile(r'<span class="\w{1,3}">([^<]*)</span>')  # a word of code: most of a page
DECIMALS = re.compile(r"\d+\.\d{6}")
ACTIVE = re.compile(r"\\(?:href|require|style|class|cssId|data)\b")  # commands of MathJax


@dataclasses.dataclass
class Row:
    """What one case came to."""

    family: str
    case: str
    gained: float
    others: int  # neighbours that are not as if they had been graded alone
    problems: list[str]
    observed: str = ""  # what became of the attempts, or what the command said


@dataclasses.dataclass
class Outcome:
    """All rows, and what cannot be laid to one case."""

    rows: list[Row]
    problems: list[str]
    compared: int = 0  # of what `machine` looks at

    @property
    def good(self):
        return not self.problems and not any(
            row.gained or row.others or row.problems for row in self.rows
        )

    def table(self):
        """The table as text, with what is not as it should be below it."""
        width = max(len(row.case) for row in self.rows)
        lines = [f"{'case':<{width}}  {'family':<9}  gained  others  observed"]
        for row in self.rows:
            mark = "  ← see below" if row.problems else ""
            points = f"{row.gained:>6g}  {row.others:>6}"
            lines.append(
                f"{row.case:<{width}}  {row.family:<9}  {points}  {row.observed[:90]}{mark}"
            )
        found = [f"{row.case}: {problem}" for row in self.rows for problem in row.problems]
        lines += ["", *found, *self.problems]
        lines.append(
            f"{len(self.rows)} cases, {sum(row.gained for row in self.rows):g} points gained, "
            f"{max(row.others for row in self.rows)} others affected, "
            f"{len(found) + len(self.problems)} other problems; "
            f"{self.compared} settings and files of the machine compared before and after"
        )
        return "\n".join(lines)


@dataclasses.dataclass
class Class:
    """Honest neighbours, not graded in ``folder / "class"`` and graded in ``folder / "alone"``."""

    folder: Path
    sandbox: str
    secret: dict[str, str]  # what must not get out, by where it is
    released: nbformat.NotebookNode


def honest_class(folder, sandbox="auto"):
    """A `Class` in ``folder``, which is empty.

    sandbox : the kind of sandbox
    """
    folder = Path(folder).resolve()
    secret = {what: secrets.token_hex(12) for what in ("environment", "gradebook", "neighbour")}
    course = fresh_course(folder / "class")
    course.release(UNIT)
    with course.gradebook() as book:
        book.add_student("enrolled", last_name=secret["gradebook"])
    released = nbformat.read(course.folder("release", ".", UNIT) / f"{UNIT}.ipynb", as_version=4)
    for style in range(NEIGHBOURS):
        work = Work(f"neighbour_{style}", released)
        work.solve(style)
        work.cell("conv2d").source += f"\n# {secret['neighbour']}"
        path = course.folder("submitted", work.student, UNIT) / f"{UNIT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(work.data())
    shutil.copytree(course.root, folder / "alone")
    with temporary_folder() as temporary:
        grade(folder / "alone", secret, sandbox, temporary)
    return Class(folder, sandbox, secret, released)


class Attack:
    """Families of cases handed in beside the neighbours of a `Class`, and graded.

    name : of the folder for it, in that of the class
    only : the families
    """

    def __init__(self, neighbours, name, only=FAMILIES):
        self.neighbours, self.folder = neighbours, neighbours.folder / name
        self.course = self.folder / "course"
        shutil.copytree(neighbours.folder / "class", self.course)
        with (
            temporary_folder() as temporary,
            listening(self.folder, temporary) as (reached, around),
        ):
            self.attempts = hand_in(around, neighbours.released, only)
            before, machine_before = snapshot(self.course), machine()
            self.done = grade(self.course, neighbours.secret, neighbours.sandbox, temporary)
            after, machine_after = snapshot(self.course), machine()
            problems = leftovers(self.folder, around)
        if self.done.returncode != cli.DONE:
            ended = f"the command ended with {self.done.returncode}"
            problems.append(f"{ended}: {self.done.stderr[-2000:]}")
        problems += [f"{path} was changed" for path in sorted(before.keys() ^ after.keys())]
        problems += [f"{path} was changed" for path in before if after.get(path) != before[path]]
        problems += [f"someone reached the server: {what!r}" for what in reached]
        for name in machine_before.keys() | machine_after.keys():
            was, now = machine_before.get(name), machine_after.get(name)
            if was != now:
                problems.append(f"the machine was changed: {name}: {was!r}, now {now!r}")
        if CONTROL_CHARACTERS.search(self.done.stdout.replace("\n", "")):
            problems.append("the command's output holds control characters")
        self.problems, self.compared = problems, len(machine_before)

    def outcome(self):
        """Write feedback for the families in `TEXT`, and look at what came of all: an `Outcome`."""
        problems = list(self.problems)
        silent = [attempt.student for family, *_, attempt in self.attempts if family not in TEXT]
        if len(silent) < len(self.attempts):
            exclude = f"{EXCLUDE}={','.join(silent)}"
            feedback = nbgrader(self.course, "generate_feedback", UNIT, exclude)
            if feedback.returncode:
                problems.append(f"nbgrader generate_feedback failed: {feedback.stderr[-2000:]}")
        judge = Judge(self.course, self.neighbours, self.done.stdout)
        rows = [judge.row(*attempt) for attempt in self.attempts]
        return Outcome(rows, problems, self.compared)


def hand_in(around, released, only):
    """Write every case; returns (family, name, function, attempt) for each."""
    attempts = []
    for family, cases in families(only).items():
        for name, case in cases.items():
            attempt = Attempt(name, released, around)
            case(attempt)
            attempt.hand_in()
            attempts.append((family, name, case, attempt))
    return attempts


@contextlib.contextmanager
def temporary_folder():
    """A folder for a grader's temporary files, open to the user that runs student code."""
    place = Path(tempfile.mkdtemp(prefix="hostile-temporary-"))
    place.chmod(0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place)


def grade(folder, secret, sandbox, temporary):
    """``autograder grade`` in this folder, with a secret in its environment."""
    command = [sys.executable, "-m", "tests.hostile.limited", "grade", UNIT]
    command += ["--jobs", str(JOBS), "--sandbox", sandbox]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "COURSE_SECRET": secret["environment"],
            "TMPDIR": str(temporary),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed = process.communicate(timeout=HANGS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, *printed)


# -- what lies around -----------------------------------------------------------------------------


@contextlib.contextmanager
def listening(folder, temporary):
    """A server that should not be reached: (what reached it, the `Surroundings`)."""
    name, reached = f"{folder.name}-{secrets.token_hex(6)}", []
    path = folder / "server"
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(path)),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}"),
    ]
    with contextlib.ExitStack() as stack:
        port = None
        for family, kind, address in addresses:
            sock = stack.enter_context(socket.socket(family, kind))
            sock.bind(address)
            sock.listen()
            port = port or sock.getsockname()[1]
            thread = threading.Thread(target=count, args=(sock, reached), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(sock.shutdown, socket.SHUT_RDWR)  # ends the thread
        yield reached, Surroundings(folder / "course", temporary, name, port, path, name)


def count(sock, reached):
    """Note who connects, until the socket is shut down."""
    with contextlib.suppress(OSError):
        while True:
            connection, address = sock.accept()
            reached.append(address or sock.getsockname())
            connection.close()


def snapshot(folder):
    """Everything in the course that grading must leave alone, by path, with what it holds."""
    found = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if parts[0].startswith(("autograded", "feedback", "gradebook.db", ".autograder")):
            continue
        info = path.lstat()
        regular = path.is_file() and not path.is_symlink() and info.st_size < 1 << 28
        content = hashlib.sha256(path.read_bytes()).hexdigest() if regular else None
        found[path] = (info.st_mode, info.st_size, info.st_mtime_ns, content)
    return found


def machine():
    """What student code must not change of the machine, by name: its settings, its packages."""
    first, second = settings(), settings()
    found = {name: value for name, value in first.items() if second.get(name) == value}
    for folder, names in packages.importable(content.requirements).items():
        for path in (folder, *(folder / name for name in names)):
            info = path.stat()
            attributes = tuple(os.listxattr(path))
            found[str(path)] = info.st_mode, info.st_uid, info.st_mtime_ns, attributes
    return found


def settings():
    """The kernel's settings, as ``sysctl -a`` prints them, without its counters."""
    found = {}
    for path in Path("/proc/sys").rglob("*"):
        name = str(path.relative_to("/proc/sys"))
        if path.is_file() and not COUNTERS.search(name):
            with contextlib.suppress(OSError):  # not everyone may read all
                found[name] = path.read_bytes()
    return found


def leftovers(folder, around):
    """Files and processes that outlived the command, as sentences."""
    found = [f"left behind: {path}" for path in around.temporary.glob("sandbox-*")]
    for place in (*PUBLIC, *map(str, folder.glob("*")), str(folder / "course" / "submitted")):
        with contextlib.suppress(OSError):
            names = [name for name in os.listdir(place) if around.marker in name]
            found += [f"left behind: {place}/{name}" for name in names]
    for name in ("autograded", "feedback"):
        found += [
            f"left behind: {p}" for p in (folder / "course" / name).rglob(f"*{around.marker}*")
        ]
    with contextlib.suppress(OSError):
        if around.marker in Path("/proc/keys").read_text():
            found.append("left behind: a key in a keyring")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            files = ("cmdline", "environ", "mountinfo")
            seen = b"".join((process / name).read_bytes() for name in files)
            if str(around.temporary).encode() in seen:
                found.append(f"still running: {seen.split(bytes(2))[0][:200]!r}")
    return found


# -- judging --------------------------------------------------------------------------------------


class Judge:
    """Looks at what the command left in a course, and what it printed."""

    def __init__(self, course, honest, printed):
        self.course, self.printed = course, printed
        self.secret, self.scores = honest.secret, scores(course, UNIT)
        self.hidden = set(hidden_lines())
        self.alone = {name: self.files(honest.folder / "alone", name) for name in neighbours()}
        self.ours = {item for name in neighbours() for item in self.active(self.feedback(name))}

    def row(self, family, name, case, attempt):
        deserves = getattr(case, "deserves", 0)
        score = self.scores.get(attempt.student)
        problems = [*self.line(case, attempt), *self.leaks(attempt)]
        problems += self.markup(attempt) if family in TEXT else []
        if getattr(case, "reason", None):
            if score is not None:
                problems.append(f"{score:g} points in the gradebook, where no grade is expected")
        elif score is None:
            problems.append("no grade in the gradebook")
        elif score < deserves:
            problems.append(f"{score:g} points, where it deserves {deserves:g}")
        if attempt.prepares and not any(PREPARED in text for text in self.printed_by(attempt)):
            problems.append("the cell that prepares it did not run to its end")
        gained = max((score or 0) - deserves, 0)
        if attempt.observes:
            observed = self.observed(attempt)
            problems += [f"was not refused: {what}" for what in observed["DONE"]]
            if not any(observed.values()):
                problems.append("none of its attempts was observed")
            said = ", ".join(f"{what.split()[0]} {what.split()[1]}" for what in observed["refused"])
            said = f"refused: {said}"
        else:
            said = " ".join("".join(self.lines(attempt))[len(attempt.student) :].split())
            said = said.strip("; ")
        return Row(family, name, gained, len(self.affected), problems, said)

    def observed(self, attempt):
        """What the cells of a case noted of its attempts: {"DONE": […], "refused": […]}."""
        found = {"DONE": [], "refused": []}
        for text in self.printed_by(attempt):
            for word, what in re.findall(r"^OBSERVED (\w+) (.*)$", text, re.MULTILINE):
                found[word].append(what)
        return found

    def printed_by(self, attempt):
        """What each cell of a case printed."""
        for path in self.given("autograded", attempt):
            if path.suffix == ".ipynb":
                for cell in nbformat.read(path, as_version=4).cells:
                    yield "".join(output.get("text", "") for output in cell.get("outputs", []))

    @functools.cached_property
    def affected(self):
        """The neighbours that are not just what they are when they are graded alone."""
        return [
            name
            for name in neighbours()
            if self.scores.get(name) != FULL or self.files(self.course, name) != self.alone[name]
        ]

    @staticmethod
    def files(course, name):
        folder = course / "autograded" / name
        return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def feedback(self, student):
        path = self.course / "feedback" / student / UNIT / f"{UNIT}.html"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def lines(self, attempt):
        """What the command printed about this student."""
        name = attempt.student
        shown = name if clean_line(name) == name and not unseen(name) else ascii(name)[1:-1]
        return [line for line in self.printed.split("\n") if line.startswith(f"{shown:<24} ")]

    def line(self, case, attempt):
        """What is wrong with the line that the command printed, as a list."""
        lines = self.lines(attempt)
        if len(lines) != 1:
            return [f"{len(lines)} lines in the command's output"]
        reason = getattr(case, "reason", None)
        if reason and not re.search(f"no grade: .*{re.escape(reason)}", lines[0]):
            return [f"it should say {reason!r}: {lines[0]!r}"]
        if not reason and f" of {FULL:g}" not in lines[0]:
            return [f"it should have a grade: {lines[0]!r}"]
        return []

    def leaks(self, attempt):
        """Secrets in what this student is given back, as a list."""
        given = [p for step in ("autograded", "feedback") for p in self.given(step, attempt)]
        text = "\n".join([*self.lines(attempt), *(p.read_text(errors="replace") for p in given)])
        found = [
            f"the secret of the {what} got out" for what, s in self.secret.items() if s in text
        ]
        mine = b"" if attempt.make else attempt.data()
        got = [line for line in self.hidden if line in text and line.encode() not in mine]
        found += [f"got out: {line}" for line in got]
        if self.scores.get(attempt.student) is not None:
            drawn = set(hidden_numbers(attempt.student, seed_of(self.course, attempt.data())))
            numbers = len(drawn & set(DECIMALS.findall(text)))
            found += [f"{numbers} hidden inputs got out"] if numbers else []
        return found

    def given(self, step, attempt):
        return [p for p in (self.course / step / attempt.student).rglob("*") if p.is_file()]

    def markup(self, attempt):
        """What is active in the feedback and is not ours, as a list."""
        page = self.feedback(attempt.student)
        if not page:
            return ["no feedback"] if attempt.student in self.scores else []
        found = [f"active in the feedback: {s[:300]}" for s in self.active(page) - self.ours]
        if CONTROL_CHARACTERS.search(re.sub(f"[\r\n{SIGN}]", "", page)):
            found.append("control characters in the feedback")
        return found

    @staticmethod
    def active(page):
        """Everything on a page that a browser acts on: elements, attributes, formulas."""
        head, _, body = page.partition("<body")  # the head is long, and the same on all pages
        soup, found = bs4.BeautifulSoup(COLOURED.sub(r"\1", body), "html.parser"), {head}
        names = "script iframe object embed base meta form style svg link input details".split()
        for element in soup.find_all(names):
            found.add(str(element)[:4000])
        for element in soup.find_all(True):
            for key, value in element.attrs.items():
                value = value if isinstance(value, str) else " ".join(value)
                address = re.sub(r"[\x00-\x20]", "", value).lower()
                scheme = address.startswith(("javascript:", "vbscript:", "data:text"))
                if key.startswith("on") or key in ("srcdoc", "formaction") or scheme:
                    found.add(f"{element.name} {key}={value[:200]}")
        for element in soup.find_all(["pre", "code", "script", "style"]):
            element.decompose()
        return found | set(ACTIVE.findall(soup.get_text()))


def neighbours():
    return [f"neighbour_{style}" for style in range(NEIGHBOURS)]


def seed_of(course, data):
    """The seed of the hidden inputs for a submission, by the bytes that were handed in."""
    return seed(of_course(course)[0], digest(data))


def hidden_numbers(student, drawn_from):
    """Numbers of a submission's hidden inputs, to six decimals, as Python and NumPy print them.

    drawn_from : the seed of the submission
    """
    for task in content.of_unit(UNIT).values():
        if not task.own_numbers:
            for part in judge.parts_of(task, student, drawn_from):
                values = [v for case in part.cases for v in case.args if isinstance(v, np.ndarray)]
                for value in values:
                    if value.dtype.kind == "f":
                        yield from (f"{abs(n):.9f}"[:-3] for n in value.ravel()[:4])
