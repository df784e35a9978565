"""Orders and fills as they are asked for: one, those that are open, those that ended.

https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-details
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.market import DAY
from blave_mcp.exchanges.paper.okx.account import SIDES
from blave_mcp.exchanges.paper.okx.face import Ask, inst_id, inst_type
from blave_mcp.exchanges.paper.okx.orders import client_id, is_algo, row, told, visible, wanted
from blave_mcp.exchanges.paper.okx.terms import lots
from blave_mcp.exchanges.paper.types import Fill, Order, Product, Side


def query(ask: Ask) -> list[Any]:
    return [row(ask, wanted(ask, ("51603", "Order does not exist")))]


def _of_kind(ask: Ask, *, required: bool) -> Callable[[Order | Fill], bool]:
    """The filter of instType and instId."""
    kind = ask.need("instType") if required else ask.text("instType")
    name = ask.some_name()

    def fits(one: Order | Fill) -> bool:
        its = ask.exchange.listing(one.key)
        return kind in ("", inst_type(its)) and name in ("", inst_id(its))

    return fits


def paged(ask: Ask, rows: Iterable[dict[str, Any]], name: str) -> list[Any]:
    """Newest first, between the ids of `after` (older) and `before` (newer)."""
    after, before = ask.integer("after"), ask.integer("before")
    found = [
        each
        for each in rows
        if (after is None or int(each[name]) < after) and (before is None or int(each[name]) > before)
    ]
    found.sort(key=lambda each: int(each[name]), reverse=True)
    return found[: ask.rows(100)]


def _chosen(ask: Ask, orders: Iterable[Order], *, required: bool) -> list[Any]:
    fits, kind, state = _of_kind(ask, required=required), ask.text("ordType"), ask.text("state")
    rows = (row(ask, each) for each in orders if visible(each) and fits(each))
    return paged(
        ask, [each for each in rows if kind in ("", each["ordType"]) and state in ("", each["state"])], "ordId"
    )  # fmt: skip


def pending(ask: Ask) -> list[Any]:
    return _chosen(ask, ask.exchange.open_orders(ask.now), required=False)


def _ended(ask: Ask, days: int) -> list[Order]:
    begin, end = ask.integer("begin") or 0, ask.integer("end")
    since = max(begin, ask.now - days * DAY)
    return [
        each
        for each in ask.exchange.orders(ask.now)
        if each.status.done and each.created_ms >= since and (end is None or each.created_ms <= end)
    ]


def history(ask: Ask) -> list[Any]:
    return _chosen(ask, _ended(ask, 7), required=True)


def archive(ask: Ask) -> list[Any]:
    """Orders that ended without a fill are left out."""
    return _chosen(ask, [each for each in _ended(ask, 90) if each.executed], required=True)


def fills(ask: Ask) -> list[Any]:
    return _fills(ask, 3, required=False)


def fills_history(ask: Ask) -> list[Any]:
    return _fills(ask, 90, required=True)


def _fills(ask: Ask, days: int, *, required: bool) -> list[Any]:
    fits, number = _of_kind(ask, required=required), ask.integer("ordId")
    begin, end = ask.integer("begin") or 0, ask.integer("end")
    since = max(begin, ask.now - days * DAY)
    found = [
        each
        for each in ask.exchange.fills(ask.now, order_id=number)
        if fits(each) and each.time_ms >= since and (end is None or each.time_ms <= end)
    ]
    return paged(ask, [_fill(ask, each) for each in found], "billId")


def _fill(ask: Ask, fill: Fill) -> dict[str, Any]:
    listing = ask.exchange.listing(fill.key)
    order = ask.exchange.order(ask.now, order_id=fill.order_id)
    rate = listing.maker_fee if fill.maker else listing.taker_fee
    return {
        "side": fill.side.value,
        "fillSz": lots(listing, fill.qty),
        "fillPx": short(fill.price),
        "fillPxVol": "", "fillFwdPx": "",
        "fee": short(-fill.commission),
        "fillPnl": short(fill.realised_pnl),
        "ordId": str(fill.order_id),
        "feeRate": short(-rate),
        "instType": inst_type(listing),
        "fillPxUsd": "",
        "instId": inst_id(listing),
        "clOrdId": "" if is_algo(order) else client_id(order),
        "posSide": SIDES[fill.position_side] if listing.product is Product.PERP else "net",
        "billId": str(fill.id),
        "subType": "1" if fill.side is Side.BUY else "2",
        "fillMarkVol": "",
        "tag": told(order).get("tag", ""),
        "fillTime": str(fill.time_ms),
        "execType": "M" if fill.maker else "T",
        "fillIdxPx": "",
        "tradeId": str(fill.id),
        "fillMarkPx": "",
        "feeCcy": fill.commission_asset,
        "ts": str(fill.time_ms),
        "tradeQuoteCcy": "" if listing.product is Product.PERP else listing.quote,
    }  # fmt: skip
