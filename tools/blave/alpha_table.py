"""Blave's alpha table: every symbol's indicators in one request, filtered, sorted and cut here."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from blave_mcp.exchanges.blave.models import AlphaRow, Value
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.params import flag, integer, text
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.tools.answers import answer, split, table
from blave_mcp.tools.blave.market import BLAVE, native_symbol
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.format import exact
from blave_mcp.tools.research.screening import median_size, notes, scores
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch

USUAL = ("price", "price_change.24h", "market_cap", "market_cap_percentile")
STATISTICS = ("up_prob", "exp_value", "avg_up_return", "avg_down_return", "return_ratio")
SUFFICIENT = "is_data_sufficient"
FEW = 6
SCORE, NOTES, CHANGE = "score", "notes", "price_change.24h"

_CONDITION = re.compile(r"\s*([A-Za-z][\w.\-]*)\s*(>=|<=|!=|==|=|>|<)\s*([^\s<>=!]+)\s*")
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

Row = Mapping[str, Value]


def flat(row: AlphaRow) -> dict[str, Value]:
    """One row by column name: "price", "price_change.24h", "holder_concentration", "whale_hunter.24h-score_oi"."""
    s = row.statistics
    cells: dict[str, Value] = {"symbol": row.symbol, "price": row.price}
    cells |= {f"price_change.{window}": value for window, value in row.price_change.items()}
    cells |= {"market_cap": row.market_cap, "market_cap_percentile": row.market_cap_percentile}
    cells |= {f"funding_rate.{exchange}": value for exchange, value in row.funding_rate.items()}
    cells["oi_imbalance"] = row.oi_imbalance
    for name, variants in row.indicators.items():
        cells |= {name if variant == "-" else f"{name}.{variant}": value for variant, value in variants.items()}
    cells |= {"up_prob": s.up_prob, "exp_value": s.exp_value, "avg_up_return": s.avg_up_return}
    return cells | {
        "avg_down_return": s.avg_down_return, "return_ratio": s.return_ratio, SUFFICIENT: s.sufficient,
    }  # fmt: skip


def resolve(name: str, columns: Sequence[str]) -> str:
    """The column that is meant: by its name, or by a part after a dot that is the only such one.

    Raises:
        BadArgument: unknown, or several; names them.
    """
    wanted = name.strip().lower().removeprefix("statistics.").removesuffix(".-")
    for column in columns:
        if column.lower() == wanted:
            return column
    parts = [c for c in columns if wanted in (c.lower().partition(".")[0], c.lower().partition(".")[2])]
    if len(parts) == 1:
        return parts[0]
    if parts:
        raise BadArgument(f'"{name}" is several columns.', advice=f"Say which: {', '.join(parts)}.")
    raise BadArgument(f'The alpha table has no column "{name}".', advice=did_you_mean(name, columns))


@dataclass(frozen=True, slots=True)
class Condition:
    """column, comparison, value; a missing value never fulfils it."""

    column: str
    sign: str
    value: Value

    def holds(self, row: Row) -> bool:
        have = row.get(self.column)
        if have is None:
            return False
        if self.sign in _ORDERS:
            return isinstance(have, Decimal) and bool(_ORDERS[self.sign](have, self.value))
        return (have == self.value) == (self.sign != "!=")


def conditions(filter: str, columns: Sequence[str]) -> list[Condition]:
    """Reads "holder_concentration>1 and market_cap_percentile<=50"; "and", "," and ";" mean the same.

    Raises:
        BadArgument: a part that is no comparison, an unknown column, or an order of things that are not numbers.
    """
    found = []
    for part in re.split(r"[,;&]+|\band\b", filter, flags=re.IGNORECASE):
        if not part.strip():
            continue
        matched = _CONDITION.fullmatch(part)
        if matched is None:
            raise BadArgument(
                f'"{part.strip()[:60]}" is no comparison.',
                advice="Write column, one of > >= < <= = !=, and a value; join them with and.",
            )
        column, sign, given = matched.groups()
        value = _read(given)
        if sign in _ORDERS and not isinstance(value, Decimal):
            raise BadArgument(f'{sign} compares numbers, and "{given}" is none.', advice="Use = or != for texts.")
        found.append(Condition(resolve(column, columns), sign, value))
    return found


def _read(given: str) -> Value:
    if given.lower() in ("true", "false", "yes", "no"):
        return given.lower() in ("true", "yes")
    try:
        number = Decimal(given)
    except InvalidOperation:
        return given.strip("\"'")
    return number if number.is_finite() else given


def sort_rows(rows: Sequence[Row], column: str, *, descending: bool) -> list[Row]:
    """By a column of numbers; rows without a value come last either way."""
    have = [row for row in rows if isinstance(row.get(column), Decimal)]
    others = [row for row in rows if not isinstance(row.get(column), Decimal)]
    return sorted(have, key=operator.itemgetter(column), reverse=descending) + others


async def get_alpha_table(
    desk: Desk,
    *,
    sort_by: str = "",
    descending: bool = True,
    top: int = 20,
    filter: str = "",
    symbols: str = "",
    columns: str = "",
    rank_by: str = "",
) -> Result:
    venue = desk.venue(BLAVE)
    desk.require_key(venue)
    rows: list[Row] = [flat(row) for row in (await venue.client.ask(BlaveData().alpha_table())).rows]
    known = list(dict.fromkeys(name for row in rows for name in row))
    if not rows:
        return answer(desk, venue, ["Blave's alpha table is empty now."], {"rows": 0})
    wanted = [resolve(name, known) for name in split(columns, "columns", 40)] if columns else []
    tests = conditions(filter, known)
    order = resolve(sort_by, known) if sort_by else ""
    kept, absent = _of_symbols(rows, symbols)
    found = [row for row in kept if all(test.holds(row) for test in tests)]
    ranked = [resolve(name, known) for name in split(rank_by, "rank_by", 6)] if rank_by else []
    if ranked:
        found, order, descending = _ranked(rows, found, ranked), order or SCORE, descending if order else True
    if order:
        found = sort_rows(found, order, descending=descending)
    used = [*([order] if order and order != SCORE else []), *ranked, *(test.column for test in tests)]
    shown_columns = _shown(wanted, used, known)
    if ranked:
        shown_columns[1:1] = [SCORE, NOTES]
    shown = table(shown_columns, [[_cell(row.get(name)) for name in shown_columns] for row in found[:top]])
    left = len(found) - shown.shown
    lacking = {t.column: sum(row.get(t.column) is None for row in kept) for t in tests}
    sorted_by = f", by {order} {'descending' if descending else 'ascending'}" if order else ""
    parts = [
        f"Blave alpha table, fetched now: {len(found)} of {len(rows)} symbols match{sorted_by}. Empty is missing.",
        shown.text if found else "",
        f"{left} matching rows are not shown; raise top or filter more." if left else "",
        f"Left out for want of a value: {', '.join(f'{n} in {c}' for c, n in lacking.items() if n)}."
        if any(lacking.values())
        else "",
        f"Not in the table: {', '.join(absent)}." if absent else "",
        f"{SCORE}: mean place among all symbols in {', '.join(ranked)}, 0 to 100; unlike scales are never added."
        if ranked
        else "",
        "The statistics mean little where is_data_sufficient is false." if SUFFICIENT in shown_columns else "",
        "" if columns else f"Other columns: {_grouped([c for c in known if c not in shown_columns])}.",
    ]
    data = {"rows": shown.data, "matching": len(found), "of": len(rows), "not_shown": left, "absent": absent}
    return answer(desk, venue, parts, data)


def _ranked(rows: Sequence[Row], found: Sequence[Row], columns: Sequence[str]) -> list[Row]:
    """The found rows with their score among all rows, and what speaks against chasing them."""
    by_column = [{str(r["symbol"]): v for r in rows if isinstance(v := r.get(c), Decimal)} for c in columns]
    score = scores(by_column)
    usual = median_size([rate for row in rows for rate in _funding(row)])
    return [
        {
            **row,
            SCORE: None if (value := score.get(str(row["symbol"]))) is None else round(value, 1),
            NOTES: notes(_number(row.get(CHANGE)), _funding(row), usual) or None,
        }
        for row in found
    ]


def _funding(row: Row) -> list[Decimal]:
    return [v for name, v in row.items() if name.startswith("funding_rate.") and isinstance(v, Decimal)]


def _number(value: Value) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _grouped(columns: Sequence[str]) -> str:
    """Columns by indicator, so that its name stands once: "taker_intensity.(1h 4h)"."""
    variants: dict[str, list[str]] = {}
    for column in columns:
        indicator, _, variant = column.partition(".")
        variants.setdefault(clean(indicator, most=40), []).append(clean(variant, most=40))
    return ", ".join(
        ".".join(part for part in (name, of[0]) if part) if len(of) == 1 else f"{name}.({' '.join(of)})"
        for name, of in variants.items()
    )


def _of_symbols(rows: Sequence[Row], symbols: str) -> tuple[list[Row], list[str]]:
    """The rows of the named symbols, in their order, and the names that are not in the table."""
    if not symbols:
        return list(rows), []
    by_name = {native_symbol(str(row["symbol"])): row for row in rows}
    names = split(symbols, "symbols", 100)
    return [by_name[native_symbol(n)] for n in names if native_symbol(n) in by_name], [
        n for n in names if native_symbol(n) not in by_name
    ]


def _shown(wanted: Sequence[str], used: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those wanted; or the usual ones, those used, a few indicators. Statistics come with their proviso."""
    chosen = ["symbol", *wanted] if wanted else ["symbol", *(c for c in USUAL if c in known), *used]
    if not wanted:
        chosen += [] if used else _few_indicators(known)
        chosen += [c for c in ("up_prob", "exp_value") if c in known]
    if any(c in STATISTICS for c in chosen):
        chosen.append(SUFFICIENT)
    return list(dict.fromkeys(chosen))


