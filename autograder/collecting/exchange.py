"""nbgrader's exchange, a folder that all may write into: what a lecturer reads and writes there.

nbgrader copies a whole submission out of it and follows every link: one to a solution is graded,
and handed out with the feedback. It ends at the first submission that it cannot understand. These
classes take the place of its own; `nbgrader_config.py` names them. What they refuse is named and
left where it is, and everything else is done as nbgrader does it.
"""

import contextlib
import datetime
import fnmatch
import glob
import os
import pwd
import shutil
import stat
from pathlib import Path

from nbgrader.exchange import default
from nbgrader.utils import parse_utc

from autograder.collecting import submissions
from autograder.untrusted import nofollow
from autograder.untrusted.nofollow import Refused
from autograder.untrusted.text import clean_line

MAX_FILES = 1_000  # of one submission
CHUNK = 1 << 20  # bytes that are copied at a time


class InExchange:
    """What our classes have in common: a course's folders in the exchange are no links."""

    def ensure_root(self):
        super().ensure_root()
        mode = os.stat(self.root).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            self.log.warning(
                "Everybody can move away what others have put into %s: run `chmod +t %s`.",
                self.root,
                self.root,
            )

    def ensure_directory(self, path, mode):
        place = Path(self.root)
        for name in nofollow.split(path, self.root):
            place = place / name
            if place.is_symlink():
                self.fail(f"{place} is a link, and none is followed in the exchange: remove it.")
        super().ensure_directory(path, mode)


class Collect(InExchange, default.ExchangeCollect):
    """``nbgrader collect`` without following links: a submission is copied whole or not at all."""

    def init_src(self):
        if self.coursedir.course_id:  # else nbgrader says what is missing
            try:
                with nofollow.folder(self.root, *self.names_of()):
                    pass
            except Refused as problem:
                self.fail(f"Nothing is collected from {self.root}: {problem}.")
            except FileNotFoundError:
                pass  # nbgrader says so
        super().init_src()

    def _path_to_record(self, path):
        try:
            return super()._path_to_record(path)
        except (ValueError, OverflowError):  # of the time in its name
            name = os.path.basename(path)
            problem = "its name holds no time: `nbgrader submit` did not make it"
            before_all = datetime.datetime.min
            return {"username": name, "filename": name, "timestamp": before_all, "problem": problem}

    def names_of(self, *names):
        """The names that lead from the exchange's root to what has been handed in."""
        return (*Path(self.coursedir.course_id).parts, "inbound", *names)

    def copy_files(self):
        if not self.src_records:
            super().copy_files()  # which says so
            return
        unit, course = self.coursedir.assignment_id, self.coursedir.course_id
        count, refused = len(self.src_records), 0
        self.log.info("Processing %s submissions of '%s' for course '%s'", count, unit, course)
        for record in sorted(self.src_records, key=lambda record: record["filename"]):
            try:
                self.collect(record)
            except Refused as problem:
                refused += 1
                place = Path(self.inbound_path, clean_line(record["filename"]))
                student = clean_line(record["username"])
                self.log.error("NOT collected: %s, since %s. (%s)", student, problem, place)
        if refused:
            self.fail(
                f"{refused} of {count} not collected, as said above. Ask for new ones, which are "
                "taken instead, or remove these from the exchange."
            )

    def collect(self, record):
        """Collect one submission, if it is there to be collected; raises Refused otherwise."""
        student, unit = record["username"], self.coursedir.assignment_id
        if problem := record.get("problem"):
            raise Refused(problem)
        if problem := submissions.id_problem(student):
            raise Refused(f"the student's id {problem}")
        names = self.names_of(record["filename"])
        try:
            with nofollow.folder(self.root, *names) as opened:
                owner = os.fstat(opened).st_uid
        except FileNotFoundError:
            raise Refused("it is no longer there") from None
        self.compare_owner(student, owner, record["filename"])
        submitted = self.coursedir.submitted_directory
        target = Path(self.coursedir.format_path(submitted, student, unit))
        if os.path.lexists(target):
            wanted = self.is_wanted_instead(record["timestamp"], target)
            older = "No newer submission to collect"
            kept = older if self.update else "Submission already exists, use --update to update"
            doing = "Updating submission" if wanted else kept
        else:
            wanted, doing = True, "Collecting submission"
        self.log.info("%s: %s %s", doing, student, unit)
        if not wanted:
            return
        self.copy(names, owner, Path(self.coursedir.format_path(submitted, "", "")), target)

    def compare_owner(self, student, owner, filename):
        """Say so if another account than the student's has handed this in, as nbgrader does."""
        if not self.check_owner:
            return
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = "unknown id"
        if name != student:
            self.log.warning(
                "%s claims to be submitted by %s but is owned by %s; cheating attempt? "
                "(ExchangeCollect.check_owner = False turns this warning off.)",
                clean_line(filename),
                student,
                name,
            )

    def is_wanted_instead(self, timestamp, target):
        """True if nbgrader would put this submission in the place of the one that is there."""
        try:
            there = time_in(target)
        except Refused:
            there = None
        newer = there is None or timestamp > there
        return (self.update and newer) or (self.before_duedate and timestamp != there)

    def copy(self, names, owner, root, target):
        """Copy the folder at ``names`` of the exchange to ``target``, below ``root``.

        owner : the uid of the account that all of it has to belong to
        """
        *above, unit = nofollow.split(target, root)
        draft = f".{unit}.new"
        root.mkdir(parents=True, exist_ok=True)
        try:
            with nofollow.folder(root, *above, make=True) as student:
                remove(draft, student)  # from a run that was ended
                try:
                    self.fill(names, owner, student, draft)
                    if self.coursedir.groupshared:
                        share(draft, student)
                    time_in(target.with_name(draft))  # formgrader stops at one that is no time
                    remove(unit, student)
                    os.rename(draft, unit, src_dir_fd=student, dst_dir_fd=student)
                finally:
                    remove(draft, student)
        except Refused:
            with contextlib.suppress(OSError):  # not if there is anything of the student's
                target.parent.rmdir()
            raise

    def fill(self, names, owner, student, draft):
        """Copy what is in the folder at ``names`` into the folder ``draft`` of ``student``.

        As nbgrader does it leaves out what `CourseDirectory.ignore`, `include` and `max_file_size`
        say.
        """
        course, left = self.coursedir, 1000 * self.coursedir.max_dir_size

        def ignored(name):
            return any(fnmatch.fnmatch(name, pattern) for pattern in course.ignore)

        with nofollow.folder(student, draft, make=True):
            pass  # also where there is no file to copy
        for number, path in enumerate(nofollow.walk(self.root, *names, skip=ignored)):
            if number >= MAX_FILES:
                raise Refused(f"it holds more than {MAX_FILES} files")
            try:
                with nofollow.file(self.root, *names, *path, owner=owner) as source:
                    if not any(fnmatch.fnmatch(path[-1], pattern) for pattern in course.include):
                        continue
                    if os.fstat(source.fileno()).st_size > 1000 * course.max_file_size:
                        shown = clean_line("/".join(path))
                        self.log.warning("Ignoring file too large: %s", shown)
                        continue
                    with nofollow.folder(student, draft, *path[:-1], make=True) as folder:
                        left -= write(source, folder, path[-1], left)
            except FileNotFoundError:
                raise Refused(f"{clean_line('/'.join(path))} has gone while it was read") from None


