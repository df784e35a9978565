"""Account payloads -> models: balances, positions, settings, tiers, fills. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.exact import number, optional, positive
from blave_mcp.exchanges.models import (
    AccountSettings,
    Balance,
    Bracket,
    Fill,
    MarginMode,
    Position,
    PositionMode,
    PositionSide,
)
from blave_mcp.exchanges.okx.parse import (
    ONE,
    Row,
    contract_sizes,
    moment,
    only,
    position_side_of,
    row,
    rows,
    side_of,
    sizes_of,
    symbol_of,
)

ZERO = Decimal(0)


def balances(trading: Any, funding: Any, *, free_in: str) -> tuple[Balance, ...]:
    """GET /api/v5/account/balance and GET /api/v5/asset/balances, wallets "trading" and "funding".

    Args:
        free_in: availEq (what new positions may take) or availBal (cash that is not frozen).
    """
    found = []
    for each in rows(only(trading)["details"]):
        free = next((n for name in (free_in, "availBal") if (n := optional(each.get(name))) is not None), ZERO)
        total, locked = number(each["cashBal"]), optional(each.get("frozenBal")) or ZERO
        if total or free or locked:
            upl = optional(each.get("upl"))
            found.append(Balance(asset=each["ccy"], wallet="trading", total=total, free=free, locked=locked,
                                 unrealised_pnl=upl))  # fmt: skip
    for each in rows(funding):
        total, free, locked = number(each["bal"]), number(each["availBal"]), number(each["frozenBal"])
        if total or free or locked:
            found.append(Balance(asset=each["ccy"], wallet="funding", total=total, free=free, locked=locked))
    return tuple(found)


def positions(payload: Any, *listed: Any) -> tuple[Position, ...]:
    """GET /api/v5/account/positions of swaps or margin, and the instruments.

    A margin position's `pos` is an amount of `posCcy`: in base it is long; in quote it is short, and its size is what
    it owes in base, or else `pos` at the entry price.
    """
    sizes = sizes_of(listed)
    found = []
    for each in rows(payload):
        held = number(each["pos"])
        if not held:
            continue
        swap = each["instType"] == "SWAP"
        if swap and each["instId"] not in sizes:
            continue
        named = position_side_of(each["posSide"])
        entry, mark = number(each["avgPx"]), positive(each.get("markPx"))
        long = held > 0 if swap else each["posCcy"] == each["instId"].partition("-")[0]
        if named in (PositionSide.LONG, PositionSide.SHORT):
            long = named is PositionSide.LONG
        size = abs(held) * sizes[each["instId"]] if swap else _lent_size(each, entry, long=long)
        found.append(
            Position(
                symbol=symbol_of(each["instId"]),
                native=each["instId"],
                side=PositionSide.LONG if long else PositionSide.SHORT,
                position_side=named or PositionSide.BOTH,
                size=size,
                entry=entry,
                mark=mark,
                liquidation=positive(each.get("liqPx")),
                leverage=lever(each.get("lever")),
                margin_mode=MarginMode(each["mgnMode"]),
                margin=positive(each.get("margin")),
                notional=None if mark is None else size * mark,
                unrealised_pnl=optional(each.get("upl")),
                contracts=abs(held) if swap else None,
                break_even=positive(each.get("bePx")),
                maintenance=positive(each.get("mmr")),
                time_ms=moment(each.get("uTime")),
            )
        )
    return tuple(found)


def _lent_size(position: Row, entry: Decimal, *, long: bool) -> Decimal:
    """A margin position's size in base."""
    held = abs(number(position["pos"]))
    if long:
        return held
    base = position["instId"].partition("-")[0]
    owed = abs(optional(position.get("liab")) or ZERO) if position.get("liabCcy") == base else ZERO
    return owed or held / entry


def lever(value: Any) -> int | None:
    found = optional(value)
    return None if found is None else int(found)


def fees(payload: Any, entry: Row) -> tuple[Decimal | None, Decimal | None]:
    """Maker and taker of an instrument's fee group. OKX writes a charge as a negative rate."""
    found = only(payload)
    groups = rows(found.get("feeGroup", []))
    ours = [each for each in groups if each["groupId"] == entry.get("groupId")] or (groups if len(groups) == 1 else [])
    rates = ours[0] if ours else found
    maker, taker = optional(rates.get("maker")), optional(rates.get("taker"))
    return (None if maker is None else -maker), (None if taker is None else -taker)


def instrument_of(payload: Any, native: str) -> Row:
    return next((row(each) for each in rows(payload) if each["instId"] == native), {})


