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
    compute = content.model_answer(unit, question)
    if compute is None:
        return {}
    place = f"{content.place(unit)}/{MODEL_ANSWERS}.py: `{question}`"
    own = {}
    try:
        if "mine" in inspect.signature(compute).parameters:
            if content.draw is None:
                raise TypeError(f"takes `mine`, but CONTENT of {content.package} has no `draw`")
            own = {"mine": content.draw(question, student)}
        drawn = {
            name: value
            for mine in own.values()
            for name, value in vars(mine).items()
            if not name.startswith("_")
        }
        key = f"{question} {json.dumps(drawn, sort_keys=True, default=float)}"
        path = root / ".autograder" / unit / "model_answers.json"
        kept = load(path, version(content, unit))
        if key not in kept["numbers"]:
            # In one thread, which sums in the same order everywhere, and without what
            # experiments print. As JSON at once: the same number whether it was kept or not.
            with threadpool_limits(1), contextlib.redirect_stdout(io.StringIO()):
                found = compute(**own)
            kept["numbers"][key] = json.loads(json.dumps(found, default=float))
            save(path, kept)
        return {**drawn, **kept["numbers"][key]}
    except Exception as error:  # the author's code may raise anything
        raise TaskError(f"{place} cannot be computed ({type(error).__name__}: {error}).") from error


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
