"""The content of one unit for tests of the engine: its checks grade refusals, dtypes, copies.

The course itself leaves these to `course.given`. An author may grade them, so the engine's tests
need tasks that do.
"""

from autograder.content import Content

CONTENT = Content(
    package=__name__, students="course", title="Strict", kit="strict-kit", requirements=("numpy",)
)
