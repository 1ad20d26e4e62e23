"""Both ends are ours here: the student's is played by a thread that misbehaves in one way."""

import json
import os
import re
import socket
import struct
import threading
import time
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checking.compare import hand_written
from autograder.sandbox import client
from autograder.sandbox.channel import Channel, NoAnswer
from autograder.sandbox.client import Remote, Session
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.wire import Foreign
from autograder.sandbox.limits import Limits
from autograder.untrusted import outputs
from autograder.untrusted.outputs import MAX_OUTPUTS, clean_outputs
from autograder.untrusted.overlap import Compiled
from autograder.untrusted.text import CONTROL_CHARACTERS, SIGN, clean_line, clean_text
from tests.pictures import encoded, jpeg, png

SCRIPT = "<script>alert(1)</script>"
PICTURE = encoded(png())


def read_request(sock):
    """The next request, as (header, tensors); None when the grader has gone."""

    def read(n):
        data = b""
        while len(data) < n:
            chunk = sock.recv(n - len(data))
            if not chunk:
                raise ConnectionError
            data += chunk
        return data

    try:
        return wire.read_frame(read, 1 << 30, 1 << 30)
    except OSError:
        return None


@pytest.fixture
def peer():
    """``peer(answer, prefilled=b"")`` is the grader's socket to someone who sends ``answer(request,
    tensors)`` (bytes) to every request, and then goes if that is None."""
    threads, sockets = [], []

    def start(answer, prefilled=b""):
        ours, theirs = socket.socketpair()
        theirs.sendall(prefilled)

        def work():
            try:
                while request := read_request(theirs):
                    data = answer(*request)
                    if data is None:
                        break
                    theirs.sendall(data)
            except OSError:
                pass
            theirs.close()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        sockets.append(ours)
        return ours

    yield start
    for sock in sockets:
        sock.close()
    for thread in threads:
        thread.join()


def remote(sock, by_value=False, max_body=1 << 20, wall=20.0):
    """A `Remote` that waits for an answer for this wall time."""
    return Remote(Channel(sock, client.MAX_ANSWER, max_body, lambda _: wall), "f", by_value, 1.0)


def raw(header, body=b"", claim=None):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return wire.LENGTHS.pack(*(claim or (len(head), len(body)))) + head + body


def honest(request, tensors):
    """Gives back the first argument."""
    value = request["args"][0]
    used = {value["array"]: tensors[value["array"]]} if isinstance(value, dict) else {}
    return wire.encode({"id": request["id"], "value": value}, used)


def replies(**header):
    return lambda request, tensors: raw({"id": request["id"], **header})


def test_call_brings_back_the_value(peer):
    seen = remote(peer(honest)).observe((np.arange(3.0),), {})
    assert seen.returned
    assert seen.value.tolist() == [0, 1, 2]


def test_many_calls_share_one_conversation(peer):
    f = remote(peer(honest))
    assert [f.observe((i,), {}).value for i in range(20)] == list(range(20))


LOST = {
    "goes away": lambda request, tensors: None,
    "sends no id": lambda request, tensors: raw({"value": 1}),
    "sends true for id 1": lambda request, tensors: raw({"id": True, "value": 1}),
    "sends 1.0 for id 1": lambda request, tensors: raw({"id": 1.0, "value": 1}),
    "sends its id as text": lambda request, tensors: raw({"id": "1", "value": 1}),
    "sends a list as id": lambda request, tensors: raw({"id": [1], "value": 1}),
    "answers another question": lambda request, tensors: raw({"id": 2, "value": 1}),
    "sends no JSON": lambda request, tensors: raw(b"{"),
    "sends no object": lambda request, tensors: raw([1]),
    "sends deep nesting": lambda request, tensors: raw(b'{"id":1,"value":' + b"[" * 100_000),
    "sends an integer of 5000 digits": lambda request, tensors: raw(b'{"id":' + b"1" * 5000),
    "promises too long a header": lambda request, tensors: raw({}, claim=(2**32 - 1, 0)),
    "promises too large a body": lambda request, tensors: raw({}, claim=(2, 2**32 - 1)),
    "sends a broken body": lambda request, tensors: raw({"id": 1}, b"\xff" * 9),
    "sends a malformed error": replies(error=["ValueError"]),
    "sends an error that is a number": replies(error=5),
    "sends an unknown tag": replies(value={"pickle": "abc"}),
    "names an array that is not there": replies(value={"array": "0"}),
    "nests its value too deeply": replies(value=[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]),
    "uses an unhashable key": replies(value={"dict": [[[1], 2]]}),
}


