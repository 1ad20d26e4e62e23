"""JupyterLab as people meet it: a server of our own, and a page of Chromium that is open on it.

Playwright keeps an event loop running while a page is open, so a test that grades or runs a
notebook in this process does so in a fixture that comes before `jupyter`, or in another process.
"""

import contextlib
import os
import shutil
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import servers

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
ANSWERS = 60  # seconds that a click may take to show on screen


@pytest.fixture(scope="module")  # and no longer, for the event loop's sake
def chromium():
    """A running browser, or the reason why these tests are skipped."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    expect.set_options(timeout=ANSWERS * 1000)
    with sync_playwright() as playwright:
        # Without Chromium's own sandbox, which root and many containers cannot have: the only
        # pages it sees are those of our server.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def jupyter(chromium, tmp_path_factory):
    """``jupyter(folder, *command)``: JupyterLab started in a folder; returns its page, opened.

    command : what starts JupyterLab, `python -m jupyterlab` if nothing is given

    The server listens on a free port of this machine and asks for a token. It knows no settings but
    those of this environment and what its command brings.
    """
    with contextlib.ExitStack() as stack:

        def start(folder, *command):
            home = tmp_path_factory.mktemp("jupyter")
            url, token = stack.enter_context(server(folder, command, home))
            context = chromium.new_context(viewport={"width": 1400, "height": 900})
            stack.callback(context.close)
            context.set_default_timeout(ANSWERS * 1000)
            page = context.new_page()
            page.goto(f"{url}lab?token={token}")
            expect(page.locator("#jupyterlab-splash")).to_have_count(
                0, timeout=servers.STARTS * 1000
            )
            expect(page.locator("#filebrowser")).to_be_visible()
            return page

        yield start


def server(folder, command, home):
    """A Jupyter server in ``folder``; gives its address, ending in a slash, and its token.

    home : an empty folder for what Jupyter keeps about a user
    """
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = command or [sys.executable, "-m", "jupyterlab"]
    return servers.running(command, folder, environment, home / "runtime", home / "log.txt")
