"""One name everywhere: a task is called the same in its notebook and in the four banks.

There is no list of tasks. When one of these tests fails, its message says what was forgotten and in
which file; CONTRIBUTING.md describes the five steps.
"""

import ast
import collections
import functools
import importlib
import inspect
import itertools
import re
from pathlib import Path

import nbformat
import pytest

from autograder.cells import role
from autograder.checking import judge, mistakes
from autograder.content import functions
from autograder.course import Course
from autograder.output import rubric
from autograder.release import review
from autograder.release.notebooks import released
from autograder.units import CONTENT as content

ROOT = Path(__file__).parents[1]
UNITS = sorted(path.name for path in (ROOT / "source").glob("[!.]*") if path.is_dir())
MOST_CHARACTERS = 250  # of a misconception's sentence

each_unit = pytest.mark.parametrize("unit", UNITS)


# -- reading --------------------------------------------------------------------------------------


def where(unit, kind="notebook"):
    """The file that a message should name."""
    return (
        f"source/{unit}/{unit}.ipynb"
        if kind == "notebook"
        else f"autograder/units/{unit}/{kind}.py"
    )


@functools.cache
def notebook(unit):
    path = ROOT / where(unit)
    assert path.is_file(), f"{where(unit)} is missing: a unit's notebook has the unit's name"
    return nbformat.read(path, as_version=4)


def cells(unit, *roles):
    """The cells with a part in grading, by grade_id."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook(unit).cells
        if role(cell) in roles
    }


def misconceptions(unit):
    """All misconceptions of a unit's tasks, by name, also those that stand in no bank."""
    return {
        name: mistake
        for task in content.of_unit(unit).values()
        for name, mistake in task.misconceptions.items()
    }


@functools.cache
def bank(kind, unit):
    """The public functions of a unit's module in reference, checks, misconceptions or variants."""
    assert (ROOT / where(unit, kind)).is_file(), f"{where(unit, kind)} is missing"
    return functions(importlib.import_module(f"autograder.units.{unit}.{kind}"))


def points(unit):
    """The points of a unit, those that a person gives included."""
    return sum(c.metadata.nbgrader.points for c in cells(unit, "graded", "written").values())


def exercises(unit):
    """The rows of the table in the title: (number and name, tasks, points), as they are written."""
    title = notebook(unit).cells[0].source
    return re.findall(r"^\| (\d+ · .*?) \|(.*)\|(.*)\|$", title, re.MULTILINE)


def prefixes(kind, unit):
    """How many functions belong to each task."""
    return collections.Counter(name.split("__")[0] for name in bank(kind, unit))


def complain(problems):
    """Fail with these lines and nothing else: they say what to do."""
    if lines := list(problems):
        pytest.fail("\n".join(lines), pytrace=False)


# -- the same names -------------------------------------------------------------------------------


def test_there_is_a_unit():
    assert UNITS, "source/ has no units"


def test_every_bank_belongs_to_a_notebook():
    complain(
        f"autograder/units/{unit}: there is no unit {unit} in source/"
        for unit in content.units()
        if unit not in UNITS
    )


@each_unit
def test_notebook_reference_and_checks_have_the_same_tasks(unit):
    names = {
        f"a solution cell with this grade_id in {where(unit)}": set(cells(unit, "solution")),
        f"a graded cell `test_…` in {where(unit)}": {
            name.removeprefix("test_") for name in cells(unit, "graded")
        },
        f"the function in {where(unit, 'reference')}": set(bank("reference", unit)),
        f"`check_…` in {where(unit, 'checks')}": {
            name.removeprefix("check_") for name in bank("checks", unit)
        },
    }
    complain(
        f"task `{name}`: missing is {what}"
        for name in sorted(set().union(*names.values()))
        for what, present in names.items()
        if name not in present
    )


@each_unit
def test_names_begin_as_they_must(unit):
    graded = [name for name in cells(unit, "graded") if not name.startswith("test_")]
    checks = [name for name in bank("checks", unit) if not name.startswith("check_")]
    complain(
        [f"{where(unit)}: the graded cell `{name}` must be called `test_<task>`" for name in graded]
        + [
            f"{where(unit, 'checks')}: `{name}` is not `check_<task>`; a helper begins with `_`"
            for name in checks
        ]
    )


