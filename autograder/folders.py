"""An instructor's course: its folders, its configuration, its gradebook, what was handed in."""

import dataclasses
import difflib
import re
import traceback
from pathlib import Path

from autograder import secret, tasks
from autograder.border import clean_line

MAX_NAME = 128  # characters; nbgrader declares it, and PostgreSQL holds to it


class CourseError(Exception):
    """Something an instructor has to put right before anything can be graded; says what to do."""


class Course:
    """An nbgrader course: its folders, its configuration and its gradebook.

    Raises CourseError if ``root`` is not one.
    """

    def __init__(self, root="."):
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config.loader import PyFileConfigLoader

        self.root = Path(root).resolve()
        if not (self.root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"{self.root} is not a course: there is no nbgrader_config.py. "
                "Go to the repository's root and try again."
            )
        loader = PyFileConfigLoader("nbgrader_config.py", path=str(self.root))
        try:
            self.config = loader.load_config()
        except (Exception, SystemExit) as error:
            raise CourseError(
                f"{self.root}/nbgrader_config.py cannot be loaded "
                f"({in_short(error, 'nbgrader_config.py')}). Correct it; settings of yours are "
                "better kept in course_settings.py beside it."
            ) from None
        if "Refusal" in self.config:
            raise CourseError(self.config.Refusal.message)
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)

    def folder(self, step, student, unit):
        return Path(self.directory.format_path(step, student, unit))

    def source(self, unit):
        return self.folder(self.directory.source_directory, ".", unit) / f"{unit}.ipynb"

    def units(self):
        """The units that have a source notebook."""
        pattern = self.folder(self.directory.source_directory, ".", "*")
        return sorted(p.stem for p in pattern.parent.glob("*/*.ipynb") if p.stem == p.parent.name)

    def choose_units(self, wanted):
        """The units called ``wanted``, or all. Raises CourseError for one that does not exist."""
        for unit in wanted:
            if unit not in self.units():
                begun = [name for name in self.units() if unit and name.startswith(unit)]
                near = begun or difflib.get_close_matches(unit, self.units(), n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                known = ", ".join(self.units()) or "none"
                raise CourseError(f"There is no unit {unit}.{hint} The units are: {known}.")
        return list(wanted) or self.units()

    def api(self):
        """nbgrader's own programming interface to this course."""
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(coursedir=self.directory, config=self.config)

    def ask_nbgrader(self, doing, call):
        """Run a step of `api`; raises CourseError with nbgrader's own words if it fails."""
        result = call(self.api())
        if not result["success"]:
            # The last line of a traceback says what happened, and is not marked as an error.
            told = r"\[ERROR\] (?!Traceback)|    [\w.]+: "
            log = [line for line in result["log"].splitlines() if re.match(told, line)]
            said = "\n".join(log[-5:]) or result["error"]
            raise CourseError(f"nbgrader could not {doing}:\n{said}")

    def release(self, unit):
        """``nbgrader generate_assignment``: the student version, and the unit in the gradebook."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self.gradebook().close()  # before nbgrader empties the release folder
        except SQLAlchemyError as error:
            raise CourseError(gradebook_problem(self, error)) from None
        self.secret()  # if it cannot be had, before anything is released
        self.ask_nbgrader(f"release {unit}", lambda api: api.generate_assignment(unit, force=True))

    def secret(self):
        """The secret of the course, and whether it was drawn just now. Raises CourseError."""
        try:
            return secret.of_course(self.root, self.directory.groupshared)
        except secret.SecretError as problem:
            raise CourseError(str(problem)) from None

    def feedback(self, unit):
        """``nbgrader generate_feedback`` for everyone."""
        self.ask_nbgrader(f"write feedback for {unit}", lambda api: api.generate_feedback(unit))

    def gradebook(self):
        """nbgrader's gradebook, open. Raises CourseError if none can be, as it is configured."""
        from nbgrader.api import Gradebook

        on_a_server = self.gradebook_url().get_backend_name() != "sqlite"
        if on_a_server and not self.directory.course_id:  # nbgrader's default; SQLite lets it pass
            raise CourseError(
                "A gradebook on a server needs the course to have a name: set "
                "c.CourseDirectory.course_id in course_settings.py."
            )
        try:
            return Gradebook(self.directory.db_url, self.directory.course_id)
        except ImportError as error:
            raise CourseError(
                f"The gradebook needs the driver {error.name}, which is not installed: for "
                "PostgreSQL install this course with its extra `postgres`."
            ) from None

    def gradebook_url(self):
        """Where the gradebook is; as text it hides a password."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            return make_url(self.directory.db_url)
        except (ArgumentError, ValueError):
            raise CourseError(
                "c.CourseDirectory.db_url in course_settings.py is no address of a database, such "
                "as postgresql://user@host/name."
            ) from None


def in_short(error, name):
    """An error that a configuration file called ``name`` raised, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"line {frame.lineno}: " for frame in frames if Path(frame.filename).name == name]
    return f"{''.join(lines[-1:])}{type(error).__name__}: {error}"


