import subprocess
import sys

import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from course import practice, refusals, student


def double(x, by=2):
    return x.astype(float) * by


def fault(function, *args, expect=None, **kwargs):
    """The sentence that names the fault."""
    expect = [[2, 4]] if expect is None else expect
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


def test_an_error_between_bytes_does_not_wrap():
    should = np.array([3, 146], np.uint8)
    said = fault(lambda: np.array([1, 145], np.uint8), expect=should)
    assert "the most at [0]: it is 1, it should be 3 (error 2," in said


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
    assert "dtype is bool, it should be real numbers" in fault(lambda x: x > 1, X)


def test_real_numbers_may_have_any_dtype():
    practice.compare(lambda x: x * 2, np.array([[1, 2]]), expect=[[2, 4]])
    practice.compare(lambda x: np.float32(2 * x), X, expect=[[2, 4]])


def test_expects_the_dtype_of_an_array_of_floats():
    assert "it should be float32" in fault(double, X, expect=np.float32([[2, 4]]))


def test_names_a_changed_input():
    def spoil(x):
        x *= 2
        return x.copy()

    assert "changed its input, argument 1" in fault(spoil, X.copy(), fresh=True)
    practice.compare(spoil, X.copy(), expect=[[2, 4]])


def test_what_a_call_does_to_its_input_is_gone_in_the_next():
    def doubles(x):
        x *= 2
        return x

    x = X.copy()
    for _ in range(2):
        practice.compare(doubles, x, expect=[[2, 4]])
    np.testing.assert_array_equal(x, X)


def test_names_shared_memory():
    assert "shares memory with argument 1" in fault(lambda x: x[:], X, expect=X.copy(), fresh=True)
    practice.compare(lambda x: x[:], X, expect=X.copy())


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
        ("x must be an array of dimension 4, got shape (2, 3)", "dimension", True),
        ("padding must not be negative", "pad", True),
        ("unpadded", "pad", False),
    ],
)
def test_a_message_names_a_word_only_as_a_word(message, word, named):
    assert refusals.names_argument(message, (word,)) is named


def windows(x, kernel, stride, pad=0):
    if kernel > 3:
        raise ValueError(f"kernel does not fit into x with stride {stride} and pad {pad}")
    if stride < 1 or pad < 0:
        raise ValueError("stride must be at least 1 and pad at least 0")


def test_a_message_may_name_all_parameters_if_the_fault_is_in_how_they_fit():
    for _ in range(2):  # a cell can be run again
        practice.refuses(windows, X, 4, 1, about=("kernel", "x"))
        practice.refuses(windows, X, 5, 1, about=("kernel", "x"))
        practice.refuses(windows, X, 1, 0, about="stride")
        practice.refuses(windows, X, 1, 1, -1, about="pad")


def test_names_a_message_that_lists_the_parameters_whatever_is_wrong():
    def check(x, kernel, stride, pad=0):
        try:
            windows(x, kernel, stride, pad)
        except Exception as error:
            raise ValueError(f"x, kernel, stride or pad: {error}") from None

    practice.refuses(check, X, 4, 1, about=("kernel", "x"))
    with pytest.raises(practice.NotYet, match="lists nearly all parameters, as for another fault"):
        practice.refuses(check, X, 1, 0, about=("stride", "sh"))
    practice.refuses(check, X, 5, 1, about=("kernel", "x"))


def test_what_a_callable_takes_need_not_be_known():
    assert not refusals.lists_parameters("a, b, c", dict.fromkeys)
    assert not refusals.lists_parameters("args, kwargs", lambda *args, **kwargs: None)


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


# -- results that are no single array --------------------------------------------------------------


def same(expect, got=None, **kwargs):
    """Compare a result with what is expected; the result is what is expected unless told."""
    practice.compare(lambda: expect if got is None else got, expect=expect, **kwargs)


