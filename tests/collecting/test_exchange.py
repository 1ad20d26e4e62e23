"""nbgrader's exchange, through its own commands: what students put there, and what is taken."""

import datetime
import os
import shutil
import stat
import subprocess
from types import SimpleNamespace

import pytest
from nbgrader.utils import parse_utc

from autograder import examples
from autograder.collecting import exchange
from autograder.collecting.submissions import stamp
from autograder.course import Course
from tests.commands import NBGRADER

pytestmark = pytest.mark.slow(15)

UNIT = examples.UNIT
FILE = f"{UNIT}.ipynb"
COURSE_ID = "convnets"
# Later than any change of a file here, so that nothing but what is said to be is backdated.
TIME, LATER = "2099-11-22 12:00:00.000000 UTC", "2099-11-23 12:00:00.000000 UTC"
OLD = "2020-01-01 12:00:00.000000 UTC"
SECRET = "5ec2e7"
NOTEBOOK, NEWER = b'{"cells": []}', b'{"cells": [], "newer": true}'


class Setup:
    """A course with an exchange: what the lecturer runs, and what a student can put there."""

    def __init__(self, folder):
        self.course, self.root = folder / "course", folder / "exchange"
        self.inbound = self.root / COURSE_ID / "inbound"
        self.submitted = self.course / "submitted"

    def nbgrader(self, *arguments, folder=None):
        """Run a command of nbgrader as the lecturer does, with nobody's own configuration.

        Returns (exit status, what it said).
        """
        home = {"HOME": str(self.course.parent), "JUPYTER_CONFIG_DIR": str(self.course.parent)}
        command = [*NBGRADER, *arguments]
        # The limit ends a command that waits for a pipe, which would wait for ever.
        done = subprocess.run(
            command,
            cwd=folder or self.course,
            env=os.environ | home,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stderr

    def submit(self, student, time=TIME):
        """Put there what `nbgrader submit` does; returns the folder."""
        folder = self.inbound / f"{student}+{UNIT}+{time}+r4nd0m"
        folder.mkdir()
        (folder / FILE).write_bytes(NOTEBOOK)
        (folder / "notes").mkdir()
        (folder / "notes" / "mine.txt").write_text("beside the notebook")
        (folder / "timestamp.txt").write_text(time)
        (folder / "submission_secret.txt").write_text(SECRET)
        folder.chmod(0o777)
        return folder


def make_setup(folder):
    """A course that is released, and has an exchange of its own."""
    setup = Setup(folder)
    examples.fresh_course(setup.course).release(UNIT)
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write(f"c.CourseDirectory.course_id = {COURSE_ID!r}\n")
        config.write(f"c.Exchange.root = {str(setup.root)!r}\n")
    setup.root.mkdir()
    setup.root.chmod(0o777)
    return setup


HONEST = ["ada", "grace", "with+plus"]


def links_its_notebook(setup, folder):
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(setup.course / "source" / UNIT / FILE)


def links_its_folder(setup, folder):
    shutil.rmtree(folder)
    folder.symlink_to(setup.course / "source" / UNIT)


def links_a_folder_inside(setup, folder):
    (folder / "data").symlink_to(setup.course / "source")


def links_its_time(setup, folder):
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to(setup.course / "nbgrader_config.py")


def links_its_secret(setup, folder):
    (folder / "submission_secret.txt").unlink()
    (folder / "submission_secret.txt").symlink_to(setup.course / "gradebook.db")


def links_a_page(setup, folder):
    (folder / "notes" / "page.html").symlink_to(setup.course / "gradebook.db")


def links_a_pipe(setup, folder):
    os.mkfifo(setup.root / "pipe")
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(setup.root / "pipe")


def links_nowhere(setup, folder):
    (folder / "later.txt").symlink_to("nowhere")


def is_a_pipe(setup, folder):
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


def hides_a_pipe(setup, folder):
    os.mkfifo(folder / "notes" / "pipe.txt")


def has_no_time(setup, folder):
    (folder / "timestamp.txt").write_text("yesterday")


def has_another_time(setup, folder):
    (folder / "timestamp.txt").write_text(OLD)


def is_without_a_time(setup, folder):
    (folder / "timestamp.txt").unlink()


def is_one_file(setup, folder):
    shutil.rmtree(folder)
    folder.write_bytes(NOTEBOOK)


def is_named_without_a_time(setup, folder):
    folder.rename(folder.with_name(f"is_named_without_a_time+{UNIT}+soon"))


def is_named_as_a_pattern(setup, folder):
    folder.rename(folder.with_name(folder.name.replace("is_named_as_a_pattern", "[ag]*")))


def is_named_like_another(setup, folder):
    folder.rename(folder.with_name(folder.name.replace("is_named_like_another", "grace\u034f")))


REFUSED = {
    links_its_notebook: f"{FILE} is a link",
    links_its_folder: "is a link: the folder itself is needed",
    links_a_folder_inside: "data is a link",
    links_its_time: "timestamp.txt is a link",
    links_its_secret: "submission_secret.txt is a link",
    links_a_page: "page.html is a link",
    links_a_pipe: f"{FILE} is a link",
    links_nowhere: "later.txt is a link",
    is_a_pipe: f"{FILE} is not a file",
    hides_a_pipe: "pipe.txt is not a file",
    has_no_time: "timestamp.txt holds no time",
    has_another_time: "timestamp.txt does not hold the time that is in its name",
    is_without_a_time: "timestamp.txt does not hold the time that is in its name",
    is_one_file: "is not a folder",
    is_named_without_a_time: "its name holds no time",
    is_named_like_another: "holds U+034F, which is not seen",
    is_named_as_a_pattern: "holds * and [ and ], which nbgrader takes for a pattern",
}
CALLED = {is_named_as_a_pattern: "[ag]*", is_named_like_another: "grace"}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A set-up after `nbgrader release_assignment`: (set-up, what that said)."""
    setup = make_setup(tmp_path_factory.mktemp("exchange"))
    status, said = setup.nbgrader("release_assignment", UNIT)
    assert status == 0, said
    return setup, said


@pytest.fixture(scope="module")
def collected(released):
    """The set-up after one `nbgrader collect` of all: (set-up, exit status, what it said)."""
    setup, _ = released
    for student in HONEST:
        setup.submit(student)
    (setup.submit("ada", LATER) / FILE).write_bytes(NEWER)
    theirs = setup.course.with_name("student")
    shutil.copytree(setup.root / COURSE_ID / "outbound" / UNIT, theirs / UNIT)
    options = [f"--course={COURSE_ID}", f"--Exchange.root={setup.root}", "--student=really"]
    status, said = setup.nbgrader("submit", UNIT, *options, folder=theirs)
    assert status == 0, said
    for make in REFUSED:
        make(setup, setup.submit(make.__name__))
    return setup, *setup.nbgrader("collect", UNIT)


@pytest.fixture
def setup(released, tmp_path):
    """A set-up to spoil, in which nothing has been handed in. Its commands run in this process."""
    setup = Setup(tmp_path)
    not_collected = shutil.ignore_patterns("submitted")
    shutil.copytree(released[0].course, setup.course, ignore=not_collected)
    setup.inbound.mkdir(parents=True)
    config = setup.course / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(released[0].root), str(setup.root)))
    return setup


def test_a_release_says_where_everybody_can_move_folders_away(released):
    setup, said = released
    assert f"run `chmod +t {setup.root}`" in said


# -- collecting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("student", HONEST)
def test_an_honest_submission_is_collected_whole(collected, student):
    setup, _, said = collected
    folder = setup.submitted / student / UNIT
    assert (folder / FILE).read_bytes() == (NEWER if student == "ada" else NOTEBOOK)
    assert (folder / "notes" / "mine.txt").read_text() == "beside the notebook"
    assert (folder / "submission_secret.txt").read_text() == SECRET
    assert f"Collecting submission: {student} {UNIT}" in said
    assert stat.S_IMODE(folder.stat().st_mode) & 0o022 == 0  # nobody else writes there


def test_what_nbgrader_submit_makes_is_collected(collected):
    setup, _, _ = collected
    folder = setup.submitted / "really" / UNIT
    names = {path.name for path in folder.iterdir()}
    assert names == {FILE, "timestamp.txt", "submission_secret.txt"}
    theirs = setup.course.with_name("student") / UNIT / FILE
    assert (folder / FILE).read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_a_submission_that_is_refused_is_named(collected, make):
    _, status, said = collected
    assert status != 0
    student = CALLED.get(make, make.__name__)
    [line] = [line for line in said.splitlines() if f"NOT collected: {student}" in line]
    assert REFUSED[make] in line
    assert "Traceback" not in said


def test_nothing_else_comes_out_of_the_exchange(collected):
    setup, _, _ = collected
    assert {path.name for path in setup.submitted.iterdir()} == {*HONEST, "really"}
    assert not any(path.is_symlink() for path in setup.submitted.rglob("*"))


def collect(setup, **options):
    """What formgrader's button does; returns (whether it succeeded, what it said)."""
    done = Course(setup.course).api().collect(UNIT, **options)
    return done["success"], done["log"]


def test_a_newer_submission_replaces_the_one_that_was_collected(setup):
    folder = setup.submitted / "ada" / UNIT
    setup.submit("ada")
    (folder.parent / f".{UNIT}.new").mkdir(parents=True)  # of a run that was ended
    assert collect(setup)[0]
    (setup.submit("ada", LATER) / FILE).write_bytes(NEWER)
    good, said = collect(setup, update=False)
    assert good
    assert f"Submission already exists, use --update to update: ada {UNIT}" in said
    assert (folder / FILE).read_bytes() == NOTEBOOK
    assert "Updating submission: ada" in collect(setup)[1]
    assert (folder / FILE).read_bytes() == NEWER
    assert "No newer submission to collect: ada" in collect(setup)[1]
    assert [path.name for path in folder.parent.iterdir()] == [UNIT]


def test_a_submission_that_is_refused_leaves_the_one_that_was_collected(setup):
    setup.submit("ada")
    assert collect(setup)[0]
    links_its_notebook(setup, setup.submit("ada", LATER))
    good, said = collect(setup)
    assert not good
    assert f"NOT collected: ada, since {FILE} is a link" in said
    assert (setup.submitted / "ada" / UNIT / FILE).read_bytes() == NOTEBOOK


def test_a_group_that_shares_the_course_can_write_what_was_collected(setup):
    setup.submit("ada")
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write("c.CourseDirectory.groupshared = True\n")
    assert collect(setup)[0]
    for path in (setup.submitted / "ada" / UNIT).rglob("*"):
        wanted = 0o2770 if path.is_dir() else 0o660
        assert path.stat().st_mode & wanted == wanted


def test_what_nbgrader_ignores_is_left_out_whatever_it_is(setup):
    folder = setup.submit("ada")
    (folder / ".ipynb_checkpoints").symlink_to("/etc")
    (folder / "large.bin").write_bytes(bytes(3000))
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write("c.CourseDirectory.max_file_size = 2\n")
    good, said = collect(setup)
    assert good
    assert "Ignoring file too large: large.bin" in said
    kept = {path.name for path in (setup.submitted / "ada" / UNIT).iterdir()}
    assert kept == {FILE, "notes", "timestamp.txt", "submission_secret.txt"}


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("c.CourseDirectory.max_dir_size", 2, "max_dir_size"), (None, 3, "more than 3 files")],
)
def test_a_submission_that_is_too_large_is_refused(setup, monkeypatch, limit, value, reason):
    (setup.submit("ada") / "large.bin").write_bytes(bytes(3000))
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write(f"{limit} = {value}\n" if limit else "")
    if not limit:
        monkeypatch.setattr(exchange, "MAX_FILES", value)
    good, said = collect(setup)
    assert not good
    assert reason in said
    assert not list(setup.submitted.rglob("large.bin"))


