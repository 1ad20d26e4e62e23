"""A small released notebook, and all that can be handed in instead of it."""

import base64
import copy
import json
import os

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4
from nbgrader.utils import compute_checksum, determine_grade

from autograder.cells import role
from autograder.units import CONTENT
from autograder.untrusted import notebook
from autograder.untrusted import rebuild as rebuilding
from autograder.untrusted.notebook import MAX_CELLS, MAX_SOURCE, Unreadable, read_bytes
from autograder.untrusted.pictures import PNG
from autograder.untrusted.rebuild import rebuild
from autograder.untrusted.text import SIGN
from tests.pictures import encoded, jpeg, png

PICTURE, JPEG = encoded(png()), encoded(jpeg())


def named(cell, name, role, **metadata):
    flags = {
        "solution": {"solution": True, "grade": False, "locked": False},
        "written": {"solution": True, "grade": True, "locked": False, "points": 2},
        "graded": {"solution": False, "grade": True, "locked": True, "points": 3},
        "locked": {"solution": False, "grade": False, "locked": True},
    }[role]
    cell.metadata.nbgrader = {"grade_id": name, "schema_version": 3, "task": False, **flags}
    cell.metadata.update(metadata)
    cell.metadata.nbgrader.checksum = compute_checksum(cell)
    cell.id = f"id-{name}"
    return cell


def make_released():
    title = v4.new_markdown_cell("# Title with <a name='x'></a>")
    title.id = "title"
    cells = [
        title,
        named(v4.new_code_cell("import numpy as np"), "setup", "locked"),
        named(v4.new_code_cell("def first():\n    ..."), "first", "solution"),
        named(v4.new_code_cell("# graded: 3 points"), "test_first", "graded"),
        named(v4.new_code_cell("train()"), "show", "locked", tags=["experiment", "other"]),
        named(v4.new_code_cell("def second():\n    ..."), "second", "solution"),
        named(v4.new_code_cell("# graded: 3 points"), "test_second", "graded"),
        named(v4.new_markdown_cell("YOUR ANSWER <b>HERE</b>"), "why", "written"),
        named(v4.new_markdown_cell("The end. ![](attachment:a.png)"), "end", "locked"),
    ]
    cells[-1].attachments = {"a.png": {"image/png": PICTURE}}
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


RELEASED = make_released()
NAMES = ["setup", "first", "test_first", "show", "second", "test_second", "why", "end"]


@pytest.fixture
def work():
    """A student's copy to spoil."""
    return copy.deepcopy(RELEASED)


def cell(notebook, name):
    for each in notebook.cells:
        if each.metadata.get("nbgrader", {}).get("grade_id") == name:
            return each
    raise KeyError(name)


def hand_in(notebook):
    """(rebuilt notebook, repairs), with what holds for every submission checked."""
    before = copy.deepcopy(RELEASED)
    rebuilt, repairs = rebuild(json.dumps(notebook).encode(), RELEASED, CONTENT)
    check_shape(rebuilt)
    assert before == RELEASED
    return rebuilt, [str(repair) for repair in repairs]


def check_shape(rebuilt):
    nbformat.validate(rebuilt)
    ours = [c for c in rebuilt.cells if "nbgrader" in c.metadata]
    assert [c.metadata.nbgrader.grade_id for c in ours] == NAMES
    for each in ours:
        place = cell(RELEASED, each.metadata.nbgrader.grade_id)
        assert each.metadata.nbgrader == place.metadata.nbgrader
        assert each.cell_type == place.cell_type
        if role(place) in ("graded", "locked"):
            assert each.source == place.source
    for other in rebuilt.cells:
        assert set(other.metadata) <= {"nbgrader", "tags"}
        assert other.metadata.get("tags", ["experiment"]) == ["experiment"]


def sources(notebook):
    return [each.source for each in notebook.cells]


# -- what is kept ---------------------------------------------------------------------------------


