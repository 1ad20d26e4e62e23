"""Model answers with the numbers of the student's own run.

The questions ask about experiments whose seeds and classes are drawn from the student's id. The
content computes what came out of them: the function ``<question>(mine)`` in a unit's
``model_answers.py`` returns the numbers by the names that stand in the model answer. Some train
networks for it, so what they return is kept in ``.autograder/<unit>/model_answers.json``.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from autograder import files
from autograder.content import MODEL_ANSWERS, Content, TaskError
from autograder.output import rubric


def answer(root: Path, content: Content, unit: str, question: str, student: str, text: str) -> str:
    """The model answer to a question, with the numbers of a student's run.

    root : the course's folder, below which the numbers are kept
    text : the answer as in the source notebook, with its ``{names}``

    Raises RubricError if a name has no number, and TaskError if the content cannot compute them.
    """
    return rubric.filled(text, numbers(root, content, unit, question, student))


def numbers(root: Path, content: Content, unit: str, question: str, student: str) -> dict[str, Any]:
    """The student's own numbers for a question and what came out of the run with them, by name.

    Empty if the content computes nothing for the question. Raises TaskError.
    """
    with explained(content, unit, question):
        run = Run(root, content, unit, question, student)
        found = run.kept()
        return run.computed() if found is None else found


def kept(
    root: Path, content: Content, unit: str, question: str, student: str
) -> dict[str, Any] | None:
    """The same if it takes no time: None if the numbers have to be computed. Raises TaskError."""
    with explained(content, unit, question):
        return Run(root, content, unit, question, student).kept()


@contextlib.contextmanager
def explained(content: Content, unit: str, question: str) -> Iterator[None]:
    """Raise a TaskError for whatever the author's code raises."""
    try:
        yield
    except Exception as error:
        place = f"{content.place(unit)}/{MODEL_ANSWERS}.py: `{question}`"
        raise TaskError(f"{place} cannot be computed ({type(error).__name__}: {error}).") from error


class Run:
    """A student's run for a question: what is drawn for it, and the file that keeps the numbers."""

    def __init__(
        self, root: Path, content: Content, unit: str, question: str, student: str
    ) -> None:
        self.compute = content.model_answer(unit, question)
        self.own, self.drawn = {}, dict[str, Any]()
        if self.compute is None:
            return
        if "mine" in inspect.signature(self.compute).parameters:
            if content.draw is None:
                raise TypeError(f"takes `mine`, but CONTENT of {content.package} has no `draw`")
            mine = content.draw(question, student)
            self.own = {"mine": mine}
            self.drawn = {n: value for n, value in vars(mine).items() if not n.startswith("_")}
        self.key = f"{question} {json.dumps(self.drawn, sort_keys=True, default=float)}"
        self.path = root / ".autograder" / unit / "model_answers.json"
        self.version = version(content, unit)

    def kept(self) -> dict[str, Any] | None:
        """The numbers; None if they have to be computed."""
        if self.compute is None:
            return {}
        found = load(self.path, self.version)["numbers"].get(self.key)
        return None if found is None else {**self.drawn, **found}

    def computed(self) -> dict[str, Any]:
        """The numbers, computed and kept."""
        assert self.compute is not None  # else there is nothing to compute
        # In one thread, which sums in the same order everywhere, and without what experiments
        # print. As JSON at once: the same number whether it was kept or not.
        with threadpool_limits(1), contextlib.redirect_stdout(io.StringIO()):
            found = json.loads(json.dumps(self.compute(**self.own), default=float))
        told = load(self.path, self.version)
        told["numbers"][self.key] = found
        save(self.path, told)
        return {**self.drawn, **found}


@functools.cache
def version(content: Content, unit: str) -> str:
    """A hash of what computes the numbers: the student package and the unit."""
    folders = (content.student_folder, content.folder / unit)
    return files.digest({folder: folder.rglob("*") for folder in folders})


def load(path: Path, version: str) -> dict[str, Any]:
    """What is kept; without numbers if it is of another version or cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] == version:
            return {"version": version, "numbers": dict(kept["numbers"])}
    return {"version": version, "numbers": {}}


def save(path: Path, kept: dict[str, Any]) -> None:
    """Keep the numbers. Where that is not possible, they are computed again."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, json.dumps(kept, indent=1, sort_keys=True).encode())
