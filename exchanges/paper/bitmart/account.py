"""The futures wallet: assets, positions, leverage and modes, fees, movements, transfers.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.terms import FUTURES, SPOT, average, lots, text
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, EntryKind, Listing, MarginMode, Position, PositionSide

SIDES = {PositionSide.BOTH: "both", PositionSide.LONG: "long", PositionSide.SHORT: "short"}
TYPES = {("spot", "futures"): "spot_to_contract", ("futures", "spot"): "contract_to_spot"}
FLOWS = {
    EntryKind.TRANSFER: (1, "Transfer"),
    EntryKind.REALISED_PNL: (2, "Realized PNL"),
    EntryKind.FUNDING: (3, "Funding Fee"),
    EntryKind.COMMISSION: (4, "Commission Fee"),
    EntryKind.INSURANCE: (5, "Liquidation Clearance"),
}


def assets(ask: Ask) -> Any:
    rows = []
    for asset in ask.exchange.margin_assets():
        held = ask.exchange.margin_account(ask.now, asset)
        rows.append(
            {
                "currency": asset, "available_balance": fixed(held.available),
                "frozen_balance": fixed(held.order_initial_margin),
                "position_deposit": fixed(held.position_initial_margin), "equity": fixed(held.margin_balance),
                "unrealized": fixed(held.unrealised),
            }
        )  # fmt: skip
    return rows


def fee_rate(ask: Ask) -> Any:
    listing = ask.listing()
    return {
        "symbol": native(listing),
        "taker_fee_rate": short(listing.taker_fee),
        "maker_fee_rate": short(listing.maker_fee),
    }


# Positions.


def _held(ask: Ask) -> list[Position]:
    """With a symbol also the empty ones."""
    listing = ask.some_listing()
    if ask.text("account") == "copy_trading":
        return []
    key = None if listing is None else listing.key
    return list(ask.exchange.positions(ask.now, key=key, include_empty=listing is not None))


def _mode(ask: Ask) -> str:
    return "hedge_mode" if ask.exchange.hedge else "one_way_mode"


def _liquidation(held: Position) -> Decimal | None:
    """Told where the position loses: a long and a short that share their margin may end beyond the other side."""
    price = held.liquidation_price
    return None if price is None or not held.qty or (price > held.mark) == (held.qty > 0) else price


def _shared(ask: Ask, held: Position, listing: Listing) -> dict[str, Any]:
    fees = sum((fill.commission for fill in _fills_since(ask, held)), ZERO)
    worth = abs(held.notional)
    return {
        "symbol": native(listing), "leverage": short(held.leverage), "timestamp": ask.now, "current_fee": fixed(fees),
        "open_timestamp": held.opened_ms, "current_value": fixed(worth), "mark_price": short(held.mark),
        "mark_value": fixed(worth), "position_value": fixed(abs(held.qty) * held.entry_price),
        "maintenance_margin": fixed(held.maintenance_margin), "close_vol": "0", "close_avg_price": "0",
        "open_avg_price": average(held.entry_price), "entry_price": average(held.entry_price),
        "current_amount": lots(listing, abs(held.qty)), "realized_value": fixed(held.realised_pnl),
        "account": "futures",
    }  # fmt: skip


def _fills_since(ask: Ask, held: Position) -> list[Any]:
    if not held.qty:
        return []
    found = ask.exchange.fills(ask.now, key=held.key)
    return [fill for fill in found if fill.position_side is held.position_side and fill.time_ms >= held.opened_ms]


def positions(ask: Ask) -> Any:
    rows = []
    for held in _held(ask):
        listing = ask.exchange.listing(held.key)
        isolated = held.margin_mode is MarginMode.ISOLATED
        margin = held.isolated_margin if isolated else held.initial_margin
        rows.append(
            _shared(ask, held, listing)
            | {
                "position_cross": fixed(margin), "margin_type": "Isolated" if isolated else "Cross",
                "position_mode": _mode(ask), "unrealized_value": fixed(held.unrealised),
                "position_type": 2 if held.qty < 0 or held.position_side is PositionSide.SHORT else 1,
            }
        )  # fmt: skip
    return rows


def positions_extended(ask: Ask) -> Any:
    rows = []
    for held in _held(ask):
        listing = ask.exchange.listing(held.key)
        one_way = held.position_side is PositionSide.BOTH
        amount = held.qty if one_way else abs(held.qty)
        isolated = held.margin_mode is MarginMode.ISOLATED
        rows.append(
            _shared(ask, held, listing)
            | {
                "position_amount": lots(listing, amount), "position_side": SIDES[held.position_side],
                "position_type": 2 if held.qty < 0 or held.position_side is PositionSide.SHORT else 1,
                "liquidation_price": text(_liquidation(held)), "unrealized_pnl": fixed(held.unrealised),
                "initial_margin": fixed(held.isolated_margin if isolated else held.initial_margin),
                "open_type": held.margin_mode.value, "max_notional_value": fixed(held.max_notional, 2),
            }
        )  # fmt: skip
    return rows


def position_risk(ask: Ask) -> Any:
    rows = []
    for held in _held(ask):
        listing = ask.exchange.listing(held.key)
        short_side = held.qty < 0 or held.position_side is PositionSide.SHORT
        rows.append(
            {
                "symbol": native(listing), "position_amt": lots(listing, held.qty), "mark_price": short(held.mark),
                "unrealized_profit": fixed(held.unrealised), "liquidation_price": text(_liquidation(held)),
                "leverage": short(held.leverage), "max_notional_value": fixed(held.max_notional, 2),
                "margin_type": held.margin_mode.value, "isolated_margin": fixed(held.isolated_margin),
                "position_side": "Short" if short_side else "Long", "notional": fixed(abs(held.notional)),
                "update_time": held.updated_ms, "account": "futures",
            }
        )  # fmt: skip
    return rows


# Settings.


def position_mode(ask: Ask) -> Any:
    return {"position_mode": _mode(ask)}


def set_position_mode(ask: Ask) -> Any:
    mode = ask.one_of("position_mode", ("hedge_mode", "one_way_mode"))
    try:
        ask.exchange.set_hedge(mode == "hedge_mode", ask.now)
    except PaperRefusal as refused:
        if refused.reason is not Reason.POSITION_MODE_UNCHANGED:
            raise
    return {"position_mode": mode}


def take_terms(ask: Ask, listing: Listing, *, set_now: bool) -> None:
    """Leverage and open_type of a request: an open position's own, or those that the contract then has.

    Raises:
        BitMartRefusal: 40040 for leverage, 40012 for a margin mode, that an open position does not have.
    """
    leverage, mode = ask.decimal("leverage"), ask.text("open_type")
    if mode not in ("", "cross", "isolated"):
        raise BitMartRefusal(40045, "The order open type is invalid")
    now = ask.exchange.settings(listing.key)
    held = ask.exchange.positions(ask.now, key=listing.key)
    if held and mode and mode != now.margin_mode.value:
        raise BitMartRefusal(40012, "The margin mode differs from that of the open position")
    if held and leverage is not None and leverage != now.leverage and not set_now:
        raise BitMartRefusal(40040, "The order leverage is invalid")
    if mode and mode != now.margin_mode.value:
        ask.exchange.set_margin_mode(listing.key, MarginMode(mode), ask.now)
    if leverage is not None and leverage != now.leverage:
        ask.exchange.set_leverage(listing.key, leverage, ask.now)


def set_leverage(ask: Ask) -> Any:
    listing = ask.listing()
    ask.need("open_type")
    take_terms(ask, listing, set_now=True)
    now = ask.exchange.settings(listing.key)
    return {
        "symbol": native(listing), "leverage": short(now.leverage), "open_type": now.margin_mode.value,
        "max_value": fixed(now.max_notional, 2),
    }  # fmt: skip


# Movements.


def flows(ask: Ask) -> Any:
    wanted, listing = ask.integer("flow_type") or 0, ask.some_listing()
    start, end = ask.integer("start_time") or 0, ask.integer("end_time")
    rows = []
    for each in ask.exchange.entries(ask.now, wallet=FUTURES):
        kind = FLOWS.get(each.kind)
        fits = kind is not None and wanted in (0, kind[0]) and (listing is None or listing.key == each.key)
        if kind is None or not fits or each.time_ms < start or (end is not None and each.time_ms > end):
            continue
        rows.append(
            {
                "symbol": native(ask.exchange.listing(each.key)) if each.key else "", "flow_type": kind[0],
                "type": kind[1], "amount": fixed(each.amount), "asset": each.asset, "account": "futures",
                "time": each.time_ms, "tran_id": str(each.id),
            }
        )  # fmt: skip
    return rows[::-1][: min(1000, ask.integer("page_size") or 100)]


def transfer(ask: Ask) -> Any:
    coin, amount = ask.need("currency"), ask.positive("amount")
    kind = ask.one_of("type", tuple(TYPES.values()))
    if coin != "USDT":
        raise BitMartRefusal(60002, "currency does not exist")
    source, target = (SPOT, FUTURES) if kind == "spot_to_contract" else (FUTURES, SPOT)
    if amount > ask.exchange.transferable(source, coin, ask.now):
        raise BitMartRefusal(61001, "Balance not enough")
    ask.exchange.transfer(coin, amount, source=source, target=target, now_ms=ask.now)
    return {"currency": coin, "amount": short(amount)}


def transfers(ask: Ask) -> Any:
    coin, page = ask.text("currency"), ask.integer("page")
    count = ask.integer("limit")
    if page is None or count is None or not 10 <= count <= 100 or not 1 <= page <= 1000:
        raise BitMartRefusal(60000, "Invalid request")
    start, end = ask.integer("time_start") or 0, ask.integer("time_end")
    rows = [
        {
            "transfer_id": str(each.id), "currency": each.asset, "amount": short(each.amount),
            "type": TYPES[each.source, each.target], "state": "FINISHED", "timestamp": each.time_ms,
        }
        for each in ask.exchange.transfers(ask.now)
        if (each.source, each.target) in TYPES and coin in ("", each.asset)
        and start <= each.time_ms and (end is None or each.time_ms <= end)
    ]  # fmt: skip
    return {"records": rows[::-1][(page - 1) * count : page * count]}