@pytest.mark.parametrize("how", LOST)
def test_peer_that_breaks_the_format_is_lost(peer, how):
    seen = remote(peer(LOST[how])).observe((1,), {})
    assert seen.lost
    assert not seen.returned


@pytest.mark.parametrize(
    "answer",
    [
        lambda request, tensors: b"",
        lambda request, tensors: raw({"id": 1}, claim=(1000, 0)),
        lambda request, tensors: raw({"id": 1, "value": 1}, claim=(20, 1000)),
    ],
    ids=["nothing", "half a header", "no body"],
)
def test_peer_that_sends_too_little_is_lost_after_the_deadline(peer, answer):
    seen = remote(peer(answer), wall=0.2).observe((1,), {})
    assert "did not answer in time" in seen.lost


def test_peer_that_does_not_read_is_lost_after_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        seen = remote(ours, wall=0.2).observe((np.zeros(1 << 20),), {})
    assert "did not answer in time" in seen.lost


def test_peer_that_drips_bytes_does_not_move_the_deadline(peer):
    stop = threading.Event()
    ours, theirs = socket.socketpair()

    def drip():
        theirs.recv(1)  # of the question
        theirs.sendall(wire.LENGTHS.pack(1 << 17, 0))
        try:
            while not stop.wait(0.02):
                theirs.sendall(b" ")
        except OSError:
            pass

    thread = threading.Thread(target=drip)
    thread.start()
    seen = remote(ours, wall=0.2).observe((1,), {})
    stop.set()
    thread.join()
    theirs.close()
    assert "did not answer in time" in seen.lost


def test_what_was_sent_before_the_question_is_no_answer(peer):
    prefilled = raw({"id": 0, "value": 1}) + raw({"id": 5, "value": 1})
    seen = remote(peer(honest, prefilled)).observe((1,), {})
    assert "an answer before there was a question" in seen.lost


def test_an_answer_of_another_process_is_none():
    """The kernel says who has sent it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours, 1 << 16, 1 << 16, Limits().wall)
        channel.partner = os.getpid() + 1
        thread = threading.Thread(target=lambda: theirs.sendall(theirs.recv(1) and raw({"id": 1})))
        thread.start()
        with pytest.raises(NoAnswer, match="another process answered"):
            channel.ask({"op": "ping"})
        thread.join()


def test_who_waits_for_a_processor_for_ever_is_not_waited_for():
    """Its own children may keep the processors busy."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours, 1 << 16, 1 << 16, lambda seconds: 0.3)
        channel.delay = time.monotonic
        with pytest.raises(NoAnswer, match="did not answer in time"):
            channel.ask({"op": "ping"})


def test_second_answer_to_one_question_is_not_taken_for_the_next(peer):
    f = remote(peer(lambda *request: 2 * honest(*request)))
    assert f.observe((1,), {}).value == 1
    assert "an answer before there was a question" in f.observe((2,), {}).lost


def test_lost_conversation_stays_lost_with_its_reason(peer):
    f = remote(peer(LOST["sends no id"]))
    first = f.observe((1,), {}).lost
    assert f.observe((1,), {}).lost == first
    assert not f.channel.waits()


def test_closed_conversation_is_lost(peer):
    f = remote(peer(honest))
    f.channel.close()
    assert f.observe((1,), {}).lost


