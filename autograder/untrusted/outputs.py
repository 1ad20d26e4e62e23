"""Cleaning of cell outputs: only plain text, PNG pictures and errors are kept."""

from typing import Any

from autograder.untrusted.pictures import Refused, clean_picture
from autograder.untrusted.text import MAX_CLEAN_TEXT, SIGN, clean_text

MAX_PICTURES = 6_000_000  # characters of base64
MAX_OUTPUTS = 400


def clean_outputs(outputs: object) -> list[dict[str, Any]]:
    """Notebook outputs rebuilt from untrusted ones: text, PNG pictures and errors, nothing else.

    All text together is cut at `MAX_CLEAN_TEXT` characters. A picture that is refused is replaced
    by a sentence that says why.
    """
    kept: list[dict[str, Any]] = []
    room, picture_room = MAX_CLEAN_TEXT, MAX_PICTURES
    for output in outputs[:MAX_OUTPUTS] if isinstance(outputs, list) else []:
        if not isinstance(output, dict) or room <= 0:
            continue
        match output.get("output_type"):
            case "stream":
                name = "stderr" if output.get("name") == "stderr" else "stdout"
                text = clean_text(output.get("text"), room)
                kept.append({"output_type": "stream", "name": name, "text": text})
                room -= len(text)
            case "display_data" | "execute_result":
                data = output.get("data")
                data = data if isinstance(data, dict) else {}
                text, png = clean_text(data.get("text/plain"), room), data.get("image/png")
                picture = {}
                try:
                    if png is not None:
                        picture["image/png"] = clean_picture(png, "image/png", picture_room)
                except Refused as why:
                    text += f"{SIGN} [Picture left out: {why}.]"
                shown = {"text/plain": text, **picture}
                kept.append({"output_type": "display_data", "data": shown, "metadata": {}})
                room -= len(text)
                picture_room -= sum(map(len, picture.values()))
            case "error":
                lines = output.get("traceback")
                lines = lines[:60] if isinstance(lines, list) else []
                error = {
                    "output_type": "error",
                    "ename": clean_text(output.get("ename"), 100),
                    "evalue": clean_text(output.get("evalue"), 500),
                    "traceback": [clean_text(line, 1000) for line in lines],
                }
                kept.append(error)
                room -= sum(map(len, error["traceback"]))
    return kept