def test_untouched_notebook_comes_back_without_repairs(work):
    rebuilt, repairs = hand_in(work)
    assert sources(rebuilt) == sources(RELEASED)
    assert repairs == []


def test_solutions_and_written_answers_are_carried_over(work):
    cell(work, "first").source = "def first():\n    return 1"
    cell(work, "why").source = "Because."
    rebuilt, repairs = hand_in(work)
    assert cell(rebuilt, "first").source == "def first():\n    return 1"
    assert cell(rebuilt, "why").source == "Because."
    assert repairs == []


def test_untouched_written_answer_counts_as_none_and_a_written_one_waits_for_a_grader(work):
    rebuilt, _ = hand_in(work)
    assert determine_grade(cell(rebuilt, "why")) == (0, 2)
    cell(work, "why").source += " Because."
    rebuilt, _ = hand_in(work)
    assert determine_grade(cell(rebuilt, "why")) == (None, 2)


def test_own_cells_keep_their_places(work):
    for position in (len(work.cells), 6, 3, 1, 0):
        work.cells.insert(position, v4.new_code_cell(f"own_{position} = 1"))
    rebuilt, repairs = hand_in(work)
    assert sources(rebuilt) == sources(work)
    assert repairs == []


def test_source_as_list_of_lines_is_the_same(work):
    for each in work.cells:
        each.source = each.source.splitlines(keepends=True)
    assert sources(hand_in(work)[0]) == sources(RELEASED)


def test_windows_line_ends_and_byte_order_mark_are_taken_off(work):
    cell(work, "first").source = "def first():\r\n    return '\r'"
    data = b"\xef\xbb\xbf" + json.dumps(work).encode()
    rebuilt, repairs = rebuild(data, RELEASED, CONTENT)
    assert cell(rebuilt, "first").source == "def first():\n    return '\n'"
    assert repairs == []


def test_pictures_of_the_course_and_of_the_student_stay(work):
    cell(work, "why").attachments = {"mine.png": {"image/png": PICTURE, "text/html": "<script>"}}
    rebuilt, _ = hand_in(work)
    assert cell(rebuilt, "why").attachments == {"mine.png": {"image/png": PICTURE}}
    assert cell(rebuilt, "end").attachments == cell(RELEASED, "end").attachments


def test_rebuilt_notebook_shares_nothing_with_the_released_one(work):
    rebuilt, _ = hand_in(work)
    cell(rebuilt, "first").metadata.nbgrader.points = 99
    rebuilt.metadata.kernelspec.name = "ruby"
    assert make_released() == RELEASED


# -- what is repaired -----------------------------------------------------------------------------


def without(notebook, *names):
    notebook.cells = [c for c in notebook.cells if c not in [cell(notebook, n) for n in names]]
    return notebook


def test_deleted_cells_are_put_back_and_a_deleted_solution_is_said_to_be_missing(work):
    rebuilt, repairs = hand_in(without(work, "first", "test_first", "setup", "why"))
    assert cell(rebuilt, "first").source == rebuilding.MISSING
    assert cell(rebuilt, "why").source == cell(RELEASED, "why").source
    assert determine_grade(cell(rebuilt, "why")) == (0, 2)
    assert "missing, an empty cell was put in its place: `first`" in repairs
    assert "missing, the original was put in its place: `test_first`" in repairs
    assert len(repairs) == 4


def test_empty_notebook_is_all_put_back(work):
    work.cells = []
    assert len(hand_in(work)[1]) == len(NAMES)


def test_copy_of_a_solution_runs_behind_it(work):
    again = copy.deepcopy(cell(work, "first"))
    again.source = "def first():\n    return 2"
    work.cells.append(again)
    rebuilt, repairs = hand_in(work)
    place = sources(rebuilt).index(cell(RELEASED, "first").source)
    assert sources(rebuilt)[place + 1] == again.source
    assert "a second copy, run as a cell of your own: `first`" in repairs


