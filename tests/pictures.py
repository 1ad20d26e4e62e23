"""Picture files made byte by byte, also such as no program would save."""

import base64
import struct
import zlib

from autograder.untrusted.pictures import JPEG, PNG


def chunk(kind, data=b""):
    """A piece of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def head(width=2, height=2):
    """A PNG's first chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))


def png(width=2, height=2, before=b""):
    """A PNG file, with chunks ``before`` its data."""
    data = chunk(b"IDAT", zlib.compress(bytes(6)))
    return PNG + head(width, height) + before + data + chunk(b"IEND")


def segment(marker, data=b""):
    """A piece of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data


def frame(width=2, height=2):
    """The piece of a JPEG file that has its size."""
    return segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")


def jpeg(width=2, height=2, before=b""):
    """A JPEG file, with segments ``before`` its frame's header."""
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00\xff\xd9"
    return JPEG + segment(0xE0, b"JFIF\x00") + before + frame(width, height) + scan


def encoded(data):
    """The file as a notebook holds it."""
    return base64.b64encode(data).decode()
