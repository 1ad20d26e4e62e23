"""Wrong answers that behave alike: found when a class is graded, named once, read by all."""

import contextlib
import json
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder import examples, mutation, named, secret
from autograder.checking import behaviour, judge
from autograder.checking.answers import Local
from autograder.checking.mutants import mutants
from autograder.commands import cli
from autograder.course import Course
from autograder.grading.run import Options, Run
from autograder.model import report_in
from autograder.output.report import page
from autograder.units import CONTENT as content
from autograder.units.unit1_convolution import variants

pytestmark = pytest.mark.slow(30)

UNIT = examples.UNIT
SENTENCE = "You made the frame twice as wide as `pad` says."
NAME = "pad2d__doubles_the_frame"
# Twice the same mistake, written in two ways; the second is shorter. And one of its own.
DOUBLED = [
    ("ada", "    ph, pw = (pad, pad) if np.isscalar(pad) else pad\n    ph, pw = ph * 2, pw * 2\n"),
    ("bob", "    ph, pw = 2 * np.broadcast_to(pad, 2)\n"),
]
FRAME = "    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)\n"
HEAD = "def pad2d(x, pad, value=0.0):\n    # of {}\n"


def wrong(student, body):
    """A submission that is right but for `pad2d`."""

    def build(work):
        work.solve()
        work.use("conv2d", variants.conv2d__plain_loops)  # does not call the student's pad2d
        work.write("pad2d", HEAD.format(student) + body)

    return build


@pytest.fixture
def a_class(hand_in):
    """Eight students: two behave alike, one does something of its own, and none has a name."""
    for student, body in DOUBLED:
        hand_in(student, wrong(student, body + FRAME))
    hand_in("eve", wrong("eve", "    ph, pw = 3 + np.broadcast_to(pad, 2)\n" + FRAME))
    hand_in("flo", wrong("flo", "    raise NotImplementedError\n"))
    hand_in("gil", wrong("gil", "    while x.shape[1] == 2 or pad == 1:\n        pass\n"))
    for student in ("kim", "lea", "max"):
        hand_in(student)
    return hand_in


@pytest.fixture(scope="module")
def graded_folder(released_course, tmp_path_factory):
    """A course in which ada has a grade. Not to be written into."""
    folder = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(released_course, folder)
    released = nbformat.read(folder / "release" / UNIT / f"{UNIT}.ipynb", as_version=4)
    work = examples.Work("ada", released)
    wrong("ada", DOUBLED[0][1] + FRAME)(work)
    path = folder / "submitted" / "ada" / UNIT / f"{UNIT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(work.data())
    assert not any(one.failure for one in Run(Course(folder), UNIT, Options()))
    return folder