def test_a_hard_link_to_a_file_of_another_account_is_refused(setup):
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that belongs to another account")
    folder = setup.submit("ada")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, -1)
    os.link(setup.course / "source" / UNIT / FILE, folder / "linked.ipynb")
    good, said = collect(setup)
    assert not good
    assert "linked.ipynb belongs to another account" in said
    assert "claims to be submitted by ada but is owned by" in said  # nbgrader's own check


@pytest.fixture
def accounts(monkeypatch):
    """A machine with accounts for ada, whose number is that of whoever runs the tests, and eve."""
    numbers = {"ada": os.geteuid(), "eve": 54321}

    def by_name(name):
        return SimpleNamespace(pw_uid=numbers[name])

    def by_number(number):
        return SimpleNamespace(pw_name={v: k for k, v in numbers.items()}[number])

    monkeypatch.setattr(exchange.pwd, "getpwnam", by_name)
    monkeypatch.setattr(exchange.pwd, "getpwuid", by_number)
    return numbers


def test_a_later_submission_under_anothers_name_is_named_and_the_own_one_collected(setup, accounts):
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that belongs to another account")
    setup.submit("ada")
    forged = setup.submit("ada", LATER)
    (forged / FILE).write_bytes(NEWER)
    for path in (forged, *forged.rglob("*")):
        os.chown(path, accounts["eve"], -1)
    good, said = collect(setup)
    assert good
    assert "NOT collected: ada, since the account eve has made it, not ada" in said
    assert (setup.submitted / "ada" / UNIT / FILE).read_bytes() == NOTEBOOK


