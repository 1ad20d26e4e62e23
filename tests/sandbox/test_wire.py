import itertools
import json
import math

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox.inside import wire

MAX_HEADER, MAX_BODY = 1 << 16, 1 << 20

arrays = hnp.arrays(
    st.sampled_from(sorted(wire.DTYPES)),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)
keys = st.text(max_size=5) | st.integers() | st.booleans() | st.none()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=8,
)


def reader(data):
    """``read(n)`` over these bytes, which end as a closed socket does: with an OSError."""
    left = bytearray(data)

    def read(n):
        if len(left) < n:
            raise ConnectionError
        taken = bytes(left[:n])
        del left[:n]
        return taken

    return read


def decode(data):
    return wire.read_frame(reader(data), MAX_HEADER, MAX_BODY)


def frame(value):
    tensors = {}
    return wire.encode({"value": wire.pack(value, tensors)}, tensors)


def carried(value):
    header, tensors = decode(frame(value))
    return wire.unpack(header["value"], tensors)


def raw_frame(head, body=b""):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    return wire.LENGTHS.pack(len(head), len(body)) + head + body


def raw_body(header, data=b""):
    head = json.dumps(header).encode()
    return wire.SIZE.pack(len(head)) + head + data


def tensor(dtype, shape, end, start=0):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def same(a, b):
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and (a.dtype, a.shape, a.tobytes()) == (
            b.dtype,
            b.shape,
            b.tobytes(),
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(map(repr, a)) == list(map(repr, b)) and same(list(a.values()), list(b.values()))
    return a == b or (a != a and b != b)


@given(values)
def test_what_is_packed_comes_out_as_it_was(value):
    assert same(value, carried(value))


@pytest.mark.parametrize("name", sorted(wire.DTYPES))
def test_scalars_keep_their_type(name):
    scalar = np.dtype(name).type(1)
    assert type(carried(scalar)) is type(scalar)
    assert carried(scalar) == scalar


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12)[::-2],
        np.arange(6).astype(">f4"),
        np.asfortranarray(np.ones((2, 3, 4), dtype=bool)),
        np.broadcast_to(1.5, (4, 5)),
    ],
)
def test_any_memory_layout_crosses_by_value(array):
    out = carried(array)
    assert np.array_equal(out, array)
    assert out.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("axes", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 3, 5), (2, 1, 5, 1), (1, 1, 1, 1)])
def test_the_order_of_axes_in_memory_crosses(shape, axes):
    array = np.arange(math.prod(shape)).reshape(shape).transpose(axes)
    once = carried(array)
    assert np.array_equal(once, array)
    longer = [axis for axis in range(4) if array.shape[axis] > 1]  # others' strides mean nothing
    assert [once.strides[axis] for axis in longer] == [array.strides[axis] for axis in longer]
    assert wire.pack(carried(once), {}) == wire.pack(once, {})


def test_empty_arrays_may_have_large_other_dimensions_but_not_any():
    assert carried(np.zeros((0, 1 << 31), np.float32)).shape == (0, 1 << 31)
    with pytest.raises(wire.Malformed, match="of a size that does not cross"):
        carried(np.zeros((0, (1 << 31) + 1), np.float32))


def test_subclass_crosses_as_what_its_memory_holds():
    class Liar(np.ndarray):
        def __array__(self, *args, **kwargs):
            return np.zeros(3)

        def __eq__(self, other):
            return np.True_

    out = carried(np.arange(3.0).view(Liar))
    assert type(out) is np.ndarray
    assert out.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (print, "builtin_function_or_method"),
        ({1, 2}, "set"),
        (1j, "complex"),
        (np.array([1j]), "array of dtype complex128"),
        (np.array(["a"]), "array of dtype <U1"),
        (np.array([None]), "array of dtype object"),
        (np.zeros(2, "f8,i4"), "array of dtype [('f0', '<f8'), ('f1', '<i4')]"),
        (dict.fromkeys(range(wire.MAX_ITEMS + 1)), "dict"),
    ],
)
def test_what_cannot_cross_leaves_only_the_name_of_its_type(value, type_name):
    assert carried(value).type_name == type_name


def test_endless_nesting_is_cut():
    loop = []
    loop.append(loop)
    with pytest.raises(wire.Malformed, match="nested too deeply"):
        carried(loop)
    header = json.loads(frame(loop)[8:])
    assert "nested too deeply" in json.dumps(header)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_malformed_or_too_short(data):
    try:
        header, _ = decode(data)
    except (wire.Malformed, ConnectionError):
        return
    assert type(header) is dict


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_arbitrary_header_and_body_are_malformed_or_an_object(head, body):
    try:
        header, tensors = decode(raw_frame(head, body))
    except wire.Malformed:
        return
    assert type(header) is dict
    assert all(array.dtype.name in wire.DTYPES for array in tensors.values())


