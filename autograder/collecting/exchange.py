"""Safe versions of the lecturer's commands on nbgrader's exchange, a folder that all can write to.

nbgrader copies a whole submission out of the exchange and follows every link: a link to a solution
would be graded, and handed out with the feedback. It stops at the first submission that it cannot
parse. These classes replace nbgrader's; `nbgrader_config.py` names them. They report what they
refuse and leave it in place; everything else works as in nbgrader.
"""

from __future__ import annotations

import contextlib
import datetime
import fnmatch
import glob
import itertools
import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from nbgrader.exchange import default
from nbgrader.utils import parse_utc
from traitlets import Bool

from autograder.collecting import submissions
from autograder.untrusted import nofollow
from autograder.untrusted.nofollow import Refused
from autograder.untrusted.text import clean_line

MAX_FILES = 1_000  # in one submission
CHUNK = 1 << 20  # bytes that are copied at a time
SLACK = datetime.timedelta(minutes=5)  # for copying, and for clocks that differ
EPOCH = datetime.datetime(1970, 1, 1)  # in UTC, without a zone, as nbgrader's times are


class InExchange(default.Exchange):
    """Mixin for nbgrader's classes: refuses links among the course's folders in the exchange."""

    def ensure_root(self) -> None:
        super().ensure_root()
        mode = os.stat(self.root).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            self.log.warning(
                "Everybody can remove the files of others from %s: run `chmod +t %s`.",
                self.root,
                self.root,
            )

    def ensure_directory(self, path: str, mode: int) -> None:
        place = Path(self.root)
        for name in nofollow.split(path, self.root):
            place = place / name
            if place.is_symlink():
                self.fail(f"{place} is a link; the exchange must not contain links: remove it.")
        super().ensure_directory(path, mode)


