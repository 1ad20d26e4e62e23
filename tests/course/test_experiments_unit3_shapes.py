"""What unit 3 says of its experiments holds for the runs of students, by a margin."""

import numpy as np
import pytest

from autograder.content import functions
from autograder.units.unit3_shapes import misconceptions
from autograder.units.unit3_shapes import reference as right
from course import networks, numbers
from course.experiments import unit3_shapes as experiments

pytestmark = pytest.mark.slow(8)

WRONG = {n: f for n, f in functions(misconceptions).items() if n.startswith("receptive_field__")}
RUNS = [numbers.draw("why_depth", student) for student in ("", "ada", "grace")]
runs = pytest.mark.parametrize("run", RUNS, ids=["guest", "ada", "grace"])


@runs
def test_the_measured_fields_are_those_of_the_formula(run):
    changes = experiments.measured_fields(run.place, run.seed)
    sizes = [size for size, _ in right.receptive_field(experiments.LAYERS)]
    assert [experiments.extent(change)[2:] for change in changes.values()] == [
        (size, size) for size in sizes
    ]
    assert experiments.middle_share(changes["conv3"]) > 0.3  # a quarter if all pixels were equal


@runs
def test_training_makes_conv3_follow_the_classes_and_not_conv1(run):
    trained, untrained = experiments.class_shares(run.seed)
    for each in untrained:
        medians = {name: np.median(trained[name]) - np.median(each[name]) for name in trained}
        assert medians["conv3"] > 0.35
        assert abs(medians["conv1"]) < 0.25
        without = {name: np.median(values) for name, values in each.items()}
        assert max(without["conv2"], without["conv3"]) < without["conv1"]
    assert len(trained["conv3"]) < 64 == len(networks.source().layers["conv3"].params["w"])


def test_the_middle_is_half_as_high_and_half_as_wide():
    change = np.zeros((9, 12))
    change[1:9, 2:10] = 1.0
    assert experiments.extent(change) == (1, 2, 8, 8)
    assert experiments.middle_share(change) == 0.25
    change[3:7, 4:8] = 3.0
    assert experiments.middle_share(change) == 0.5


def test_a_share_is_what_the_class_explains():
    labels = np.array([0, 0, 1, 1])
    values = np.array([[1, 1, 1, 7], [1, 3, 2, 7], [5, 1, 3, 7], [5, 3, 4, 7]])
    np.testing.assert_allclose(experiments.share_between(values, labels), [1, 0, 0.8])


def test_no_known_mistake_gives_the_fields_of_anybodys_layers():
    assert WRONG
    for index in range(numbers.POOL):
        layers = list(numbers.numbers_of("why_depth", index).layers)
        fields = right.receptive_field(layers)
        assert [name for name, wrong in WRONG.items() if wrong(layers) == fields] == []