@pytest.fixture
def one_graded(graded_folder, tmp_path, monkeypatch):
    """The same to write into, as the current folder."""
    shutil.copytree(graded_folder, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")


def run(*command, code=cli.DONE):
    assert cli.main(list(command)) == code


def grade(*options):
    run("grade", UNIT, "--jobs", "2", *options)


def recorded(student):
    """The report in `autograded/`."""
    return report_in(Path("autograded", student, UNIT, f"{UNIT}.ipynb").read_text())


def verdict(student, task="pad2d"):
    return next(one.verdict for one in recorded(student).grades if one.verdict.task == task)


def lines(student):
    """What is written under the graded cell of `pad2d`."""
    notebook = json.loads(Path("autograded", student, UNIT, f"{UNIT}.ipynb").read_text())
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    return " ".join("".join(cells["test_pad2d"]["outputs"][0]["text"]).split())


def graded_files():
    return {path: path.read_bytes() for path in Path("autograded").rglob("*.ipynb")}


def group_id():
    return page.groups.groups(page.results.read(Course(), UNIT, {}).students)[0].id


def feedback(student):
    Course().feedback(UNIT)
    folder = Path("feedback", student, UNIT)
    text = (folder / f"{UNIT}.html").read_text()
    shutil.rmtree("feedback")
    return " ".join(text.split())


def test_a_class(a_class, capsys, tmp_path):
    grade()
    alike = verdict("ada").behaviour
    assert alike.values == verdict("bob").behaviour.values
    assert alike.values != verdict("eve").behaviour.values
    # Not written, never at an end, and right: nothing to group by.
    assert [verdict(name).behaviour for name in ("flo", "gil", "kim")] == [None] * 3
    before, points = lines("ada"), verdict("ada").points
    assert SENTENCE not in before

    # The report shows the group, and how to name it.
    run("report", UNIT)
    group = group_id()
    text = Path("reports", UNIT, f"{UNIT}.html").read_text()
    assert "1 more answer" in text
    assert group in text
    rows = Path("reports", UNIT, "groups.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "ada; bob" in rows[1]
    capsys.readouterr()
    run("name", UNIT)
    said = capsys.readouterr().out
    assert f"{group}  2 students" in said
    assert "of bob" in said  # the shorter code
    assert "of ada" not in said
    assert "1 wrong answer behaves like no other" in said
    page_before = feedback("ada")
    for hidden in (alike.probes, *alike.values, alike.asked, alike.came):
        assert hidden not in page_before

    # Named: both read it, nobody else does, and nothing is run.
    shutil.move("submitted", "elsewhere")
    run("name", UNIT, group, SENTENCE, "--as", "doubles_the_frame")
    assert "2 students" in capsys.readouterr().out
    shutil.move("elsewhere", "submitted")
    assert SENTENCE in lines("ada")
    assert SENTENCE in lines("bob")
    assert SENTENCE not in lines("eve")
    assert verdict("ada").points == points
    assert verdict("ada").misconceptions == [NAME]
    assert "as wide as" in feedback("ada")
    file = Path(named.FILE).read_text()
    assert not any(word in file for word in ("ada", "bob", "np.pad", "def "))

    # Grading again finds nothing to do, and a new submission reads it at once.
    a_class("zoe", wrong("zoe", "    ph, pw = (np.broadcast_to(pad, 2) + 0) * 2\n" + FRAME))
    capsys.readouterr()
    grade()
    said = capsys.readouterr().out
    assert said.count("(unchanged)") == 8
    assert SENTENCE in lines("zoe")
    assert f"   3  {NAME}" in said
    run("report", UNIT)
    text = Path("reports", UNIT, f"{UNIT}.html").read_text()
    assert f'id="misconception-{NAME}"' in text
    assert group not in text

    # A sentence that is edited in the file; grading brings it into the notebooks.
    Path(named.FILE).write_text(file.replace("twice as wide", "2 times as wide"))
    grade()
    assert "2 times as wide" in lines("ada")

    # The file does its work in the next year's course.
    kept = Path(named.FILE).read_text()
    Path(named.FILE).unlink()
    grade()
    assert lines("ada") == before
    Path(named.FILE).write_text(kept)
    grade("--force")
    assert "2 times as wide" in lines("zoe")

    # Removed: it is as before.
    capsys.readouterr()
    run("name", UNIT, NAME, "--remove")
    assert "0 students" in capsys.readouterr().out
    assert lines("ada") == before
    assert group_id() == group


def test_a_probe_that_ends_or_stops_an_answer_costs_nothing(hand_in):
    task = content.find("pad2d")
    pictures = [one.case.args[0] for one in behaviour.drawn(task, content.contract(task))]
    picture = next(x for x in pictures if x.dtype == float and np.ptp(x))
    probed = f"    if x.sum() == {float(picture.sum())!r}:\n"
    ends = "        import os, signal\n        os.kill(os.getpid(), signal.SIGKILL)\n"
    body = DOUBLED[0][1] + FRAME
    hand_in("ada", wrong("ada", body))
    hand_in("bob", wrong("bob", probed + ends + body))
    hand_in("eve", wrong("eve", probed + "        while True:\n            pass\n" + body))
    grade()
    asked, *others = (recorded(student) for student in ("ada", "bob", "eve"))
    for one in others:
        assert one.scores == asked.scores
        assert one.problems == asked.problems
    assert verdict("ada").behaviour is not None
    assert [verdict(name).behaviour for name in ("bob", "eve")] == [None, None]
    assert lines("bob").replace("bob", "ada") == lines("ada")


def test_nbgrader_gives_the_names_too(hand_in):
    for student, body in DOUBLED:
        hand_in(student, wrong(student, body + FRAME))
    grade()
    run("name", UNIT, group_id(), SENTENCE)
    shutil.rmtree("autograded")
    result = Course().api().autograde(UNIT, "ada", force=True)
    assert result["success"], result
    assert SENTENCE in lines("ada")


def test_a_file_of_last_year_works(hand_in, released_course, tmp_path, monkeypatch):
    for student, body in DOUBLED:
        hand_in(student, wrong(student, body + FRAME))
    grade()
    run("name", UNIT, group_id(), SENTENCE)
    following = tmp_path / "following"
    shutil.copytree(released_course, following)
    (following / secret.PLACE).write_text("2" * 2 * secret.SIZE)  # other hidden inputs
    shutil.copy(named.FILE, following)
    shutil.copytree("submitted/ada", following / "submitted" / "new")
    # Whatever the contract gives by then: the probes of the file count.
    monkeypatch.setattr(named.behaviour, "drawn", lambda task, contract: ())
    monkeypatch.chdir(following)
    grade()
    assert SENTENCE in lines("new")


def test_a_damaged_file_is_named_and_nothing_is_lost(one_graded, capsys):
    group, before = group_id(), graded_files()
    Path(named.FILE).write_text('{"mistakes": [],\n "probes": {]')
    for command in (["grade", UNIT], ["name", UNIT, group, "You doubled it."], ["name", UNIT]):
        run(*command, code=cli.IMPOSSIBLE)
        said = capsys.readouterr().err
        assert f"{named.FILE} is damaged: line 2, column 13" in said
    assert Path(named.FILE).read_text().endswith("{]")
    assert graded_files() == before
    result = Course().api().autograde(UNIT, "ada", force=True)
    assert not result["success"]
    assert "is damaged" in result["log"]
    assert graded_files() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["pad2d:0", SENTENCE], "There is no group pad2d:0"),
        (["pad2d", SENTENCE], "There is no group pad2d"),
        (["{group}"], "The sentence is missing"),
        (["{group}", SENTENCE, "--as", "Not a name"], "is no name for a mistake"),
        (["{group}", "…"], "is no name for a mistake"),
        (["{group}", SENTENCE, "--as", "top_left_only"], "There is a pad2d__top_left_only"),
        (["pad2d__lost", "--remove"], "No mistake of unit1_convolution is called pad2d__lost"),
        (["--remove"], "With --remove give a unit and the name of a mistake"),
    ],
)
def test_what_cannot_be_named_is_said(one_graded, options, said, capsys):
    group = group_id()
    run("name", UNIT, *(option.format(group=group) for option in options), code=cli.IMPOSSIBLE)
    assert said in capsys.readouterr().err
    assert not Path(named.FILE).exists()