def test_untouched_copies_of_locked_cells_are_dropped(work):
    work.cells = [copy.deepcopy(each) for each in work.cells for _ in range(2)]
    rebuilt, _ = hand_in(work)
    assert sources(rebuilt).count("# graded: 3 points") == 2


def test_split_cell_keeps_both_halves_in_order(work):
    cell(work, "first").source = "def helper():\n    return 1"
    second = copy.deepcopy(cell(work, "first"))
    second.source = "def first():\n    return helper()"
    work.cells.insert(3, second)
    rebuilt, _ = hand_in(work)
    place = sources(rebuilt).index("def helper():\n    return 1")
    assert sources(rebuilt)[place + 1] == second.source


def test_moved_cells_are_put_back_into_order(work):
    work.cells.reverse()
    _, repairs = hand_in(work)
    assert any("put back into the order" in repair for repair in repairs)


def test_retagged_and_repriced_cells_get_the_courses_metadata(work):
    for each in work.cells:
        each.metadata.tags = ["skip-execution", "experiment"]
        each.metadata.update(editable=True, jupyter={"source_hidden": True}, evil="<script>")
        if "nbgrader" in each.metadata:
            each.metadata.nbgrader.update(points=100, grade=True, solution=True, locked=False)
    work.metadata.update(evil="<script>", kernelspec={"name": "bash"}, widgets={"a": 1})
    rebuilt, _ = hand_in(work)  # which compares the metadata
    assert set(rebuilt.metadata) == {"kernelspec"}
    assert rebuilt.metadata.kernelspec.name == "python3"
    tagged = [c.metadata.nbgrader.grade_id for c in rebuilt.cells if "tags" in c.metadata]
    assert tagged == ["show"]


@pytest.mark.parametrize(
    "metadata",
    [{}, {"nbgrader": {"grade_id": "renamed"}}, {"nbgrader": 5}, {"nbgrader": {"grade_id": []}}],
)
def test_cell_that_lost_its_name_is_known_by_its_cell_id(work, metadata):
    cell(work, "first").source = "def first():\n    return 1"
    cell(work, "first").metadata = nbformat.from_dict(metadata)
    rebuilt, repairs = hand_in(work)
    assert cell(rebuilt, "first").source == "def first():\n    return 1"
    assert repairs == ["had lost its name, recognised by its text or place: `first`"]


def test_cells_that_lost_names_and_ids_are_known_by_text_or_place(work):
    lost = cell(work, "first"), cell(work, "test_first"), cell(work, "why")
    for number, one in enumerate(lost):
        one.metadata, one.id = {}, f"other-{number}"
    lost[0].source, lost[2].source = "def first():\n    return 1", "Because."
    rebuilt, repairs = hand_in(work)
    assert cell(rebuilt, "first").source == lost[0].source
    assert cell(rebuilt, "why").source == "Because."
    assert len(rebuilt.cells) == len(RELEASED.cells)
    assert len(repairs) == 2  # the locked one is as it was


def test_cell_that_lost_name_id_and_what_it_defines_runs_as_an_own_cell(work):
    lost = cell(work, "first")
    lost.source, lost.metadata, lost.id = "def second():\n    return 1", {}, "other"
    rebuilt, repairs = hand_in(work)
    kept = sources(rebuilt)
    assert kept.index(lost.source) < kept.index("# graded: 3 points")
    assert "missing, an empty cell was put in its place: `first`" in repairs


def test_changed_locked_cells_become_the_original(work):
    cell(work, "test_first").source = "100.0"
    _, repairs = hand_in(work)
    assert repairs == ["a locked cell that had been changed, the original was used: `test_first`"]


def test_solution_turned_into_text_is_code_again(work):
    cell(work, "first").cell_type = "markdown"
    cell(work, "first").source = "def first():\n    return 1 <two"
    cell(work, "why").cell_type = "code"
    rebuilt, _ = hand_in(work)
    assert cell(rebuilt, "first").source == "def first():\n    return 1 <two"


