"""The messages between grader and sandbox: JSON for the structure, safetensors for the arrays.

A frame is two big-endian lengths, a JSON header and a safetensors body (empty without arrays).
Both sides use this file. The sandbox may send anything, so decoding checks every length before it
allocates, accepts only the types below, and never unpickles. Error messages repeat nothing that was
sent, since students read them.

    JSON             Python
    null, true, 1, 1.5, "s", [...]    None, bool, int, float, str, list, and subclasses of these
    {"array": "0"}   numpy.ndarray, tensor "0" of the body; each tensor is used at most once
    {"turned": ["0", [1, 0]]}         the same with its axes in this order: an array keeps the order
                     of its axes in memory, which code of a student may depend on
    {"scalar": "0"}  numpy scalar, in the same way
    {"tuple": [..]}  tuple, or a subclass: a named tuple for instance
    {"dict": [[k, v], ..]}            dict of at most 1000 items, or a subclass
    {"foreign": "type name"}          anything else: the value itself is not sent
    {"made": ["expression", {..}]}    an argument that the sandbox makes; only the grader sends this

Source of the array format: the safetensors documentation (a JSON header with dtype, shape and
offsets, then the bytes; the decoder refuses sizes that do not match).
"""

import json
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

import numpy as np
import safetensors.numpy

LENGTHS = struct.Struct(">II")
SIZE = struct.Struct("<Q")  # the start of a safetensors body: the length of its own header
MAX_DEPTH = 16
MAX_ITEMS = 1000  # of a dictionary: keys with colliding hashes take quadratic time
MAX_SIZE = 1 << 31  # of a dimension: beyond it, sizes of empty arrays overflow
DTYPES = frozenset("b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split())  # NumPy's codes

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]  # of any shape and dtype
Tensors: TypeAlias = dict[str, Array]  # the arrays of a body, by name
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Malformed(Exception):
    """A message that does not follow the format above."""