def test_a_submission_under_anothers_name_alone_is_refused_unless_the_lecturer_says_otherwise(
    setup, accounts
):
    accounts["ada"] = 54322  # so the submission is somebody else's
    setup.submit("ada")
    good, said = collect(setup)
    assert not good
    assert "NOT collected: ada, since the account" in said
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write("c.ExchangeCollect.check_owner = False\n")
    assert collect(setup)[0]
    assert (setup.submitted / "ada" / UNIT / FILE).read_bytes() == NOTEBOOK


# -- the time of a submission ---------------------------------------------------------------------


def recorded(setup, student):
    return parse_utc((setup.submitted / student / UNIT / "timestamp.txt").read_text())


def last_change(folder):
    changed = max(path.stat().st_ctime_ns for path in (folder, *folder.rglob("*")))
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=changed // 1000)


def test_a_submission_that_is_backdated_gets_the_time_of_its_last_change(setup):
    """Its owner can write the name, the file and the times of files, but not the kernel's."""
    setup.submit("ada")
    folder = setup.submit("eve", OLD)
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1577880000, 1577880000))
    good, said = collect(setup)
    assert good
    assert recorded(setup, "eve") == last_change(folder)
    assert stamp(setup.submitted / "eve" / UNIT)
    assert "eve: the submission names 2020-01-01 12:00:00 UTC as its time, but was last" in said
    assert "The later time is recorded for 1 of 2, as listed above" in said
    assert recorded(setup, "ada") == parse_utc(TIME)
    assert "ada: the submission names" not in said
    said = collect(setup)[1]
    assert "No newer submission to collect: eve" in said
    assert "later time" not in said