def test_notebook_of_format_3_is_read():
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["A heading"]},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": [{"output_type": "pyout"}]},
    ]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, 5, {"cells": 7}, {}]})
    rebuilt, _ = rebuild(data.encode(), RELEASED, CONTENT)
    check_shape(rebuilt)
    assert sources(rebuilt)[:2] == ["A heading", "x = 1\ny = 2"]


@pytest.mark.parametrize("change", [{"nbformat": "x"}, {"nbformat": 99}, {"nbformat_minor": None}])
def test_format_numbers_do_not_matter(work, change):
    assert hand_in({**work, **change})[1] == []


# -- what does not come through -------------------------------------------------------------------


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a\n\n<!-- -->\n<?php ?><svg/onload=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](java&#115;cript:alert(1))",
        "[click]\n\n[click]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](data:image/svg+xml;base64,AAAA)",
        "`<b>` $a<b$ \\<img src=x onerror=alert(1)>",
        "[click](&#106;avascript:alert(1)) &#9878; &#x2696;",
    ],
)
def test_markup_in_a_students_text_does_nothing_in_the_page(work, markup):
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    cell(work, "why").source = markup
    work.cells.append(v4.new_markdown_cell(markup))
    work.cells.append(v4.new_raw_cell(markup))
    rebuilt, _ = hand_in(work)
    for each in (cell(rebuilt, "why"), *rebuilt.cells[-2:]):
        assert each.cell_type == "markdown"
        page = markdown2html_mistune(each.source).lower()
        for active in ("<script", "<img", "<svg", "<!--", "<?", 'href="java', "href='java", "<a"):
            assert active not in page


@pytest.mark.parametrize("command", ["href", "require", "style", "class", "cssId", "unicode"])
def test_commands_that_make_more_than_a_formula_are_taken_apart(work, command):
    cell(work, "why").source = rf"$\{command}{{javascript:alert(1)}}{{x}}$ and $\{command}x$"
    rebuilt, _ = hand_in(work)
    assert rf"\{command}{{" not in cell(rebuilt, "why").source
    assert rf"\ {command}{{" in cell(rebuilt, "why").source


def test_the_graders_sign_cannot_be_handed_in(work):
    cell(work, "why").source = f"{SIGN} Notes from the grader: &#x2696; 15 of 15"
    cell(work, "first").source = f"# {SIGN} 15 of 15"
    rebuilt, _ = hand_in(work)
    assert cell(rebuilt, "why").source == " Notes from the grader: & #x2696; 15 of 15"
    assert cell(rebuilt, "first").source == "#  15 of 15"


@pytest.fixture
def place(tmp_path):
    """Where a student's file should be."""
    folder = tmp_path / "submitted" / "anna" / "unit"
    folder.mkdir(parents=True)
    return folder / "unit.ipynb"


def test_a_file_is_read(place):
    place.write_bytes(b"{}")
    assert read_bytes(place) == b"{}"


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_nothing_is_read_through_a_link(place, levels):
    place.write_bytes(b"{}")
    link = [place, *place.parents][levels]
    link.rename(link.with_name("other"))
    link.symlink_to("other")
    assert place.read_bytes() == b"{}"
    with pytest.raises(Unreadable, match="is a link"):
        read_bytes(place)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: None])
def test_what_is_no_file_is_refused(place, make):
    make(place)
    with pytest.raises(Unreadable, match="is not a file"):
        read_bytes(place)


def test_a_name_that_is_said_is_one_line_of_text(place):
    with pytest.raises(Unreadable, match=r"^a b is not a file$"):
        read_bytes(place.with_name("\x1b[31ma\nb\u202e"))


def test_ordinary_text_and_links_stay_as_they_are(work):
    text = "**Since** $a < b$ and `x[0] < 3`, see [this](https://example.org/) > ok.\n\n- [x] done"
    cell(work, "why").source = text
    rebuilt, _ = hand_in(work)
    assert cell(rebuilt, "why").source == text
    assert rebuilt.cells[0].source == RELEASED.cells[0].source  # the course may use HTML