@given(values, st.data())
def test_mutated_frames_are_malformed_or_still_plain_values(value, data):
    sent = bytearray(frame(value))
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    try:
        header, tensors = decode(sent)
        out = wire.unpack(header.get("value"), tensors)
    except (wire.Malformed, ConnectionError):
        return
    assert not isinstance(wire.pack(out, {}), wire.Foreign)  # walks through all of it


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["array", "scalar", "tuple", "dict", "foreign", "made", "x"]),
            inner,
            max_size=2,
        )
        | st.just({"array": "0"})
        | st.just({"scalar": "1"})
    ),
    max_leaves=10,
)


def test_an_argument_is_made_on_the_side_that_asks_for_it():
    argument = wire.Made("lambda x: x * k + b", {"k": 3, "b": np.arange(2.0)})
    header, tensors = decode(frame([argument, 1]))
    made, other = wire.unpack(header["value"], tensors, make=wire.Made.make)
    np.testing.assert_array_equal(made(np.ones(2)), [3, 4])
    assert other == 1


def test_what_is_made_is_new_each_time():
    argument = wire.Made("np.random.default_rng(seed)", {"seed": 5})
    assert argument.make() is not argument.make()
    assert argument.make().random() == np.random.default_rng(5).random()


@given(json_values)
def test_any_json_is_unpacked_or_malformed(tree):
    tensors = {"0": np.zeros(3), "1": np.zeros(())}
    try:
        wire.unpack(tree, tensors)
    except wire.Malformed:
        pass
    assert set(tensors) == {"0", "1"}


@pytest.mark.parametrize(
    "tree",
    [
        {"array": "7"},
        {"array": 0},
        {"array": ["0"]},
        {"scalar": "0"},
        {"tuple": {"list": []}},
        {"dict": [[1]]},
        {"dict": [1]},
        {"dict": "ab"},
        {"dict": [[[], 1]]},
        {"dict": [[{"array": "0"}, 1]]},
        {"dict": [[k, 0] for k in range(wire.MAX_ITEMS + 1)]},
        {"foreign": 1},
        {"foreign": "a", "tuple": []},
        {"made": ["np.zeros(3)", {"dict": []}]},
        {},
        [{"array": "0"}, {"array": "0"}],
    ],
)
def test_trees_that_pack_does_not_write_are_malformed(tree):
    with pytest.raises(wire.Malformed):
        wire.unpack(tree, {"0": np.zeros(3)})


def test_colliding_keys_are_refused_before_they_are_hashed():
    prime = (1 << 61) - 1  # hash(k * prime) == 0
    tree = {"dict": [[k * prime, 0] for k in range(20_000)]}
    with pytest.raises(wire.Malformed):
        wire.unpack(tree, {})


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"0": tensor("F64", [2**60], 8)}, b"12345678"),
        ({"0": tensor("F64", [0, 2**63], 0)}, b""),
        ({"0": tensor("F64", [2**40, 0, 2**40], 0)}, b""),
        ({"0": tensor("F64", [-1], 8)}, b"12345678"),
        ({"0": tensor("F64", [1], 8, 4)}, b"12345678"),
        ({"0": tensor("F64", [1], 10**18)}, b"12345678"),
        ({"0": tensor("F64", [2], 8)}, b"12345678"),
        ({"0": tensor("F64", [1], 8), "1": tensor("F64", [1], 8)}, b"12345678"),
        ({"0": tensor("U8", [1] * 70, 1)}, b"1"),
        ({"0": tensor("BOOL", [1], 1)}, b"\x07"),
        ({"0": tensor("BF16", [1], 2)}, b"12"),
        ({"0": tensor("C64", [1], 8)}, b"12345678"),
        ({"0": tensor("U0", [2**40], 0)}, b""),
        ({"0": [1]}, b""),
        ([], b""),
    ],
)
def test_array_headers_that_lie_are_malformed(header, data):
    with pytest.raises(wire.Malformed):
        decode(raw_frame({}, raw_body(header, data)))


def test_more_arrays_than_the_limit_of_the_form_are_malformed():
    many = safetensors.numpy.save({str(i): np.zeros(0) for i in range(2000)})
    assert len(many) < MAX_BODY
    with pytest.raises(wire.Malformed, match="too many arrays"):
        decode(raw_frame({}, many))


@pytest.mark.parametrize(
    "head",
    [b"", b"[]", b"1", b'"a"', b"{", b"\xff", b'{"a":' * 50_000, b"[" * 60_000, b"9" * 5000],
)
def test_headers_that_are_no_object_are_malformed(head):
    with pytest.raises(wire.Malformed):
        decode(raw_frame(head[:MAX_HEADER]))


@pytest.mark.parametrize("sizes", [(MAX_HEADER + 1, 0), (2, MAX_BODY + 1), (2**32 - 1, 2**32 - 1)])
def test_a_length_over_the_limit_is_malformed_before_anything_is_read(sizes):
    with pytest.raises(wire.Malformed, match=r"^a message over the size limit$"):
        decode(wire.LENGTHS.pack(*sizes))
