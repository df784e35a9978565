"""What Blave's indicators mean: names, labels by threshold, statistics in words. The texts are in `meaning_texts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.blave.indicators import INDICATORS
from blave_mcp.exchanges.blave.models import Statistics
from blave_mcp.exchanges.errors import BadArgument, nearest
from blave_mcp.tools.blave.meaning_texts import (
    ALIASES,
    BANDS,
    COMBINATIONS,
    QUADRANTS,
    REFERENCE_ONLY,
    STAT_WORDS,
    TEXTS,
    TITLES,
    Words,
)
from blave_mcp.tools.format import exact, percent, rounded

SECTORS = "sector_rotation"
STEPS = (Decimal("0.5"), Decimal(2), Decimal(3))
"""Where the labels begin: on both sides of zero."""
SQUEEZED = frozenset({"black", "orange"})
"""`scolor` while the price is squeezed: Blave writes black, and draws it orange."""
LIKELY, UNLIKELY = Decimal("0.6"), Decimal("0.4")


@dataclass(frozen=True, slots=True)
class Name:
    """An indicator's names. `short` is its abbreviation."""

    name: str
    short: str
    en: str
    zh: str

    def title(self, lang: str) -> str:
        first, second = (self.zh, self.en) if lang == "zh" else (self.en, self.zh)
        return f"{first} ({second}, {self.short})"


NAMES: Mapping[str, Name] = {
    **{each.name: Name(each.name, each.short, each.en, each.zh) for each in INDICATORS.values()},
    SECTORS: Name(SECTORS, "SR", "Sector Rotation", "板塊輪動"),
}
_BY_WORD: Mapping[str, str] = {
    word.casefold(): name.name
    for name in NAMES.values()
    for word in (name.name, name.short, name.en, name.zh, *ALIASES.get(name.name, ()))
}


def resolve(given: str) -> Name:
    """Finds an indicator by its name in English or Chinese, or by its abbreviation.

    Raises:
        BadArgument: there is none; names the nearest, in the script in which it was asked for.
    """
    word = " ".join(given.replace("_", " ").replace("-", " ").split()).casefold()
    for form in (word, word.replace(" ", "_"), word.replace(" ", "")):
        if form in _BY_WORD:
            return NAMES[_BY_WORD[form]]
    parts = [each for each in _BY_WORD if len(word) > 2 and word in each]
    shared = [each for each in _BY_WORD if not given.isascii() and set(given) & set(each)]
    near = list(dict.fromkeys(_BY_WORD[each] for each in parts or nearest(word.replace(" ", "_"), _BY_WORD) or shared))
    advice = f"Did you mean {', '.join(near[:5])}?" if near else f"There are: {', '.join(NAMES)}."
    raise BadArgument(f'There is no indicator "{given[:40]}".', advice=advice)


def label(name: str, value: Decimal | None, lang: str = "en") -> str:
    """The indicator's label for a value; "" where there is no value or the indicator has no labels."""
    bands = BANDS.get(name)
    if value is None or bands is None:
        return ""
    if len(bands) == 3:
        chosen = bands[0] if value < 0 else bands[2] if value > 0 else bands[1]
    else:
        step = sum(1 for edge in STEPS if abs(value) > edge)
        chosen = bands[len(STEPS) + (step if value > 0 else -step)]
    return chosen[lang]


def squeeze_words(value: Decimal | None, before: Decimal | None, scolor: str, scolor_before: str, lang: str) -> str:
    """What squeeze momentum says: the side, whether it grows, and whether the squeeze is on or has just ended."""
    if value is None:
        return ""
    told = [label("squeeze_momentum", value, lang)]
    if before is not None and abs(value) != abs(before) and (value > 0) == (before > 0):
        told.append(TITLES["growing" if abs(value) > abs(before) else "fading"][lang])
    if scolor:
        was, is_now = scolor_before.lower() in SQUEEZED, scolor.lower() in SQUEEZED
        told.append(TITLES["squeezed" if is_now else "released" if was else "free"][lang])
    return ("，" if lang == "zh" else ", ").join(told)


def quadrant(interest: Decimal | None, volume: Decimal | None, lang: str = "en") -> str:
    """The whale quadrant of open interest against volume; "" where they stand in none of the four."""

    def side(value: Decimal) -> str:
        return "up" if value > STEPS[0] else "down" if value < -STEPS[0] else "flat"

    if interest is None or volume is None:
        return ""
    found = QUADRANTS.get((side(interest), side(volume)))
    return found[lang] if found else ""