@each_unit
def test_every_task_has_variants_and_a_misconception(unit):
    needed = {"variants": 3, "misconceptions": 1}
    complain(
        f"task `{name}`: {prefixes(kind, unit)[name]} of at least {least} functions "
        f"`{name}__…` in {where(unit, kind)}"
        for name in bank("reference", unit)
        for kind, least in needed.items()
        if prefixes(kind, unit)[name] < least
    )


@each_unit
@pytest.mark.parametrize("kind", ["variants", "misconceptions"])
def test_variants_and_misconceptions_begin_with_a_task(unit, kind):
    complain(
        f"{where(unit, kind)}: `{name}` is not `<task>__<what it does>` of a task of this unit; "
        "a helper begins with `_`"
        for name in bank(kind, unit)
        if not re.fullmatch(r"[a-z0-9_]*?[a-z0-9]__[a-z][a-z0-9_]*", name)
        or name.split("__")[0] not in bank("reference", unit)
    )


def test_no_two_tasks_have_the_same_name():
    homes = collections.defaultdict(list)
    for unit in UNITS:
        for name in bank("reference", unit):
            homes[name].append(unit)
    complain(
        f"task `{name}` is in {' and in '.join(units)}: give one of them another name"
        for name, units in homes.items()
        if len(units) > 1
    )


@each_unit
def test_cells_have_names_of_their_own(unit):
    names = [c.metadata.nbgrader.grade_id for c in notebook(unit).cells if role(c)]
    ids = [cell.get("id") for cell in notebook(unit).cells]
    complain(
        f"{where(unit)}: `{name}` is the {what} of {count} cells"
        for what, found in {"grade_id": names, "id": ids}.items()
        for name, count in collections.Counter(found).items()
        if count > 1
    )


@each_unit
def test_every_reference_is_held_against_something_that_is_not_ours(unit):
    path = f"tests/units/test_reference_{unit}.py"
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    complain(
        f"task `{name}`: {path} does not call its reference"
        for name, task in content.of_unit(unit).items()
        if name not in used and not task.own_numbers
    )


# -- points ---------------------------------------------------------------------------------------


def test_readme_counts_exercises_points_and_misconceptions():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    columns = r"^\| `(unit\w+)` \| [^|]* \| (\d+(?:\.\d+)?) \| (\d+) \|"
    rows = {unit: more for unit, *more in re.findall(columns, readme, re.MULTILINE)}
    number, total = sum(len(exercises(unit)) for unit in UNITS), sum(map(points, UNITS))
    sentence = f" units hold {number} exercises, for {total:g} points:"
    complain(
        [
            f"README.md: the row of `{unit}` should say {wanted}, it says {rows.get(unit)}"
            for unit in UNITS
            for wanted in [[f"{points(unit):g}", str(len(misconceptions(unit)))]]
            if rows.get(unit) != wanted
        ]
        + [f"README.md: above the table should stand `…{sentence}`"] * (sentence not in readme)
    )


def test_each_line_of_the_sandbox_table_names_tests_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| student code cannot |")[2].partition("\n\n")[0]
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    rows = table.splitlines()[2:]
    assert len(rows) >= 10
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"README.md: no test is named for {row}"
        complain(
            f"README.md: there is no test {name}"
            for name in named
            if not re.search(rf"^def {name}\(", tests, re.MULTILINE)
        )


@each_unit
def test_every_part_of_a_check_gives_points_and_calls_something(unit):
    complain(
        f"{where(unit, 'checks')}: check_{name}, part {part.name!r} has {what}"
        for name in bank("reference", unit)
        for part in judge.parts_of(content.find(name), "ada")
        for what, wrong in {"no points": part.points <= 0, "no cases": not part.cases}.items()
        if wrong
    )


# -- misconceptions -------------------------------------------------------------------------------

CODE = re.compile(r"\[[^\]]*:|\bnp\b|==|\*\*|\+=|\baxis=|\blambda\b|\bdef\b|\breturn \w+[(\[]|::")
ADDRESSED = re.compile(r"(You|Your|These|There (is|are)) ")


def sentence_faults(sentence):
    """What is wrong with what a misconception says."""
    if not sentence:
        return ["has no docstring: it is the sentence that the student reads"]
    found = {
        "must speak to the student (`You …`) or of the answer (`These numbers …`)": (
            not ADDRESSED.match(sentence)
        ),
        "must end with a full stop": not sentence.endswith("."),
        f"is longer than {MOST_CHARACTERS} characters": len(sentence) > MOST_CHARACTERS,
        "gives code away": CODE.search(sentence),
        "should say it without praise or exclamation marks": "!" in sentence,
    }
    return [fault for fault, wrong in found.items() if wrong]


