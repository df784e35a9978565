"""What a model writes in one line: parameters, settings, grids, lists of strategies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from blave_mcp.exchanges.errors import BadArgument

MOST_VALUES = 200
UNDONE = "No backtest was run."


def number(text: str, at: str) -> float:
    """Raises BadArgument: not a finite number."""
    words = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
    try:
        value = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise BadArgument(f'{at} is no number: "{text[:30]}".', undone=UNDONE, advice='Write "entry=1.5 exit=-0.5".')
    return value


def pairs(text: str, at: str) -> dict[str, float]:
    """Reads "entry=1.5 exit=-0.5"; commas and semicolons separate too.

    Raises:
        BadArgument: what is no such pair, or a name given twice.
    """
    found: dict[str, float] = {}
    for token in re.split(r"[\s,;]+", re.sub(r'"?\s*[=:]\s*', "=", text.strip().strip("{}"))):
        if not token:
            continue
        name, sign, value = token.replace('"', "").partition("=")
        if not sign or not name:
            raise BadArgument(f'{at}: "{token[:40]}" is no name=value.', undone=UNDONE, advice='"entry=1.5 exit=-0.5"')
        if name in found:
            raise BadArgument(f"{at} gives {name} twice.", undone=UNDONE)
        found[name] = number(value, f"{at}: {name}")
    return found


def axes(text: str) -> dict[str, tuple[float, ...]]:
    """Reads "entry=0:2:0.5 exit=-1,0": lists of values, or first:last:step with the last included.

    Raises:
        BadArgument: what is no such axis, or more than 200 values on one.
    """
    how = 'Write "entry=0:2:0.5 exit=-1,-0.5,0": first:last:step, or values.'
    found: dict[str, tuple[float, ...]] = {}
    for token in re.split(r"[\s;]+", re.sub(r"\s*([=,:])\s*", r"\1", text.strip())):
        if not token:
            continue
        name, sign, values = token.partition("=")
        if not sign or not name or not values:
            raise BadArgument(f'grid: "{token[:40]}" is no name=values.', undone="No scan was run.", advice=how)
        if name in found:
            raise BadArgument(f"grid gives {name} twice.", undone="No scan was run.")
        if ":" in values:
            found[name] = _steps(name, values, how)
        else:
            found[name] = tuple(number(value, f"grid: {name}") for value in values.split(",") if value)
        if not 1 <= len(found[name]) <= MOST_VALUES:
            raise BadArgument(
                f"grid: {name} has {len(found[name])} values; 1 to {MOST_VALUES} are taken.", undone="No scan was run.",
                advice="Take a larger step.",
            )  # fmt: skip
    return found


def _steps(name: str, values: str, how: str) -> tuple[float, ...]:
    parts = [number(part, f"grid: {name}") for part in values.split(":")]
    if len(parts) != 3 or parts[2] <= 0 or parts[1] < parts[0]:
        raise BadArgument(f'grid: {name} cannot be "{values[:40]}".', undone="No scan was run.", advice=how)
    first, last, step = parts
    count = int((last - first) / step + 1e-9) + 1
    if count > MOST_VALUES:
        raise BadArgument(
            f"grid: {name} has {count} values; at most {MOST_VALUES} are taken.", undone="No scan was run.",
            advice="Take a larger step.",
        )  # fmt: skip
    return tuple(round(first + n * step, 10) for n in range(count))


@dataclass(frozen=True, slots=True)
class Entrant:
    """A strategy that is compared: its name, its indicator ("" for the default) and what is fixed of it."""

    strategy: str
    indicator: str
    fixed: dict[str, float]


def entrants(text: str) -> list[Entrant]:
    """Reads "kd; threshold taker_intensity entry=1 exit=0".

    Raises:
        BadArgument: fewer than two, more than eight, or one that cannot be read.
    """
    how = 'Write "kd; threshold taker_intensity; threshold holder_concentration entry=1 exit=0".'
    found = []
    for part in text.split(";"):
        words = part.split()
        if not words:
            continue
        bare = [word for word in words if "=" not in word]
        if len(bare) not in (1, 2) or words[0] != bare[0]:
            raise BadArgument(f'strategies: "{part.strip()[:60]}" cannot be read.', undone=UNDONE, advice=how)
        fixed = pairs(" ".join(word for word in words if "=" in word), "strategies")
        found.append(Entrant(bare[0], bare[1] if len(bare) == 2 else "", fixed))
    if not 2 <= len(found) <= 8:
        raise BadArgument(f"strategies names {len(found)}; 2 to 8 are compared.", undone=UNDONE, advice=how)
    return found