def test_attachments_that_are_no_pictures_are_left_out_and_named(work):
    svg = base64.b64encode(b"<svg onload=alert(1)>").decode()
    why = cell(work, "why")
    why.attachments = {
        "a": {"image/svg+xml": svg},
        "b": {"image/png": svg},
        "c": {"text/html": "<script>"},
        "d": "image/png",
        "e": {"image/png": [PICTURE, 5]},
        "f": {"image/png": None},
        "g": [],
        "h": {"image/jpeg": JPEG},
        "i`](javascript:1).png": {"image/png": encoded(png(60_000, 60_000))},
        "<b>": {"image/jpeg": encoded(jpeg(60_000, 60_000))},
    }
    rebuilt, repairs = hand_in(work)
    assert set(cell(rebuilt, "why").attachments) == {"e", "h"}
    assert [repair.rpartition(": ")[2] for repair in repairs] == [
        *(f"`{name}` in `why`" for name in "abcdfg"),
        "`ijavascript1.png` in `why`",
        "`b` in `why`",
    ]
    assert repairs[-1].startswith("a picture left out, it has over 50 million pixels (make it")


def test_attached_pictures_are_limited_in_number_and_size(work, monkeypatch):
    monkeypatch.setattr(rebuilding, "MAX_ATTACHMENTS", 3)
    monkeypatch.setattr(rebuilding, "MAX_ATTACHED", 2 * len(PICTURE))
    own = v4.new_markdown_cell("by hand")
    own.attachments = {f"{n}.png": {"image/png": PICTURE} for n in range(9)}
    work.cells.insert(0, own)
    rebuilt, repairs = hand_in(work)
    assert set(rebuilt.cells[0].attachments) == {"0.png", "1.png"}
    assert repairs == [
        "a picture left out, it takes too much room (make it smaller): "
        "`2.png` in a cell of your own",
        "more than 3 pictures in a cell, the rest left out: a cell of your own",
    ]


def test_outputs_survive_for_experiments_only_and_only_as_text_and_png(work):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "loss 0.1"},
        {
            "output_type": "display_data",
            "data": {
                "text/plain": "figure",
                "text/html": "<script>",
                "image/svg+xml": "<svg>",
                "application/javascript": "alert(1)",
                "image/png": PICTURE,
            },
            "metadata": {"evil": 1},
        },
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(PNG).decode()}},
        {"output_type": "update_display_data", "data": {"text/html": "<script>"}},
        "text",
    ]
    for each in work.cells:
        if each.cell_type == "code":
            each.outputs = outputs
    rebuilt, _ = hand_in(work)
    kept = cell(rebuilt, "show").outputs
    assert [o.output_type for o in kept] == ["stream", "display_data", "display_data"]
    assert [set(o.data) for o in kept[1:]] == [{"text/plain", "image/png"}, {"text/plain"}]
    assert kept[1].metadata == {}
    assert [c.outputs for c in rebuilt.cells if c.cell_type == "code" and c.outputs] == [kept]


def test_empty_own_cells_and_cells_of_wrong_types_are_dropped(work):
    work.cells += [v4.new_code_cell(" \n"), None, 5, "text", [], {}]
    assert sources(hand_in(work)[0]) == sources(RELEASED)


def test_surrogates_and_control_characters_cannot_be_handed_on(work):
    cell(work, "first").source = "x = 'a\ud800\u202eb\x00'"
    rebuilt, _ = hand_in(work)
    assert cell(rebuilt, "first").source == "x = 'ab'"
    nbformat.writes(rebuilt).encode()


def test_very_long_cell_is_cut_and_said(work):
    cell(work, "first").source = "x = 1\n" * 1_000_000
    work.cells.append(v4.new_code_cell("y = 1\n" * 1_000_000))
    rebuilt, repairs = hand_in(work)
    assert len(cell(rebuilt, "first").source) == MAX_SOURCE
    assert len(rebuilt.cells[-1].source) == MAX_SOURCE
    assert [repair for repair in repairs if repair.startswith("too long, cut")] == repairs[-2:]