def test_an_exchange_that_was_restored_is_believed_when_the_lecturer_says_so(setup):
    """Then all submissions were changed when it was, and are collected again as they name it."""
    for student in ("ada", "grace"):
        setup.submit(student, OLD)
    assert "c.ExchangeCollect.check_time = False" in collect(setup)[1]
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write("c.ExchangeCollect.check_time = False\n")
    said = collect(setup)[1]
    assert "later time" not in said
    for student in ("ada", "grace"):
        assert f"Updating submission: {student}" in said
        assert recorded(setup, student) == parse_utc(OLD)


def test_what_was_collected_before_the_exchange_was_restored_stays(setup):
    setup.submit("ada", OLD)
    config = setup.course / "nbgrader_config.py"
    before = config.read_text()
    config.write_text(f"{before}c.ExchangeCollect.check_time = False\n")
    assert collect(setup)[0]
    config.write_text(before)
    assert "No newer submission to collect: ada" in collect(setup)[1]
    assert recorded(setup, "ada") == parse_utc(OLD)


def test_of_several_submissions_a_backdated_one_is_not_before_the_due_date(setup, monkeypatch):
    first, second = "2020-01-02 12:00:00.000000 UTC", "2020-01-03 12:00:00.000000 UTC"
    honest, backdated = setup.submit("ada", first), setup.submit("ada", second)
    (backdated / FILE).write_bytes(NEWER)
    changes = {honest.name: parse_utc(first), backdated.name: parse_utc(TIME)}
    monkeypatch.setattr(exchange.Collect, "last_change", lambda self, name: changes[name])
    with Course(setup.course).gradebook() as book:
        book.update_or_create_assignment(UNIT, duedate="2020-01-04 12:00:00 UTC")
    with open(setup.course / "nbgrader_config.py", "a") as config:
        config.write("c.ExchangeCollect.before_duedate = True\n")
    assert collect(setup)[0]
    assert (setup.submitted / "ada" / UNIT / FILE).read_bytes() == NOTEBOOK
    assert recorded(setup, "ada") == parse_utc(first)


