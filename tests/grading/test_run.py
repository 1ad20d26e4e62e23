"""Finding, grading and recording submissions; whatever is wrong is said, and costs no one else."""

import base64
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import types
import zlib
from concurrent import futures

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import examples
from autograder.collecting.submissions import find_submissions
from autograder.commands import cli
from autograder.course import Course, CourseError
from autograder.grading.job import GRADING
from autograder.grading.run import Options, Run
from autograder.model import PLACE, ByHand, Graded, Report
from autograder.output.report import summary
from autograder.sandbox import probe
from autograder.units import CONTENT
from tests.reports import report

pytestmark = pytest.mark.slow(50)

UNIT = examples.UNIT
UNITS = [UNIT, "unit2_matching"]
FULL = examples.full()


def grade(**options):
    """Grade the current course; returns the outcomes by student."""
    run = Run(Course(), UNIT, Options(**options))
    outcomes = {graded.student: graded for graded in run}
    assert len(outcomes) == run.total
    return outcomes


def cells(graded):
    path = f"autograded/{graded.student}/{UNIT}/{UNIT}.ipynb"
    return nbformat.read(path, as_version=4).cells


def score(student):
    with Gradebook("sqlite:///gradebook.db") as book:
        return book.find_submission(UNIT, student).score


def place(path, content=b"{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


# -- finding submissions --------------------------------------------------------------------------


def found(folder):
    return {s.student: s for s in find_submissions(folder / "submitted", UNIT, UNITS)}


def test_submissions_are_found_by_student(tmp_path):
    for student in ("ada", "grace"):
        place(tmp_path / "submitted" / student / UNIT / f"{UNIT}.ipynb")
    place(tmp_path / "submitted" / "emmy" / "unit2_matching" / "unit2_matching.ipynb")
    place(tmp_path / "submitted" / ".DS_Store")
    assert {name: s.refusal for name, s in found(tmp_path).items()} == {"ada": None, "grace": None}


@pytest.mark.parametrize(
    ("path", "student", "reason"),
    [
        ("stray.ipynb", "stray.ipynb", f"move it to submitted/<student>/{UNIT}/{UNIT}.ipynb"),
        ("ada/my.ipynb", "ada", f"move submitted/ada/my.ipynb to submitted/ada/{UNIT}/"),
        (f"{UNIT}/ada/{UNIT}.ipynb", UNIT, "the folders are the wrong way round"),
        (f"ada/unit_1/{UNIT}.ipynb", "ada", f"rename submitted/ada/unit_1 to submitted/ada/{UNIT}"),
        ("ada/unit1_convolutio/a.ipynb", "ada", "rename submitted/ada/unit1_convolutio to"),
        (f"ada/{UNIT}/notes.txt", "ada", f"there is no notebook in submitted/ada/{UNIT}"),
        ("all.zip", "all.zip", f"give it to `autograder collect {UNIT} ZIP`"),
        ("ada/mine.ZIP", "ada", "submitted/ada/mine.ZIP is a zip: if it is a download from Moodle"),
        ("ada/unit.pdf", "ada", "submitted/ada/unit.pdf is in no unit's folder"),
        ("grades.xlsx", "grades.xlsx", f"the notebook belongs in submitted/<student>/{UNIT}/"),
        (f"a*a/{UNIT}/{UNIT}.ipynb", "a*a", "its name holds *, which nbgrader takes for a pattern"),
        (f"[ab]/{UNIT}/{UNIT}.ipynb", "[ab]", "its name holds [ and ], which nbgrader takes"),
        (f"a?/{UNIT}/{UNIT}.ipynb", "a?", "its name holds ?, which nbgrader takes for a pattern"),
        (f".ada/{UNIT}/{UNIT}.ipynb", ".ada", "its name begins with a dot"),
        (f"ada /{UNIT}/{UNIT}.ipynb", "ada ", "its name begins or ends with a blank"),
    ],
)  # fmt: skip
def test_a_misplaced_submission_is_named_with_what_to_do(tmp_path, path, student, reason):
    place(tmp_path / "submitted" / path)
    assert reason in found(tmp_path)[student].refusal


def test_what_is_not_looked_for_is_not_mentioned(tmp_path):
    folder = tmp_path / "submitted"
    for path in ("ada", f"ada/{UNIT}", "grace"):
        place(folder / path / "Thumbs.db")
    for path in (f"ada/{UNIT}/data.zip", f"ada/{UNIT}/notes.txt", f"ada/{UNIT}/data/a.csv"):
        place(folder / path)
    place(folder / "ada" / UNIT / f"{UNIT}.ipynb")
    place(folder / "emmy" / "unit2_matching" / "unit2_matching.ipynb")
    place(folder / "emmy" / "notes.txt")
    for name in (".DS_Store", ".gitkeep", "desktop.ini"):
        place(folder / name)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / "lise").mkdir()
    assert {name: s.refusal for name, s in found(tmp_path).items()} == {"ada": None}


