import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder import checking, tasks
from course import images, practice


def double(x, by=2):
    return x.astype(float) * by


def fault(function, *args, expect=((2.0, 4.0),), **kwargs):
    """The sentence that names the fault."""
    with pytest.raises(practice.NotYet) as caught:
        practice.compare(function, *args, expect=expect, **kwargs)
    return str(caught.value)


X = np.array([[1.0, 2.0]])


def test_exact_answer_prints_no_numbers(capsys):
    practice.compare(double, X, expect=[[2, 4]])
    assert capsys.readouterr().out == "ok  double(1×2): error 0\n"


def test_nearly_exact_answer_prints_error_and_tolerance(capsys):
    practice.compare(lambda x: 2 * x + 2**-44, X, expect=[[2, 4]])
    assert "error 6e-14, fine below 1e-9" in capsys.readouterr().out


def test_arguments_are_shown_in_short(capsys):
    practice.compare(double, np.array([1, 2]), by=3, expect=[3, 6])
    assert capsys.readouterr().out.startswith("ok  double((2,) int64, by=3): ")


def test_error_within_tolerance_is_fine(capsys):
    practice.compare(lambda x: 2 * x + 1e-4, X, expect=[[2, 4]], tol=1e-3)
    assert "error 0.0001, fine below 0.001" in capsys.readouterr().out


def test_names_what_is_not_written_yet():
    def pad2d(x):
        raise NotImplementedError

    assert fault(pad2d, X) == "pad2d(1×2): not written yet."


def test_names_the_function_below_that_is_not_written_yet():
    def pad2d(x):
        raise NotImplementedError

    def conv2d(x):
        return pad2d(x)

    assert fault(conv2d, X) == "conv2d(1×2): it calls pad2d, which is not written yet."


def test_names_what_was_raised_and_where():
    def pad2d(x):
        return x[5]

    assert "raised IndexError in the line `return x[5]`: index 5 is out of bounds" in fault(
        pad2d, X
    )


def test_names_a_missing_return():
    assert "returned None" in fault(lambda x: None, X)


def test_names_a_list():
    assert "returned a list, it should return a NumPy array" in fault(lambda x: [[2, 4]], X)


def test_names_a_wrong_shape():
    assert "shape is (2, 1), it should be (1, 2)" in fault(lambda x: 2 * x.T, X)


def test_names_an_empty_answer():
    assert "shape is (1, 0), it should be (1, 2)" in fault(lambda x: x[:, :0] * 2, X)


def test_names_a_wrong_dtype():
    assert "dtype is float32, it should be float64" in fault(lambda x: np.float32(2 * x), X)


def test_expects_float64_of_integers():
    assert "dtype is int64, it should be float64" in fault(lambda x: x * 2, np.array([[1, 2]]))


def test_expects_the_dtype_of_an_array_of_floats():
    assert "it should be float32" in fault(double, X, expect=np.float32([[2, 4]]))


def test_names_a_changed_input():
    def spoil(x):
        x *= 2
        return x.copy()

    assert "changed its input, argument 1" in fault(spoil, X.copy())


def test_names_shared_memory():
    assert "shares memory with argument 1" in fault(lambda x: x[:], X, expect=X.copy())


def test_names_nan():
    assert "1 of 2 values are NaN" in fault(lambda x: 2 * np.where(x > 1, x, np.nan), X)


def test_names_wrong_values_with_error_and_tolerance():
    text = fault(lambda x: 2 * x + [[0, 0.5]], X)
    assert "1 of 2 values are off, the most at [0, 1]: it is 4.5, it should be 4" in text
    assert "(error 0.5, fine below 1e-9)" in text


KNOWN = {"Is it the half?": [1, 2], "Is one left out?": [[2]]}


def test_asks_the_question_that_names_a_known_wrong_result():
    assert fault(lambda x: x.copy(), X, unlike=KNOWN).endswith("1e-9). Is it the half?")
    assert fault(lambda x: 2 * x[:, :1], X, unlike=KNOWN).endswith("(1, 2). Is one left out?")


def test_asks_nothing_about_an_unknown_wrong_result():
    assert fault(lambda x: 3 * x, X, unlike=KNOWN).endswith("fine below 1e-9).")
    assert fault(lambda x: 3 * x[0], X, unlike=KNOWN).endswith("(1, 2).")


def test_infinity_is_off():
    assert "values are off" in fault(lambda x: x * np.inf, X)