def test_a_submission_that_changes_while_it_is_collected_is_refused(setup, monkeypatch):
    """Its time was looked at before."""
    folder, write = setup.submit("ada", OLD), exchange.write

    def exchanged(source, opened, name, most):
        (folder / FILE).write_bytes(NEWER)
        return write(source, opened, name, most)

    monkeypatch.setattr(exchange, "write", exchanged)
    good, said = collect(setup)
    assert not good
    assert "NOT collected: ada, since it was changed while it was collected" in said
    assert not (setup.submitted / "ada").exists()


@pytest.mark.parametrize("name", [COURSE_ID, f"{COURSE_ID}/inbound"])
def test_nothing_is_collected_through_a_link_to_the_folder_of_all(setup, name):
    setup.submit("ada")
    place = setup.root / name
    place.rename(setup.root / "away")
    place.symlink_to(setup.root / "away")
    good, said = collect(setup)
    assert not good
    assert f"{place.name} is a link" in said
    assert not setup.submitted.exists()


def test_nothing_is_written_through_a_link_in_submitted(setup, tmp_path):
    setup.submit("ada")
    setup.submitted.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (setup.submitted / "ada").symlink_to(tmp_path / "elsewhere")
    good, said = collect(setup)
    assert not good
    assert "ada is a link: the folder itself is needed" in said
    assert not list((tmp_path / "elsewhere").iterdir())


# -- listing and releasing ------------------------------------------------------------------------


def test_a_list_of_what_was_handed_in_leaves_out_what_could_not_be_read(setup):
    setup.submit("ada")
    folder = setup.submit("eve")
    is_a_pipe(setup, folder)
    (folder / "submission_secret.txt").unlink()  # then nbgrader reads the notebook
    done, said = setup.nbgrader("list", "--inbound", UNIT)
    assert done == 0
    assert f"{COURSE_ID} ada {UNIT} {TIME}" in said
    assert f"since {FILE} is not a file" in said


@pytest.mark.parametrize("command", ["release_assignment", "release_feedback"])
def test_nothing_is_released_through_a_link(setup, tmp_path, command):
    (tmp_path / "elsewhere").mkdir()
    shutil.rmtree(setup.root / COURSE_ID)
    (setup.root / COURSE_ID).symlink_to(tmp_path / "elsewhere")
    status, said = setup.nbgrader(command, UNIT)
    assert status != 0
    assert f"{setup.root / COURSE_ID} is a link" in said
    assert not list((tmp_path / "elsewhere").iterdir())


def test_feedback_without_a_secret_is_named_and_the_others_are_released(setup):
    for student in ("ada", "eve", "grace"):
        folder = setup.course / "feedback" / student / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.html").write_text(f"feedback for {student}")
        (folder / "timestamp.txt").write_text(TIME)
        if student != "eve":
            (folder / "submission_secret.txt").write_text(student)
    status, said = setup.nbgrader("release_feedback", UNIT)
    assert status != 0
    assert f"NOT released: {setup.course / 'feedback' / 'eve' / UNIT}" in said
    pages = (setup.root / COURSE_ID / "feedback").glob("*.html")
    assert {page.read_text() for page in pages} == {"feedback for ada", "feedback for grace"}