def time_in(folder):
    """The time in the ``timestamp.txt`` of a submission, as nbgrader reads it; None without one.

    Raises Refused if it is none.
    """
    text = submissions.small_file(folder / submissions.TIME)
    try:
        return parse_utc(text and text.strip())
    except (ValueError, OverflowError):
        raise Refused(f"{submissions.TIME} holds no time") from None


def write(source, folder, name, most):
    """Write a new file into an open folder; returns its size. Raises Refused above ``most``."""
    size = 0
    with open(os.open(name, nofollow.NEW_FILE, 0o644, dir_fd=folder), "wb") as copy:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise Refused("it is larger than CourseDirectory.max_dir_size allows")
            copy.write(chunk)
    return size


def remove(name, folder):
    """Remove a folder in an open folder, if it is there; of a link, the link."""
    if name not in os.listdir(folder):
        return
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def share(name, folder):
    """Let the group write into a folder, as `CourseDirectory.groupshared` asks for."""
    for _, _, files, opened in os.fwalk(name, dir_fd=folder):
        os.fchmod(opened, os.fstat(opened).st_mode & 0o2777 | 0o2770)
        for file in files:
            mode = os.stat(file, dir_fd=opened, follow_symlinks=False).st_mode
            os.chmod(file, mode & 0o777 | 0o660, dir_fd=opened)


class List(InExchange, default.ExchangeList):
    """``nbgrader list``: of what was handed in, only what `Collect` could take.

    nbgrader reads each notebook that it lists, which never ends for a pipe.
    """

    def init_dest(self):
        super().init_dest()
        if self.inbound:
            self.assignments = [path for path in self.assignments if self.can_be_read(path)]

    def can_be_read(self, path):
        """True if it holds nothing but files and folders; says what else there is."""
        names = nofollow.split(path, self.root)
        try:
            for inside in nofollow.walk(self.root, *names):
                with nofollow.file(self.root, *names, *inside):
                    pass
        except (Refused, FileNotFoundError) as problem:
            self.log.error("Not listed: %s, since %s.", clean_line(path), problem)
            return False
        return True


class ReleaseAssignment(InExchange, default.ExchangeReleaseAssignment):
    """``nbgrader release_assignment``, which does not write through a link."""


class ReleaseFeedback(InExchange, default.ExchangeReleaseFeedback):
    """``nbgrader release_feedback``, which does not write through a link, and leaves out those only
    whose submission did not bring what their feedback is handed out by."""

    def copy_files(self):
        left_out = 0
        for folder in sorted(glob.glob(self.src_path)):
            self.src_path = glob.escape(folder)  # nbgrader ends at the first without these files
            try:
                super().copy_files()
            except FileNotFoundError as error:
                left_out += 1
                missing = Path(error.filename)
                if missing.name not in (submissions.TIME, submissions.SECRET):
                    raise
                self.log.error("NOT released: %s, without %s.", folder, missing.name)
        if left_out:
            self.fail(
                f"The feedback of {left_out} is not released, as said above: the exchange hands it "
                "out by these files, which come with a submission from there. Send it yourself."
            )
