"""Folders as a student could have made them: what is opened there, and what is not."""

import os
import socket

import pytest

from autograder.untrusted import nofollow
from autograder.untrusted.nofollow import Refused


@pytest.fixture
def root(tmp_path):
    """A trusted folder with ``ada/unit/file`` in it, and a file outside."""
    folder = tmp_path / "root" / "ada" / "unit"
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"0123456789")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "root"


PATH = "ada", "unit", "file"


def test_a_file_is_read_up_to_a_limit(root):
    assert nofollow.read(root, *PATH, most=100) == b"0123456789"
    assert nofollow.read(root, *PATH, most=4) == b"0123"


def test_links_above_the_trusted_folder_are_the_lecturers(root):
    link = root.with_name("link")
    link.symlink_to(root)
    assert nofollow.read(link, *PATH, most=100) == b"0123456789"


@pytest.mark.parametrize("level", range(3))
@pytest.mark.parametrize("target", ["../../../secret", "nowhere", "/"])
def test_no_link_below_it_is_followed(root, level, target):
    place = root.joinpath(*PATH[: level + 1])
    place.rename(root / "away")
    place.symlink_to(target)
    with pytest.raises(Refused, match=rf"^{PATH[level]} is a link: the (folder|file) itself"):
        nofollow.read(root, *PATH, most=100)


@pytest.mark.parametrize("names", [("..", "secret"), ("ada", ".."), ("ada/unit/file",), (".",)])
def test_a_name_does_not_lead_out_of_its_folder(root, names):
    with pytest.raises(Refused, match="leads out of its folder"):
        nofollow.read(root, *names, most=100)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, make_socket])
def test_what_is_no_file_is_refused_without_waiting(root, make, monkeypatch):
    (root / "ada" / "unit" / "file").unlink()
    monkeypatch.chdir(root / "ada" / "unit")  # the whole path is too long for a socket
    make("file")
    with pytest.raises(Refused, match=r"^file is not a file$"):
        nofollow.read(root, *PATH, most=100)


def test_a_file_in_the_place_of_a_folder_is_refused(root):
    with pytest.raises(Refused, match=r"^file is not a folder$"):
        nofollow.read(root, *PATH, "inside", most=100)


def test_what_is_missing_is_told_from_what_is_refused(root):
    with pytest.raises(FileNotFoundError):
        nofollow.read(root, "ada", "other", "file", most=100)


def test_a_file_of_another_account_is_refused_where_the_owner_is_known(root):
    uid = os.stat(root.joinpath(*PATH)).st_uid
    with nofollow.file(root, *PATH, owner=uid) as opened:
        assert opened.read() == b"0123456789"
    with (
        pytest.raises(Refused, match="file belongs to another account"),
        nofollow.file(root, *PATH, owner=uid + 1),
    ):
        pass


def test_an_entry_that_is_exchanged_for_a_link_after_it_was_listed_is_refused(root):
    [found] = nofollow.walk(root)
    (root / "ada").rename(root.with_name("away"))
    (root / "ada").symlink_to(root.with_name("away"))
    with pytest.raises(Refused, match="ada is a link"):
        nofollow.read(root, *found, most=100)


def test_all_that_is_no_folder_is_listed_and_links_are_not_entered(root):
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "ada" / "pipe")
    (root / "ada" / "skipped").mkdir()
    (root / "ada" / "skipped" / "inside").write_bytes(b"")
    found = set(nofollow.walk(root, skip=lambda name: name == "skipped"))
    assert found == {PATH, ("ada", "pipe"), ("loop",)}


def test_folders_without_end_are_not_entered_to_the_end(root):
    deep = root
    for _ in range(nofollow.MAX_DEPTH + 5):
        deep = deep / "d"
        deep.mkdir()
    [found] = [path for path in nofollow.walk(root) if path[0] == "d"]
    assert len(found) == nofollow.MAX_DEPTH + 1
    with pytest.raises(Refused, match="d is not a file"):
        nofollow.read(root, *found, most=100)


def test_folders_are_made_but_not_through_a_link(root, tmp_path):
    with nofollow.folder(root, "new", "newer", make=True) as opened:
        assert os.listdir(opened) == []
    assert (root / "new" / "newer").is_dir()
    (root / "linked").symlink_to(tmp_path)
    with (
        pytest.raises(Refused, match="linked is a link"),
        nofollow.folder(root, "linked", "newer", make=True),
    ):
        pass
    assert not (tmp_path / "newer").exists()


def test_nothing_stays_open(root):
    (root / "link").symlink_to("ada")
    before = set(os.listdir("/proc/self/fd"))
    nofollow.read(root, *PATH, most=1)
    for names in (("link", "x"), ("ada", "unit"), ("ada", "none")):
        with pytest.raises((Refused, FileNotFoundError)):
            nofollow.read(root, *names, most=1)
    list(nofollow.walk(root))
    assert set(os.listdir("/proc/self/fd")) == before