@pytest.mark.parametrize("dangling", [False, True])
@pytest.mark.parametrize("level", ["ada", f"ada/{UNIT}"])
def test_a_folder_that_is_a_link_is_named(tmp_path, level, dangling):
    place(tmp_path / "submitted" / "ada" / UNIT / f"{UNIT}.ipynb")
    link = tmp_path / "submitted" / level
    link.rename(tmp_path / "elsewhere")
    link.symlink_to("nowhere" if dangling else tmp_path / "elsewhere")
    assert "is a link: put the folder itself there" in found(tmp_path)["ada"].refusal


@pytest.mark.parametrize("name", ["timestamp.txt", "submission_secret.txt"])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to("../../grace"), "is a link: the file itself is needed"),
        (lambda path: path.symlink_to("nowhere"), "is a link"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.write_bytes(bytes(300)), "is larger than 200 bytes"),
    ],
)
def test_a_file_of_the_exchange_that_does_not_count_is_said(tmp_path, name, make, reason):
    folder = tmp_path / "submitted" / "ada" / UNIT
    place(folder / f"{UNIT}.ipynb")
    make(folder / name)
    [repair] = found(tmp_path)["ada"].repairs
    assert str(repair).startswith(f"{name} does not count: {name} {reason}")


def test_two_notebooks_with_other_names_are_not_guessed_between(tmp_path):
    for name in ("a.ipynb", "b.ipynb"):
        place(tmp_path / "submitted" / "ada" / UNIT / name)
    assert "several notebooks" in found(tmp_path)["ada"].refusal


def test_a_name_that_could_pass_for_another_students_is_not_graded(tmp_path):
    for student in ("ada", "a\x07da"):
        place(tmp_path / "submitted" / student / UNIT / f"{UNIT}.ipynb")
    both = find_submissions(tmp_path / "submitted", UNIT, UNITS)
    assert [s.student for s in both] == ["a\\x07da", "ada"]
    assert "rename it" in both[0].refusal
    assert both[1].path is not None


def test_a_renamed_notebook_is_graded_and_the_feedback_says_so(course, hand_in):
    path = hand_in("ada")
    path.rename(path.with_name(f"{UNIT} (1).ipynb"))
    graded = grade()["ada"]
    assert graded.report.score == FULL
    assert f"the file was called {UNIT} (1).ipynb" in str(graded.report.repairs[0])
    assert str(graded.report.repairs[0]) in cells(graded)[0].source


# -- what an instructor has to put right -----------------------------------------------------------


def refused(*arguments):
    """Exit code of a command that cannot be done."""
    code = cli.main(list(arguments))
    assert code == cli.IMPOSSIBLE
    return code


