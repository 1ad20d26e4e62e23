"""The messages between grader and student: JSON for the form, safetensors for the numbers.

A frame is two big-endian lengths, a JSON header and a safetensors body (empty without arrays).
Both sides use this file. The grader must survive anything the other side sends, so decoding
checks every length before it allocates, knows only the types below, and never unpickles.

    JSON             Python
    null, true, 1, 1.5, "s", [...]    None, bool, int, float, str, list
    {"array": "0"}   numpy.ndarray, tensor "0" of the body
    {"scalar": "0"}  numpy scalar, likewise
    {"tuple": [..]}  tuple
    {"dict": [[k, v], ..]}            dict
    {"foreign": "type name"}          anything else: the value stays where it is

Source of the array format: the safetensors documentation (a JSON header with dtype, shape and
offsets, then the bytes; the decoder refuses sizes that do not match).
"""

import json
import struct

import numpy as np
import safetensors.numpy

LENGTHS = struct.Struct(">II")
MAX_DEPTH = 16
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
)


class Malformed(Exception):
    """A message that does not follow the format above."""


class Foreign:
    """Stands for a value that cannot cross: only the name of its type did."""

    def __init__(self, type_name):
        self.type_name = type_name

    def __repr__(self):
        return f"<a {self.type_name}>"


def pack(value, tensors, depth=0):
    """Turn ``value`` into a JSON tree; its arrays go into the dict ``tensors``."""
    if depth > MAX_DEPTH:
        return {"foreign": "value nested too deeply"}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        # A subclass may lie about its values; its memory does not.
        plain = np.ndarray.__array__(value) if isinstance(value, np.ndarray) else np.asarray(value)
        plain = np.ascontiguousarray(plain).reshape(plain.shape)
        if plain.dtype.name not in DTYPES:
            return {"foreign": f"array of dtype {plain.dtype}"[:80]}
        name = str(len(tensors))
        tensors[name] = plain.astype(plain.dtype.newbyteorder("="), copy=False)
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if type(value) is list:
        return [pack(v, tensors, depth + 1) for v in value]
    if type(value) is tuple:
        return {"tuple": [pack(v, tensors, depth + 1) for v in value]}
    if type(value) is dict:
        pairs = [
            [pack(k, tensors, depth + 1), pack(v, tensors, depth + 1)] for k, v in value.items()
        ]
        return {"dict": pairs}
    return {"foreign": type(value).__name__[:80]}


def unpack(tree, tensors, depth=0):
    """The inverse of `pack`. Raises Malformed for anything that `pack` does not write."""
    if depth > MAX_DEPTH:
        raise Malformed("nested too deeply")
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    if isinstance(tree, list):
        return [unpack(v, tensors, depth + 1) for v in tree]
    if not isinstance(tree, dict) or len(tree) != 1:
        raise Malformed("unknown value")
    ((tag, content),) = tree.items()
    match tag, content:
        case "array" | "scalar", str() if content in tensors:
            array = tensors[content]
            if tag == "array":
                return array
            if array.ndim:
                raise Malformed("a scalar with dimensions")
            return array[()]
        case "tuple", list():
            return tuple(unpack(v, tensors, depth + 1) for v in content)
        case "dict", list():
            try:
                return {
                    unpack(k, tensors, depth + 1): unpack(v, tensors, depth + 1) for k, v in content
                }
            except (TypeError, ValueError):
                raise Malformed("bad dictionary") from None
        case "foreign", str():
            return Foreign(content[:80])
    raise Malformed("unknown value")


def encode(header, tensors=None):
    """One frame, as bytes."""
    head = json.dumps(header).encode()
    body = safetensors.numpy.save(tensors) if tensors else b""
    return LENGTHS.pack(len(head), len(body)) + head + body


def read_frame(read, max_header, max_body):
    """Read one frame with ``read(n) -> n bytes``; returns (header, tensors).

    Raises Malformed before allocating anything larger than the limits (bytes).
    """
    header_size, body_size = LENGTHS.unpack(read(LENGTHS.size))
    if header_size > max_header or body_size > max_body:
        raise Malformed(f"a message of {header_size + body_size:,} bytes is over the limit")
    head, body = read(header_size), read(body_size)
    try:
        header = json.loads(head)
        tensors = safetensors.numpy.load(bytes(body)) if body_size else {}
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except (
        Exception
    ) as error:  # safetensors raises its own types, NumPy ValueError, json ValueError
        raise Malformed(f"undecodable message ({type(error).__name__})") from None
    if not isinstance(header, dict):
        raise Malformed("the header is not an object")
    if any(tensor.dtype.name not in DTYPES for tensor in tensors.values()):
        raise Malformed("an array of a type that does not cross")
    return header, tensors
