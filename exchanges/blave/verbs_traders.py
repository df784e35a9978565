"""Blave's verbs for traders on Hyperliquid. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.blave.models import Value
from blave_mcp.exchanges.blave.models_traders import (
    Bucket,
    BucketStats,
    CoinPosition,
    CuratedTrader,
    ExposurePoint,
    PnlPoint,
    SpotHolding,
    TopPositions,
    Trader,
    TraderAccount,
    TraderFill,
    TraderOrder,
    TraderPosition,
    WindowResult,
)
from blave_mcp.exchanges.blave.parse import ask, plain_value, seconds_to_ms
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import Side

SIDES = {"B": Side.BUY, "A": Side.SELL}
BUCKETS = ("lt_100", "100_to_1k", "1k_to_10k", "10k_to_100k", "100k_to_1M", "gt_1M", "top_traders")
WARMING_UP = "warming_up"


class BlaveTraders:
    """Traders on Hyperliquid, as Blave follows them."""

    def leaderboard(self, sort_by: str = "accountValue") -> Ask[tuple[Trader, ...]]:
        """The top 100, best first: by accountValue, or by the PnL of week, month or allTime."""
        return ask(parse_leaderboard, BLAVE["data.hyperliquid.leaderboard"].call(sort_by=sort_by))

    def curated(self) -> Ask[tuple[CuratedTrader, ...]]:
        return ask(parse_curated, BLAVE["data.hyperliquid.traders"].call())

    def account(self, address: str) -> Ask[TraderAccount]:
        return ask(parse_account, BLAVE["data.hyperliquid.position"].call(address=address))

    def fills(self, address: str) -> Ask[tuple[TraderFill, ...]]:
        """Oldest first."""
        return ask(parse_fills, BLAVE["data.hyperliquid.fills"].call(address=address))

    def performance(self, address: str) -> Ask[tuple[PnlPoint, ...]]:
        """Cumulative PnL, oldest first, at uneven times."""
        return ask(parse_performance, BLAVE["data.hyperliquid.performance"].call(address=address))

    def orders(self, address: str) -> Ask[tuple[TraderOrder, ...]]:
        return ask(parse_orders, BLAVE["data.hyperliquid.orders"].call(address=address))

    def top_positions(self) -> Ask[TopPositions]:
        """What the top 100 hold together, by coin."""
        return ask(parse_top_positions, BLAVE["data.hyperliquid.top_positions"].call())

    def exposure(self, symbol: str, period: str, start: date, end: date) -> Ask[tuple[ExposurePoint, ...]]:
        """The top traders' exposure in a symbol, oldest first; at most a year."""
        call = BLAVE["data.hyperliquid.exposure"].call(
            symbol=symbol, period=period, start_date=start.isoformat(), end_date=end.isoformat()
        )
        return ask(parse_exposure, call)

    def buckets(self) -> Ask[BucketStats]:
        return ask(parse_buckets, BLAVE["data.hyperliquid.buckets"].call())


def _data(payload: Any) -> Any:
    """What is answered, whether it stands alone or under "data"."""
    return payload["data"] if isinstance(payload, dict) and payload.keys() == {"data"} else payload


def _list(payload: Any) -> list[Any]:
    found = _data(payload)
    if not isinstance(found, list):
        raise TypeError("a list was expected")
    return found


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def parse_leaderboard(payload: Any) -> tuple[Trader, ...]:
    """[{"ethAddress", "accountValue", "windowPerformances": [[window, {"pnl", "roi", "vlm"}]], "displayName"}]"""
    return tuple(
        Trader(
            address=str(each["ethAddress"]),
            name=_text(each.get("displayName")),
            account_value=number(each["accountValue"]),
            windows={
                str(window): WindowResult(*(optional(of.get(name)) for name in ("pnl", "roi", "vlm")))
                for window, of in each["windowPerformances"]
            },
        )
        for each in _list(payload)
    )


def parse_curated(payload: Any) -> tuple[CuratedTrader, ...]:
    """{address: {"name": {"en", "zh"}, "description": {"en", "zh"}}}"""
    return tuple(
        CuratedTrader(str(address), _words(of.get("name")), _words(of.get("description")))
        for address, of in _data(payload).items()
    )


def _words(value: Any) -> dict[str, str]:
    given = value if isinstance(value, dict) else {"en": value}
    return {str(language): str(text) for language, text in given.items() if text}


def parse_account(payload: Any) -> TraderAccount:
    """{"perp": {"assetPositions": [{"position": {"coin", "szi", "entryPx", "unrealizedPnl"}}]},
    "spot": {"balances": [...]}, "abstraction", "net_equity", "trader_name", "description"}"""
    data = _data(payload)
    perp, spot = data.get("perp") or {}, data.get("spot") or {}
    return TraderAccount(
        positions=tuple(_position(each["position"]) for each in perp.get("assetPositions") or ()),
        spot=tuple(_holding(each) for each in spot.get("balances") or ()),
        net_equity=optional(data.get("net_equity")),
        name=_name(data.get("trader_name")),
        description=_name(data.get("description")),
        abstraction=_text(data.get("abstraction")),
    )


def _name(value: Any) -> str | None:
    """A text, or the first of its languages."""
    return next(iter(_words(value).values()), None)