def test_reasons_repeat_nothing_that_was_sent(peer):
    secret = 1_234_567_890
    answers = [
        lambda request, tensors: raw({}, claim=(secret, 0)),
        replies(value={"secret1234567890": 1}),
        lambda request, tensors: raw(
            {"id": 1},
            struct.pack("<Q", 28) + b'{"x":{"dtype":"F1234567890"}',
        ),
    ]
    for answer in answers:
        assert "234" not in remote(peer(answer)).observe((1,), {}).lost


def test_one_array_used_many_times_does_not_become_many(peer):
    body = wire.encode({}, {"0": np.zeros(100_000)})[10:]
    tree = [{"array": "0"}] * 20_000
    seen = remote(peer(lambda *_: raw({"id": 1, "value": tree}, body))).observe((1,), {})
    assert "unreadable" in seen.lost


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e999", "-5", "9" * 400, '"\\ud800"', "[[1e308], [1, 2]]"],
)
def test_odd_numbers_and_texts_cross_and_can_be_looked_at(peer, value):
    reply = raw(b'{"id": 1, "value": %s}' % value.encode())
    seen = remote(peer(lambda *_: reply)).observe((1,), {})
    assert seen.returned
    hand_written(seen.value)


def test_foreign_values_arrive_as_the_name_of_their_type_only(peer):
    seen = remote(peer(replies(value={"foreign": "<b>" * 99}))).observe((1,), {})
    assert isinstance(seen.value, Foreign)
    assert len(seen.value.type_name) == 80


@pytest.mark.parametrize(
    ("header", "error", "line"),
    [
        ({"error": ["ValueError", "no"], "line": 3}, ("ValueError", "no"), 3),
        ({"error": [1, {"a": []}], "line": True}, ("", ""), None),
        ({"error": ["a\x1b[31m\ud800b", "\x00\u202ec"], "line": -1}, ("ab", "c"), None),
        ({"error": ["E" * 999, "m" * 9999], "line": 10**30}, ("E" * 100, "m" * 500), None),
        ({"error": [[[[]]], None], "line": "5"}, ("", ""), None),
    ],
)
def test_errors_arrive_as_short_plain_text(peer, header, error, line):
    seen = remote(peer(replies(**header))).observe((1,), {})
    assert (seen.error, seen.line) == (error, line)


def test_observations_of_wrong_types_become_nothing(peer):
    header = {"value": 1, "changed": 7, "aliased": "yes", "warned": {"a": 1}, "stopped": "yes"}
    seen = remote(peer(replies(**header))).observe((1,), {})
    assert (seen.value, seen.changed, seen.aliased, seen.warned) == (1, (), False, ())
    seen = remote(peer(replies(value=1, joined=1, states=["0"]))).observe((1,), {})
    assert (seen.joined, seen.states) == (False, ())


def test_states_are_read_of_the_arguments_that_were_given(peer):
    header = {"value": 1, "states": {"0": "a1", "x": 5, "the hidden input is 3.25": "b2"}}
    seen = remote(peer(replies(**header))).observe((1, 2), {"x": 3})
    assert seen.states == (("0", "a1"), ("x", ""))


def test_only_arguments_that_were_given_can_have_changed(peer):
    header = {"value": 1, "changed": ["1", "x", "the hidden input is 3.25", [], "0"]}
    seen = remote(peer(replies(**header))).observe((1, 2), {"x": 3})
    assert seen.changed == ("0", "1", "x")


def test_stopped_is_believed_only_as_true(peer):
    assert remote(peer(replies(stopped=True, value=1))).observe((1,), {}).stopped
    assert not remote(peer(replies(stopped=1, value=1))).observe((1,), {}).stopped


# -- sessions -------------------------------------------------------------------------------------


class FakeSandbox:
    """Starts nobody: the process is a thread of ours."""

    kind, limits = "fake", Limits()

    def __init__(self, sockets):
        self.sockets, self.stopped = sockets, 0

    def start(self, snapshots):
        monitor = SimpleNamespace(first=None, look=lambda: False)
        return SimpleNamespace(broken=None, pid=os.getpid(), monitor=monitor), self.sockets, None

    def folders(self, pid, scratch):
        return []

    def reason(self):
        return " (bwrap: no user namespaces)"

    def stop(self, process, scratch):
        self.stopped += 1