def _few_indicators(known: Sequence[str]) -> list[str]:
    """One column of each indicator: the one without a variant, or the first over 24 hours, or the first."""
    others = ("symbol", "price", "market_cap", "market_cap_percentile", "funding_rate", "oi_imbalance", "price_change")
    chosen: dict[str, str] = {}
    for column in known:
        indicator, _, variant = column.partition(".")
        if indicator in others or indicator in (*STATISTICS, SUFFICIENT):
            continue
        if indicator not in chosen or (variant.startswith("24h") and ".24h" not in chosen[indicator]):
            chosen[indicator] = column
    return list(chosen.values())[:FEW]


def _cell(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return exact(value) if isinstance(value, Decimal) else None if value is None else clean(value, most=80)


ALPHA_TABLE_TOOL = Tool(
    name="get_alpha_table",
    title="Blave alpha table",
    doc=(
        "Ranks and screens all symbols by Blave's indicators (holder concentration, whale hunter, taker intensity, "
        "funding, market cap, statistics) in one request, always fetched fresh. Missing values never pass a filter."
    ),
    toolset=Toolset.MARKET,
    touch=Touch.READ,
    run=get_alpha_table,
    params=(
        text("sort_by", 'A column: "holder_concentration", "whale_hunter.24h-score_oi".'),
        flag("descending", "Largest first."),
        integer("top", "Most rows.", low=1, high=200),
        text("filter", '"market_cap_percentile<=50 and holder_concentration>0.5".'),
        text("symbols", 'Only these: "BTC,ETH".'),
        text("columns", "Only these, comma separated; the usual ones where left out."),
        text("rank_by", "Columns whose percentiles make a score, with notes on funding and moves already made."),
    ),
)
