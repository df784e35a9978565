"""Orders as they were placed, and fills. https://docs.bitfinex.com/reference/rest-auth-retrieve-orders"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.paper.bitfinex.market import listing_of
from blave_mcp.exchanges.paper.bitfinex.orders import FIRST_ID, TWO_WEEKS, row, tag_of
from blave_mcp.exchanges.paper.bitfinex.terms import code_of, pair_of
from blave_mcp.exchanges.paper.bitfinex.wire import Ask, wrong
from blave_mcp.exchanges.paper.types import ZERO, Order


def _key(ask: Ask) -> str | None:
    """Symbol of the pair that the path names."""
    symbol = ask.params.path.get("symbol")
    return None if symbol is None else listing_of(ask, symbol).symbol


def _chosen(ask: Ask, found: tuple[Order, ...]) -> list[Order]:
    symbol, ids = _key(ask), ask.params.ids("id")
    return [
        one
        for one in found
        if symbol in (None, ask.exchange.listing(one.key).symbol) and (ids is None or one.id + FIRST_ID in ids)
    ]


def active(ask: Ask) -> list[Any]:
    return [row(ask, one) for one in reversed(_chosen(ask, ask.exchange.open_orders(ask.now)))]


def history(ask: Ask) -> list[Any]:
    start = ask.params.integer("start", ask.now - TWO_WEEKS) or 0
    end = ask.params.integer("end", ask.now) or ask.now
    ended = [one for one in _chosen(ask, ask.exchange.orders(ask.now)) if one.status.done]
    ended.sort(key=lambda one: (one.updated_ms, one.id), reverse=True)
    inside = [one for one in ended if start <= one.updated_ms <= end]
    return [row(ask, one) for one in inside[: ask.params.rows(25, 2500)]]


def _fills(ask: Ask, order_id: int | None, symbol: str | None) -> list[list[Any]]:
    """[ID, PAIR, MTS, ORDER_ID, AMOUNT, PRICE, ORDER_TYPE, ORDER_PRICE, MAKER, FEE, FEE_CURRENCY, CID]"""
    rows = []
    for fill in ask.exchange.fills(ask.now, order_id=order_id):
        listing = ask.exchange.listing(fill.key)
        if symbol not in (None, listing.symbol):
            continue
        order = ask.exchange.order(ask.now, order_id=fill.order_id)
        tag = tag_of(order) if order.request.tag else {"type": "MARKET"}
        rows.append([
            fill.id, f"t{pair_of(listing)}", fill.time_ms, fill.order_id + FIRST_ID, fill.side.sign * fill.qty,
            fill.price, tag["type"], order.price or ZERO, 1 if fill.maker else -1, -fill.commission,
            code_of(fill.commission_asset), tag.get("cid"),
        ])  # fmt: skip
    return rows


def trades(ask: Ask) -> list[Any]:
    start, end = ask.params.integer("start", 0) or 0, ask.params.integer("end", ask.now) or ask.now
    rows = [one for one in _fills(ask, None, _key(ask)) if start <= one[2] <= end]
    limit = ask.params.rows(25, 2500)
    return rows[:limit] if ask.params.integer("sort", -1) == 1 else rows[::-1][:limit]


def order_trades(ask: Ask) -> list[Any]:
    word = ask.params.path["id"]
    if not word.isdecimal():
        raise wrong("id")
    return _fills(ask, int(word) - FIRST_ID, _key(ask))[::-1]