class Foreign:
    """Stands for a value that cannot be sent: only the name of its type was."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"<a {self.type_name}>"


class Made:
    """An argument that cannot be sent: each call makes a new one from an expression.

    source : the expression, which can use ``np``, ``SimpleNamespace`` and the ``values``
    values : by name
    """

    def __init__(self, source: str, values: dict[str, Any]) -> None:
        self.source, self.values = source, values

    def make(self) -> object:
        """Evaluate the expression."""
        names = {"np": np, "SimpleNamespace": SimpleNamespace, **self.values}
        return cast(object, eval(self.source, names))


def code(array: Array) -> str:
    """NumPy's code of an array's dtype, without byte order; ``dtype.name`` takes far longer."""
    return array.dtype.str[1:]


def in_memory(array: Array) -> list[int]:
    """The axes of an array in their order in memory; in their own order if there are gaps.

    The stride of an axis of length 1 means nothing, so these come first: one layout, one order.
    """
    shape, strides = array.shape, array.strides
    axes = sorted(range(array.ndim), key=lambda axis: (shape[axis] > 1, -strides[axis]))
    same = array.flags.c_contiguous or not array.transpose(axes).flags.c_contiguous
    return list(range(array.ndim)) if same else axes


def is_order(axes: list[object], array: Array) -> bool:
    """True for the axes of an array in some order."""
    whole = all(type(axis) is int for axis in axes)
    return whole and sorted(cast("list[int]", axes)) == list(range(array.ndim))


def pack(value: object, tensors: Tensors, depth: int = 0) -> Json:
    """Turn ``value`` into a JSON tree; add its arrays to the dict ``tensors``."""
    if depth > MAX_DEPTH:
        return {"foreign": "value nested too deeply"}
    kind = type(value)  # `isinstance` would ask the value, which may lie
    if value is None or kind is bool:
        return cast("Json", value)
    if issubclass(kind, str):  # before NumPy's scalars: np.str_ is one of both
        return str.__str__(cast("str", value))
    if isinstance(value, np.ndarray | np.generic):
        # The methods of a subclass may return other values than its memory holds.
        plain = np.ndarray.__array__(value) if isinstance(value, np.ndarray) else np.asarray(value)
        if code(plain) not in DTYPES:
            return {"foreign": f"array of dtype {plain.dtype}"[:80]}
        axes = in_memory(plain)
        turned = np.ascontiguousarray(plain.transpose(axes)).reshape([plain.shape[a] for a in axes])
        name = str(len(tensors))
        tensors[name] = turned.astype(plain.dtype.newbyteorder("="), copy=False)
        if axes != sorted(axes):
            return {"turned": [name, [axes.index(axis) for axis in range(plain.ndim)]]}
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    # A subclass counts as what its built-in part holds, whatever its own methods say.
    if issubclass(kind, int):
        return int.__int__(cast("int", value))
    if issubclass(kind, float):
        return float.__float__(cast("float", value))
    if issubclass(kind, list):
        return [pack(v, tensors, depth + 1) for v in list.__iter__(cast("list[object]", value))]
    if issubclass(kind, tuple):
        items = tuple.__iter__(cast("tuple[object, ...]", value))
        return {"tuple": [pack(v, tensors, depth + 1) for v in items]}
    if issubclass(kind, dict) and dict.__len__(cast("dict[object, object]", value)) <= MAX_ITEMS:
        pairs: list[Json] = [
            [pack(k, tensors, depth + 1), pack(v, tensors, depth + 1)]
            for k, v in dict.items(cast("dict[object, object]", value))
        ]
        return {"dict": pairs}
    if isinstance(value, Made):
        return {"made": [value.source, pack(value.values, tensors, depth + 1)]}
    return {"foreign": kind.__name__[:80]}


def unpack(tree: object, tensors: Tensors, make: Callable[[Made], object] | None = None) -> object:
    """Turn a JSON tree and its arrays into a value again: the inverse of `pack`.

    Raises Malformed for anything that `pack` does not write.

    make : what becomes of a `Made`: its value, in the sandbox, where the grader sends it; None:
        there is none
    """
    left = dict(tensors)  # each is used once: a few bytes must not become many arrays

    def value(tree: object, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise Malformed("nested too deeply")
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, list):
            return [value(item, depth + 1) for item in tree]
        if not isinstance(tree, dict) or len(tree) != 1:
            raise Malformed("unknown value")
        ((tag, content),) = tree.items()
        match tag, content:
            case "array", str() if content in left:
                return left.pop(content)
            case "turned", [str() as name, list() as axes] if name in left:
                if is_order(axes, left[name]):
                    return left.pop(name).transpose(cast("list[int]", axes))
            case "scalar", str() if content in left and left[content].ndim == 0:
                return left.pop(content)[()]
            case "tuple", list():
                return tuple(value(item, depth + 1) for item in content)
            case "dict", list() if len(content) <= MAX_ITEMS:
                try:
                    return {value(k, depth + 1): value(v, depth + 1) for k, v in content}
                except (TypeError, ValueError):  # not pairs, or a key that cannot be one
                    raise Malformed("bad dictionary") from None
            case "made", [str() as source, {"dict": _} as values] if make:
                named = cast("dict[str, object]", value(values, depth + 1))
                return make(Made(source, named))
            case "foreign", str():
                return Foreign(content[:80])
        raise Malformed("unknown value")

    return value(tree, 0)


def encode(header: dict[str, Any], tensors: Tensors | None = None) -> bytes:
    """Encode one frame."""
    head = json.dumps(header).encode()
    body: bytes = safetensors.numpy.save(tensors) if tensors else b""
    return LENGTHS.pack(len(head), len(body)) + head + body


def read_frame(
    read: Callable[[int], bytes], max_header: int, max_body: int
) -> tuple[dict[str, Any], Tensors]:
    """Read one frame; return (header, tensors).

    Raises Malformed before it allocates anything much larger than the limits.

    read : returns the next n bytes, given n
    max_header, max_body : limits in bytes
    """
    header_size, body_size = LENGTHS.unpack(read(LENGTHS.size))
    if header_size > max_header or body_size > max_body:
        raise Malformed("a message over the size limit")
    head, body = read(header_size), read(body_size)
    if body and SIZE.unpack(body[: SIZE.size].ljust(SIZE.size, b"\0"))[0] > max_header:
        raise Malformed(
            "too many arrays"
        )  # an empty array takes a few bytes: there may be millions
    try:
        header = json.loads(head)
        tensors = safetensors.numpy.load(body) if body else {}
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except Exception as error:  # safetensors raises its own types, KeyError and NumPy's errors
        raise Malformed(f"undecodable message ({type(error).__name__})") from None
    if not isinstance(header, dict):
        raise Malformed("the header is not an object")
    for tensor in tensors.values():
        if code(tensor) not in DTYPES:
            raise Malformed("an array of a type that does not cross")
        if max(tensor.shape, default=0) > MAX_SIZE:
            raise Malformed("an array of a size that does not cross")
        if tensor.dtype == bool and (tensor.view(np.uint8) > 1).any():
            raise Malformed("truth values that are neither true nor false")
    return header, tensors
