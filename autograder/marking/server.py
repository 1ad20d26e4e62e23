"""The marking page as an extension of Jupyter's server, behind its login.

`autograder mark` starts a server with it. JupyterLab in an environment with the grader has it too,
on a hub for instance: the wheel brings ``autograder.json``, which enables it.
"""

from __future__ import annotations

import asyncio
import functools
import getpass
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from nbgrader.coursedir import CourseDirectory
from tornado import web

from autograder.course import Course, CourseError
from autograder.marking.desk import Desk
from autograder.marking.marks import Conflict
from autograder.marking.store import MarkingError

HERE = Path(__file__).resolve().parent
PAGE = "autograder/mark"  # the address of the page, below that of the server
FILES = {"page.js": "text/javascript", "page.css": "text/css", "page.html": "text/html"}
CONFLICT, WRONG, GONE = 409, 400, 503  # HTTP's codes for what a marker is told
BEGIN = "autograder_unit"  # the key of the unit to begin with
# Who waits for model answers, which may take half a minute, waits in a thread of their own.
SLOW = ThreadPoolExecutor(1)
DESK = "autograder_desk"  # the key of the `Desk` in the server's settings


def desk_of(settings: dict[str, Any]) -> Desk:
    """The desk of this server, made when it is first asked for. Raises CourseError."""
    if DESK not in settings:
        settings[DESK] = Desk(Course(root_of(settings)))
    desk: Desk = settings[DESK]
    return desk


def root_of(settings: dict[str, Any]) -> Path:
    """The course's folder: the one that formgrader uses, if this server has formgrader."""
    if formgrader := settings.get("nbgrader_formgrader"):
        return Path(CourseDirectory(config=formgrader.load_config()).root)
    return Path(str(settings["server_root_dir"])).expanduser()


class Page(JupyterHandler):
    """The page and its files. They hold nothing of the course."""

    @property
    def content_security_policy(self) -> str:
        """What the page may load: its own files, and pictures that are in the answers."""
        parts = [
            super().content_security_policy,
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # formulas and the course's texts have styles
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
        return "; ".join(parts)

    @web.authenticated
    def get(self, name: str = "") -> None:
        """One of `FILES`; the page if none is named."""
        name = name or "page.html"
        if name not in FILES:
            raise web.HTTPError(404)
        self.set_header("Content-Type", f"{FILES[name]}; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        _ = self.xsrf_token  # sets the cookie that requests must repeat
        self.finish((HERE / name).read_bytes())


class Api(APIHandler):
    """Passes what the page asks on to the `Desk`."""

    @web.authenticated
    async def get(self, what: str) -> None:
        """Answer a question of the page."""
        await self.answer(what, {name: self.get_argument(name) for name in self.request.arguments})

    @web.authenticated
    async def post(self, what: str) -> None:
        """Do what a marker has asked for."""
        await self.answer(what, self.get_json_body() or {})

    async def answer(self, what: str, asked: dict[str, Any]) -> None:
        """Call a method of the desk in a thread, and send what it returns."""
        try:
            call = self.call(what, asked)
            threads = SLOW if what == "beside" else None
            found = await asyncio.get_running_loop().run_in_executor(threads, call)
        except Conflict as problem:
            self.refuse(CONFLICT, str(problem), students=problem.students)
        except MarkingError as problem:
            self.refuse(WRONG, str(problem))
        except CourseError as problem:
            self.refuse(GONE, str(problem))
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            self.log.exception("the marking page asked for %s", what)
            self.refuse(WRONG, f"The page sent what the grader cannot read ({problem!r}).")
        else:
            self.finish(json.dumps(found))

    def refuse(self, code: int, message: str, **more: Any) -> None:
        """Send a sentence in the place of an answer."""
        self.set_status(code)
        self.finish(json.dumps({"message": message, **more}))

    def call(self, what: str, asked: dict[str, Any]) -> Callable[[], dict[str, Any]]:
        """The call that answers a request. Raises MarkingError if there is none of this name."""
        desk = desk_of(self.settings)
        reading = self.request.method == "GET"
        if what == "overview" and reading:
            begin = self.settings.get(BEGIN, "")
            return lambda: {**desk.overview(), "user": self.user(), "begin": begin}
        where = (str(asked["unit"]), str(asked["question"]))
        marker = " ".join(str(asked.get("marker") or self.user()).split())[:128]
        calls: dict[str, Callable[[], dict[str, Any]]]
        if reading:
            student = str(asked.get("student", ""))
            calls = {
                "question": functools.partial(desk.question, *where),
                "beside": functools.partial(desk.beside, *where, student),
                "news": lambda: desk.news(*where, marker, student, str(asked["stamp"])),
            }
        else:
            calls = {
                "mark": functools.partial(desk.mark, *where, marker, asked),
                "undo": lambda: desk.undo(*where, marker, asked["rows"]),
                "item": functools.partial(desk.item, *where, marker, asked),
                "phrase": functools.partial(desk.phrase, *where, asked),
                "divide": lambda: desk.divide(*where, asked["markers"]),
                "sample": lambda: desk.sample(*where, asked["size"]),
                "confirm": lambda: desk.confirm(*where, asked["students"]),
            }
        if what not in calls:
            raise MarkingError(f"The grader knows no {what!r}: load the page again.")
        return calls[what]

    def user(self) -> str:
        """The name of who is logged in: a hub's, else that of the account.

        Jupyter's own server draws a new name for everyone who comes with its token.
        """
        drawn = type(self.identity_provider).__module__.startswith("jupyter_server.")
        name = "" if drawn else str(getattr(self.current_user, "username", "") or "")
        return name or getpass.getuser()


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the page to a Jupyter server, which calls this function."""
    base = url_path_join(server.web_app.settings["base_url"], PAGE)
    server.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, "api", r"(\w+)"), Api),
            (url_path_join(base, r"(page\.\w+)"), Page),
            (f"{base}/?", Page),
        ],
    )