def test_endless_lines_and_gaps_are_shortened(work):
    """Feedback would take minutes for them: Pygments needs time by their square."""
    gap = "if True:" + "\n \t" * 1000 + "\n    y = 2"
    cell(work, "first").source = "a." * 5000 + "\nx = 1\n" + gap
    rebuilt, repairs = hand_in(work)
    assert cell(rebuilt, "first").source == "a." * 1000 + "\nx = 1\nif True:\n    y = 2"
    assert len(repairs) == 1


def test_the_gaps_of_ordinary_code_stay(work):
    source = "def f(x):\n    if x:\n" + "        \n" * 4 + " " * 60 + "return 1\n\n\n\n\nx = '\t  '"
    cell(work, "first").source = source
    assert cell(hand_in(work)[0], "first").source == source


# -- what is not a notebook -----------------------------------------------------------------------


def notebook_of(cells):
    return json.dumps({"cells": cells}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe{\x00}\x00", "it has no cells"),  # UTF-16
        (b"\xff\xfe{\x00}", "not valid JSON"),
        (b"PK\x03\x04", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b"[]", "not a notebook"),
        (b"null", "not a notebook"),
        (b"{}", "no cells"),
        (b'{"cells": {}}', "no cells"),
        (b'{"cells": null, "worksheets": 5}', "no cells"),
        (notebook_of([{}] * (MAX_CELLS + 1)), "more than 2000 cells"),
        (b'{"cells": [' + b"[[]]," * 300_000 + b"[]]}", "too many brackets"),
        (notebook_of([{"source": "x\n" * 10_000}] * 30), "characters of text"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(data, reason):
    with pytest.raises(Unreadable, match=reason):
        rebuild(data, RELEASED, CONTENT)


def test_file_that_is_too_large_is_refused_unread(monkeypatch):
    monkeypatch.setattr(notebook, "MAX_BYTES", 100)
    with pytest.raises(Unreadable, match="larger than"):
        rebuild(b"{" * 101, RELEASED, CONTENT)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def some(*values):
    return st.sampled_from(values) | anything


bundles = st.fixed_dictionaries({}, optional={"image/png": some(PICTURE), "text/plain": anything})
wild_cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": some("code", "markdown", "raw"),
        "source": some("x = 1", ["a\n", "b"]),
        "id": some("id-first", "id-show"),
        "metadata": some({"nbgrader": {"grade_id": "first"}}, {"nbgrader": {"grade_id": "show"}}),
        "outputs": st.lists(
            st.fixed_dictionaries(
                {"output_type": some("stream", "display_data", "error")},
                optional={"data": bundles | anything, "text": anything, "traceback": anything},
            )
        )
        | anything,
        "attachments": st.dictionaries(st.text(max_size=3), bundles, max_size=2) | anything,
    },
)


@given(st.lists(wild_cells | anything, max_size=4))
def test_any_cells_come_out_as_a_valid_notebook(cells):
    rebuilt, _ = rebuild(notebook_of(cells), RELEASED, CONTENT)
    check_shape(rebuilt)
    nbformat.writes(rebuilt).encode()


@given(st.binary(max_size=100) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_rebuilt_or_refused(data):
    try:
        rebuilt, _ = rebuild(data, RELEASED, CONTENT)
    except Unreadable:
        return
    check_shape(rebuilt)


def test_the_notebook_of_another_unit_is_named_and_not_graded(work):
    for each in work.cells:
        each.metadata, each.id = {}, f"other-{each.id}"
        each.source = "# written in another unit"
    work.cells[0] = named(v4.new_code_cell("def pool2d(): ..."), "pool2d", "solution")
    with pytest.raises(Unreadable, match="this is the notebook of unit4_pooling"):
        rebuild(nbformat.writes(work).encode(), RELEASED, CONTENT)