def after_ping(answer):
    return lambda request, tensors: (
        raw({"id": request["id"]}) if request["op"] == "ping" else answer(request, tensors)
    )


def test_process_that_does_not_start_is_not_the_students_fault(peer):
    sandboxed = FakeSandbox([peer(lambda *_: None)])
    with pytest.raises(SandboxError, match=r"its process ended \(bwrap: no user"):
        Session(sandboxed, 0)
    assert sandboxed.stopped == 1


@pytest.mark.parametrize("outputs", [None, 5, "text", {"a": 1}, [None, 1, [], {}], [[[[[]]]]]])
def test_outputs_of_wrong_types_become_none(peer, outputs):
    session = Session(FakeSandbox([peer(after_ping(replies(outputs=outputs)))]), 0)
    assert session.run("1") == []


@pytest.mark.parametrize("how", ["goes away", "sends no id", "sends no JSON"])
def test_cell_that_breaks_the_format_raises_one_error_then_always(peer, how):
    session = Session(FakeSandbox([peer(after_ping(LOST[how]))]), 0)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            session.run("1")


def test_arrays_do_not_come_with_outputs(peer):
    def answer(request, tensors):
        return wire.encode({"id": request["id"], "outputs": []}, {"0": np.zeros(3)})

    with pytest.raises(NoAnswer, match="over the size limit"):
        Session(FakeSandbox([peer(after_ping(answer))]), 0).run("1")


@pytest.mark.parametrize(
    ("header", "compiled"),
    [
        ({}, ((), False, False)),
        ({"sources": 5, "cut": 1, "sourceless": "yes"}, ((), False, False)),
        ({"sources": ["a", 5, None, [], "", "b"], "cut": True}, (("a", "b"), True, False)),
        ({"sources": ["a" * 9, "b" * 9], "sourceless": True}, (("a" * 9, "b"), True, True)),
        ({"sources": ["a" * 10]}, (("a" * 10,), False, False)),
        ({"sources": ["a" * 10, "b"]}, (("a" * 10,), True, False)),
    ],
)
def test_what_was_compiled_arrives_as_so_much_text(peer, header, compiled, monkeypatch):
    monkeypatch.setattr(client, "MAX_COMPILED", 10)
    session = Session(FakeSandbox([peer(after_ping(replies(**header)))]), 0)
    assert session.compiled() == Compiled(*compiled)


# -- outputs --------------------------------------------------------------------------------------


def test_only_text_and_png_of_a_display_survive():
    data = {
        "text/plain": ["a", 1, "b"],
        "text/html": "<script>",
        "image/svg+xml": "<svg onload=alert()>",
        "application/javascript": "alert()",
        "text/latex": "$",
        "image/png": PICTURE,
    }
    (shown,) = clean_outputs(
        [{"output_type": "execute_result", "data": data, "metadata": {"a": 1}, "x": 2}]
    )
    kept = {"text/plain": "ab", "image/png": PICTURE}
    assert shown == {"output_type": "display_data", "data": kept, "metadata": {}}


def test_pictures_that_are_refused_are_named_in_their_place():
    data = {"text/plain": "<Figure>", "image/png": encoded(png(60_000, 60_000))}
    (shown,) = clean_outputs([{"output_type": "display_data", "data": data}])
    why = "it has over 50 million pixels (make it smaller)"
    assert shown["data"] == {"text/plain": f"<Figure>{SIGN} [Picture left out: {why}.]"}


def test_jpegs_are_no_outputs():
    data = {"image/jpeg": encoded(jpeg()), "image/png": encoded(jpeg())}
    (shown,) = clean_outputs([{"output_type": "display_data", "data": data}])
    assert set(shown["data"]) == {"text/plain"}


