"""Downloads as Moodle and Canvas make them, and as someone might who wishes us ill."""

import contextlib
import json
import os
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import examples
from autograder.collecting import collected, downloads
from autograder.collecting.collected import Collected
from autograder.collecting.submissions import find_submissions
from autograder.commands import cli
from autograder.course import Course, CourseError
from autograder.untrusted.notebook import Unreadable

pytestmark = pytest.mark.slow(8)

UNIT = examples.UNIT
FILE = f"{UNIT}.ipynb"
EMILIE = f"Émilie du Châtelet_4712_assignsubmission_file/{FILE}"
STUDENTS = {  # by id: first name, last name, number in Canvas
    "ada": ("Ada", "Lovelace", "815"),
    "emilie": ("Émilie", "du Châtelet", None),
    "grace": ("Grace", "Hopper", "816"),
    "lise": ("Lise", "Meitner", None),
}


@pytest.fixture
def roster(course):
    """A course whose gradebook knows some students."""
    with Gradebook("sqlite:///gradebook.db") as book:
        for student, (first, last, number) in STUDENTS.items():
            names = {"first_name": first, "last_name": last}
            book.add_student(student, **names, lms_user_id=number)


def notebook(student="", printed=""):
    """The bytes of a small notebook with an id in it, or with one that it has looked up."""
    source = 'STUDENT_ID = looked_up("")' if printed else f'STUDENT_ID = "{student}"'
    outputs = [nbformat.v4.new_output("stream", text=f'STUDENT_ID = "{printed}"  (remembered)\n')]
    cells = [nbformat.v4.new_code_cell(source, id="your-id", outputs=outputs * bool(printed))]
    return json.dumps(nbformat.v4.new_notebook(cells=cells)).encode()


def download(content, name="download.zip", method=zipfile.ZIP_DEFLATED):
    """A zip of these files, {name: bytes}; a file that has only a name holds a notebook."""
    with zipfile.ZipFile(name, "w", method) as archive:
        for file in content:
            archive.writestr(file, content[file] if isinstance(content, dict) else notebook())
    return name


def submitted():
    """What is in submitted/, {student: bytes}; nothing else may be there."""
    found = {path: path.read_bytes() for path in Path("submitted").rglob("*") if path.is_file()}
    assert all(path.parts[2:] == (UNIT, FILE) for path in found)
    return {path.parts[1]: data for path, data in found.items()}


def run(source, **options):
    return downloads.run(Course(), UNIT, source, **options)


# -- how files are named --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "student"),
    [
        (f"Ada Lovelace_4711_assignsubmission_file/{FILE}", "ada"),
        (f"Ada Lovelace_4711_assignsubmission_file_/{FILE}", "ada"),
        (f"Ada Lovelace_4711_assignsubmission_file_{FILE}", "ada"),
        (f"Ada Lovelace_4711_assignsubmission_file/solution/{FILE}", "ada"),
        (f"Lovelace Ada_4711_assignsubmission_file/{FILE}", "ada"),
        (EMILIE, "emilie"),
        (unicodedata.normalize("NFD", EMILIE), "emilie"),  # as macOS writes it
        (f"lovelaceada_815_9001_{FILE}", "ada"),
        (f"hoppergrace_LATE_816_9002_{UNIT}-1.ipynb", "grace"),
        (f"someone_else_816_9002_{FILE}", "grace"),
        (f"meitnerlise_900_9003_{FILE}", "lise"),
        (f"duchâteletémilie_901_9003_{UNIT} (2).ipynb", "emilie"),
    ],
)
def test_a_student_is_found_by_what_the_file_is_called(roster, name, student, capsys):
    assert run(download([name])) == 0
    assert list(submitted()) == [student]
    assert f"{UNIT}: 1 of 1 submission collected" in capsys.readouterr().out
    [found] = find_submissions("submitted", UNIT, [UNIT, "unit2_matching"])
    assert found.path.read_bytes() == notebook()


def test_what_canvas_calls_late_is_said(roster, capsys):
    run(download([f"hoppergrace_LATE_816_9002_{FILE}", f"lovelaceada_815_9001_{FILE}"]))
    printed = capsys.readouterr().out
    assert "hoppergrace (816, late)" in printed
    assert "lovelaceada (815)" in printed


def test_a_number_and_a_name_that_disagree_are_said(roster, capsys):
    run(download([f"hoppergrace_815_9002_{FILE}", f"meitnerlise_900_9001_{FILE}"]))
    ada, lise, _ = capsys.readouterr().out.splitlines()
    assert ada.endswith("hoppergrace (815); in the gradebook Ada Lovelace")
    assert lise.endswith("meitnerlise (900)")


