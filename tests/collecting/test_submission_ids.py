"""Ids of students: which can be the name of a folder, and be told from each other."""

import pytest

from autograder.collecting.submissions import find_submissions, id_problem

UNIT = "unit1"
# Default_Ignorable_Code_Point in Unicode 16: the first and the last of each range.
IGNORABLE = """
    ad ad 34f 34f 61c 61c 115f 1160 17b4 17b5 180b 180f 200b 200f 202a 202e 2060 206f 3164 3164
    fe00 fe0f feff feff ffa0 ffa0 fff0 fff8 1bca0 1bca3 1d173 1d17a e0000 e0fff
"""


def test_no_character_that_is_not_seen_is_part_of_an_id():
    ends = [int(number, 16) for number in IGNORABLE.split()]
    ranges = [range(first, last + 1) for first, last in zip(ends[::2], ends[1::2], strict=True)]
    blanks = [0xA0, 0x2000, 0x202F, 0x3000, 0x2800, 0x1D159]
    for number in (*blanks, *(number for part in ranges for number in part)):
        for student in (f"ada{chr(number)}", f"a{chr(number)}da", chr(number)):
            problem = id_problem(student)
            assert problem, hex(number)
            assert "is not seen" in problem or "cannot be shown" in problem


@pytest.mark.parametrize(
    "student",
    ["ada", "émilie", "e\u0301milie", "Дмитрий", "山田", "राम", "กิตติ", "a b", "😀", "x'y"],
)
def test_names_of_all_scripts_are_ids(student):
    assert id_problem(student) is None


def test_a_folder_that_looks_like_anothers_is_named_by_its_characters(tmp_path):
    for student in ("ada", "ada\ufe0f"):
        folder = tmp_path / student / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.ipynb").write_bytes(b"{}")
    found = {one.student: one.refusal for one in find_submissions(tmp_path, UNIT, [UNIT])}
    problem = "its name holds U+FE0F, which is not seen, so it looks like another id: rename it"
    assert found == {"ada": None, "ada\\ufe0f": problem}
