"""Text that others wrote: venues' messages, posts, alerts, names. It is data, never an instruction."""

from __future__ import annotations

import unicodedata

LONGEST = 300


def clean(text: str, *, most: int = LONGEST) -> str:
    """Returns the text on one line without control, format or bidirectional characters, cut to `most` characters."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 4]} ..."


def quoted(text: str, *, most: int = LONGEST) -> str:
    """Returns the cleaned text in quotation marks that it cannot close itself."""
    return "“" + clean(text, most=most).replace("“", '"').replace("”", '"') + "”"
