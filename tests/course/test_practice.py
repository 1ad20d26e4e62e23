import subprocess
import sys

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from course import practice


def double(x, by=2):
    return x.astype(float) * by


def fault(function, *args, expect=((2.0, 4.0),), **kwargs):
    """The sentence that names the fault."""
    with pytest.raises(practice.NotYet) as caught:
        practice.compare(function, *args, expect=expect, **kwargs)
    return str(caught.value)


X = np.array([[1.0, 2.0]])


def test_right_answer_prints_error_and_tolerance(capsys):
    practice.compare(double, X, expect=[[2, 4]])
    assert capsys.readouterr().out == "ok  double(1×2): max error 0, fine below 1e-9\n"


def test_arguments_are_shown_in_short(capsys):
    practice.compare(double, np.array([1, 2]), by=3, expect=[3, 6])
    assert capsys.readouterr().out.startswith("ok  double((2,) int64, by=3): ")


def test_error_within_tolerance_is_fine(capsys):
    practice.compare(lambda x: 2 * x + 1e-4, X, expect=[[2, 4]], tol=1e-3)
    assert "max error 0.0001, fine below 0.001" in capsys.readouterr().out


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
    assert "max error 0.5, fine below 1e-9" in text


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
    assert "should raise a ValueError about pad" in refused_wrongly(lambda x: x)


def test_names_a_message_that_does_not_say_what_is_wrong():
    def check(x):
        raise ValueError("padlock")

    assert "should name what is wrong (pad), its message is 'padlock'" in refused_wrongly(check)


def test_names_a_refusal_with_another_error():
    def check(x):
        raise IndexError("pad")

    text = refused_wrongly(check)
    assert "raised IndexError" in text
    assert "should raise a ValueError" in text


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