@pytest.mark.parametrize(
    ("expect", "printed"),
    [
        (63, ": 63"),
        ((63, 1), ": (63, 1)"),
        ([(3, 1), (7, 2)], ": [(3, 1), (7, 2)]"),
        ([], ": []"),
        ({"macs": 9, "fits": True}, ": {'macs': 9, 'fits': True}"),
        (0.5, ": error 0"),
        ((0.5, 3), ": error 0"),
        (np.ones((2, 3)), ": error 0"),
        ([np.ones((2, 3)), np.ones((1, 1))], ": error 0"),
        ("valid", ": valid"),
        (True, ": True"),
    ],
    ids=str,
)
def test_whatever_comes_back_may_be_right(expect, printed, capsys):
    same(expect)
    assert capsys.readouterr().out.rstrip().endswith(printed)


def test_a_float_for_a_whole_number_is_right_and_mentioned(capsys):
    practice.compare(lambda: 63.0, expect=63)
    assert (
        capsys.readouterr()
        .out.rstrip()
        .endswith(": 63.0 (right, but a float; a whole number is better an int)")
    )


def test_a_result_in_float32_is_held_against_float32(capsys):
    expect = [[0.1, -3.3]]
    single = np.array(expect, np.float32)
    practice.compare(lambda: single, expect=expect)
    assert "fine below 0.00033" in capsys.readouterr().out
    for wrong in (single + np.float32(1e-3), single.astype(float), single.astype(np.float16)):
        with pytest.raises(practice.NotYet, match="values are off"):
            practice.compare(lambda wrong=wrong: wrong, expect=expect)


@pytest.mark.parametrize(
    ("expect", "got", "sentence"),
    [
        (63, 64, "it is 64, it should be 63."),
        (63, 63.5, "it is 63.5, it should be 63."),
        (63, True, "it is a bool, it should be a number."),
        (63, (63,), "it is a tuple, it should be a number."),
        (0.5, float("nan"), "1 of 1 values are NaN"),
        (True, False, "it is False, it should be True."),
        (True, 1, "it is 1, it should be True."),
        ((63, 1), (63, 0), "[1] is 0, it should be 1."),
        ((63, 1), [63, 2], "[1] is 2, it should be 1."),
        ((63, 1), (63,), "it has 1 items, it should have 2."),
        ((63, 1), 63, "it is an int, it should be a tuple."),
        ((63, 1), np.array([63, 1]), "it is a NumPy array, it should be a tuple."),
        ([(3, 1)], [(3, 2)], "[0][1] is 2, it should be 1."),
        ({"a": 1}, {"b": 1}, "it has the keys ['b'], it should have ['a']."),
        ({"a": 1}, {"a": 2}, "['a'] is 2, it should be 1."),
        ({"a": [np.ones(2)]}, {"a": [np.ones(3)]}, "['a'][0]: shape is (3,), it should be (2,)."),
        ([np.ones(2), np.ones(1)], [np.ones(2), [1.0]], "[1] is a list, it should be a NumPy"),
        ([np.ones(2), np.ones(1)], [np.ones(2), np.array([True])], "[1]: dtype is bool"),
        ([np.ones(2), np.ones(1)], [np.ones(2), np.zeros(1)], "[1]: 1 of 1 values are off"),
        ("valid", "same", "it is same, it should be valid."),
        ("valid", 3, "it is 3, it should be 'valid'."),
    ],
    ids=str,
)
def test_the_place_and_the_values_of_a_fault_are_said(expect, got, sentence):
    with pytest.raises(practice.NotYet) as caught:
        same(expect, got)
    assert f": {sentence}" in str(caught.value)


def test_a_question_names_a_wrong_result_of_any_form():
    known = {"Rounded up?": (64, 0), "As a list?": [(1, 2), (3, 4)]}
    for wrong, question in [((64, 0), "Rounded up?"), ([(1, 2), (3, 4)], "As a list?")]:
        with pytest.raises(practice.NotYet) as caught:
            same((63, 1), wrong, unlike=known)
        assert str(caught.value).endswith(question)


def test_a_list_that_was_changed_is_a_changed_input():
    def shorten(layers):
        layers.pop()
        return 1

    assert "changed its input, argument 1" in fault(shorten, [(3, 1), (2, 2)], expect=1, fresh=True)


