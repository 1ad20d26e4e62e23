"""The page on a Jupyter server, and the command that starts one."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.marked import QUESTION, UNIT, grade_of

pytestmark = pytest.mark.slow(20)


@pytest.fixture
def started(course, tmp_path):
    """The address of the page and its token, from `autograder mark`."""
    command = [sys.executable, "-m", "autograder.commands.cli", "mark", UNIT, "--no-browser"]
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        cwd=course.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"(http://127\S+/autograder/mark/)\?token=(\w+)", line):
            break
    else:
        pytest.fail("".join(said))
    for _ in range(600):  # the address is printed before anybody listens there
        try:
            get(found[1], found[2])
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    yield found[1], found[2]
    process.terminate()
    process.communicate()


def get(address, token="", **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(f"{address}?{query}", headers=headers)
    with urllib.request.urlopen(request) as reply:
        return reply.read().decode(), reply.headers


def test_the_page_is_behind_jupyters_login_and_loads_nothing_from_elsewhere(started):
    address, token = started
    page, headers = get(address, token)
    assert "<title>Marking</title>" in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    for what in ("overview", "question"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"{address}api/{what}")
        refused.value.close()
        assert refused.value.code == 403
    login, _ = get(address)  # without the token
    assert "<title>Marking</title>" not in login


def test_marking_goes_through_it_and_what_is_wrong_comes_back_as_a_sentence(started, course):
    address, token = started
    told = json.loads(get(f"{address}api/overview", token)[0])
    assert told["begin"] == UNIT
    where = {"unit": UNIT, "question": QUESTION}
    found = json.loads(get(f"{address}api/question", token, **where)[0])
    one = next(answer for answer in found["answers"] if answer["student"] == "ada")
    shown = {"student": "ada", "hash": one["hash"], "state": one["given"]["state"]}
    asked = {**where, "marker": "tom", "answers": [shown], "items": [found["items"][0]["id"]]}

    def post(what, body):
        data = json.dumps(body).encode()
        headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}api/{what}", data, headers)
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    assert post("mark", asked)[0] == 200
    assert grade_of(course, "ada")[0] == 1
    code, body = post("mark", asked)
    assert (code, body["students"]) == (409, ["ada"])
    assert "by tom" in body["message"]
    for what, body in [
        ("mark", where),
        ("mark", {**where, "answers": [{}]}),
        ("undo", {**where, "rows": ["x"]}),
        ("nothing", where),
        ("mark", {"unit": "../etc", "question": "x", "answers": []}),
    ]:
        code, told = post(what, body)
        assert code == 400
        assert told["message"]
        assert "Traceback" not in told["message"]


def test_a_unit_without_written_answers_is_named(course, monkeypatch, capsys):
    from autograder.commands import cli

    assert cli.main(["mark", "unit1_convolution", "--no-browser"]) == cli.DONE
    assert "no written answer in unit1_convolution" in capsys.readouterr().out
    assert cli.main(["mark", "unit9"]) == cli.IMPOSSIBLE
    assert "There is no unit unit9" in capsys.readouterr().err