def gradebook_problem(course, error):
    """What to do about a database error."""
    reason = str(getattr(error, "orig", error)).splitlines()[0]
    url = course.gradebook_url()
    if url.get_backend_name() == "sqlite":
        check = (
            "that it is a gradebook, that the file and its folder are writable, and that nothing "
            "else holds it"
        )
    else:
        check = "that its server runs and lets you in"
    return (
        f"The gradebook {url.render_as_string()} cannot be written ({reason}). Check {check}; then "
        "run the command again."
    )


# -- finding submissions --------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Submission:
    """Where a student's file is, or why there is none to grade."""

    student: str
    path: Path | None = None
    reason: str | None = None
    repairs: tuple[str, ...] = ()


def find_submissions(folder, unit):
    """Every submission of ``unit`` under ``submitted/``, and everything that looks like a lost one.

    Raises CourseError if there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}. Collect submissions into "
            f"{folder.name}/<student>/{unit}/{unit}.ipynb first."
        )
    found = []
    for place in sorted(folder.iterdir()):
        if place.name.startswith("."):
            continue
        if clean_line(place.name) != place.name:
            reason = "its name holds characters that cannot be shown: rename it"
            found.append(Submission(ascii(place.name)[1:-1], reason=reason))
        elif len(place.name) > MAX_NAME:
            reason = f"its name is longer than the {MAX_NAME} characters of a gradebook: rename it"
            found.append(Submission(place.name, reason=reason))
        elif place.suffix == ".ipynb" and place.is_file():
            reason = f"move it to {folder.name}/<student>/{unit}/{unit}.ipynb"
            found.append(Submission(place.name, reason=reason))
        elif place.is_dir() and (submission := look_into(place, unit)):
            found.append(submission)
    return found


SECRET = "submission_secret.txt"  # of nbgrader's exchange, which hands feedback out by it


def small_text(path):
    """The text of a small file that came with a submission; empty if it is none."""
    if not path.is_file() or path.is_symlink() or path.stat().st_size > 200:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def stamp(folder):
    """When a submission was handed in, as ``timestamp.txt`` in its folder says; empty if it is not
    a small file, or no time."""
    from nbgrader.utils import gettz, parse_utc

    text = small_text(folder / "timestamp.txt").strip()
    zone = text.split(" ")[2:]  # parse_utc drops one that it does not know: "4:30 pm" is 4:30
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return ""
    return "" if zone and not (re.fullmatch("[+-]?[0-9]+", zone[0]) or gettz(zone[0])) else text


def look_into(place, unit):
    """The submission in one student's folder; None if there is no sign of one."""
    student, folder = place.name, place / unit
    where = f"{place.parent.name}/{student}"
    if student in tasks.units() and not folder.is_dir():
        expected = f"{place.parent.name}/<student>/{student}"
        reason = f"the folders are the wrong way round: {expected} is expected"
        return Submission(student, reason=reason) if student == unit else None
    if folder.is_dir():
        notebooks = sorted(folder.glob("*.ipynb"))
        no_time = "timestamp.txt does not count: it is no time such as 2026-11-20 16:30:00 UTC"
        repairs = [no_time] if (folder / "timestamp.txt").exists() and not stamp(folder) else []
        if folder / f"{unit}.ipynb" in notebooks:
            return Submission(student, folder / f"{unit}.ipynb", repairs=tuple(repairs))
        if len(notebooks) == 1:
            renamed = f"the file was called {clean_line(notebooks[0].name)}, not {unit}.ipynb"
            return Submission(student, notebooks[0], repairs=(renamed, *repairs))
        count = "no notebook" if not notebooks else "several notebooks"
        reason = f"there is {count} in {where}/{unit}; one called {unit}.ipynb is expected"
        return Submission(student, reason=reason)
    if stray := sorted(place.glob("*.ipynb")):
        return Submission(
            student,
            reason=f"move {where}/{clean_line(stray[0].name)} to {where}/{unit}/{unit}.ipynb",
        )
    others = {path.name for path in place.iterdir() if path.is_dir()} - set(tasks.units())
    similar = [name for name in others if (place / name / f"{unit}.ipynb").is_file()]
    if similar := similar or difflib.get_close_matches(unit, others, n=1, cutoff=0.8):
        return Submission(
            student, reason=f"rename {where}/{clean_line(similar[0])} to {where}/{unit}"
        )
    return None