def test_generators_callables_and_layers_are_no_data_that_could_change(capsys):
    class Layer:
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x

    def through(x, layers, f, rng):
        return f(layers["same"].forward(x) + 0 * rng.random())

    rng = np.random.default_rng(0)
    practice.compare(through, X, {"same": Layer()}, double, rng, expect=[[2, 4]])
    practice.compare(through, X, {"same": Layer()}, lambda x: 2 * x, rng, expect=[[2, 4]])
    first, second = capsys.readouterr().out.splitlines()
    assert first == "ok  through(1×2, {same}, double, rng): error 0"
    assert second == "ok  through(1×2, {same}, a function, rng): error 0"


def test_arrays_beside_a_layer_are_still_looked_at():
    def spoils(things):
        things["x"][0] = 9
        return 1

    assert "changed its input" in fault(spoils, {"x": np.ones(2), "f": print}, expect=1, fresh=True)


def test_a_warning_is_said_beside_a_right_result(capsys):
    def divides(x):
        return np.where(x > 0, 2 * x, x / 0)

    practice.compare(divides, X, expect=[[2, 4]])
    assert "error 0 (right, but NumPy warned: divide by zero" in capsys.readouterr().out


def test_memory_shared_from_inside_a_list_is_noticed():
    x = np.ones((2, 3))
    expect = [x, 2 * np.ones(3)]
    assert "shares memory" in fault(lambda x: [x, x.sum(0)], x, expect=expect, fresh=True)


def test_form_of_an_answer_with_several_entries(capsys):
    practice.filled_in({"rows": 4, "macs": np.int64(12)}, ("rows", "macs"))
    practice.filled_in({"larger": True, "smaller": np.False_}, ("larger", "smaller"), kind=bool)
    assert capsys.readouterr().out.count("ok  2 entries") == 2


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ({"rows": ..., "macs": 3}, int, "Still to be filled in: 1"),
        ({"rows": 3}, int, "entries rows, macs"),
        ([3, 4], int, "entries rows, macs"),
        ({"rows": 3.0, "macs": 3}, int, "'rows' should be a whole number"),
        ({"rows": 3, "macs": True}, int, "'macs' should be a whole number"),
        ({"rows": True, "macs": 1}, bool, "'macs' should be True or False"),
    ],
    ids=str,
)
def test_names_what_is_wrong_with_the_form_of_entries(value, kind, sentence):
    with pytest.raises(practice.NotYet, match=sentence):
        practice.filled_in(value, ("rows", "macs"), kind=kind)


# -- what has passed -------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch, capsys, tmp_path):
    """What `progress` says, line by line, of the tasks `double` and `four`; starts from nothing."""
    monkeypatch.setattr(practice.RECORD, "_passed", {})
    (tmp_path / "unit1.ipynb").touch()
    monkeypatch.chdir(tmp_path)

    def tell(names, written=()):
        capsys.readouterr()
        practice.progress({"STUDENT_ID": "ada"} | names, "unit1", "double", "four", written=written)
        return capsys.readouterr().out.splitlines()

    return tell


def test_before_anything_has_run_it_says_so(told):
    (line,) = told({"practice": practice})
    assert line.startswith("No task has been run since the kernel was started.")


def test_it_counts_what_has_passed_and_says_whose_numbers_these_are(told):
    practice.passed("double", double)
    owner, first, _, passed, is_open = told({"double": double, "four": 4})
    assert owner == "The numbers of ada."
    assert first == "1 of 2 tasks have passed their practice."
    assert passed == "ok    double"
    assert is_open == "open  four    its practice has not passed"


def test_a_guest_is_warned(told):
    assert told({"STUDENT_ID": "", "four": 4})[0].startswith("WARNING: no id, so these are a guest")


def test_of_an_answer_that_is_no_function_only_the_form_is_known(told):
    practice.passed("four", 4)
    lines = told({"four": 4})
    assert lines[3] == "open  double  its cell has not been run"
    assert lines[4] == "ok    four    filled in; practice looks at the form only"


def test_an_answer_that_was_replaced_has_not_passed(told):
    practice.passed("double", double)
    again = {"double": lambda x: 2 * x}
    assert told(again)[3] == "open  double  changed since its practice passed: practise once more"
    practice.passed("double", again["double"])
    assert told(again)[3] == "ok    double"


