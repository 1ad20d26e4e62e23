"""Honest submissions get every point, and their feedback says what was repaired or cut."""

import pytest

from tests.honest import cases
from tests.honest.table import table

pytestmark = pytest.mark.slow(90)

CASES = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The rows of the table, by the name of the case."""
    return {row.case.name: row for row in table(tmp_path_factory.mktemp("honest") / "course")}


@pytest.mark.parametrize("name", CASES)
def test_an_honest_submission_is_graded_as_the_student_would_expect(rows, name):
    assert rows[name].wrong == [], f"{CASES[name].what}\n{rows[name]}"


def test_every_case_stands_for_itself():
    assert len(CASES) == len({(case.unit, case.student) for case in cases()}) > 50
