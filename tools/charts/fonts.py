"""The drawing library itself, and which characters its fonts have. It is imported when the first chart is drawn."""

from __future__ import annotations

from functools import cache
from typing import Any

from blave_mcp.exchanges.errors import Unavailable

INSTALL = "pip install 'blave-quant-mcp[charts]'"
CJK_FONTS = (
    "Noto Sans CJK TC", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans TC", "Source Han Sans TC",
    "PingFang TC", "PingFang HK", "Heiti TC", "Hiragino Sans", "Microsoft JhengHei", "Microsoft YaHei", "SimHei",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "AR PL UMing TW", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with Chinese, best first; the first that is installed is used."""


@cache
def library_of_charts() -> Any:
    """Raises Unavailable with the command that installs it."""
    try:
        import matplotlib as library
        from matplotlib import font_manager
    except ImportError:
        raise Unavailable(
            "Charts need matplotlib, which is not installed here.",
            undone="No chart was drawn.",
            advice=f"{INSTALL} installs it; the numbers can be had without.",
        ) from None
    installed = {font.name for font in font_manager.fontManager.ttflist}
    chinese = next((name for name in CJK_FONTS if name in installed), None)
    library.rcParams["font.family"] = ["DejaVu Sans", *([chinese] if chinese else [])]
    library.rcParams["text.parse_math"] = False  # a dollar sign is a dollar sign
    return library


@cache
def glyphs() -> frozenset[int]:
    """Every character that the chosen fonts can draw."""
    library = library_of_charts()
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    found: set[int] = set()
    for family in library.rcParams["font.family"]:
        found |= set(FT2Font(font_manager.findfont(family)).get_charmap())
    return frozenset(found)


def legible(text: str) -> str:
    """The text without the characters that no installed font has, which would be drawn as empty boxes."""
    known = glyphs()
    kept = "".join(c for c in text if c == "\n" or ord(c) in known)
    if kept == text:
        return text
    return "\n".join(" ".join(line.split()) for line in kept.replace("()", "").split("\n"))
