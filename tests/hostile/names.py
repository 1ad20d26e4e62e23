"""Names of students and files, and what stands there instead of a file."""

import os
import socket

from autograder.examples import UNIT
from autograder.units import CONTENT as content
from tests.hostile import PAD, earns, refused

NEIGHBOUR = f"neighbour_0/{UNIT}"


def _link(target, up=3):
    """A link to ``target``, a path in ``submitted/``."""
    return lambda path: path.symlink_to("/".join([*[".."] * (up - 1), target]))


@earns(PAD)
def is_called_html(work):
    """A student whose id is HTML."""
    work.call("<img src=x onerror=alert(1)>")
    work.solve_pad2d()


@earns(PAD)
def is_called_like_an_option(work):
    """A student whose id begins with dashes."""
    work.call("--help")
    work.solve_pad2d()


@earns(PAD)
def is_called_like_a_command(work):
    """A student whose id is a format, a query and a command."""
    work.call("%s{student_id}$(touch x)`touch y`' OR '1'='1")
    work.solve_pad2d()


@earns(PAD)
def is_called_dots(work):
    """A student whose id looks like a path to elsewhere."""
    work.call("a\\..\\..\\..\\etc")
    work.solve_pad2d()


@refused("characters that cannot be shown")
def is_called_in_two_lines(work):
    """An id that writes a line of the command's output of its own."""
    work.call("good\nneighbour_0                   15 of 15")


@refused("characters that cannot be shown")
def is_called_in_colours(work):
    """An id with terminal escapes, which would clear the screen."""
    work.call("\x1b[2J\x1b[31mred")


@refused("characters that cannot be shown")
def is_called_backwards(work):
    """An id that turns its text around, so that it reads like another."""
    work.call("\u202e0_ruobhgien")


@refused("characters that cannot be shown")
def is_called_in_separators(work):
    """An id with a line separator and characters of no width: it looks like a neighbour's."""
    work.call("neighbour_\u200b0\u2028")


@refused("holds U+FE0F, which is not seen")
def is_called_with_a_variation_selector(work):
    """An id that looks like a neighbour's: its last character is none of its own."""
    work.call("neighbour_0\ufe0f")


@refused("holds U+3164, which is not seen")
def is_called_with_a_letter_that_is_blank(work):
    """An id that looks like a neighbour's: its last character is a blank letter."""
    work.call("neighbour_0\u3164")


@refused("longer than the 128 characters")
def has_a_very_long_name(work):
    """An id as long as a file system allows."""
    work.call("long_" * 51)


@earns(PAD)
def is_the_twin_of_a_neighbour(work):
    """An id that differs from a neighbour's in one capital letter."""
    work.call("Neighbour_0")
    work.solve_pad2d()


@earns(PAD)
def renames_its_file(work):
    """A file name of escapes, line breaks and HTML."""
    work.solve_pad2d()
    work.rename = "\x1b[31m\n<script>alert(1)<\u2028script>\u202e.ipynb"


@refused("several notebooks")
def hands_in_twice(work):
    """Two files, neither of the right name."""
    work.rename = "one.ipynb"
    work.folder.mkdir(parents=True)
    (work.folder / "two.ipynb").write_bytes(work.data())


@refused("is a link")
def links_to_a_neighbours_file(work):
    """The file is a link to that of a neighbour, which is all right."""
    work.instead(_link(f"{NEIGHBOUR}/{UNIT}.ipynb"))


@refused("is a link")
def links_to_a_neighbours_unit(work):
    """The folder of the unit is a link to that of a neighbour."""

    def make(path):
        path.parent.rmdir()
        _link(NEIGHBOUR, 2)(path.parent)

    work.instead(make)


@refused("is a link")
def links_to_a_neighbour(work):
    """The student's folder is a link to that of a neighbour."""

    def make(path):
        path.parent.rmdir()
        path.parent.parent.rmdir()
        path.parent.parent.symlink_to("neighbour_0")

    work.instead(make)


@refused("is a link")
def links_to_the_gradebook(work):
    """The file is a link to the gradebook."""
    work.instead(lambda path: path.symlink_to(work.around.course / "gradebook.db"))


@refused("is a link")
def links_to_the_environment(work):
    """The file is a link to the grader's environment."""
    work.instead(lambda path: path.symlink_to("/proc/self/environ"))


@refused("is a link")
def links_to_zeros_without_end(work):
    """The file is a link to a device that never ends."""
    work.instead(lambda path: path.symlink_to("/dev/zero"))


@refused("is a link")
def links_to_itself(work):
    """The file is a link to itself."""
    work.instead(lambda path: path.symlink_to(path.name))


@refused("not a file")
def is_a_pipe(work):
    """The file is a named pipe that nobody writes to."""
    work.instead(os.mkfifo)


@refused("not a file")
def is_a_socket(work):
    """The file is a socket."""

    def make(path):
        folder = os.open(path.parent, os.O_RDONLY)  # its whole path would be too long
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)

    work.instead(make)


@refused("not a file")
def is_a_folder(work):
    """The file is a folder, with the right name and a notebook in it."""

    def make(path):
        path.mkdir()
        (path / path.name).write_bytes(work.data())

    work.instead(make)


@earns(PAD)
def brings_other_files(work):
    """Beside its notebook: modules that hide the course's, links, a pipe, and a large file."""
    work.solve_pad2d()
    work.folder.mkdir(parents=True)
    for name in ("numpy.py", "course.py", "sitecustomize.py", "nbgrader_config.py"):
        (work.folder / name).write_text("raise SystemExit('hidden')")
    (work.folder / "link").symlink_to("/etc")
    os.mkfifo(work.folder / "pipe")
    with open(work.folder / "large", "wb") as file:
        file.truncate(1 << 32)


@earns(PAD)
def dates_itself(work):
    """A time of its own making, which is no time."""
    work.solve_pad2d()
    work.folder.mkdir(parents=True)
    (work.folder / "timestamp.txt").write_text("\x1b[31m<script>alert(1)</script>\x00" * 99)


@earns(PAD)
def dates_itself_by_a_pipe(work):
    """A pipe that nobody writes to, in the place of the time it was handed in."""
    work.solve_pad2d()
    work.folder.mkdir(parents=True)
    os.mkfifo(work.folder / "timestamp.txt")


@earns(PAD)
def dates_itself_by_a_link(work):
    """A link to zeros without end, in the place of the time it was handed in."""
    work.solve_pad2d()
    work.folder.mkdir(parents=True)
    (work.folder / "timestamp.txt").symlink_to("/dev/zero")


def takes_a_neighbours_numbers(work):
    """The right answers by hand to a neighbour's own numbers."""
    work.answer_by_hand("neighbour_0")
    assert content.of_unit(UNIT)["conv2d_by_hand"].own_numbers
