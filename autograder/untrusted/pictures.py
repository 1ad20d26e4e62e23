"""Pictures that a student made: kept as base64 if they are plain PNG or JPEG, else refused.

They are shown in the lecturer's browser, so what they can do there is limited: no markup, no
animation, and not more pixels than fit into memory. Only the headers are read, never the pixels:
no image library sees these bytes. Nor is the whole base64 decoded, only the slices with headers.

Sources: the PNG specification, third edition (chunks, animation); ITU-T T.81, annex B (JPEG).
"""

import binascii
import string
import struct

MAX_PIXELS = 50_000_000  # a small file can unfold into more than a browser can take
MAX_CHUNKS = 5_000  # of a PNG; 4 MB in pieces of 1 kB have fewer
MAX_SEGMENTS = 1_000  # of a JPEG, before its first scan
ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
ANIMATION = (b"acTL", b"fcTL", b"fdAT")
# JPEG's markers, the byte behind 0xff.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # these three hold tables, or are reserved
NO_CONTENT = {0x00, 0x01, *range(0xD0, 0xDA)}  # none of these stands before a scan
SCAN = 0xDA


class Refused(Exception):
    """A picture that is not kept. The message says what "it" is, and in brackets what to do."""


DAMAGED = "it is damaged (save it again)"


class Base64:
    """Random access to the bytes that a base64 text stands for. Raises Refused if it is none."""

    def __init__(self, value, limit):
        if isinstance(value, list):  # nbformat stores long strings as lists of lines
            value = "".join(item for item in value if isinstance(item, str))
        if not isinstance(value, str) or not value.isascii():
            raise Refused(DAMAGED)
        if len(value) > limit:
            raise Refused("it takes too much room (make it smaller)")
        text = value.encode().translate(None, string.whitespace.encode())
        digits = text.rstrip(b"=")
        padding = len(text) - len(digits)
        # To look for what is not base64 takes less time than to decode it all.
        if len(text) % 4 or padding > 2 or digits.translate(None, ALPHABET):
            raise Refused(DAMAGED)
        self.text, self.size = text, len(text) // 4 * 3 - padding

    def read(self, start, count):
        """The bytes from ``start`` on, ``count`` of them. Raises Refused if there are fewer."""
        stop = start + count
        if stop > self.size:
            raise Refused("it is cut off (save it again)")
        data = binascii.a2b_base64(self.text[start // 3 * 4 : -(-stop // 3) * 4])
        return data[start % 3 :][:count]


def clean_picture(value, kind, limit):
    """The base64 of a picture, without white space. Raises Refused if it is not to be shown.

    value : whatever a notebook holds in the place of a picture
    kind : "image/png" or "image/jpeg", which the picture must be
    limit : the most characters of base64
    """
    data = Base64(value, limit)
    width, height = KINDS[kind](data)
    if not width * height:
        raise Refused(DAMAGED)
    if width * height > MAX_PIXELS:
        raise Refused(f"it has over {MAX_PIXELS // 10**6} million pixels (make it smaller)")
    return data.text.decode()


def png_size(data):
    """(width, height) of a PNG whose chunks follow one another to the end, with no animation."""
    if data.size < len(PNG) or data.read(0, len(PNG)) != PNG:
        raise Refused("it is no PNG, though it says so (save it as one)")
    size, has_data, start = None, False, len(PNG)
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
        if kind == b"IEND" and has_data:
            return size
        if kind == b"IEND":
            break
        start += 8 + length + 4  # its head, its content, a checksum
    raise Refused(DAMAGED)


def jpeg_size(data):
    """(width, height) of a JPEG, from the header of its one frame, before its first scan."""
    if data.size < len(JPEG) or data.read(0, len(JPEG)) != JPEG:
        raise Refused("it is no JPEG, though it says so (save it as one)")
    size, start = None, len(JPEG)
    for _ in range(MAX_SEGMENTS):
        mark, marker = data.read(start, 2)
        if mark == 0xFF and marker == SCAN and size:
            return size
        if mark != 0xFF or marker in NO_CONTENT or (marker in FRAMES and size):
            break
        if marker == 0xFF:  # fills a gap
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


KINDS = {"image/png": png_size, "image/jpeg": jpeg_size}