def spot_settings(native: str, listed: Any, config: Any, rates: Any) -> AccountSettings:
    """GET public/instruments, account/config and account/trade-fee."""
    maker, taker = fees(rates, instrument_of(listed, native))
    return AccountSettings(symbol=symbol_of(native), maker_fee=maker, taker_fee=taker, can_trade=may_trade(config))


def may_trade(config: Any) -> bool:
    return "trade" in str(only(config).get("perm", "trade")).split(",")


def settings(native: str, mode: MarginMode, *payloads: Any) -> AccountSettings:
    """The same three, then account/leverage-info in `mode` and account/positions.

    OKX has no margin mode of an instrument: each order names one. An open position's counts, else `mode`.
    """
    listed, config, rates, leverage, held = payloads
    maker, taker = fees(rates, instrument_of(listed, native))
    whole = only(config)
    kind = {each["posSide"]: lever(each["lever"]) for each in rows(leverage)}
    now = next((each for each in rows(held) if number(each["pos"] or "0")), None)
    return AccountSettings(
        symbol=symbol_of(native),
        leverage=next(iter(kind.values()), None) if now is None else lever(now.get("lever")),
        margin_mode=mode if now is None else MarginMode(now["mgnMode"]),
        position_mode=PositionMode.HEDGE if whole["posMode"] == "long_short_mode" else PositionMode.ONE_WAY,
        maker_fee=maker,
        taker_fee=taker,
        can_trade=may_trade(config),
        multi_asset=str(whole.get("acctLv")) in ("3", "4"),
    )


def brackets(tiers: Any, listed: Any, marks: Any, native: str) -> tuple[Bracket, ...]:
    """GET public/position-tiers, instruments and mark-price.

    OKX cuts its tiers in contracts; here they are worth what the mark price says now. A tier's rate holds for the
    whole position, hence no deduction.
    """
    worth = contract_sizes(listed)[native] * number(only(marks)["markPx"])
    found, floor = [], ZERO
    for each in sorted(rows(tiers), key=lambda tier: number(tier["maxSz"])):
        cap = number(each["maxSz"]) * worth
        found.append(Bracket(floor, cap, int(number(each["maxLever"])), number(each["mmr"]), ZERO))
        floor = cap
    return tuple(found)


def margin_brackets(tiers: Any) -> tuple[Bracket, ...]:
    """GET public/position-tiers of one MARGIN instrument.

    Cut by what may be borrowed in quote; what is borrowed is what the position was worth when it was opened. A tier's
    rate holds for the whole loan, hence no deduction.
    """
    found, floor = [], ZERO
    for each in sorted(rows(tiers), key=lambda tier: number(tier["quoteMaxLoan"])):
        cap = number(each["quoteMaxLoan"])
        found.append(Bracket(floor, cap, int(number(each["maxLever"])), number(each["mmr"]), ZERO))
        floor = cap
    return tuple(found)


def borrow_rates(payload: Any, native: str) -> dict[str, Decimal]:
    """GET /api/v5/account/interest-rate, of the two currencies of a pair: an hour's interest, a fraction."""
    pair = native.split("-")
    rates = {each["ccy"]: optional(each.get("interestRate")) for each in rows(payload)}
    return {asset: rate for asset in pair if (rate := rates.get(asset)) is not None}


def fills(pages: tuple[Any, ...], *listed: Any) -> tuple[Fill, ...]:
    """GET /api/v5/trade/fills and fills-history. A charged fee is negative at OKX, and positive here."""
    sizes = sizes_of(listed)
    found = {
        str(each["billId"]): Fill(
            id=str(each["tradeId"]),
            order_id=str(each["ordId"]),
            symbol=symbol_of(each["instId"]),
            side=side_of(each["side"]),
            price=number(each["fillPx"]),
            size=number(each["fillSz"]) * sizes.get(each["instId"], ONE),
            fee=-(optional(each.get("fee")) or ZERO),
            fee_asset=each["feeCcy"],
            maker={"M": True, "T": False}.get(each.get("execType", "")),
            time_ms=int(each["ts"]),
            realised_pnl=optional(each.get("fillPnl")) if each["instType"] != "SPOT" else None,
            position_side=position_side_of(each.get("posSide")) if each["instType"] == "SWAP" else None,
        )
        for page in pages
        for each in rows(page)
        if each["instType"] != "SWAP" or each["instId"] in sizes
    }
    return tuple(sorted(found.values(), key=lambda fill: fill.time_ms))