def statistics_words(s: Statistics, lang: str = "en") -> str:
    """The statistics as sentences. That data are too few is always said, and said first."""

    def say(key: str, **values: str) -> str:
        return STAT_WORDS[key][lang].format(**values)

    if s.up_prob is None and s.exp_value is None:
        return say("none")
    parts = [] if s.sufficient is True else [say("few" if s.sufficient is False else "unknown")]
    if s.up_prob is not None:
        side = "likely" if s.up_prob > LIKELY else "unlikely" if s.up_prob < UNLIKELY else "even"
        parts.append(say(side, p=percent(s.up_prob, 1).lstrip("+")))
    if s.exp_value is not None:
        parts.append(say("expected", v=percent(s.exp_value)))
    if s.avg_up_return is not None and s.avg_down_return is not None:
        parts.append(say("averages", up=percent(s.avg_up_return), down=percent(s.avg_down_return)))
    if s.return_ratio is not None:
        key = "ratio_good" if s.return_ratio > 1 else "ratio_bad" if s.return_ratio < 1 else "ratio_even"
        parts.append(say(key, r=exact(rounded(s.return_ratio, 3))))
    return ("" if lang == "zh" else " ").join(parts)


def caution(lang: str = "en") -> str:
    return REFERENCE_ONLY[lang]


def _scale(name: str, lang: str) -> list[str]:
    bands = BANDS.get(name)
    if bands is None:
        return []
    if len(bands) == 3:
        edges = ["< 0", "0", "> 0"]
    else:
        edges = ["< -3", "-3 – -2", "-2 – -0.5", "-0.5 – 0.5", "0.5 – 2", "2 – 3", "> 3"]
    rows = [f"| {edge} | {band[lang]} |" for edge, band in zip(edges, bands, strict=True)]
    return [f"| {TITLES['value'][lang]} | {TITLES['label'][lang]} |", "|---|---|", *rows, ""]


def guide(lang: str) -> str:
    """The whole guide as Markdown, in English ("en") or Traditional Chinese ("zh")."""
    lines = [f"# {TITLES['guide'][lang]}", "", caution(lang), ""]
    for name in NAMES.values():
        text = TEXTS[name.name]
        lines += [f"## {name.title(lang)}", "", text["what"][lang], ""]
        lines += _scale(name.name, lang)
        lines += [f"- {note[lang]}" for note in text["notes"]]
        lines.append("")
    lines += [f"## {TITLES['quadrants'][lang]}", ""]
    arrows = {"up": "↑", "flat": "→", "down": "↓"}
    for (interest, volume), words in QUADRANTS.items():
        lines.append(f"- OI {arrows[interest]}, {TITLES['volume'][lang]} {arrows[volume]}: {words[lang]}")
    lines += ["", f"## {TITLES['statistics'][lang]}", "", *(f"- {line[lang]}" for line in STAT_GUIDE), ""]
    lines += [f"## {TITLES['combinations'][lang]}", ""]
    for purpose, with_what in COMBINATIONS:
        lines.append(f"- {purpose[lang]}: {with_what[lang]}")
    return "\n".join(lines) + "\n"


STAT_GUIDE: tuple[Words, ...] = (
    {"en": "`up_prob`: how often the price stood higher 24 hours later; 0.65 is 65 %.",
     "zh": "`up_prob`：24 小時後價格較高的歷史比率，0.65 即 65%。"},
    {"en": "`exp_value`: mean return of those 24 hours as a fraction; 0.05 is +5 %.",
     "zh": "`exp_value`：24 小時平均報酬（小數），0.05 即 +5%。"},
    {"en": "`avg_up_return`, `avg_down_return`: mean of the rises, and of the falls, as fractions.",
     "zh": "`avg_up_return`、`avg_down_return`：上漲與下跌時各自的平均幅度（小數）。"},
    {"en": "`return_ratio`: mean rise over mean fall; above 1 the rises were the larger ones.",
     "zh": "`return_ratio`：平均漲幅除以平均跌幅，大於 1 表示漲幅較大。"},
    {"en": "`is_data_sufficient`: false means less than a year of data; the numbers then say little.",
     "zh": "`is_data_sufficient`：false 表示資料未滿一年，數值參考性低。"},
)  # fmt: skip