def _position(each: Mapping[str, Any]) -> TraderPosition:
    leverage = each.get("leverage")
    return TraderPosition(
        coin=str(each["coin"]),
        size=number(each["szi"]),
        entry=optional(each.get("entryPx")),
        unrealized_pnl=optional(each.get("unrealizedPnl")),
        value=optional(each.get("positionValue")),
        leverage=optional(leverage.get("value") if isinstance(leverage, dict) else leverage),
        liquidation=positive(each.get("liquidationPx")),
    )


def _holding(each: Mapping[str, Any]) -> SpotHolding:
    return SpotHolding(str(each["coin"]), number(each["total"]), _extra(each, "coin", "total"))


def _extra(each: Mapping[str, Any], *known: str) -> dict[str, Value]:
    """What else a row tells, numbers as Decimals; nested values are left out."""
    return {
        name: _number_or_text(value)
        for name, value in each.items()
        if name not in known and not isinstance(value, dict | list) and value not in (None, "")
    }


def _number_or_text(value: Any) -> Value:
    if isinstance(value, str):
        try:
            return number(value)
        except ArithmeticError:
            return value
    return plain_value(value)


def parse_fills(payload: Any) -> tuple[TraderFill, ...]:
    """[{"coin", "px", "sz", "dir", "closedPnl", "time"}], time in Unix seconds."""
    found = [
        TraderFill(
            coin=str(each["coin"]),
            price=number(each["px"]),
            size=number(each["sz"]),
            direction=str(each["dir"]),
            closed_pnl=optional(each.get("closedPnl")),
            time_ms=seconds_to_ms(each["time"]),
        )
        for each in _list(payload)
    ]
    return tuple(sorted(found, key=lambda fill: fill.time_ms))


def parse_performance(payload: Any) -> tuple[PnlPoint, ...]:
    """{"chart": {"timestamp": [...], "pnl": [...]}}, times in Unix seconds; each time once, the last one kept."""
    chart = _data(payload)["chart"]
    points = {
        seconds_to_ms(at): number(pnl) for at, pnl in zip(chart["timestamp"], chart["pnl"], strict=True) if pnl != ""
    }
    return tuple(PnlPoint(at, points[at]) for at in sorted(points))


def parse_orders(payload: Any) -> tuple[TraderOrder, ...]:
    """[{"coin", "sz", "px", "side": "B" or "A", "oid"}]"""
    return tuple(
        TraderOrder(
            coin=str(each["coin"]),
            side=SIDES[each["side"]],
            size=number(each["sz"]),
            price=number(each["px"] if "px" in each else each["limitPx"]),
            id=str(each.get("oid", "")),
        )
        for each in _list(payload)
    )


def _coins(rows: Any) -> tuple[CoinPosition, ...]:
    """Rows of a coin and a position; anything else tells of no coin."""
    if not isinstance(rows, list):
        return ()
    return tuple(
        CoinPosition(str(each["coin"]), optional(each.get("position")), _extra(each, "coin", "position"))
        for each in rows
    )


def parse_top_positions(payload: Any) -> TopPositions:
    """{"long": [{"coin", "position", ...}], "short": [...]}"""
    data = _data(payload)
    return TopPositions(_coins(data["long"]), _coins(data["short"]))


def parse_exposure(payload: Any) -> tuple[ExposurePoint, ...]:
    """{"data": {"timestamp": [...], name: [...], ...}}: every list as long as the times is a series of numbers."""
    data = payload["data"]
    times = data["timestamp"]
    series = {
        name: tuple(map(optional, values))
        for name, values in data.items()
        if name != "timestamp" and isinstance(values, list) and len(values) == len(times)
    }
    if not series and times:
        raise ValueError("no series beside the times")
    points: dict[int, Mapping[str, Decimal | None]] = {}
    for n, at in enumerate(times):
        points[seconds_to_ms(at)] = {name: values[n] for name, values in series.items()}
    return tuple(ExposurePoint(at, points[at]) for at in sorted(points))


def parse_buckets(payload: Any) -> BucketStats:
    """{bucket: {"stats": {"count", "profit_ratio", "loss_ratio"}, "positions": {"long", "short"}, "long_exposure",
    "short_exposure", "net_exposure"}}, or {"status": "warming_up"} while they are being computed."""
    data = _data(payload)
    if data.get("status") == WARMING_UP:
        return BucketStats(None)
    rows = {name: of for name, of in data.items() if isinstance(of, dict)}
    if not rows:
        raise ValueError("no bucket")
    ordered = sorted(rows, key=lambda name: BUCKETS.index(name) if name in BUCKETS else len(BUCKETS))
    return BucketStats(tuple(_bucket(name, rows[name]) for name in ordered))


def _bucket(name: str, of: Mapping[str, Any]) -> Bucket:
    stats, positions = of.get("stats") or {}, of.get("positions") or {}
    count = optional(stats.get("count"))
    return Bucket(
        name=name,
        count=None if count is None else int(count),
        profit_ratio=optional(stats.get("profit_ratio")),
        loss_ratio=optional(stats.get("loss_ratio")),
        long_exposure=optional(of.get("long_exposure")),
        short_exposure=optional(of.get("short_exposure")),
        net_exposure=optional(of.get("net_exposure")),
        long=_coins(positions.get("long")),
        short=_coins(positions.get("short")),
    )
