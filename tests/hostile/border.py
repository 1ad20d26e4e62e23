"""Answers over the border that break its format, its sizes or its order."""

import inspect

from tests.hostile import BY_HAND, PAD, earns

# In the student's process: `sent(header, tensors)` decides what bytes answer a call.
PRELUDE = """
import json, os, struct, sys, time
wire = sys.modules["wire"]
honest = wire.encode
def frame(head, body=b"", sizes=None):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">II", *(sizes or (len(head), len(body)))) + head + body
def tensors_of(header, data=b""):
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data
def encode(header, tensors=None):
    if "value" in header or "error" in header:
        return sent(header, tensors)
    return honest(header, tensors)
wire.encode = encode
"""


def _answers(work, expression, setup="", body="return np.zeros((1, 1, 3, 3))"):
    """All calls are answered by the bytes of this expression."""
    sent = f"def sent(header, tensors):\n    return {expression}\n"
    work.everywhere(body, PRELUDE + inspect.cleandoc(setup) + "\n" + sent)
    for task in BY_HAND:
        work.write(task, f"{task} = [[1, 2], [3, 4]]")


def promises_a_long_header(work):
    """A header of four gigabytes is announced."""
    _answers(work, "frame({}, sizes=(2**32 - 1, 0))")


def promises_a_large_body(work):
    """Arrays of four gigabytes are announced."""
    _answers(work, "frame({'id': header['id']}, sizes=(9, 2**32 - 1))")


def promises_more_than_it_sends(work):
    """A tensor of 2**60 numbers in a few bytes."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': {'array': '0'}}, tensors_of({'0': dict("
        "dtype='F64', shape=[2**30, 2**30], data_offsets=[0, 8])}, bytes(8)))",
    )


def sends_empty_arrays_of_huge_sizes(work):
    """Tensors of no bytes whose other dimensions are 2**60."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': {'array': '0'}}, tensors_of({'0': dict("
        "dtype='F64', shape=[0, 2**60, 2**60], data_offsets=[0, 0])}))",
    )


def sends_unknown_dtypes(work):
    """Eight-bit floats, brain floats, complex numbers and dtypes of size zero."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': {'array': '0'}}, tensors_of({'0': dict("
        "dtype=['F8_E4M3', 'BF16', 'C64', 'V0', 'F4', 'U0'][header['id'] % 6], shape=[4],"
        "data_offsets=[0, 4])}, bytes(4)))",
    )


def sends_a_hundred_thousand_arrays(work):
    """As many empty tensors as fit into a message."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': 1}, many)",
        "many = tensors_of({str(i): dict(dtype='F64', shape=[0], data_offsets=[0, 0]) "
        "for i in range(100_000)})",
    )


def uses_one_array_many_times(work):
    """Ten thousand references to one array of half a megabyte."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': [{'array': '0'}] * 10_000}, tensors_of({'0': dict("
        "dtype='F64', shape=[60_000], data_offsets=[0, 480_000])}, bytes(480_000)))",
    )


def nests_deeply(work):
    """A hundred thousand opening brackets."""
    _answers(work, "frame(b'{\"id\": %d, \"value\": ' % header['id'] + b'[' * 100_000)")


def nests_its_answers_by_hand(work):
    """Lists in lists, wide and deep, as numbers worked out by hand."""
    for task in BY_HAND:
        work.write(task, f"{task} = 1.5\nfor _ in range(12): {task} = [{task}, {task}, {task}]")


def sends_numbers_that_are_none(work):
    """NaN, infinities, integers of hundreds of digits and true instead of one."""
    values = "(b'NaN', b'-Infinity', b'1e999', b'9' * 900, b'true', b'\"1\"', b'\"\\\\ud800\"')"
    _answers(
        work,
        f"frame(b'{{\"id\": %d, \"value\": %s}}' % (header['id'], {values}[header['id'] % 7]))",
    )
    for task in BY_HAND:
        work.write(task, f"{task} = [[10**400, float('nan')], [True, 1e308]]")


def sends_keys_that_collide(work):
    """A dictionary of a thousand keys with the same hash, and one with unhashable keys."""
    _answers(
        work,
        "frame({'id': header['id'], 'value': {'dict': [[k * (2**61 - 1), 1] for k in range(1000)]"
        " if header['id'] % 2 else [[[1], 2]]}})",
    )


def asks_to_evaluate(work):
    """Object references: expressions, pickles and names that the grader is to make values of."""
    path = f"{work.around.course}/{work.around.marker}-made"
    evil = f"__import__('pathlib').Path('{path}').write_text('1')"
    _answers(
        work,
        "frame({'id': header['id'], 'value': [{'made': [evil, {'dict': []}]}, {'pickle': evil}, "
        "{'py/object': 'os.system'}, {'foreign': evil}][header['id'] % 4]})",
        f"evil = {evil!r}",
    )


def sends_wrong_counts(work):
    """Errors of three parts, a million changed arguments, warnings that are a number."""
    _answers(
        work,
        "frame([dict(error=['ValueError']), dict(error=[1, 2, 3]), dict(value=1, changed=['0'] * "
        "20_000, warned=5, aliased='yes'), dict(error=['E' * 9000, 'm' * 9000], line=10**300)]"
        "[header['id'] % 4] | {'id': header['id']})",
    )


def answers_before_it_is_asked(work):
    """A thousand answers lie on every socket before there is a question."""
    work.everywhere(
        "return np.zeros((1, 1, 3, 3))",
        PRELUDE
        + """