@each_unit
def test_misconceptions_speak_to_the_student(unit):
    complain(
        f"{where(unit, 'misconceptions')}: the docstring of `{name}` {fault}"
        for name, function in misconceptions(unit).items()
        for fault in sentence_faults(" ".join((inspect.getdoc(function) or "").split()))
    )


@each_unit
def test_what_is_made_for_every_task_is_not_written_again(unit):
    module = importlib.import_module(f"autograder.units.{unit}.misconceptions")
    made = {
        name
        for name, mistake in misconceptions(unit).items()
        if inspect.unwrap(mistake).__module__ == mistakes.__name__
    }
    complain(
        [
            f"{where(unit, 'misconceptions')}: `{name}` is made by autograder/checking/mistakes.py"
            for name in made & set(bank("misconceptions", unit))
        ]
        + [
            f"{where(unit, 'misconceptions')}: SENTENCES has words for `{name}`, which is not made"
            for name in set(getattr(module, "SENTENCES", {})) - made
        ]
    )


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("", "no docstring"),
        ("The kernel is flipped.", "speak to"),
        ("You flipped the kernel", "full stop"),
        ("You flipped the kernel: use w[..., ::-1].", "code"),
        ("You called np.mean.", "code"),
        ("You flipped the kernel!", "exclamation"),
        (f"You {'very ' * 60}flipped the kernel.", "longer"),
    ],
)
def test_a_sentence_that_will_not_do(sentence, fault):
    assert any(fault in found for found in sentence_faults(sentence))


@each_unit
def test_no_two_misconceptions_of_a_task_say_the_same(unit):
    said = collections.defaultdict(list)
    for name, function in misconceptions(unit).items():
        said[name.split("__")[0], inspect.getdoc(function)].append(name)
    # Several ways to change the input are one mistake: their sentence may be the same.
    complain(
        f"{where(unit, 'misconceptions')}: {' and '.join(names)} say the same"
        for names in said.values()
        if len(names) > 1
    )


# -- the notebook ---------------------------------------------------------------------------------


@each_unit
def test_notebooks_are_committed_without_outputs(unit):
    complain(
        f"{where(unit)}: the cell `{cell.get('id')}` has an output or an execution count; clear it"
        for cell in notebook(unit).cells
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    )


@each_unit
def test_the_title_says_what_a_unit_takes(unit):
    title, rows = notebook(unit).cells[0].source, exercises(unit)
    said = sum(float(n) for _, _, cell in rows for n in re.findall(r"\d+(?:\.\d+)?", cell))
    named = {name for _, names, _ in rows for name in re.findall(r"`(\w+)`", names)}
    to_write = {name for name, task in content.of_unit(unit).items() if not task.own_numbers}
    faults = {
        f"the points add up to {said:g}, those of the cells to {points(unit):g}": (
            said != points(unit)
        ),
        f"there is no row with {', '.join(sorted(to_write - named))}": to_write - named,
        f"there is no task {', '.join(sorted(named - to_write))}": named - to_write,
    }
    complain(
        f"{where(unit)}: table of the title: {text}" for text, wrong in faults.items() if wrong
    )
    assert re.search(r"\*\*What it takes\.\*\* [^.]*\bhours?\b", title), f"{where(unit)}: how long?"


@each_unit
def test_a_practice_cell_ends_by_saying_that_it_has_passed(unit):
    parts = collections.defaultdict(list)
    for cell in notebook(unit).cells:
        if cell.get("id", "").startswith("practice_"):
            parts[cell.id.split("-")[0].removeprefix("practice_")].append(cell)
    problems = [
        f"below `{name}` should stand a locked code cell with the id `practice_{name}`"
        for name in cells(unit, "solution")
        if name not in parts
    ]
    for name, found in parts.items():
        for part, cell in enumerate(found, start=1):
            more = f", part={part}, of={len(found)}" if len(found) > 1 else ""
            last = f'practice.passed("{name}", {name}{more})'
            if cell.source.split("\n")[-1] != last or cell.source.count("practice.passed(") != 1:
                problems.append(f"the last line of `{cell.id}`, and only that, should be {last}")
    complain(f"{where(unit)}: {problem}" for problem in problems)