def test_a_folder_that_is_not_a_course(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    refused("grade")
    assert "is not a course: there is no nbgrader_config.py" in capsys.readouterr().err


def test_a_unit_that_does_not_exist(course, capsys):
    refused("grade", "unit1_convolutoin")
    said = capsys.readouterr().err
    assert "There is no unit unit1_convolutoin. Did you mean unit1_convolution?" in said
    assert said.count("\n") == 1


def test_no_folder_of_submissions(course, capsys):
    refused("grade", UNIT)
    assert "There is no folder" in capsys.readouterr().err


def test_a_unit_that_was_never_released(course, hand_in, capsys):
    hand_in("ada")
    os.remove("gradebook.db")
    refused("grade", UNIT)
    assert f"run `autograder release {UNIT}` first" in capsys.readouterr().err


def test_no_sandbox_that_works(course, hand_in, monkeypatch, capsys):
    hand_in("ada")
    problems = {"bubblewrap": "bubblewrap is not installed", "landlock": "no Landlock"}
    monkeypatch.setattr(probe, "problem", problems.get)
    refused("grade", UNIT)
    said = capsys.readouterr().err
    assert "No sandbox: bubblewrap is not installed; no Landlock" in said
    assert "--sandbox none" in said
    assert not os.path.exists("autograded")


def test_a_gradebook_that_cannot_be_written(course, hand_in, capsys):
    hand_in("ada")
    config = course / "nbgrader_config.py"
    url = f"sqlite:///file:{course}/gradebook.db?mode=ro&uri=true"
    config.write_text(config.read_text() + f"\nc.CourseDirectory.db_url = {url!r}\n")
    refused("grade", UNIT)
    said = capsys.readouterr().err
    assert "cannot be written (attempt to write a readonly database)" in said
    assert not os.path.exists("autograded")


def test_a_gradebook_that_is_not_a_database(course, hand_in, capsys):
    hand_in("ada")
    (course / "gradebook.db").write_bytes(
        b"not a database, but long enough to be taken for one" * 99
    )
    refused("grade", UNIT)
    assert "file is not a database" in capsys.readouterr().err


# -- many submissions ------------------------------------------------------------------------------


def test_one_bad_file_costs_no_one_else(course, hand_in, capsys):
    hand_in("ada")
    place(course / "submitted" / "eve" / UNIT / f"{UNIT}.ipynb", b"\x89PNG\r\n")
    place(course / "submitted" / "mallory" / UNIT / f"{UNIT}.ipynb", b"")
    (course / "submitted" / "oscar" / UNIT / f"{UNIT}.ipynb").mkdir(parents=True)
    assert cli.main(["grade", UNIT, "--jobs", "2"]) == cli.DONE
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert lines["ada"].split()[1] == f"{FULL:g}"
    assert "it is not valid JSON" in lines["eve"]
    assert "the file is empty" in lines["mallory"]
    assert "is not a file" in lines["oscar"]
    with Gradebook("sqlite:///gradebook.db") as book:  # and no zero for what was not graded
        assert [s.student.id for s in book.find_assignment(UNIT).submissions] == ["ada"]


def test_a_failure_of_ours_is_said_and_not_recorded(course, hand_in, capsys):
    """Here the check of a task raises."""
    hand_in("ada")
    copy = shutil.copytree(CONTENT.folder, course / "broken_units")
    checks = copy / UNIT / "checks.py"
    head = "def check_pad2d(rng):\n"
    body = "    1 / (multiprocessing.parent_process() is None)  # raises in a worker\n"
    text = checks.read_text().replace("autograder.units", "broken_units")
    checks.write_text(text.replace(head, f"import multiprocessing\n\n\n{head}{body}"))
    (course / "course_settings.py").write_text('c.Content.package = "broken_units"\n')
    command = [sys.executable, "-m", "autograder.commands.cli", "grade", UNIT]
    path = os.pathsep.join([str(course), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == cli.NOT_ALL
    assert "FAILED, grade again: TaskError: broken_units" in done.stdout
    assert not os.path.exists("autograded")


def test_without_the_step_that_records_scores_nothing_is_graded(course, hand_in, capsys):
    hand_in("ada")
    step = "autograder.grading.nbgrader_steps.SandboxExecute"
    settings = f"c.Autograde.autograde_preprocessors = [{step!r}]\n"
    (course / "course_settings.py").write_text(settings)
    assert cli.main(["grade", UNIT]) == cli.IMPOSSIBLE
    assert "without the step SaveAutoGrades no score would be recorded" in capsys.readouterr().err
    assert not os.path.exists("autograded")


def answer(student="ada", key="key of ada", inside="key of ada"):
    """What a worker returns: a result with this key, and another one perhaps in the notebook."""
    reports = [Report("none", key=each) for each in (key, inside)]
    notebook = json.dumps({"metadata": {PLACE: reports[1].as_json()}})
    return Graded(student, reports[0], notebook)


OTHER_ANSWERS = {
    "another student": answer("grace"),
    "another report": answer(key="key of grace"),
    "another notebook": answer(inside="key of grace"),
    "a notebook without a report": dataclasses.replace(answer(), notebook="{}"),
    "no notebook": dataclasses.replace(answer(), notebook=None),
    "another student's refusal": Graded("grace", refusal="the file is empty"),
    "nothing": Graded("ada"),
    "no result": None,
}


@pytest.mark.parametrize("result", OTHER_ANSWERS.values(), ids=OTHER_ANSWERS)
def test_the_result_of_another_submission_is_a_failure_and_not_recorded(result):
    future = futures.Future()
    future.set_result(result)
    job = types.SimpleNamespace(student="ada", key="key of ada")
    graded = Run.finished(None, job, future)  # without a gradebook, so none is written
    assert graded == Graded("ada", failure="the worker answered for another submission")


def test_what_has_not_changed_is_not_graded_again(course, hand_in):
    path = hand_in("ada")
    assert not grade()["ada"].unchanged
    again = grade()["ada"]
    assert again.unchanged
    assert again.report.score == FULL
    assert not grade(force=True)["ada"].unchanged

    path.write_bytes(path.read_bytes().replace(b"constant_values=value", b"constant_values=9.5"))
    changed = grade()["ada"]
    assert not changed.unchanged
    assert changed.report.score < FULL
    assert score("ada") == changed.report.score


def test_a_grade_that_the_gradebook_lost_is_made_again(course, hand_in):
    hand_in("ada")
    grade()
    Course().release(UNIT)
    with Gradebook("sqlite:///gradebook.db") as book:
        book.remove_submission(UNIT, "ada")
    assert not grade()["ada"].unchanged
    assert score("ada") == FULL


def test_a_graded_notebook_that_was_lost_is_made_again(course, hand_in):
    hand_in("ada")
    grade()
    shutil.rmtree("autograded")
    assert not grade()["ada"].unchanged
    assert os.path.exists(f"autograded/ada/{UNIT}/{UNIT}.ipynb")


def test_an_earlier_grade_is_kept_and_named_when_a_broken_file_follows(course, hand_in):
    path = hand_in("ada")
    grade()
    path.write_bytes(b"{")
    assert "not valid JSON" in grade()["ada"].refusal
    assert f"the gradebook keeps {FULL:g} points from before" in grade()["ada"].refusal
    assert score("ada") == FULL


def test_code_of_the_course_in_disguise_is_noticed_and_costs_nothing(course, hand_in):
    source = (CONTENT.student_folder / "nn.py").read_bytes()
    text = base64.b85encode(zlib.compress(source)).decode()
    pieces = "\n".join(f"text += {text[at : at + 900]!r}" for at in range(0, len(text), 900))
    decode = "exec(zlib.decompress(base64.b85decode(text)))"

    def build(work):
        work.solve()
        work.after("setup", f"import base64, zlib\ntext = ''\n{pieces}\n{decode}")

    hand_in("ada", build)
    graded = grade()["ada"]
    assert graded.report.score == FULL
    assert graded.report.overlap["course/nn.py (in strings)"] > 100
    assert "lines are those of course/nn.py (in strings)" in summary.line(graded)


def test_another_students_id_is_said(course, hand_in):
    hand_in("ada")
    for student, cells_id in (("grace", "ada"), ("emmy", ""), ("Lise", "lise "), ("mary", "")):
        path = hand_in(student)
        text = path.read_text().replace(f'"{student}\\"', f'"{cells_id}\\"')
        if student == "emmy":  # without the function that may know another one
            text = text.replace('student.remembered(\\"\\")', '\\"\\"')
        path.write_text(text)
    problems = {student: graded.report.problems for student, graded in grade(jobs=2).items()}
    assert problems["ada"] == problems["Lise"] == problems["mary"] == ()
    assert problems["grace"] == (
        "STUDENT_ID is not grace: the exercises by hand show someone else's numbers",
    )
    assert problems["emmy"] == (
        "STUDENT_ID is empty: the exercises by hand show a guest's numbers, not yours",
    )


def test_a_grade_given_by_hand_survives_regrading(course, hand_in):
    hand_in("ada")
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_grade("test_pad2d", UNIT, UNIT, "ada").manual_score = 0.5
        book.db.commit()
    grade(force=True)
    assert score("ada") == 12.5


def test_the_time_of_submission_is_recorded(course, hand_in):
    path = hand_in("ada")
    path.with_name("timestamp.txt").write_text("2026-11-22 12:00:00 UTC")
    grade()
    with Gradebook("sqlite:///gradebook.db") as book:
        assert str(book.find_submission(UNIT, "ada").timestamp) == "2026-11-22 12:00:00"
    assert (course / "autograded" / "ada" / UNIT / "timestamp.txt").exists()


def test_the_exchange_finds_its_secret_beside_the_feedback(course, hand_in):
    name = "submission_secret.txt"
    hand_in("ada").with_name(name).write_text("f00d")
    hand_in("eve").with_name(name).symlink_to(course / "nbgrader_config.py")
    grade(jobs=2)
    Course().feedback(UNIT)
    assert (course / "feedback" / "ada" / UNIT / name).read_text() == "f00d"
    assert not (course / "autograded" / "eve" / UNIT / name).exists()


def test_what_is_left_out_of_the_version_is_not_there_while_grading():
    source = "import sys, autograder.grading.job; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = [name.split(".") for name in ran.stdout.split() if name.startswith("autograder.")]
    packages = {name[1] for name in loaded if len(name) > 2}
    # These decide no grade: words, and what stands in the key itself, as text and as a time.
    assert packages == {*GRADING, "output", "release", "collecting"}


def test_without_a_sandbox_every_output_says_so(course, hand_in):
    hand_in("ada")
    graded = grade(sandbox="none")["ada"]
    assert graded.report.score == FULL
    assert "NONE" in cells(graded)[0].source
    tests = [cell for cell in cells(graded) if cell.metadata.get("nbgrader", {}).get("grade")]
    assert tests
    assert all("sandbox: NONE" in cell.outputs[0].text for cell in tests)


def test_the_class_report_counts_misconceptions(course, hand_in):
    def flipped(work):
        examples.every()["flips_the_kernel"].build(work)

    hand_in("ada", flipped)
    hand_in("grace", flipped)
    hand_in("emmy")
    outcomes = grade(jobs=2).values()
    assert list(summary.holders(outcomes)) == ["conv2d_valid__flips_kernel"]
    assert set(summary.holders(outcomes)["conv2d_valid__flips_kernel"]) == {"ada", "grace"}
    assert "   2  conv2d_valid__flips_kernel" in summary.misconceptions(outcomes)
    assert summary.misconceptions([]) == ""


# -- the command line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["demo", "release", "kit", "collect", "grade", "report", "export", "audit", "sync"],
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert command in capsys.readouterr().out


def test_no_jobs_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["grade", "--jobs", "0"])
    assert stop.value.code == 2
    assert "must be at least 1" in capsys.readouterr().err


def test_release_says_what_to_hand_out(course, capsys):
    shutil.rmtree("release")
    assert cli.main(["release", UNIT]) == cli.DONE
    assert f"released {UNIT}: release/{UNIT}/" in capsys.readouterr().out
    assert os.path.exists(f"release/{UNIT}/{UNIT}.ipynb")


def test_release_with_a_broken_gradebook_empties_nothing(course, capsys):
    (course / "gradebook.db").write_bytes(
        b"not a database, but long enough to be taken for one" * 99
    )
    assert cli.main(["release", UNIT]) == cli.IMPOSSIBLE
    assert "Check that it is a gradebook" in capsys.readouterr().err
    assert os.path.exists(f"release/{UNIT}/{UNIT}.ipynb")


def test_release_of_a_broken_notebook_says_what_nbgrader_said(course, capsys):
    (course / "source" / UNIT / f"{UNIT}.ipynb").write_text("{")
    with pytest.raises(CourseError, match="nbgrader could not release"):
        Course().release(UNIT)


def test_sync_check_finds_a_changed_solution(course, capsys):
    source = course / "source" / UNIT / f"{UNIT}.ipynb"
    source.write_text(source.read_text().replace("np.full(", "np.zeros("))
    assert cli.main(["sync", "--check"]) == cli.NOT_ALL
    assert "pad2d would be changed" in capsys.readouterr().out
    assert cli.main(["sync"]) == cli.DONE
    assert cli.main(["sync", "--check"]) == cli.DONE


# -- what is printed -------------------------------------------------------------------------------


def graded_with(scores, student="ada", before=None, unchanged=False, maxima=(), **values):
    """A `Graded` with such a report."""
    made = report(scores, maxima, **values)
    return Graded(student, made, before=before, unchanged=unchanged)


def test_what_a_person_has_to_grade_is_said():
    ada = graded_with({"test_ncc": 4.5}, maxima={"test_ncc": 13.0}, written=2.0)
    assert summary.line(ada).split() == "ada 4.5 of 13 + up to 2 by hand".split()
    assert (
        "up to 2 points more for 1 student: mark the written answers with `autograder mark unit2`"
        in summary.summary("unit2", [ada])
    )


@pytest.mark.parametrize(
    ("by_hand", "late", "line", "said"),
    [
        (ByHand(0.0, 2.0), 0.0, "4.5 of 13 + up to 2 by hand", "up to 2 points more"),
        (ByHand(1.5, 0.0), 0.0, "4.5 of 13 + 1.5 by hand", "all is marked: mean 1.5"),
        (ByHand(1.0, 1.0), 0.0, "4.5 of 13 + 1 + up to 1 by hand", "up to 1 points more"),
        (ByHand(-1.0, 0.0), 2.0, "4.5 of 13 − 1 by hand − 2 for lateness", "all is marked"),
        (ByHand(0.0, 0.0), 0.0, "4.5 of 13", ""),
    ],
)
def test_points_by_hand_are_said_as_they_are(by_hand, late, line, said):
    ada = graded_with({"test_ncc": 4.5}, maxima={"test_ncc": 13.0}, written=2.0)
    ada = dataclasses.replace(ada, by_hand=by_hand, late=late)
    assert summary.line(ada).split(maxsplit=1)[1] == line
    assert said in summary.summary("unit2", [ada])
    assert bool(said) == ("by hand" in summary.summary("unit2", [ada]))


def test_marks_to_be_looked_at_again_are_named_with_the_reason():
    ada = graded_with({"test_ncc": 4.5}, maxima={"test_ncc": 13.0}, written=2.0)
    ada = dataclasses.replace(ada, again={"why_ncc": "the answer"})
    assert (
        "1 mark by hand, since what it refers to has changed: ada why_ncc (the answer)"
        in summary.summary("unit2", [ada])
    )


def test_nothing_is_said_of_written_answers_where_there_are_none():
    ada = graded_with({"test_pad2d": 3.0}, maxima={"test_pad2d": 15.0})
    assert "hand" not in summary.line(ada) + summary.summary("unit1", [ada])


def test_a_score_that_changes_is_shown_with_what_it_was():
    ada = graded_with(
        {"test_pad2d": 1.0, "test_conv2d": 4.0},
        maxima={"test_pad2d": 3.0},
        before={"test_pad2d": 3.0, "test_conv2d": 4.0},
    )
    assert summary.line(ada).split(maxsplit=1)[1] == "5 of 7 (until now 7; pad2d 3.0 → 1.0)"
    assert "1 student would get another score" in summary.summary("unit1", [ada], dry_run=True)


def test_the_summary_can_be_read_without_the_lines_above_it():
    outcomes = [
        graded_with({"test_pad2d": 3.0}, unchanged=True),
        graded_with({"test_pad2d": 1.0}, "grace", maxima={"test_pad2d": 3.0}),
        Graded("eve", refusal="the file is empty"),
        Graded("bob", failure="KilledWorker: too often"),
    ]
    said = summary.summary(UNIT, outcomes)
    assert said.startswith(f"{UNIT}, ")
    assert "4 submissions" in said
    assert "2, 1 of them unchanged" in said
    assert "mean 2.0, median 2, from 1 to 3 of 3" in said
    assert "eve: the file is empty" in said
    assert "bob: KilledWorker: too often" in said
    assert "run the same command again" in said


def test_a_run_with_no_submissions_has_a_summary():
    assert "0 submissions" in summary.summary(UNIT, [])
