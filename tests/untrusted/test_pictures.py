"""Pictures of programs are kept; those that are no plain, whole, still picture are refused."""

import base64
import binascii
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from autograder.untrusted import pictures
from autograder.untrusted.pictures import JPEG, PNG, Refused, clean_picture
from tests.pictures import chunk, encoded, frame, head, jpeg, png, segment

LIMIT = 10_000_000
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg"}


def saved(pixels, form, **options):
    """A picture file as Pillow writes it, which matplotlib does with its help."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("PNG", {"dpi": (200, 200), "icc_profile": b"a profile" * 99}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "comment": b"a photo"}),
        ("JPEG", {"exif": b"Exif\x00\x00" + b"with a thumbnail" * 4000}),
    ],
)
@pytest.mark.parametrize("shape", [(1, 1), (300, 200, 3), (7, 1000)])
def test_pictures_that_a_program_saved_are_kept_to_the_last_bit(form, options, shape):
    data = saved(noise(*shape), form, **options)
    kept = clean_picture(encoded(data), KINDS[form], LIMIT)
    assert base64.b64decode(kept) == data
    size = pictures.KINDS[KINDS[form]](pictures.Base64(encoded(data), LIMIT))
    assert size == shape[1::-1]


def test_lines_and_lists_of_base64_become_one_line():
    lines = base64.encodebytes(png()).decode()
    for value in (lines, lines.splitlines(keepends=True)):
        assert clean_picture(value, "image/png", LIMIT) == encoded(png())


REFUSED = {
    "markup": (b"<svg onload=alert()>", "no PNG"),
    "nothing": (b"", "no PNG"),
    "a JPEG": (jpeg(), "no PNG"),
    "its first bytes": (PNG, "cut off"),
    "its first bytes and markup": (PNG + b"<script>alert()</script>", "damaged"),
    "a head": (PNG + head(), "cut off"),
    "no data": (PNG + head() + chunk(b"IEND"), "damaged"),
    "no end": (png()[:-12], "cut off"),
    "no head": (PNG + png()[8 + 25 :], "damaged"),
    "two heads": (png(before=head()), "damaged"),
    "a short head": (PNG + chunk(b"IHDR", b"1234") + png()[33:], "damaged"),
    "a chunk longer than the file": (png(before=b"\x7f\xff\xff\xfftEXt"), "cut off"),
    "a chunk of an odd kind": (png(before=chunk(b"a<b>")), "damaged"),
    "very many chunks": (png(before=chunk(b"tEXt") * 5000), "damaged"),
    "no height": (png(2, 0), "damaged"),
    "many pixels": (png(60_000, 60_000), "over 50 million pixels"),
    "an animation": (png(before=chunk(b"acTL", struct.pack(">II", 500, 0))), "animated"),
    "a frame without an animation": (png(before=chunk(b"fcTL", bytes(26))), "animated"),
    "an animation behind its data": (png()[:-12] + chunk(b"acTL") + png()[-12:], "animated"),
}
REFUSED_JPEG = {
    "markup": (b"<svg onload=alert()>", "no JPEG"),
    "a PNG": (png(), "no JPEG"),
    "its first bytes": (JPEG + b"\xff and so on", "cut off|damaged"),
    "many pixels": (jpeg(65_000, 65_000), "over 50 million pixels"),
    "no height": (jpeg(2, 0), "damaged"),
    "two frames": (jpeg(before=frame()), "damaged"),
    "no frame": (jpeg().replace(frame(), b""), "damaged"),
    "no scan": (JPEG + frame(), "cut off"),
    "an end before its scan": (JPEG + frame() + b"\xff\xd9\xff\xd9", "damaged"),
    "a segment longer than the file": (jpeg(before=b"\xff\xe1\xff\xff"), "cut off"),
    "a segment shorter than its length": (jpeg(before=b"\xff\xe1\x00\x01"), "damaged"),
    "bytes between its segments": (jpeg(before=b"abc"), "damaged"),
    "very many segments": (jpeg(before=segment(0xE1) * 1000), "damaged"),
    "gaps without end": (jpeg(before=b"\xff" * 9000), "damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_png_is_refused_that_has(name):
    data, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        clean_picture(encoded(data), "image/png", LIMIT)


@pytest.mark.parametrize("name", REFUSED_JPEG)
def test_a_jpeg_is_refused_that_has(name):
    data, reason = REFUSED_JPEG[name]
    with pytest.raises(Refused, match=reason):
        clean_picture(encoded(data), "image/jpeg", LIMIT)


def test_an_animation_as_a_program_saves_it_is_refused():
    frames = [Image.fromarray(noise(5, 5)) for _ in range(2)]
    frames[1].putpixel((0, 0), 3)
    data = saved(noise(5, 5), "PNG", save_all=True, append_images=frames)
    with pytest.raises(Refused, match="animated"):
        clean_picture(encoded(data), "image/png", LIMIT)


PICTURE = encoded(png())


@pytest.mark.parametrize(
    "value",
    [
        "data:text/html,<script>",
        PICTURE[:40] + "=" + PICTURE[41:],
        PICTURE[:-1],
        PICTURE + '" onload="alert()',
        PICTURE + "====",
        "é",
        5,
        None,
        {"a": 1},
        [1, None],
    ],
)
def test_what_is_not_base64_is_refused(value):
    with pytest.raises(Refused):
        clean_picture(value, "image/png", LIMIT)


def test_a_picture_larger_than_the_room_for_it_is_refused():
    assert clean_picture(PICTURE, "image/png", len(PICTURE)) == PICTURE
    with pytest.raises(Refused, match="too much room"):
        clean_picture(PICTURE, "image/png", len(PICTURE) - 1)


@given(st.binary(min_size=1, max_size=99), st.data())
def test_any_slice_is_read_as_if_all_had_been_decoded(data, drawn):
    start = drawn.draw(st.integers(0, len(data)))
    count = drawn.draw(st.integers(0, len(data) - start))
    assert pictures.Base64(encoded(data), LIMIT).read(start, count) == data[start:][:count]


def test_only_headers_are_decoded(monkeypatch):
    data = saved(noise(500, 500, 3), "PNG")
    decoded, decode = [], binascii.a2b_base64

    def counting(text):
        decoded.append(len(text))
        return decode(text)

    monkeypatch.setattr(pictures.binascii, "a2b_base64", counting)
    clean_picture(encoded(data), "image/png", LIMIT)
    assert sum(decoded) < len(data) / 100


@pytest.mark.parametrize("make", [png, jpeg])
@given(st.data())
def test_a_file_with_wrong_bytes_is_kept_or_refused(make, drawn):
    data = bytearray(make())
    for at in drawn.draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        data[at] = drawn.draw(st.integers(0, 255))
    data = data[: drawn.draw(st.integers(0, len(data)))]
    kind = "image/png" if make is png else "image/jpeg"
    try:
        kept = clean_picture(encoded(data), kind, LIMIT)
    except Refused:
        return
    assert kept == encoded(data)