def test_pictures_of_a_cell_are_limited_together(monkeypatch):
    monkeypatch.setattr(outputs, "MAX_PICTURES", 2 * len(PICTURE) + 1)
    shown = clean_outputs([{"output_type": "display_data", "data": {"image/png": PICTURE}}] * 3)
    assert ["image/png" in output["data"] for output in shown] == [True, True, False]


def test_outputs_are_limited_in_number_and_length(monkeypatch):
    monkeypatch.setattr(outputs, "MAX_CLEAN_TEXT", 1000)
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 600}
    assert [len(output["text"]) for output in clean_outputs([stream] * 9)] == [600, 400]
    assert len(clean_outputs([{**stream, "text": ""}] * 9999)) == MAX_OUTPUTS


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("epoch 1\repoch 2\repoch 3\n", "epoch 3\n"),
        ("50 %|##  |\r100 %|####|\r           \rdone\nnext", "done\nnext"),
        ("a\r\nb\r\n", "a\nb\n"),
    ],
)
def test_of_a_progress_bar_its_last_state_is_left(written, left):
    assert clean_text(written) == left


@pytest.mark.parametrize(
    "sign", ["\u2028", "\u200b", "\u200f", "\ufeff", "\u202e", "\xad", "\U000e0041", SIGN]
)
def test_what_has_no_width_or_is_the_graders_own_is_taken_out(sign):
    assert clean_text(f"a{sign}b") == "ab"


def test_a_name_stays_on_one_line():
    assert clean_line("anna\n\tben  15\r\n") == "anna ben  15 "


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["array", "scalar", "dict", "made", "foreign"]), inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "value": json_values | st.just({"array": "0"}) | st.just([{"array": "0"}] * 3),
            "error": json_values | st.lists(json_values, min_size=2, max_size=2),
            **dict.fromkeys(
                ("line", "stopped", "changed", "aliased", "warned", "joined", "states"),
                json_values,
            ),
        },
    )
)
def test_any_answer_becomes_an_observation(header):
    seen = client.read_observation(header, {"0": np.zeros(3)}, ["0", "x"])
    assert seen.returned + bool(seen.error) + seen.stopped + bool(seen.lost) == 1
    assert set(seen.changed) <= {"0", "x"}
    assert isinstance(seen.aliased, bool)
    assert isinstance(seen.joined, bool)
    assert {key for key, _ in seen.states} <= {"0", "x"}
    assert all(len(text) <= 500 for text in (*seen.warned, *(seen.error or ())))


texts = json_values | st.text(max_size=9) | st.sampled_from([PICTURE, "\x1b[31m" * 9, SCRIPT])
bundles = st.dictionaries(st.sampled_from(["text/plain", "image/png", "text/html"]), texts)
wild_outputs = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "display_data", "execute_result", "error"])},
    optional={
        "data": bundles | json_values,
        "metadata": bundles | json_values,
        **dict.fromkeys(("name", "text", "ename", "evalue", "traceback"), texts),
    },
)


@given(st.lists(wild_outputs | json_values, max_size=4) | json_values)
def test_any_outputs_become_text_and_pictures(outputs):
    shown = clean_outputs(outputs)
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output(**one) for one in shown])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    kinds = {kind for one in shown for kind in one.get("data", {})}
    assert kinds <= {"text/plain", "image/png"}
    theirs = re.sub(rf"{SIGN} \[Picture left out: .*?\.\]", "", "".join(map(repr, shown)))
    assert not CONTROL_CHARACTERS.search(theirs)


def test_control_characters_are_taken_out_of_texts():
    text = "a\x1b[31mb\x1b]0;t\x07\u202ec\ud800\x85d\te\n"
    stream, error = clean_outputs(
        [
            {"output_type": "stream", "name": ["x"], "text": text},
            {"output_type": "error", "ename": [text], "evalue": 3, "traceback": [text, 1, [text]]},
        ]
    )
    assert stream == {"output_type": "stream", "name": "stdout", "text": "ab]0;tcd\te\n"}
    assert error["ename"] == stream["text"]
    assert error["evalue"] == ""
    assert error["traceback"] == [stream["text"], "", stream["text"]]