def test_the_same_source_once_more_still_passes(told):
    def made():
        def four(x):
            return 4

        return four

    practice.passed("four", made())
    assert told({"four": made()})[4] == "ok    four"


def test_what_has_passed_survives_a_restart_once_there_is_an_id(told, monkeypatch):
    practice.passed("double", double)
    monkeypatch.setattr(practice.RECORD, "_passed", {})
    assert told({"double": double})[3] == "open  double  its practice has not passed"
    student.remembered("ada")
    practice.passed("double", double)
    monkeypatch.setattr(practice.RECORD, "_passed", {})
    assert told({"double": double})[3] == "ok    double  passed before the restart"
    assert told({"double": lambda x: x})[3] == "open  double  its practice has not passed"


def test_other_units_are_named_with_what_was_left_there(told, capsys):
    student.remembered("ada")
    practice.passed("double", double)
    told({"double": double, "four": 4})
    practice.progress({"four": 4, "STUDENT_ID": "ada"}, "unit2", "four")
    assert "      unit1: 1 of 2 tasks" in capsys.readouterr().out


@pytest.mark.parametrize(
    "check",
    [
        lambda: practice.compare(double, X, expect=X),
        lambda: practice.refuses(double, X, about="x"),
        lambda: practice.shape(double, (2,)),
        lambda: practice.filled_in(double, ("a",)),
    ],
    ids=["compare", "refuses", "shape", "filled_in"],
)
def test_the_last_outcome_counts(check, told):
    practice.passed("double", double)
    practice.passed("four", 4)
    with pytest.raises(practice.NotYet):
        check()
    lines = told({"double": double, "four": 4})
    assert lines[3] == "open  double  its practice has not passed"
    assert lines[4].startswith("ok")


def test_answers_in_words_are_named_and_not_counted(told):
    practice.passed("double", double)
    practice.passed("four", 4)
    lines = told({"double": double, "four": 4}, written=["why"])
    assert "2 of 2" in lines[1]
    assert lines[5] == "-     why     in words: a person reads it, no cell can check it"
    assert lines[-1].startswith("Before you hand in: restart the kernel")


@pytest.mark.parametrize(
    ("source", "empty"), [("YOUR ANSWER HERE", True), ("", True), ("Because.", False)]
)
def test_an_empty_text_is_open(told, source, empty):
    cell = nbformat.v4.new_markdown_cell(source, metadata={"nbgrader": {"grade_id": "why"}})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "unit1.ipynb")
    practice.passed("double", double)
    practice.passed("four", 4)
    lines = told({"double": double, "four": 4}, written=["why"])
    assert lines[5].startswith("open  why     still empty" if empty else "-     why     in words")
    assert ("Before you hand in" in lines[-1]) is not empty


# -- in Jupyter ------------------------------------------------------------------------------------


@pytest.fixture
def shell(monkeypatch):
    """A shell that keeps what is run in it, as Jupyter does."""
    shell = InteractiveShell.instance()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    shell.history_manager.reset()
    yield shell
    shell.reset()


def test_after_a_syntax_error_it_says_that_it_judges_the_version_before(shell, capsys):
    shell.run_cell("def half(x):\n    return x / 2", store_history=True)
    shell.run_cell("def half(x):\n    return x / (2", store_history=True)
    for x in (4.0, 6.0):
        practice.compare(shell.user_ns["half"], x, expect=x / 2)
    line = "Line 2 of the cell with half is no Python, so that cell has not run"
    assert capsys.readouterr().out.count(line) == 1
    shell.execution_count += 1  # the practice cell once more
    practice.compare(shell.user_ns["half"], 4.0, expect=2.0)
    assert line in capsys.readouterr().out
    shell.run_cell("def half(x):\n    return x / 2", store_history=True)
    capsys.readouterr()
    practice.compare(shell.user_ns["half"], 4.0, expect=2.0)
    assert "no Python" not in capsys.readouterr().out


def test_an_interrupted_function_ends_with_one_line():
    def never_ends(x):
        raise KeyboardInterrupt

    assert fault(never_ends, X) == "never_ends was interrupted."