def sentences_of_the_course(student):
    """The sentences of the course that a student reads."""
    parts = [part for one in recorded(student).grades for part in one.verdict.parts]
    return {part.sentence for part in parts if part.by_course}


# -- a large class --------------------------------------------------------------------------------

CLASS = 200


def drawn_mutants(rng):
    """Wrong answers of the unit's functions made by program, in any order: task, code, behaviour.

    Those that do not end are left out, since each takes the grader half a minute.
    """
    found = []
    for task in content.of_unit(UNIT).values():
        if task.by_value:
            continue
        probes = behaviour.drawn(task, content.contract(task))
        # Of `conv2d` the answer that calls no other, whose errors would be another student's.
        right = variants.conv2d__plain_loops if task.name == "conv2d" else task.reference
        for mutant in mutants(right):
            answer = Local(mutant.function)
            with contextlib.suppress(TimeoutError), mutation.limited(3):
                if judge.grade(task, answer, "ada").unnamed:
                    seen = behaviour.of_answer(task, answer, probes)
                    code = mutant.code.replace(right.__name__, task.name)
                    found.append((task.name, code, seen))
    rng.shuffle(found)
    return found


@pytest.mark.soak
def test_groups_of_a_class_of_two_hundred(hand_in, capsys):
    rng = np.random.default_rng(17)
    wrong_answers = drawn_mutants(rng)
    often = 1 / np.arange(1, len(wrong_answers) + 1)  # few mistakes are frequent, many are rare
    chosen = rng.choice(len(wrong_answers), CLASS, p=often / often.sum())
    expected = {}
    for number, which in enumerate(chosen):
        task, code, seen = wrong_answers[which]
        expected[f"s{number}"] = task, seen

        def build(work, task=task, code=code):
            work.solve()
            work.use("conv2d", variants.conv2d__plain_loops)
            work.write(task, code)

        hand_in(f"s{number}", build)
    grade()
    found = page.results.read(Course(), UNIT, {}).students
    known = {}  # who has a behaviour; a wrong answer may have a name by its other hidden inputs
    for student in found:
        task, seen = expected[student.name]
        told = verdict(student.name, task)
        if told.unnamed:
            values = told.behaviour and told.behaviour.values
            assert values == (seen and seen.values), student.name
            if values:  # else it is right in all probes
                known.setdefault((task, values), set()).add(student.name)
    made = page.groups.groups(found)
    assert {frozenset(group.students) for group in made} == {*map(frozenset, known.values())}
    sizes = [len(group.students) for group in made]
    assert sizes == sorted(sizes, reverse=True)

    first = made[0]
    capsys.readouterr()
    run("name", UNIT, first.id, SENTENCE)
    assert f"{len(first.students)} students" in capsys.readouterr().out
    readers = {name for name in expected if sentences_of_the_course(name) == {SENTENCE}}
    assert readers == {*first.students}
    grade()
    assert capsys.readouterr().out.count("(unchanged)") == CLASS
    with capsys.disabled():
        print(
            f"\n{CLASS} students, {len({*chosen})} mutants of {len(wrong_answers)}; without a name "
            f"{sum(sizes)}, in {sum(size > 1 for size in sizes)} groups, {sizes.count(1)} alone; "
            f"largest {sizes[:5]}; named {first.id}"
        )
