"""An instructor's course: its folders, its configuration, its gradebook."""

from __future__ import annotations

import copy
import difflib
import functools
import json
import re
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import content, files, secret

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from sqlalchemy import URL
    from traitlets.config import Config


class CourseError(Exception):
    """A problem with a course that the instructor has to solve; the message says how."""


class Course:
    """An nbgrader course: its folders, its configuration and its gradebook.

    config : traitlets Config, if nbgrader has already read nbgrader_config.py

    Raises CourseError if ``root`` is not a course.
    """

    def __init__(self, root: str | Path = ".", config: Config | None = None) -> None:
        from nbgrader.coursedir import CourseDirectory

        self.root = Path(root).resolve()
        self.config = self.read_config() if config is None else copy.deepcopy(config)
        self.config.CourseDirectory.root = str(self.root)
        self.directory = CourseDirectory(config=self.config)

    def read_config(self) -> Config:
        """The settings of nbgrader_config.py and of course_settings.py beside it.

        Raises CourseError if they cannot be loaded.
        """
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
                f"({in_short(error, 'nbgrader_config.py')}). Correct it, and move your own "
                "settings to course_settings.py beside it."
            ) from None
        if "Refusal" in config:
            raise CourseError(config.Refusal.message)
        return config

    @functools.cached_property
    def content(self) -> content.Content:
        """The `Content` that the configuration names.

        Raises CourseError if it cannot be loaded, or if an installed package hides one of its own.
        """
        try:
            found = content.configured(self.config)
            tops = {name.partition(".")[0] for name in (found.package, found.students)}
            for top in sorted(tops):
                mine, used = self.root / top, content.folder_of(top)
                if (mine / "__init__.py").is_file() and mine.resolve() != used:
                    raise CourseError(
                        f"The package {mine} is hidden by an installed one of the same name, "
                        f"{used}. Rename yours, in CONTENT and in the notebooks too."
                    )
        except content.ContentError as problem:
            raise CourseError(str(problem)) from None
        return found

    def folder(self, step: str, student: str, unit: str) -> Path:
        """The folder of a unit in one of nbgrader's steps, such as ``submitted``."""
        return Path(self.directory.format_path(step, student, unit))

    def source(self, unit: str) -> Path:
        """The source notebook of a unit."""
        return self.folder(self.directory.source_directory, ".", unit) / f"{unit}.ipynb"

    def units(self) -> list[str]:
        """The names of the units that have a source notebook, sorted."""
        pattern = self.folder(self.directory.source_directory, ".", "*")
        return sorted(p.stem for p in pattern.parent.glob("*/*.ipynb") if p.stem == p.parent.name)

    def notes(self, unit: str, name: str) -> Path:
        """The file in which commands remember something of a unit, as JSON."""
        return self.root / ".autograder" / unit / f"{name}.json"

    def remember(self, unit: str, name: str, told: Any) -> None:
        """Write `notes`. Raises CourseError."""
        path = self.notes(unit, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, json.dumps(told, indent=1).encode())
        except OSError as error:
            raise CourseError(f"{path} cannot be written ({error.strerror}).") from None

    def choose_units(self, wanted: Iterable[str]) -> list[str]:
        """The units called ``wanted``, or all.

        Raises CourseError for one that does not exist, and if there is none at all.
        """
        if not self.units():
            raise CourseError(
                "The course has no unit yet: a unit is a notebook "
                f"{self.directory.source_directory}/<unit>/<unit>.ipynb."
            )
        for unit in wanted:
            if unit not in self.units():
                begun = [name for name in self.units() if unit and name.startswith(unit)]
                near = begun or difflib.get_close_matches(unit, self.units(), n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                known = ", ".join(self.units())
                raise CourseError(f"There is no unit {unit}.{hint} The units are: {known}.")
        return list(wanted) or self.units()

    def api(self) -> NbGraderAPI:
        """nbgrader's programming interface to this course."""
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(coursedir=self.directory, config=self.config)

    def ask_nbgrader(self, doing: str, call: Callable[[NbGraderAPI], dict[str, Any]]) -> None:
        """Run a step of `api`. Raises CourseError with the end of nbgrader's log if it fails.

        doing : what the step does, to complete "nbgrader could not"
        """
        result = call(self.api())
        if not result["success"]:
            # Error messages, and the last line of a traceback, which has no such mark.
            told = r"\[ERROR\] (?!Traceback)|    [\w.]+: "
            log = [line for line in result.get("log", "").splitlines() if re.match(told, line)]
            said = "\n".join(log[-5:]) or result["error"]
            raise CourseError(f"nbgrader could not {doing}:\n{said}")

    def release(self, unit: str) -> None:
        """Make the student version of a unit, and add the unit to the gradebook.

        Runs ``nbgrader generate_assignment``. Raises CourseError.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self.gradebook().close()  # fails before nbgrader empties the release folder
        except SQLAlchemyError as error:
            raise CourseError(gradebook_problem(self, error)) from None
        self.secret()  # fails before anything is released
        self.ask_nbgrader(f"release {unit}", lambda api: api.generate_assignment(unit, force=True))

    def secret(self) -> tuple[bytes, bool]:
        """The secret of the course, and True if this call has drawn it. Raises CourseError."""
        try:
            return secret.of_course(self.root, self.directory.groupshared)
        except secret.SecretError as problem:
            raise CourseError(str(problem)) from None

    def feedback(self, unit: str) -> None:
        """Write the feedback of all students: ``nbgrader generate_feedback``."""
        self.ask_nbgrader(f"write feedback for {unit}", lambda api: api.generate_feedback(unit))

    def gradebook(self) -> Gradebook:
        """nbgrader's gradebook, opened. Raises CourseError if its configuration is incomplete."""
        from nbgrader.api import Gradebook

        on_a_server = self.gradebook_url().get_backend_name() != "sqlite"
        if on_a_server and not self.directory.course_id:  # empty by default; SQLite accepts that
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

    def gradebook_url(self) -> URL:
        """The address of the gradebook; as text it hides a password. Raises CourseError."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            return make_url(self.directory.db_url)
        except (ArgumentError, ValueError):
            raise CourseError(
                "c.CourseDirectory.db_url in course_settings.py is no address of a database. Set "
                "it to one such as postgresql://user@host/name."
            ) from None


def in_short(error: BaseException, name: str) -> str:
    """One line on an error in the configuration file called ``name``: its line, type, message."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"line {frame.lineno}: " for frame in frames if Path(frame.filename).name == name]
    return f"{''.join(lines[-1:])}{type(error).__name__}: {error}"


def gradebook_problem(course: Course, error: Exception) -> str:
    """A message on a database error: the gradebook, the reason, and what to check."""
    reason = str(getattr(error, "orig", error)).splitlines()[0]
    url = course.gradebook_url()
    if url.get_backend_name() == "sqlite":
        check = (
            "that it is a gradebook, that the file and its folder are writable, and that no other "
            "program has locked it"
        )
    else:
        check = "that its server is running and accepts your login"
    return (
        f"The gradebook {url.render_as_string()} cannot be written ({reason}). Check {check}; then "
        "run the command again."
    )