def test_a_download_that_a_browser_has_unpacked(roster):
    folder = Path("moodle")
    for name in ("Ada Lovelace_1_assignsubmission_file", "Lise Meitner_2_assignsubmission_file"):
        (folder / name).mkdir(parents=True)
        (folder / name / FILE).write_bytes(notebook(name))
    (folder / ".DS_Store").write_bytes(b"")
    assert run(folder) == 0
    assert set(submitted()) == {"ada", "lise"}


def test_of_several_files_the_units_notebook_is_taken(roster):
    folder = "Ada Lovelace_1_assignsubmission_file"
    names = [f"{folder}/{FILE}", f"{folder}/scratch.ipynb", f"{folder}/notes.txt"]
    mac = f"__MACOSX/{folder}/._{FILE}"
    content = {name: notebook(name) for name in names} | {mac: b"\0"}
    assert run(download(content)) == 0
    assert submitted() == {"ada": notebook(names[0])}


def test_the_command(roster, capsys):
    source = download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"])
    assert cli.main(["collect", UNIT, source]) == cli.DONE
    assert list(submitted()) == ["ada"]
    unknown = download({f"Eve_1_assignsubmission_file/{FILE}": notebook("eve")})
    assert cli.main(["collect", UNIT, unknown]) == cli.NOT_ALL
    assert cli.main(["collect", UNIT, unknown, "--ids-from-notebooks"]) == cli.DONE
    assert cli.main(["collect", "unit9", source]) == cli.IMPOSSIBLE
    assert "There is no unit unit9" in capsys.readouterr().err


# -- what is not collected, and why ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (
            [f"Sofja Kowalewskaja_4_assignsubmission_file/{FILE}"],
            "Sofja Kowalewskaja (4): the gradebook knows no student of this name or number",
        ),
        ([f"Participant_4_assignsubmission_file/{FILE}"], "knows no student of this name"),
        ([f"anon_a1B2c_9001_{FILE}"], "knows no student of this name"),
        # The number is Ada's: whoever has another one in Canvas is not she.
        ([f"lovelaceada_999_9001_{FILE}"], "knows no student of this name or number"),
        (["lovelaceada_815_9001_unit1.pdf"], "there is no notebook: unit1.pdf"),
        (["Lise Meitner_4_assignsubmission_onlinetext/a.html"], "there is no notebook: nothing"),
        (
            ["lovelaceada_815_9001_a.ipynb", "lovelaceada_815_9002_b.ipynb"],
            "there is several notebooks: a.ipynb, b.ipynb",
        ),
        ([FILE], "it is named neither as Moodle does nor as Canvas does"),
    ],
)
def test_what_is_not_collected_is_named(roster, names, reason, capsys):
    assert run(download([*names, f"Grace Hopper_1_assignsubmission_file/{FILE}"])) == 1
    assert list(submitted()) == ["grace"]
    printed = capsys.readouterr().out
    assert "NOT collected, 1," in printed
    assert reason in printed


