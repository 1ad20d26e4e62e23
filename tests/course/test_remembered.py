"""Who works here, asked once for all units."""

import json
import sys

import pytest

from course import student


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """A folder with a notebook, nothing remembered, no hub, and a kernel that knows no id."""
    (tmp_path / "unit.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setattr(sys.modules["__main__"], "STUDENT_ID", "", raising=False)


def test_an_id_is_written_once(capsys):
    assert student.remembered(" s0123456 ") == "s0123456"
    assert capsys.readouterr().out == 'STUDENT_ID = "s0123456"  (from now on in all units)\n'
    assert student.remembered("") == "s0123456"
    assert capsys.readouterr().out == 'STUDENT_ID = "s0123456"  (remembered in my-progress.json)\n'


def test_another_id_replaces_it_and_keeps_what_has_passed():
    student.remembered("ada")
    student.update("passed", pad2d="abc")
    student.remembered("grace")
    assert student.remembered("") == "grace"
    assert student.section("passed") == {"pad2d": "abc"}


def test_a_guest_is_told_so_and_leaves_no_file(tmp_path, capsys):
    assert student.remembered("") == ""
    assert "earn no points" in capsys.readouterr().out
    student.update("passed", pad2d="abc")
    assert not (tmp_path / student.FILE).exists()


def test_where_no_notebook_lies_no_file_is_written(tmp_path):
    (tmp_path / "unit.ipynb").unlink()
    assert student.remembered("ada") == "ada"
    student.update("passed", pad2d="abc")
    assert list(tmp_path.iterdir()) == []


def test_on_a_hub_it_is_the_name_of_the_account(monkeypatch, capsys):
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert student.remembered("") == "ada"
    assert 'STUDENT_ID = "ada"  (the name of your account)' in capsys.readouterr().out
    student.update("passed", pad2d="abc")
    assert student.section("passed") == {"pad2d": "abc"}


def test_the_id_that_the_grader_defines_counts(monkeypatch, capsys):
    monkeypatch.setattr(sys.modules["__main__"], "STUDENT_ID", "grace")
    assert student.remembered("") == "grace"
    assert 'STUDENT_ID = "grace"' in capsys.readouterr().out


def test_units_in_folders_of_their_own_share_one_file(monkeypatch, tmp_path):
    for unit in ("unit1", "unit2"):
        (tmp_path / unit).mkdir()
        (tmp_path / unit / f"{unit}.ipynb").touch()
    monkeypatch.chdir(tmp_path / "unit1")
    student.remembered("ada")
    monkeypatch.chdir(tmp_path / "unit2")
    assert student.remembered("") == "ada"
    assert (tmp_path / student.FILE).is_file()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"passed": 3}', "\ufeff"])
def test_a_damaged_file_is_no_error(text, tmp_path):
    (tmp_path / student.FILE).write_text(text, encoding="utf-8")
    assert student.remembered("") == ""
    assert student.section("passed") == {}
    student.remembered("ada")
    student.update("passed", pad2d="abc")
    assert json.loads((tmp_path / student.FILE).read_text())["passed"] == {"pad2d": "abc"}


def test_where_nothing_can_be_written_nothing_is_remembered(monkeypatch, tmp_path):
    monkeypatch.setattr(student, "FILE", "no such folder/file.json")
    assert student.remembered("ada") == "ada"
    assert student.remembered("") == ""


def test_the_same_source_has_the_same_fingerprint():
    def one(x):
        return x

    first, again = one, one
    assert student.fingerprint(first) == student.fingerprint(again)
    assert student.fingerprint(len) is None
    assert student.fingerprint([1, 2]) == student.fingerprint([1, 2]) != student.fingerprint([1])


@pytest.mark.parametrize("text", [None, "", "{}", '{"cells": [3]}', '{"cells": [{}]}'])
def test_a_notebook_that_is_not_there_or_not_one_has_no_texts(text, tmp_path):
    if text is not None:
        (tmp_path / "unit1.ipynb").write_text(text)
    assert student.empty_texts("unit1", ["why"]) is None
