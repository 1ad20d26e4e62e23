"""Mutants are what they should be, and the audit by mutants notices what it is there to notice."""

import dataclasses
import functools
import inspect
import resource

import numpy as np
import pytest

from autograder import mutation
from autograder.checking.contracts import contract
from autograder.checking.mutants import CHANGES, mutants
from autograder.checking.words import case, part
from autograder.commands import cli
from autograder.content import Task
from autograder.units import CONTENT

pytestmark = pytest.mark.slow(40)


def example(x, size, value=0.0):
    """Not mutated: a docstring."""
    height, width = x.shape
    ### BEGIN SOLUTION
    out = np.zeros((height, width))
    for i in range(height - size):
        if i >= 1 and x[i, 0] != value:
            out[i, :-1] = x[i, 1:] - x[i].sum() // 2
            out[i] += value
    x = x * 2
    return np.maximum(out, -x.T) if size else out


def texts(answer=example):
    return [(one.kind, f"{one.line} → {one.becomes}") for one in mutants(answer)]


EXPECTED = {
    "comparison": "if i >= 1 and x[i, 0] != value: → if i > 1 and x[i, 0] != value:",
    "arithmetic": "x = x * 2 → x = x / 2",
    "missing term": "x = x * 2 → x = x",
    "logic": "if i >= 1 and x[i, 0] != value: → if i >= 1 or x[i, 0] != value:",
    "constant": "x = x * 2 → x = x * 3",
    "bound": "for i in range(height - size): → for i in range(height - size + 1):",
    "order": "out = np.zeros((height, width)) → out = np.zeros((width, height))",
    "function": "return np.maximum(out, -x.T) if size else out → "
    "return np.minimum(out, -x.T) if size else out",
    "transposed": "return np.maximum(out, -x.T) if size else out → "
    "return np.maximum(out, -x) if size else out",
    "statement": "out[i] += value → pass",
    "another variable": "out = np.zeros((height, width)) → out = np.zeros((width, width))",
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_kind_of_change_is_made(kind):
    assert (kind, EXPECTED[kind]) in texts()


def test_every_kind_is_tested():
    assert {*CHANGES, "another variable"} == EXPECTED.keys()
    assert {kind for kind, _ in texts()} == EXPECTED.keys()


def test_no_mutant_is_made_twice_and_none_is_the_original():
    found = list(mutants(example))
    assert len(found) > 60
    assert all(one.line != one.becomes for one in found)


def test_what_is_given_stays():
    assert not [text for _, text in texts() if text.startswith("height, width = x.shape")]
    assert all(
        inspect.signature(one.function) == inspect.signature(example) for one in mutants(example)
    )


def test_a_mutant_does_what_its_line_says():
    found = {one.becomes: one.function for one in mutants(doubled)}
    assert found["return x * 3 + 1 * 1"](2) == 7
    assert found["return x * 2 - 1 * 1"](2) == 3
    assert doubled(2) == 5


# -- the audit ------------------------------------------------------------------------------------


def doubled(x):
    return x * 2 + 1 * 1


def task_of(*cases):
    return Task("doubled", "unit0", doubled, lambda: [part("all", 1, *cases)], {}, {})


NUMBERS = contract(lambda rng, x: case(x), x=[0.0, 1.0, -3.0])


def test_a_check_that_misses_a_wrong_mutant_is_found():
    result = mutation.audit(task_of(case(1.0)), NUMBERS)
    assert "return 2 + 1 * 1" in {judged.mutant.becomes for judged in result.survivors}
    assert "return x * 3 + 1 * 1" in {judged.mutant.becomes for judged in result.wrong}
    assert all(doubled(1.0) == judged.mutant.function(1.0) for judged in result.survivors)
    assert all(judged.call.args[0] != 1.0 for judged in result.survivors)
    assert all(len(judged.missed) == len(mutation.STUDENTS) for judged in result.survivors)
    assert result.survivors
    text = mutation.table([result])
    assert f"NOT caught: {result.survivors[0].mutant}" in text
    assert f"{len(result.wrong) - len(result.survivors)} of {len(result.wrong)}" in text


def test_a_check_that_misses_none_passes_and_equal_mutants_do_not_count():
    result = mutation.audit(task_of(case(0.0), case(1.0), case(-3.0)), NUMBERS)
    assert result.survivors == []
    assert 5 < len(result.wrong) < result.made


def test_a_call_that_the_contract_lacks_is_found():
    few = contract(lambda rng, x: case(x), x=[1.0])

    def check(rng):
        return [part("all", 1, case(1.0), case(float(rng.integers(2))))]

    task = dataclasses.replace(task_of(), check=check)
    survivors = mutation.audit(task, few).survivors
    assert survivors
    assert all(0 < len(judged.missed) < len(mutation.STUDENTS) for judged in survivors)
    assert "a call that the contract does not have" in mutation.table([mutation.audit(task, few)])


def test_a_mutant_that_never_ends_is_wrong(monkeypatch):
    def counts(x):
        n = 0
        while n < x:
            n += 1
        return n

    monkeypatch.setattr(mutation, "SECONDS", 0.1)
    task = Task("counts", "unit0", counts, lambda: [part("all", 1, case(3), case(0))], {}, {})
    result = mutation.audit(task, contract(lambda rng, x: case(x), x=[0, 3]))
    assert result.survivors == []
    assert "n -= 1" in {judged.mutant.becomes for judged in result.wrong}


def test_a_mutant_that_takes_all_memory_is_wrong(monkeypatch):
    def filled(n):
        return sum(bytearray(n * 4096 // 4096)[:3])

    monkeypatch.setattr(mutation, "MEMORY", 1 << 28)
    task = Task("filled", "unit0", filled, lambda: [part("all", 1, case(1 << 20))], {}, {})
    before = resource.getrlimit(resource.RLIMIT_AS)
    result = mutation.audit(task, contract(lambda rng, n: case(n), n=[0, 1 << 20]))
    grown = [judged for judged in result.wrong if "n * 4096 * 4096" in judged.mutant.becomes]
    assert [judged.missed for judged in grown] == [()]
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_list_that_contains_itself_is_wrong():
    def counts(n):
        found, number = [], 0
        for _ in range(n):
            number = number + 1
            found.append((number, n))
        return found

    task = Task("counts", "unit0", counts, lambda: [part("all", 1, case(3))], {}, {})
    result = mutation.audit(task, contract(lambda rng, n: case(n), n=[0, 3]))
    assert result.survivors == []
    assert "found.append((found, n))" in {judged.mutant.becomes for judged in result.wrong}


def test_a_contract_that_a_right_answer_does_not_keep_is_named():
    def squared(x):
        """Right, but not of negative numbers."""
        return abs(x) * 2 + 1

    task = dataclasses.replace(task_of(case(1.0)), variants={"doubled__squared": squared})
    assert mutation.unfit(task, NUMBERS) == ["doubled__squared is not right at (-3.0)"]


def test_the_command_audits_what_has_a_contract_and_names_the_rest(capsys, monkeypatch):
    few = functools.partial(mutation.audit, students=mutation.STUDENTS[:2], calls=50)
    monkeypatch.setattr(mutation, "audit", few)
    assert cli.main(["audit", "--mutants", "unit1_convolution"]) == 0
    printed = capsys.readouterr().out
    assert "wrong mutants caught, for each of 2 students: " in printed
    assert "NOT" not in printed
    assert "without a contract" not in printed


@pytest.mark.soak
@pytest.mark.parametrize(
    "task",
    [
        pytest.param(task, id=task.name)
        for unit in CONTENT.units()
        for task in CONTENT.of_unit(unit).values()
        if CONTENT.contract(task)
    ],
)
def test_no_wrong_mutant_gets_all_points_of_any_of_twenty_students(task):
    result = mutation.audit(task, CONTENT.contract(task))
    assert [mutation.describe(judged) for judged in result.survivors] == []
    assert result.made > len(result.wrong) > 0
