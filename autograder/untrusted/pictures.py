"""Validation of untrusted pictures: base64 of plain PNG or JPEG is kept, anything else refused.

The lecturer's browser shows them, so markup, animations, and more pixels than fit into memory are
refused. Only the headers are read, and only the slices of the base64 that hold them are decoded; no
image library reads these bytes.

Sources: the PNG specification, third edition (chunks, animation); ITU-T T.81, annex B (JPEG).
"""

import binascii
import string
import struct
from collections.abc import Callable

MAX_PIXELS = 50_000_000  # a small file can expand to more than a browser can hold
MAX_CHUNKS = 5_000  # of a PNG; 4 MB in chunks of 1 kB have fewer
MAX_SEGMENTS = 1_000  # of a JPEG, before its first scan
ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
ANIMATION = (b"acTL", b"fcTL", b"fdAT")
# JPEG's markers: the byte after 0xff.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # these three are tables or reserved
NO_CONTENT = {0x00, 0x01, *range(0xD0, 0xDA)}  # none of these occurs before a scan
SCAN = 0xDA


class Refused(Exception):
    """A picture is refused; the message says what "it" is and, in brackets, what to do."""


DAMAGED = "it is damaged (save it again)"


class Base64:
    """Random access to the bytes encoded in a base64 text.

    value : untrusted; a string or a list of strings
    limit : the most characters

    Raises Refused if the value is no base64 or too long.
    """

    def __init__(self, value: object, limit: int) -> None:
        if isinstance(value, list):  # nbformat stores long strings as lists of lines
            value = "".join(item for item in value if isinstance(item, str))
        if not isinstance(value, str) or not value.isascii():
            raise Refused(DAMAGED)
        if len(value) > limit:
            raise Refused("it takes too much room (make it smaller)")
        text = value.encode().translate(None, string.whitespace.encode())
        digits = text.rstrip(b"=")
        padding = len(text) - len(digits)
        # A search for invalid characters is faster than decoding everything.
        if len(text) % 4 or padding > 2 or digits.translate(None, ALPHABET):
            raise Refused(DAMAGED)
        self.text, self.size = text, len(text) // 4 * 3 - padding

    def read(self, start: int, count: int) -> bytes:
        """The ``count`` bytes from ``start`` on. Raises Refused if there are fewer."""
        stop = start + count
        if stop > self.size:
            raise Refused("it is cut off (save it again)")
        data = binascii.a2b_base64(self.text[start // 3 * 4 : -(-stop // 3) * 4])
        return data[start % 3 :][:count]


def clean_picture(value: object, kind: str, limit: int) -> str:
    """The base64 of a picture, without white space. Raises Refused if it must not be shown.

    value : the untrusted data of a picture in a notebook
    kind : the required type, "image/png" or "image/jpeg"
    limit : the most characters of base64
    """
    data = Base64(value, limit)
    width, height = KINDS[kind](data)
    if not width * height:
        raise Refused(DAMAGED)
    if width * height > MAX_PIXELS:
        raise Refused(f"it has over {MAX_PIXELS // 10**6} million pixels (make it smaller)")
    return data.text.decode()


def png_size(data: Base64) -> tuple[int, int]:
    """(width, height) of a PNG in pixels.

    Raises Refused if it is animated, or if its chunks do not lead from the header to the end.
    """
    if data.size < len(PNG) or data.read(0, len(PNG)) != PNG:
        raise Refused("it is no PNG, though it says so (save it as one)")
    size: tuple[int, int] | None = None
    has_data, start = False, len(PNG)
    for _ in range(MAX_CHUNKS):
        length, kind = struct.unpack(">I4s", data.read(start, 8))
        if kind in ANIMATION:
            raise Refused("it is animated (use a still picture)")
        if (kind == b"IHDR") != (size is None) or not kind.isalpha():
            break
        if kind == b"IHDR":
            if length != 13:
                break
            size = struct.unpack(">II", data.read(start + 8, 8))
        has_data = has_data or kind == b"IDAT"
        if kind == b"IEND":
            if size and has_data:
                return size
            break
        start += 8 + length + 4  # head, content, checksum
    raise Refused(DAMAGED)


def jpeg_size(data: Base64) -> tuple[int, int]:
    """(width, height) of a JPEG in pixels, from its frame header, which precedes the first scan.

    Raises Refused if there is no frame, or more than one, before the scan.
    """
    if data.size < len(JPEG) or data.read(0, len(JPEG)) != JPEG:
        raise Refused("it is no JPEG, though it says so (save it as one)")
    size: tuple[int, int] | None = None
    start = len(JPEG)
    for _ in range(MAX_SEGMENTS):
        mark, marker = data.read(start, 2)
        if mark == 0xFF and marker == SCAN and size:
            return size
        if mark != 0xFF or marker in NO_CONTENT or (marker in FRAMES and size):
            break
        if marker == 0xFF:  # padding
            start += 1
            continue
        (length,) = struct.unpack(">H", data.read(start + 2, 2))
        if length < 2:
            break
        if marker in FRAMES:
            height, width = struct.unpack(">HH", data.read(start + 5, 4))
            size = width, height
        start += 2 + length
    raise Refused(DAMAGED)


KINDS: dict[str, Callable[[Base64], tuple[int, int]]] = {
    "image/png": png_size,
    "image/jpeg": jpeg_size,
}