@each_unit
def test_the_last_cell_shows_the_progress_of_every_task(unit):
    *_, summary, last = notebook(unit).cells
    assert summary.get("id") == "summary", f"{where(unit)}: the cell before the last"
    assert last.get("id") == "progress", f"{where(unit)}: the last cell"
    assert role(last) == "locked"
    assert "tags" not in last.metadata, "it runs while grading, too"
    call = ast.parse(last.source).body[-1].value
    assert ast.unparse(call.func) == "practice.progress"
    assert ast.unparse(call.args[0]) == "globals()"
    solution, written = list(cells(unit, "solution")), list(cells(unit, "written"))
    named = ast.literal_eval(call.keywords[0].value) if call.keywords else []
    if ([arg.value for arg in call.args[1:]], named) != ([unit, *solution], written):
        complain([f"{where(unit)}: `progress` should name {unit}, {solution}, written={written}"])


@each_unit
def test_every_figure_is_described_below_it(unit):
    plots = importlib.import_module(f"course.plots.{unit}")
    here, problems = notebook(unit).cells, []
    for cell, below in zip(here, [*here[1:], None], strict=True):
        if cell.cell_type == "code":
            drawn = re.findall(r"\bplots\.(\w+)\(", cell.source)
            figures = [name for name in drawn if hasattr(getattr(plots, name), "__wrapped__")]
            if figures and not (below and below.source.startswith("*What you see: ")):
                problems.append(
                    f"{where(unit)}: below `{cell.id}` a text should begin with `*What you see: `, "
                    f"for who cannot see {', '.join(figures)}"
                )
    complain(problems)


@each_unit
def test_headings_lead_through_a_notebook(unit):
    """One heading of the first level, none that skips a level: the table of contents needs that."""
    levels = []
    for cell in notebook(unit).cells:
        if cell.cell_type == "markdown" and role(cell) != "written":
            text = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            levels += map(len, re.findall(r"^(#+) \S", text, re.MULTILINE))
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@each_unit
def test_cell_ids_are_names(unit):
    problems = []
    for number, cell in enumerate(notebook(unit).cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id"))
        if cell.get("id") != name:
            problems.append(
                f"{where(unit)}: the cell `{name}` has the id {cell.get('id')!r}: its id should be "
                "its grade_id (JupyterLab shows no ids, a text editor does)"
            )
        elif not name or re.fullmatch(r"[0-9a-f-]{8,}", name):
            problems.append(
                f"{where(unit)}: cell {number} has the id {name!r}: put a name in its place "
                "(JupyterLab shows no ids, a text editor does)"
            )
    complain(problems)


@each_unit
def test_graded_cells_hold_nothing_but_their_check(unit):
    problems = []
    for name, cell in cells(unit, "graded").items():
        points = cell.metadata.nbgrader.points
        expected = [
            f"# Graded with hidden checks: {points:g} point{'' if points == 1 else 's'}",
            "### BEGIN HIDDEN TESTS",
            "from autograder import check",
            f'check("{name.removeprefix("test_")}", globals())',
            "### END HIDDEN TESTS",
        ]
        if [line for line in cell.source.split("\n") if line] != expected:
            problems.append(f"{where(unit)}: `{name}` should be exactly\n" + "\n".join(expected))
    complain(problems)


@each_unit
def test_only_solution_and_written_cells_can_be_edited(unit):
    complain(
        f"{where(unit)}: `{name}` should be locked"
        for name, cell in cells(unit, "graded", "locked").items()
        if not cell.metadata.nbgrader.locked
    )


@each_unit
def test_release_has_nothing_to_say(unit):
    ours = Course(ROOT)
    student_version = released(ours.source(unit), ours.config)
    complain([*review.faults(ours, unit), *review.warnings(ours, unit, student_version)])


@each_unit
def test_a_written_answer_has_its_question_and_its_rubric(unit):
    problems, before = [], None
    for cell in notebook(unit).cells:
        if role(cell) == "written":
            name, lines = cell.metadata.nbgrader.grade_id, cell.source.split("\n")
            if before is None or before.get("id") != f"{name}-question" or role(before):
                problems.append(f"`{name}`: a text cell `{name}-question` should stand before it")
            if (lines[0], lines[-1]) != ("### BEGIN SOLUTION", "### END SOLUTION"):
                problems.append(f"`{name}`: all of it should stand between the solution marks")
            if not rubric.read(cell.source).criteria:
                problems.append(f"`{name}`: a line `Rubric:` and its items should follow")
        before = cell
    complain(f"{where(unit)}: {problem}" for problem in problems)