def test_refusal_with_the_right_word_is_fine(capsys):
    def check(x):
        raise ValueError("x has 2 channels, not 3")

    practice.refuses(check, X, about=("dimension", "channel"))
    assert "refused, x has 2 channels, not 3" in capsys.readouterr().out


def refused_wrongly(function, about="pad"):
    with pytest.raises(practice.NotYet) as caught:
        practice.refuses(function, X, about=about)
    return str(caught.value)


def test_names_a_missing_refusal():
    assert "should raise a ValueError that names pad" in refused_wrongly(lambda x: x)


def test_names_a_message_that_does_not_say_what_is_wrong():
    def check(x):
        raise ValueError("unpadded")

    assert "should name what is wrong (pad), its message is 'unpadded'." in refused_wrongly(check)


def test_names_a_refusal_with_another_error():
    def check(x):
        raise IndexError("pad")

    text = refused_wrongly(check)
    assert "raised IndexError" in text
    assert "A ValueError is asked for" in text
    assert "by accident" not in text


ACCIDENT = "NumPy or Python raised this by accident; check the argument first."


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(axis=5),  # an AxisError, "array of dimension 2": a ValueError by its class
        lambda x: np.full((2, -1), 0),
        lambda x: np.lib.stride_tricks.sliding_window_view(x, (9, 9)),  # raised inside NumPy
        lambda x: x[7],
        lambda x: len(5),
    ],
    ids=["no such axis", "negative size", "window", "index", "no length"],
)
def test_says_when_an_error_came_by_accident(function):
    assert ACCIDENT in refused_wrongly(function, about=("x", "dimension", "w"))


def test_several_words_are_listed():
    assert "(x, w or kernel)" in refused_wrongly(
        lambda x: np.full((2, -1), 0), about=("x", "w", "kernel")
    )


@pytest.mark.parametrize(
    ("message", "word", "named"),
    [
        ("x must have 4 dimensions", "x", True),
        ("got x=3", "x", True),
        ("`x`", "x", True),
        ("the filter is larger than x", "x", True),
        ("the maximum is exceeded", "x", False),
        ("x_size is wrong", "x", False),
        ("W is too large", "w", True),
        ("wrong", "w", False),
        ("bias has 3 numbers", "b", False),
        ("wrong number of biases", "bias", True),
        ("2 channels", "channel", True),
        ("subchannels", "channel", False),
        ("input must be 4-dimensional", "dimension", True),
        ("axis 2 is out of bounds for array of dimension 2", "dimension", False),
        ("padding must not be negative", "pad", True),
        ("unpadded", "pad", False),
    ],
)
def test_a_message_names_a_word_only_as_a_word(message, word, named):
    assert practice.names_argument(message, (word,)) is named


# -- the practice cells ---------------------------------------------------------------------------

NOTEBOOKS = Path(__file__).parents[2] / "source"
QUESTIONS = {
    "conv2d_valid__flips_kernel": "Is the kernel flipped",
    "conv2d_valid__one_kernel_for_all_channels": "the first kernel for all planes",
    "conv2d_valid__transposes_kernel": "rows and columns of the kernel",
    "conv2d_valid__multiplies_in_place": "changed its input",
    "conv2d_valid__means_for_sum": "the mean",
    "conv2d_valid__means_over_channels": "divide by the number of channels",
    "conv2d_valid__only_first_channel": "red plane only",
    "conv2d_valid__swaps_height_and_width": "rows and columns of the output",
    "conv2d_valid__one_row_and_column_short": "one more row",
    "conv2d_valid__forgets_bias": "Is the bias forgotten",
    "conv2d_valid__bias_once_per_channel": "once per channel",
    "conv2d_valid__bias_at_every_product": "every product",
    "conv2d_valid__subtracts_bias": "subtracted",
    "conv2d_valid__only_first_picture": "first picture only",
    "conv2d_valid__first_picture_for_all": "the result of the first",
    "conv2d_valid__only_first_filter": "first filter only",
    "conv2d_valid__integer_output": "whole numbers",
    "conv2d_valid__accepts_bad_input": "A ValueError is asked for",
    "conv2d_valid__always_float64": "it should be float32",
    "pad2d__top_left_only": "at the top and left",
    "pad2d__bottom_right_only": "at the bottom and right",
    "pad2d__repeats_edge": "edge of the picture",
    "pad2d__overwrites_the_border": "over the picture",
    "pad2d__swaps_pair": "Is the pair exchanged",
    "pad2d__first_of_pair_for_both": "used for both",
    "pad2d__crops_when_negative": "should raise a ValueError",
    "dilate_kernel__ignores_dilation": "Is dilation ignored",
    "dilate_kernel__one_too_far": "one too far",
    "dilate_kernel__trailing_zeros": "after the last weight",
    "dilate_kernel__repeats_weights": "weights repeated",
    "dilate_kernel__repeats_within_size": "gaps filled",
    "dilate_kernel__swaps_pair": "Is the pair exchanged",
    "dilate_kernel__first_of_pair_for_both": "used for both",
    "dilate_kernel__zero_means_none": "should raise a ValueError",
    "conv2d__flips_kernel": "Is the kernel flipped",
    "conv2d__forgets_bias": "Is the bias forgotten",
    "conv2d__ignores_stride": "Is the stride ignored",
    "conv2d__swaps_stride_pair": "Is the pair exchanged",
    "conv2d__first_stride_for_both": "used for both",
    "conv2d__rounds_size_up": "rounded up",
    "conv2d__subsamples_input": "drop pixels",
    "conv2d__swaps_pad_pair": "Is the pair exchanged",
    "conv2d__pads_output": "around the output",
    "conv2d__ignores_dilation": "Is the dilation ignored",
    "conv2d__swaps_dilation_pair": "pair for the dilation",
    "conv2d__dilates_by_dropping_pixels": "drop pixels",
    "conv2d__trailing_zeros": "dilation · k",
    "conv2d__repeats_weights": "weights repeated",
    "conv2d__zero_means_one": "should raise a ValueError",
}


