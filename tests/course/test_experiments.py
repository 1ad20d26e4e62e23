import sys

from course.experiments import progress


def test_progress_goes_through_the_steps_and_says_nothing_on_stderr(capsys):
    assert list(progress(range(3), "training")) == [0, 1, 2]
    printed = capsys.readouterr()
    assert "training" in printed.out
    assert printed.err == ""


def test_without_tqdm_there_is_no_bar(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress([4, 5], "training")) == [4, 5]
    assert capsys.readouterr().out == ""
