"""``autograder mark``: mark written answers in a browser."""

import argparse
import os
import urllib.parse
import urllib.request
import webbrowser
import zlib
from pathlib import Path

from autograder.commands import options

EXTENSION = "autograder.marking.server"
SECONDS = 2  # that a server which runs already may take to answer
STARTED = "Marking: the page opens in a browser; its address stands below. Ctrl-C ends the server."


def add(commands: options.Commands) -> None:
    """Add the parser."""
    parser = options.command(
        commands,
        run,
        "mark",
        "mark written answers in a browser",
        "Start a Jupyter server with the page for marking: one question at a time, all answers to "
        "it one after another, by keys. What is given stands in the gradebook at once. JupyterLab "
        "in this environment has the page too, under autograder/mark/ after the server's address.",
    )
    parser.add_argument("unit", nargs="?", metavar="UNIT", help="begin with this unit")
    parser.add_argument(
        "--port",
        type=int,
        help="the port; default: always the same for this folder, or the next one that is free. A "
        "browser keeps what is not saved for one port",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="open no browser, only print the address"
    )


def run(chosen: argparse.Namespace) -> int:
    """Serve the page until the server is ended; returns the exit code."""
    from autograder.course import Course
    from autograder.marking import answers
    from autograder.marking.desk import Desk

    course = Course()
    units = course.choose_units([chosen.unit] if chosen.unit else [])
    asked = [one for unit in units for one in answers.questions(course, unit).values()]
    if not asked:
        print(f"There is no written answer in {', '.join(units)}.")
        return 0
    Desk(course)  # raises here if the gradebook cannot be used
    if address := running(course.root, chosen.unit):
        print(f"A Jupyter server with the page runs here already: {address}")
        if not chosen.no_browser:
            webbrowser.open(address)
        return 0
    print(STARTED)
    port = usual_port(course.root) if chosen.port is None else chosen.port
    serve(course.root, chosen.unit, port, not chosen.no_browser)
    return 0


def usual_port(root: Path) -> int:
    """A port that belongs to a folder, so that a server started again has the same address."""
    return 8900 + zlib.crc32(str(root).encode()) % 1000


def running(root: Path, unit: str | None) -> str | None:
    """The address of the page on a Jupyter server of this user that runs in ``root``, or None."""
    from jupyter_server.serverapp import list_running_servers

    from autograder.marking.server import PAGE

    for server in list_running_servers():
        query = urllib.parse.urlencode({"token": server["token"]} if server["token"] else {})
        begin = f"#{urllib.parse.urlencode({'unit': unit})}" if unit else ""
        address = f"{server['url'].rstrip('/')}/{PAGE}/?{query}"
        try:
            if Path(server["root_dir"]).samefile(root):
                urllib.request.urlopen(address, timeout=SECONDS).close()
                return f"{address}{begin}"
        except (OSError, ValueError):  # it has ended, or has no such page
            continue
    return None


def serve(root: Path, unit: str | None, port: int, browser: bool) -> None:
    """Run a Jupyter server with the page, in a folder, until it is ended."""
    from jupyter_server.serverapp import ServerApp

    from autograder.marking.server import BEGIN, PAGE

    arguments = [
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.default_url=/{PAGE}/",
        f"--ServerApp.tornado_settings={ {BEGIN: unit or ''} }",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.log_level=WARN",
    ]
    if os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    # Also where the file is missing that enables it in every server of the environment.
    ServerApp.jpserver_extensions.default_value = {EXTENSION: True}
    ServerApp.launch_instance(arguments)