def test_namesakes_are_not_guessed_between(roster, capsys):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("ada2", first_name="Ada", last_name="Lovelace")
    assert run(download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"])) == 1
    assert "several students in the gradebook have this name: ada, ada2" in capsys.readouterr().out
    assert submitted() == {}


# -- ids from notebooks ---------------------------------------------------------------------------


def test_ids_are_believed_only_when_asked_and_only_where_there_is_no_name(roster):
    name = "Sofja Kowalewskaja_4_assignsubmission_file/a.ipynb"
    other = "Ada Lovelace_5_assignsubmission_file/a.ipynb"
    source = download({name: notebook("Sofja "), other: notebook("sofja")})
    assert run(source) == 1
    assert set(submitted()) == {"ada"}
    assert run(source, ids_from_notebooks=True) == 0
    assert set(submitted()) == {"ada", "sofja"}


def test_an_id_is_written_as_in_the_gradebook(roster):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("Sofja")
    source = download({"S K_4_assignsubmission_file/a.ipynb": notebook("SOFJA")})
    assert run(source, ids_from_notebooks=True) == 0
    assert set(submitted()) == {"Sofja"}


def test_an_id_that_two_claim_is_nobodys(roster, capsys):
    names = [f"{name}_4_assignsubmission_file/a.ipynb" for name in ("Eve", "Mallory")]
    content = dict.fromkeys(names, notebook("ada"))
    assert run(download(content), ids_from_notebooks=True) == 1
    assert submitted() == {}
    assert "Eve (4) and Mallory (4) would all be ada" in capsys.readouterr().out


@pytest.mark.parametrize(
    "student",
    [
        "",
        " ",
        "../eve",
        "..",
        ".ssh",
        "a/b",
        r"a\\b",
        "/etc",
        "a\\nb",
        "-rf",
        "x" * 129,
        "a*",
        "[ad]a",
    ],
)
def test_an_id_that_is_no_name_for_a_folder(roster, student, capsys):
    source = download({"Eve_4_assignsubmission_file/a.ipynb": notebook(student)})
    assert run(source, ids_from_notebooks=True) == 1
    assert submitted() == {}
    assert "STUDENT_ID" in capsys.readouterr().out


def test_an_id_that_the_notebook_has_looked_up(roster):
    source = download({"Eve_4_assignsubmission_file/a.ipynb": notebook(printed="s77")})
    assert run(source, ids_from_notebooks=True) == 0
    assert list(submitted()) == ["s77"]


def test_a_file_that_is_no_notebook_has_no_id(roster, capsys):
    source = download({"Eve_4_assignsubmission_file/a.ipynb": b"{"})
    assert run(source, ids_from_notebooks=True) == 1
    assert "Eve (4): the file is not a notebook" in capsys.readouterr().out


# -- nothing is lost ------------------------------------------------------------------------------


def test_what_is_there_already_stays(roster, capsys):
    name = f"Ada Lovelace_1_assignsubmission_file/{FILE}"
    first = download({name: notebook("first")}, "first.zip")
    second = download({name: notebook("second")}, "second.zip")
    assert run(first) == 0
    assert run(first) == 0
    assert "as it was" in capsys.readouterr().out
    assert run(second) == 1
    assert submitted() == {"ada": notebook("first")}
    assert "ada has another one" in capsys.readouterr().out
    assert run(second, replace=True) == 0
    assert submitted() == {"ada": notebook("second")}
    assert "replaced" in capsys.readouterr().out


def test_a_notebook_of_another_name_is_not_hidden_by_a_new_one(roster):
    folder = Path("submitted", "ada", UNIT)
    folder.mkdir(parents=True)
    (folder / "mine.ipynb").write_bytes(b"{}")
    assert run(download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"])) == 1
    assert [path.name for path in folder.iterdir()] == ["mine.ipynb"]


def test_a_folder_that_cannot_be_written(roster):
    Path("submitted").write_bytes(b"a file")
    with pytest.raises(CourseError, match="cannot be written: "):
        run(download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"]))


# -- hostile downloads ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        f"../../{FILE}",
        f"/tmp/{FILE}",
        f"Ada Lovelace_1_assignsubmission_file/../../../{FILE}",
        f"Ada Lovelace_1_assignsubmission_file//etc/{FILE}",
        f"../Ada Lovelace_1_assignsubmission_file/{FILE}",
        f"lovelaceada_815_9001_..\\..\\{FILE}",
    ],
)
def test_a_path_leads_nowhere_else(roster, name, tmp_path):
    source = download([name])
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    run(source)
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    memory = collected.place(Course(), UNIT)
    assert new <= {tmp_path / "course" / "submitted" / "ada" / UNIT / FILE, memory}


@pytest.mark.parametrize(
    "name",
    [
        "Eve_2_assignsubmission_file/Ada Lovelace_1_assignsubmission_file/a.ipynb",
        "Eve_2_assignsubmission_file_Ada Lovelace_1_assignsubmission_file_a.ipynb",
        "eve_77_9001_lovelaceada_815_9002_a.ipynb",
        "eve_815_1_77_9001_a.ipynb",  # as a student could call themselves
    ],
)
def test_a_file_cannot_be_called_another_students(roster, name):
    assert run(download([name])) == 1
    assert submitted() == {}


def test_a_zip_bomb_is_not_unpacked(roster, monkeypatch, capsys):
    monkeypatch.setattr(downloads, "MAX_BYTES", 10_000)
    content = {
        f"Ada Lovelace_1_assignsubmission_file/{FILE}": bytes(10_000_000),
        f"Lise Meitner_2_assignsubmission_file/{FILE}": notebook(),
    }
    assert run(download(content)) == 1
    assert set(submitted()) == {"lise"}
    assert "Ada Lovelace (1): the file is larger than" in capsys.readouterr().out


def test_no_more_is_read_than_may_be(roster, monkeypatch):
    """Whatever the zip says of a file's size."""
    monkeypatch.setattr(downloads, "MAX_BYTES", 10_000)
    asked = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(
        zipfile.ZipExtFile, "read", lambda file, n=-1: asked.append(n) or read(file, n)
    )
    run(download({f"Ada Lovelace_1_assignsubmission_file/{FILE}": bytes(10_000_000)}))
    assert asked == [10_001]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_a_limit_is_left(roster, method, capsys):
    assert run(download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"], method=method)) == 1
    assert "packed in a way that neither" in capsys.readouterr().out


def test_a_damaged_file_costs_one_student(roster, capsys):
    names = [f"{name}_1_assignsubmission_file/{FILE}" for name in ("Ada Lovelace", "Lise Meitner")]
    source = Path(download({names[0]: notebook("one"), names[1]: notebook("two")}))
    data = bytearray(source.read_bytes())
    data[data.index(FILE.encode()) + len(FILE) + 5] ^= 0xFF
    source.write_bytes(data)
    assert run(source) == 1
    assert submitted() == {"lise": notebook("two")}
    assert "Ada Lovelace (1): it cannot be unpacked" in capsys.readouterr().out


MOODLE_FOLDER = "Ada Lovelace_1_assignsubmission_file"


def links_the_file(folder, secret):
    (folder / FILE).symlink_to(secret / FILE)


def links_the_folder(folder, secret):
    folder.rmdir()
    folder.symlink_to(secret)


def links_a_folder_inside(folder, secret):
    (folder / "solution").symlink_to(secret)


def links_a_pipe(folder, secret):
    os.mkfifo(secret / "pipe")
    (folder / FILE).symlink_to(secret / "pipe")


def is_a_pipe(folder, secret):
    os.mkfifo(folder / FILE)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (links_the_file, f"{FILE} is a link"),
        (links_the_folder, f"{MOODLE_FOLDER} is a link"),
        (links_a_folder_inside, "solution is a link"),
        (links_a_pipe, f"{FILE} is a link"),
        (is_a_pipe, f"{FILE} is not a file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_no_link_in_an_unpacked_download_is_followed(roster, make, reason, capsys):
    secret, folder = Path("secret").resolve(), Path("moodle", MOODLE_FOLDER)
    secret.mkdir()
    (secret / FILE).write_bytes(notebook())
    folder.mkdir(parents=True)
    make(folder, secret)
    neighbour = Path("moodle", "Lise Meitner_2_assignsubmission_file")
    neighbour.mkdir()
    (neighbour / FILE).write_bytes(notebook("lise"))
    (neighbour / "unused").symlink_to(secret)
    assert run("moodle") == 1
    assert submitted() == {"lise": notebook("lise")}
    assert f"Ada Lovelace (1): {reason}" in capsys.readouterr().out


def test_a_link_in_submitted_is_not_written_through(roster, tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Path("submitted").mkdir()
    Path("submitted/ada").symlink_to(elsewhere)
    assert run(download([f"{MOODLE_FOLDER}/{FILE}"])) == 1
    assert "ada is a link: the folder itself is needed" in capsys.readouterr().out
    assert not list(elsewhere.iterdir())


def test_a_link_in_the_place_of_a_notebook_is_not_read_and_can_be_replaced(roster, tmp_path):
    data, other = notebook("ada"), tmp_path / "other.ipynb"
    other.write_bytes(data)
    path = Path("submitted", "ada", UNIT, FILE)
    path.parent.mkdir(parents=True)
    path.symlink_to(other)
    source = download({f"{MOODLE_FOLDER}/{FILE}": data})
    assert run(source) == 1
    assert run(source, replace=True) == 0
    assert not path.is_symlink()


@pytest.mark.parametrize("student", ["ada*", "a?a", "[ada]", ".ada", "a/da", "ada "])
def test_an_id_that_nbgrader_cannot_use_is_said_to_be_changed_in_the_gradebook(
    roster, student, capsys
):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student(student, first_name="Eve", last_name="Smith")
    assert run(download([f"Eve Smith_1_assignsubmission_file/{FILE}"])) == 1
    assert submitted() == {}
    printed = capsys.readouterr().out
    assert f"Eve Smith (1): the id {student} " in printed
    assert "change it in the gradebook" in printed


def test_an_id_that_looks_like_anothers_is_refused(roster, capsys):
    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("ada\ufe0f", first_name="Eve", last_name="Smith")
    assert run(download([f"Eve Smith_1_assignsubmission_file/{FILE}"])) == 1
    source = download({"X Y_1_assignsubmission_file/a.ipynb": notebook("ada\u3164")})
    assert run(source, ids_from_notebooks=True) == 1
    assert submitted() == {}
    printed = capsys.readouterr().out
    assert "holds U+FE0F, which is not seen, so it looks like another id: change it" in printed
    assert "holds U+3164, which is not seen, so it looks like another id: the student" in printed


def test_what_a_student_is_called_writes_no_lines_of_its_own(roster, capsys):
    run(download(["Eve\x1b[31m\nada  new_1_assignsubmission_file/a.ipynb"]))
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert not any(line.startswith("ada") for line in printed.splitlines())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", None])
def test_a_download_that_is_no_zip(roster, content):
    if content is not None:
        Path("download.zip").write_bytes(content)
    with pytest.raises(CourseError, match="cannot be read as a zip"):
        run("download.zip")


def damaged(data, place, value):
    """Write a zip in which one byte is another, and read every file of it."""
    changed = bytearray(data)
    changed[place] = value
    Path("damaged.zip").write_bytes(changed)
    return [file.read() for file in downloads.files("damaged.zip")]


def test_a_name_that_is_no_utf_8_is_said(course):
    data = Path(download([EMILIE])).read_bytes()
    first, second = data.index("É".encode()), data.rindex("É".encode())
    with pytest.raises(Unreadable, match=r"it cannot be unpacked: 'utf-8' codec"):
        damaged(data, first, 0xFF)
    with pytest.raises(CourseError, match=r"damaged\.zip cannot be read as a zip \('utf-8' codec"):
        damaged(data, second, 0xFF)


def test_whatever_byte_of_a_zip_is_another_it_is_read_or_refused(course):
    data = Path(download([EMILIE])).read_bytes()
    for place in range(len(data)):
        for value in (0, 1, 8, 127, 128, 255):
            with contextlib.suppress(Unreadable, CourseError):
                damaged(data, place, value)


def test_a_gradebook_that_is_none(course):
    Path("gradebook.db").write_bytes(b"not a database, but long enough to be taken for one" * 99)
    with pytest.raises(CourseError, match="file is not a database"):
        run(download([f"Ada Lovelace_1_assignsubmission_file/{FILE}"]))


def of_unit4():
    """The bytes of a notebook of another unit."""
    cells = [nbformat.v4.new_code_cell("", metadata={"nbgrader": {"grade_id": "pool2d"}})]
    return json.dumps(nbformat.v4.new_notebook(cells=cells)).encode()


def test_the_notebook_of_another_unit_is_not_collected(roster, capsys):
    assert run(download({EMILIE: of_unit4()})) == 1
    assert not submitted()
    assert "this is the notebook of unit4_pooling" in capsys.readouterr().out


# -- what is remembered ---------------------------------------------------------------------------


def test_names_numbers_and_files_are_remembered_for_the_way_back(roster):
    run(download([EMILIE, f"lovelaceada_LATE_815_9001_{FILE}"]))
    found = collected.read(Course(), UNIT).students
    assert found["emilie"] == Collected("Moodle", "Émilie du Châtelet", "4712", EMILIE)
    assert found["ada"].file == f"lovelaceada_LATE_815_9001_{FILE}"
    assert (found["ada"].number, found["ada"].late) == ("815", True)


def test_what_was_not_collected_is_remembered_until_it_is(roster, capsys):
    other = {f"Ada Lovelace_1_assignsubmission_file/{FILE}": b"{", "notes.txt": b""}
    nobody = f"Mary Somerville_2_assignsubmission_file/{FILE}"
    empty = "Grace Hopper_3_assignsubmission_file/report.pdf"
    assert run(download({**other, nobody: notebook(), empty: b""})) == 1
    left = collected.read(Course(), UNIT).left
    assert {one.student for one in left.values()} == {"", "grace"}
    assert left["Grace Hopper (3)"].why.startswith("there is no notebook")
    assert "no student of this name" in left["Mary Somerville (2)"].why
    assert "notes.txt" in left

    with Gradebook("sqlite:///gradebook.db") as book:
        book.add_student("mary", first_name="Mary", last_name="Somerville")
    run(download([nobody, f"hoppergrace_816_4_{FILE}"]))
    assert not collected.read(Course(), UNIT).left


def test_the_report_says_what_was_handed_in_and_not_collected(roster, hand_in, capsys):
    from autograder.grading.run import Options, Run
    from autograder.output.report import results

    hand_in("lise")
    list(Run(Course(), UNIT, Options()))
    run(download({f"Ada Lovelace_1_assignsubmission_file/{FILE}": of_unit4()}))
    found = results.read(Course(), UNIT, {})
    (ada,) = found.ungraded
    assert (ada.name, ada.kind) == ("ada", results.NOT_COLLECTED)
    assert ada.reason == "this is the notebook of unit4_pooling"
    assert {*found.absent} == {"emilie", "grace"}
