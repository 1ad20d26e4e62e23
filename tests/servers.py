"""Jupyter servers that tests start, and end."""

import contextlib
import json
import os
import socket
import subprocess
import time

import pytest

STARTS = 90  # seconds that a server may take to start, or to end; 3 on an idle machine


@contextlib.contextmanager
def running(command, folder, environment, runtime, log):
    """Run a Jupyter server; gives its address, ending in a slash, and its token.

    command : what starts it, but for the options that all have
    runtime : the folder where it writes down where it listens
    log : the file for what it prints
    """
    command = [*command, "--no-browser", "--ServerApp.port=0"]
    command += ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield address(process, runtime, log)
    finally:
        process.terminate()
        try:
            process.wait(STARTS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(process, runtime, log):
    """The (url, token) of a server, as it writes them down once it listens."""
    for _ in range(STARTS * 10):
        for path in runtime.glob("jpserver-*.json"):
            # It may be half written, or be of a server that was ended before.
            with contextlib.suppress(OSError, json.JSONDecodeError):
                told = json.loads(path.read_text(encoding="utf-8"))
                socket.create_connection(("localhost", told["port"]), 1).close()
                return told["url"], told["token"]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"Jupyter did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")