sent = honest
import socket
for number in range(3, 40):
    try:
        mine = socket.socket(fileno=os.dup(number))
        mine.setblocking(False)
        for count in range(1000):
            mine.send(frame({"id": count, "value": True}))
    except OSError:
        pass
""",
    )


def answers_twice(work):
    """Two answers to every question: the second would be the next one's."""
    _answers(work, "2 * honest(header, tensors)")


def answers_another_question(work):
    """Numbers of questions that are text, true, a fraction, or those of others."""
    _answers(
        work,
        "frame({'id': [str(header['id']), True, float(header['id']), header['id'] + 1, None, [1]]"
        "[header['id'] % 6], 'value': 1})",
    )


def answers_in_no_text(work):
    """Bytes that are no UTF-8, no JSON, or no object."""
    _answers(work, "frame([b'\\xff\\xfe', b'{', b'[]', b'5', b'', b'{}' * 9][header['id'] % 6])")


def sends_without_end(work):
    """An answer is followed by data that never ends."""
    _answers(work, "honest(header, tensors) + bytes(50_000_000)")


@earns(PAD)
def drips(work):
    """One byte of an answer every tenth of a second; what was solved before counts."""
    work.solve_pad2d()
    work.after(
        "pad2d_by_hand",
        PRELUDE
        + """
import gc, socket
def sent(header, tensors):
    data = frame({"id": header["id"], "value": " " * 100_000})
    socks = [s for s in gc.get_objects() if type(s) is socket.socket and s.fileno() >= 0]
    for byte in data:
        for sock in socks: sock.send(bytes([byte]))
        time.sleep(0.1)
""",
    )
    work.write("dilate_kernel", "def dilate_kernel(*args):\n    return 1")


@earns(PAD)
def never_answers(work):
    """Sleeps in a call; what else was solved counts."""
    work.solve_pad2d()
    work.write("conv2d", "def conv2d(*a, **k):\n    import time\n    time.sleep(1e6)")


@earns(PAD)
def hangs_up(work):
    """Closes all its sockets in a call; what was solved before counts."""
    work.solve_pad2d()
    work.write("conv2d", "def conv2d(*a, **k):\n    import os\n    os.closerange(3, 99)")


def sends_its_outputs_itself(work):
    """Outputs of cells that are malformed, endless, or of kinds that run in a browser."""
    html = "<script>alert(1)</script>"
    work.after(
        "setup",
        PRELUDE
        + f"""
sent = honest
odd = [None, 5, [], {{}}, "x", {{"output_type": []}}, {{"output_type": "stream", "text": {{}}}}]
html = {html!r}
shown = [{{"output_type": "display_data", "data": {{"text/html": html, "image/png": html}}}},
         {{"output_type": "error", "ename": [1], "evalue": {{}}, "traceback": [[[]], 5, html]}},
         {{"output_type": "execute_result", "data": [html], "metadata": {{"a": 1}}}}]
def outputs(header, tensors=None):
    if "outputs" in header:
        header = {{**header, "outputs": odd + shown + 9_000 * shown}}
    return honest(header, tensors)
wire.encode = outputs
""",
    )


def returns_large_arrays(work):
    """Arrays as large as the border lets pass, for every call."""
    work.everywhere("return np.zeros((2, 4, 250, 250))")
    for task in BY_HAND:
        work.write(task, f"{task} = np.zeros((700, 700))")
