"""The kinds of sandbox, and a session in each of them."""

import pytest

from tests.sandboxed import need, session_of


@pytest.fixture(params=["bubblewrap", "landlock"], scope="module")
def kind(request):
    return need(request.param)


@pytest.fixture(params=["bubblewrap", "landlock", "none"])
def any_kind(request):
    return need(request.param)


@pytest.fixture(scope="module")
def session(kind):
    """A session to run cells in that leave nothing behind."""
    with session_of(kind) as session:
        yield session
