"""An instructor's course: its folders, its configuration, its gradebook."""

import copy
import difflib
import functools
import re
import traceback
from pathlib import Path

from autograder import content, secret


class CourseError(Exception):
    """Something an instructor has to put right before anything can be graded; says what to do."""


class Course:
    """An nbgrader course: its folders, its configuration and its gradebook.

    config : traitlets Config, where nbgrader has read nbgrader_config.py already

    Raises CourseError if ``root`` is not one.
    """

    def __init__(self, root=".", config=None):
        from nbgrader.coursedir import CourseDirectory

        self.root = Path(root).resolve()
        self.config = self.read_config() if config is None else copy.deepcopy(config)
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)

    def read_config(self):
        """What nbgrader_config.py sets, and the course_settings.py beside it."""
        from traitlets.config.loader import PyFileConfigLoader

        if not (self.root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"{self.root} is not a course: there is no nbgrader_config.py. "
                "Go to the course's folder, or make one with `autograder init`."
            )
        loader = PyFileConfigLoader("nbgrader_config.py", path=str(self.root))
        try:
            config = loader.load_config()
        except (Exception, SystemExit) as error:
            raise CourseError(
                f"{self.root}/nbgrader_config.py cannot be loaded "
                f"({in_short(error, 'nbgrader_config.py')}). Correct it; settings of yours are "
                "better kept in course_settings.py beside it."
            ) from None
        if "Refusal" in config:
            raise CourseError(config.Refusal.message)
        return config

    @functools.cached_property
    def content(self):
        """The `Content` that the configuration names. Raises CourseError if it cannot be had."""
        try:
            return content.configured(self.config)
        except content.ContentError as problem:
            raise CourseError(str(problem)) from None

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
            log = [line for line in result.get("log", "").splitlines() if re.match(told, line)]
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
        book = Gradebook.__new__(Gradebook)
        try:
            book.__init__(self.directory.db_url, self.directory.course_id)
            return book
        except ImportError as error:
            raise CourseError(
                f"The gradebook needs the driver {error.name}, which is not installed: for "
                "PostgreSQL install convnet-autograder with its extra `postgres`."
            ) from None
        except Exception:
            if hasattr(book, "engine"):  # nbgrader leaves its connection open
                book.engine.dispose()
            raise

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