def practise(function, name):
    """Run the practice cells of a task with this function in the student's place."""
    path = NOTEBOOKS / tasks.find(name).unit / f"{tasks.find(name).unit}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    parts = [c.source for c in cells if c.get("id", "").split("-")[0] == f"practice_{name}"]
    assert parts
    for source in parts:  # each on its own: the one before may have stopped half-way
        exec(source, {"np": np, "images": images, "practice": practice, name: function})


@pytest.mark.parametrize("name", dict.fromkeys(m.split("__")[0] for m in QUESTIONS))
def test_practice_cells_pass_the_reference(name):
    practise(tasks.find(name).reference, name)


@pytest.mark.parametrize(("mistake", "says"), QUESTIONS.items(), ids=QUESTIONS)
def test_practice_cells_name_the_usual_mistakes(mistake, says):
    name = mistake.split("__")[0]
    with pytest.raises(practice.NotYet, match=says):
        practise(tasks.find(name).misconceptions[mistake], name)


def test_refusing_is_not_written_yet():
    def check(x):
        raise NotImplementedError

    assert "not written yet" in refused_wrongly(check)


def test_form_of_an_answer_by_hand(capsys):
    practice.shape([[1, 2.5], [3, -4]], (2, 2))
    practice.shape(np.ones((2, 2)), (2, 2))
    assert capsys.readouterr().out.count("ok  4 numbers of shape (2, 2)") == 2


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([[1, ...], [..., 2]], "Still to be filled in: 2"),
        (..., "Still to be filled in: 1"),
        ([[1, 2]], r"shape \(1, 2\), it should have \(2, 2\)"),
        ([[1, 2], [3]], "differ in length"),
        ([["1", "2"], ["3", "4"]], "not a number"),
        ([[1, 2], [3, float("nan")]], "not a number"),
    ],
)
def test_names_what_is_wrong_with_the_form(value, sentence):
    with pytest.raises(practice.NotYet, match=sentence):
        practice.shape(value, (2, 2))


def test_jupyter_shows_the_sentence_without_a_traceback(capsys):
    shell = InteractiveShell()
    shell.run_cell("from course import practice; practice.shape([...], (1,))")
    shown = capsys.readouterr()
    assert "not yet  Still to be filled in: 1" in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err


def test_course_imports_no_matplotlib_until_it_draws():
    code = "import sys, course.plots, course.practice; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", dict.fromkeys(m.split("__")[0] for m in QUESTIONS))
def test_practice_cells_ask_for_the_words_that_grading_asks_for(name, monkeypatch):
    asked = set()
    monkeypatch.setattr(practice, "refuses", lambda *a, about, **k: asked.add(frozenset(about)))
    practise(tasks.find(name).reference, name)
    parts = checking.parts_of(tasks.find(name), "ada")
    graded = {frozenset(case.naming) for part in parts for case in part.cases if case.naming}
    assert graded <= asked