class Collect(InExchange, default.ExchangeCollect):
    """``nbgrader collect``, which follows no link and copies a submission whole or not at all.

    The time of a submission is in its name and in its ``timestamp.txt``, and its owner can write
    both. Nobody can set the time at which the kernel last changed something in a folder. It is
    later than the time in the name if a student has backdated a submission, and if somebody has
    copied, restored or moved the exchange. So the later one is recorded, with a warning, until the
    lecturer says that the names are right. A submission that was collected before is left alone.
    """

    check_time = Bool(
        True,
        help="Record the time at which a submission was last changed in the exchange if that is "
        "later than the time in its name. Set it to False if the exchange has been copied or "
        "restored, and collect again with --update.",
    ).tag(config=True)

    def init_src(self) -> None:
        if self.coursedir.course_id:  # otherwise nbgrader reports that it is missing
            try:
                with nofollow.folder(self.root, *self.names_of()):
                    pass
            except Refused as problem:
                self.fail(f"Nothing is collected from {self.root}: {problem}.")
            except FileNotFoundError:
                pass  # nbgrader reports it
        super().init_src()

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ValueError, OverflowError):  # of the time in its name
            name = os.path.basename(path)
            problem: str | None = "its name holds no time: `nbgrader submit` did not make it"
            before_all = datetime.datetime.min
            record = {"username": name, "filename": name, "timestamp": before_all}
            return {**record, "named": before_all, "problem": problem}
        named, changed = record["timestamp"], self.last_change(record["filename"])
        believed = not self.check_time or changed - named <= SLACK
        record |= {"named": named, "changed": changed, "timestamp": named if believed else changed}
        problem = self.owner_problem(record["username"], path)
        return {**record, "problem": problem} if problem else record

    def ignored(self, name: str) -> bool:
        """True if nbgrader leaves out files and folders of this name."""
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.coursedir.ignore)

    def last_change(self, filename: str) -> datetime.datetime:
        """When a submission, or a file in it, was last changed, by the clock of the kernel.

        The first time there is if it cannot be read, which `collect` will report.
        """
        names, latest = self.names_of(filename), 0
        with contextlib.suppress(OSError, Refused):
            inside = nofollow.walk(self.root, *names, skip=self.ignored)
            for path in ((), *itertools.islice(inside, MAX_FILES)):
                changed = os.lstat(Path(self.root, *names, *path)).st_ctime_ns
                latest = max(latest, changed)
        return EPOCH + datetime.timedelta(microseconds=latest // 1000)

    def owner_problem(self, student: str, path: str) -> str | None:
        """Why a submission cannot be this student's: another account has made it. None if it can.

        Where the student's id is no account of this machine, anybody's can: see `compare_owner`.
        """
        try:
            account = pwd.getpwnam(student).pw_uid if self.check_owner else None
            owner = os.lstat(path).st_uid
        except (KeyError, ValueError, OSError):  # no such account, no possible name, gone
            return None
        if account in (None, owner):
            return None
        return f"the account {self.account(owner)} has made it, not {clean_line(student)}"

    @staticmethod
    def account(number: int) -> str:
        """The name of an account, or its number if it has none."""
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return str(number)

    def _sort_by_timestamp(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The newest first, but those that others have put there under a student's name last.

        By the times in the names: of an exchange that was restored, the others have no order.
        """
        newest = sorted(records, key=lambda record: record["named"], reverse=True)
        newest.sort(key=lambda record: "problem" in record)
        for record in newest[1:]:
            if "problem" in record:
                self.report(record, record["problem"])
        return newest

    def report(self, record: dict[str, Any], problem: object) -> None:
        """Log that a submission is not collected."""
        place = Path(self.inbound_path, clean_line(record["filename"]))
        student = clean_line(record["username"])
        self.log.error("NOT collected: %s, since %s. (%s)", student, problem, place)

    def names_of(self, *names: str) -> tuple[str, ...]:
        """The path from the exchange's root into the folder of submissions, as names."""
        return (*Path(self.coursedir.course_id).parts, "inbound", *names)

    def copy_files(self) -> None:
        if not self.src_records:
            super().copy_files()  # reports that there is nothing to collect
            return
        unit, course = self.coursedir.assignment_id, self.coursedir.course_id
        count, refused, self.later = len(self.src_records), 0, 0
        self.log.info("Processing %s submissions of '%s' for course '%s'", count, unit, course)
        for record in sorted(self.src_records, key=lambda record: record["filename"]):
            try:
                self.collect(record)
            except Refused as problem:
                refused += 1
                self.report(record, problem)
        if self.later:
            self.log.warning(
                "The later time is recorded for %s of %s, as listed above. If the exchange has "
                "been copied or restored, it is the time of that: set "
                "c.ExchangeCollect.check_time = False and run `nbgrader collect %s --update`.",
                self.later,
                count,
                unit,
            )
        if refused:
            self.fail(
                f"{refused} of {count} not collected, as listed above. Ask for new ones, which are "
                "taken instead, or remove these from the exchange."
            )

    def collect(self, record: dict[str, Any]) -> None:
        """Collect one submission, if it is new or wanted instead of the one that exists.

        Raises Refused if it cannot be collected.
        """
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
            wanted = self.is_wanted_instead(record, target)
            older = "No newer submission to collect"
            kept = older if self.update else "Submission already exists, use --update to update"
            doing = "Updating submission" if wanted else kept
        else:
            wanted, doing = True, "Collecting submission"
        self.log.info("%s: %s %s", doing, student, unit)
        if not wanted:
            return
        root = Path(self.coursedir.format_path(submitted, "", ""))
        self.copy(names, owner, record, root, target)
        if record["timestamp"] != record["named"]:
            self.later += 1
            self.log.warning(
                "%s: the submission names %s UTC as its time, but was last changed in the exchange "
                "at %s UTC, which is recorded.",
                student,
                record["named"],
                record["changed"],
            )

    def compare_owner(self, student: str, owner: int, filename: str) -> None:
        """Log a warning, as nbgrader does, if another account has handed in the submission."""
        if not self.check_owner:
            return
        name = self.account(owner)
        if name != student:
            self.log.warning(
                "%s claims to be submitted by %s but is owned by %s; cheating attempt? "
                "(ExchangeCollect.check_owner = False turns this warning off.)",
                clean_line(filename),
                student,
                name,
            )

    def is_wanted_instead(self, record: dict[str, Any], target: Path) -> bool:
        """True if nbgrader would replace the existing submission with this one.

        If it exists with the time of its last change, the lecturer may now want the one in its
        name. If it exists with the one in its name, it was collected before that was outdated.
        """
        try:
            there = time_in(target)
        except Refused:
            there = None
        time = record["timestamp"]
        if there in (record["named"], time):
            return False
        newer = there is None or time > there or there == record["changed"]
        return self.before_duedate or (self.update and newer)

    def copy(
        self,
        names: Sequence[str],
        owner: int,
        record: dict[str, Any],
        root: Path,
        target: Path,
    ) -> None:
        """Copy the folder at ``names`` of the exchange to ``target``, below ``root``.

        owner : the uid that every file must belong to
        record : of the submission; its file must hold the time in its name as well

        Raises Refused if anything in it cannot be copied.
        """
        *above, unit = nofollow.split(target, root)
        draft = f".{unit}.new"
        root.mkdir(parents=True, exist_ok=True)
        try:
            with nofollow.folder(root, *above, make=True) as student:
                remove(draft, student)  # left by a run that was killed
                try:
                    self.fill(names, owner, student, draft)
                    if self.coursedir.groupshared:
                        share(draft, student)
                    if time_in(target.with_name(draft)) != record["named"]:
                        raise Refused(
                            f"its {submissions.TIME} does not hold the time that is in its name: "
                            "`nbgrader submit` did not make it"
                        )
                    if self.last_change(record["filename"]) != record["changed"]:
                        raise Refused("it was changed while it was collected")
                    if record["timestamp"] != record["named"]:
                        date(draft, student, record["timestamp"])
                    remove(unit, student)
                    os.rename(draft, unit, src_dir_fd=student, dst_dir_fd=student)
                finally:
                    remove(draft, student)
        except Refused:
            with contextlib.suppress(OSError):  # if the student's folder is not empty
                target.parent.rmdir()
            raise

    def fill(self, names: Sequence[str], owner: int, student: int, draft: str) -> None:
        """Copy the files of the folder at ``names`` into the folder ``draft`` of ``student``.

        Leaves out the same files as nbgrader, by `CourseDirectory.ignore`, `include` and
        `max_file_size`.

        owner : the uid that every file must belong to
        student : file descriptor of the student's folder
        """
        course, left = self.coursedir, 1000 * self.coursedir.max_dir_size

        with nofollow.folder(student, draft, make=True):
            pass  # the folder exists even if there is no file to copy
        for number, path in enumerate(nofollow.walk(self.root, *names, skip=self.ignored)):
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
                raise Refused(f"{clean_line('/'.join(path))} vanished while it was read") from None


def time_in(folder: Path) -> datetime.datetime | None:
    """The time in the ``timestamp.txt`` of a submission, as nbgrader reads it; None without one.

    Raises Refused if the file holds no valid time.
    """
    text = submissions.small_file(folder / submissions.TIME)
    try:
        time: datetime.datetime | None = parse_utc(text and text.strip())
        return time
    except (ValueError, OverflowError):
        raise Refused(f"{submissions.TIME} holds no time") from None


def date(name: str, student: int, time: datetime.datetime) -> None:
    """Write a time into the ``timestamp.txt`` of the folder ``name`` in an open folder."""
    with nofollow.folder(student, name) as folder:
        flags = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(submissions.TIME, flags, dir_fd=folder), "w") as file:
            file.write(f"{time:%Y-%m-%d %H:%M:%S.%f} UTC")


def write(source: BinaryIO, folder: int, name: str, most: int) -> int:
    """Copy an open file to a new file in an open folder; returns its size in bytes.

    Raises Refused if it is larger than ``most``.
    """
    size = 0
    with open(os.open(name, nofollow.NEW_FILE, 0o644, dir_fd=folder), "wb") as copy:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise Refused("it is larger than CourseDirectory.max_dir_size allows")
            copy.write(chunk)
    return size


def remove(name: str, folder: int) -> None:
    """Remove a folder or a link from an open folder, if it exists; does not follow the link."""
    if name not in os.listdir(folder):
        return
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def share(name: str, folder: int) -> None:
    """Let the group write to a folder, for `CourseDirectory.groupshared`."""
    for _, _, files, opened in os.fwalk(name, dir_fd=folder):
        os.fchmod(opened, os.fstat(opened).st_mode & 0o2777 | 0o2770)
        for file in files:
            mode = os.stat(file, dir_fd=opened, follow_symlinks=False).st_mode
            os.chmod(file, mode & 0o777 | 0o660, dir_fd=opened)


class List(InExchange, default.ExchangeList):
    """``nbgrader list``, which lists only the submissions that `Collect` can copy.

    nbgrader reads each notebook that it lists; reading a named pipe would never end.
    """

    assignments: list[str]

    def init_dest(self) -> None:
        super().init_dest()
        if self.inbound:
            self.assignments = [path for path in self.assignments if self.can_be_read(path)]

    def can_be_read(self, path: str) -> bool:
        """True if a submission holds only files and folders; logs anything else."""
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
    """``nbgrader release_feedback``, which does not write through a link.

    It leaves out only the submissions that lack a file which nbgrader needs to hand out feedback.
    """

    src_path: str

    def copy_files(self) -> None:
        left_out = 0
        for folder in sorted(glob.glob(self.src_path)):
            self.src_path = glob.escape(
                folder
            )  # one at a time: nbgrader stops at the first without these files
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
                f"The feedback of {left_out} is not released, as listed above: the exchange needs "
                "these files, which only a submission from the exchange has. Send it yourself."
            )
