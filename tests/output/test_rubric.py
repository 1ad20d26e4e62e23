"""Rubrics as they stand in a source notebook, and the numbers in a model answer."""

import pytest

from autograder.output import rubric

TWO = """### BEGIN SOLUTION
It falls by {share:.0%}.

Rubric: mechanism
- 1: You say why.
- 0.5: You say *half* of why.
- 0: Say why.

Rubric: evidence
- 1: Your number is here.
- 0: A number of your own run is missing.
### END SOLUTION"""
ONE = "It falls.\n\nRubric:\n- 1: Right: 0.5 of it.\n- 0: Say why.\n"


def test_it_is_read_as_data():
    found = rubric.read(TWO)
    assert found.answer == "It falls by {share:.0%}."
    assert [criterion.name for criterion in found.criteria] == ["mechanism", "evidence"]
    assert found.criteria[0].items[1] == rubric.Item(0.5, "You say *half* of why.")
    assert found.points == 2


def test_one_criterion_needs_no_name():
    (only,) = rubric.read(ONE).criteria
    assert only.name == ""
    assert only.items == (rubric.Item(1, "Right: 0.5 of it."), rubric.Item(0, "Say why."))


def test_a_cell_may_have_a_model_answer_alone():
    assert rubric.read("It falls.") == rubric.Rubric("It falls.", ())
    assert rubric.read("It falls.").points == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (ONE.replace("- 0: Say why.", "0 for a slogan"), "cannot be read, at '0 for a slogan'"),
        ("Rubric:\n", "cannot be read: below"),
        ("Rubric: 1 for the mechanism.", "cannot be read: below"),
        (ONE.replace("- 1:", "- 0.0:"), "items of 0, 0 points"),
        (ONE.replace("- 0:", "- 2:"), "items of 1, 2 points"),
        (ONE.replace("- 0:", "- 0.5:"), "items of 1, 0.5 points"),
        (TWO.replace(": evidence", ": mechanism"), "each needs a name of its own"),
        (TWO.replace(": evidence", ":"), "each needs a name of its own"),
    ],
)
def test_what_cannot_be_read_is_named(source, said):
    with pytest.raises(rubric.RubricError, match=said):
        rubric.read(source)


def test_numbers_take_their_places():
    assert rubric.filled("by {share:.0%} of {all}", {"share": 0.25, "all": 8}) == "by 25% of 8"
    assert rubric.filled(r"$\frac{{1}}{{4}}$ {all}", {"all": 8}) == r"$\frac{1}{4}$ 8"
    assert rubric.filled(r"$\frac{1}{4}$", {}) == r"$\frac{1}{4}$"


@pytest.mark.parametrize("text", ["{shares}", "{}", "{share", "{share:q}", "{share.real.x}"])
def test_a_place_without_a_number_is_an_error_that_names_the_numbers(text):
    with pytest.raises(rubric.RubricError, match=r"cannot be filled in .* numbers are all, share"):
        rubric.filled(text, {"share": 0.25, "all": 8})
