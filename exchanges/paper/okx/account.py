"""The trading and the funding account: balances, positions, leverage, margin, fees, transfers, bills.

https://www.okx.com/docs-v5/en/#trading-account-rest-api
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.face import short
from blave_mcp.exchanges.paper.okx.face import NOT_IN_DEMO, Ask, OkxRefusal, inst_id, inst_type, wrong
from blave_mcp.exchanges.paper.okx.market import kind_of
from blave_mcp.exchanges.paper.okx.terms import lots, text
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ZERO, EntryKind, Listing, MarginMode, Position, PositionSide, Product

WALLETS = {"18": "trading", "6": "funding"}
CODES = {name: code for code, name in WALLETS.items()}
SIDES = {PositionSide.BOTH: "net", PositionSide.LONG: "long", PositionSide.SHORT: "short"}
NATIVE_SIDES = {name: side for side, name in SIDES.items()}


def balance(ask: Ask) -> list[Any]:
    """Cash, what is frozen, and (for the assets that perpetuals settle in) what new positions may take."""
    wanted = [one for one in ask.text("ccy").split(",") if one]
    margins = ask.exchange.margin_assets()
    details, total = [], ZERO
    for held in ask.exchange.balances(ask.now, "trading"):
        if not held.total or (wanted and held.asset not in wanted):
            continue
        margin = ask.exchange.margin_account(ask.now, held.asset) if held.asset in margins else None
        upl = margin.unrealised if margin else ZERO
        equity = held.total + upl
        available = margin.available if margin else held.free
        usd = equity * _usd(ask, held.asset)
        total += usd
        free = min(held.free, available) if margin else held.free
        details.append(
            {
                "availBal": short(max(ZERO, free)),
                "availEq": short(available) if margin else "",
                "cashBal": short(held.total),
                "ccy": held.asset,
                "crossLiab": "", "disEq": short(usd),
                "eq": short(equity),
                "eqUsd": short(usd),
                "fixedBal": "0",
                "frozenBal": short(max(ZERO, equity - max(ZERO, free))),
                "imr": short(margin.initial_margin) if margin else "",
                "interest": "", "isoEq": "0", "isoLiab": "", "isoUpl": "0", "liab": "", "maxLoan": "", "mgnRatio": "",
                "mmr": short(margin.maintenance_margin) if margin else "",
                "notionalLever": "", "ordFrozen": short(margin.order_initial_margin if margin else held.locked),
                "rewardBal": "0", "spotInUseAmt": "", "stgyEq": "0", "twap": "0",
                "uTime": str(ask.now),
                "upl": short(upl),
                "uplLiab": "",
            }
        )  # fmt: skip
    return [
        {
            "adjEq": "", "borrowFroz": "", "details": details, "imr": "", "isoEq": "0", "mgnRatio": "", "mmr": "",
            "notionalUsd": "", "ordFroz": "", "totalEq": short(total), "uTime": str(ask.now), "upl": "",
        }
    ]  # fmt: skip


def _usd(ask: Ask, asset: str) -> Decimal:
    if asset in ("USDT", "USDC", "USD"):
        return Decimal(1)
    listing = ask.face.listed(ask.exchange).get(f"{asset}-USDT")
    return ZERO if listing is None else ask.exchange.market.prices(listing.key, ask.now).last


def funding_balance(ask: Ask) -> list[Any]:
    wanted = [one for one in ask.text("ccy").split(",") if one]
    return [
        {
            "availBal": short(held.free),
            "bal": short(held.total),
            "ccy": held.asset,
            "frozenBal": short(held.locked),
        }
        for held in ask.exchange.balances(ask.now, "funding")
        if held.total and (not wanted or held.asset in wanted)
    ]


# Positions.


def positions(ask: Ask) -> list[Any]:
    kind_of(ask, required=False)
    kind = ask.text("instType")
    names = [inst_id(ask.listing_of(name)) for name in ask.text("instId").split(",") if name]
    rows = [position(ask, each) for each in ask.exchange.positions(ask.now)]
    return [row for row in rows if kind in ("", row["instType"]) and (not names or row["instId"] in names)]


def position(ask: Ask, held: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(held.key)
    isolated = held.margin_mode is MarginMode.ISOLATED
    prices = ask.exchange.market.prices(held.key, ask.now)
    size = held.qty if held.position_side is PositionSide.BOTH else abs(held.qty)
    margin = held.isolated_margin
    owed, bought = _lent(listing, held) if listing.product is Product.MARGIN else ((), ())
    ratio = held.maintenance_margin and (margin + held.unrealised) / held.maintenance_margin
    return {
        "adl": "1",
        "availPos": "",
        "avgPx": text(held.entry_price.quantize(Decimal("1e-10"))),
        "bePx": text(held.break_even.quantize(Decimal("1e-10"))),
        "cTime": str(held.opened_ms),
        "ccy": listing.settle,
        "closeOrderAlgo": [],
        "fee": "", "fundingFee": "",
        "idxPx": short(prices.index),
        "imr": "" if isolated else short(held.initial_margin),
        "instId": inst_id(listing),
        "instType": inst_type(listing),
        "interest": "0" if owed else "", "last": short(prices.last),
        "lever": short(held.leverage),
        "liab": short(-owed[1]) if owed else "", "liabCcy": owed[0] if owed else "", "liqPenalty": "",
        "liqPx": text(_liquidation(held)),
        "margin": short(margin) if isolated else "",
        "markPx": short(held.mark),
        "mgnMode": held.margin_mode.value,
        "mgnRatio": short(ratio.quantize(Decimal("1e-8"))) if isolated and ratio else "",
        "mmr": short(held.maintenance_margin),
        "notionalUsd": short(abs(held.notional)),
        "optVal": "", "pendingCloseOrdLiabVal": "",
        "pnl": short(held.realised_pnl),
        "pos": short(bought[1]) if bought else lots(listing, size),
        "posCcy": bought[0] if bought else "",
        "posId": str(held.id),
        "posSide": SIDES[held.position_side],
        "realizedPnl": short(held.realised_pnl),
        "settledPnl": "", "spotInUseAmt": "", "spotInUseCcy": "", "tradeId": "",
        "uTime": str(held.updated_ms),
        "upl": short(held.unrealised),
        "uplLastPx": short(held.unrealised), "uplRatio": "", "uplRatioLastPx": "", "usdPx": "",
    }  # fmt: skip


def _lent(listing: Listing, held: Position) -> tuple[tuple[str, Decimal], tuple[str, Decimal]]:
    """What a margin position owes, and what was bought with it: asset and amount each."""
    base, quote = (listing.base, abs(held.qty)), (listing.quote, abs(held.qty) * held.entry_price)
    quote = quote[0], quote[1].quantize(Decimal("1e-8"))
    return (quote, base) if held.qty > 0 else (base, quote)


def _liquidation(held: Position) -> Decimal | None:
    """Told where the position loses: a long and a short that share their margin may end beyond the other side."""
    price = held.liquidation_price
    if price is None or (price > held.mark) == (held.qty > 0):
        return None
    return price


# Settings.


def config(ask: Ask) -> list[Any]:
    """Futures mode (2)."""
    return [
        {
            "acctLv": "2", "acctStpMode": "cancel_maker", "autoLoan": False, "ctIsoMode": "automatic",
            "enableSpotBorrow": False, "greeksType": "PA", "feeType": "0", "ip": "", "type": "0", "kycLv": "3",
            "label": "paper", "level": "Lv1", "levelTmp": "", "liquidationGear": "-1", "mainUid": "1",
            "mgnIsoMode": "automatic", "opAuth": "0", "perm": "read_only,trade",
            "posMode": "long_short_mode" if ask.exchange.hedge else "net_mode",
            "roleType": "0", "spotBorrowAutoRepay": False, "spotOffsetType": "", "spotRoleType": "0",
            "spotTraderInsts": [], "stgyType": "0", "traderInsts": [], "uid": "1", "settleCcy": "USDT",
            "settleCcyList": ["USDT"],
        }
    ]  # fmt: skip


def set_position_mode(ask: Ask) -> list[Any]:
    mode = ask.one_of("posMode", ("net_mode", "long_short_mode"))
    try:
        ask.exchange.set_hedge(mode == "long_short_mode", ask.now)
    except PaperRefusal as refused:
        # OKX takes the mode that is set already.
        if refused.reason is not Reason.POSITION_MODE_UNCHANGED:
            raise
    return [{"posMode": mode}]


def leverage_of(ask: Ask, listing: Listing, mode: MarginMode) -> Decimal:
    """OKX keeps a leverage for each margin mode; the exchange has that of the mode which it is in."""
    now = ask.exchange.settings(listing.key)
    if now.margin_mode is mode:
        return now.leverage
    kept = ask.account.named("okx.leverage").get(f"{listing.key}:{mode.value}")
    return Decimal(kept) if kept else min(ask.exchange.rules.default_leverage, listing.max_leverage)


def leverage(ask: Ask) -> list[Any]:
    mode = MarginMode(ask.one_of("mgnMode", ("cross", "isolated")))
    rows = []
    for name in ask.need("instId").split(","):
        listing = ask.leveraged(name)
        hedged = ask.exchange.hedge and listing.product is Product.PERP
        sides = ("long", "short") if hedged else ("net",)
        lever = short(leverage_of(ask, listing, mode))
        rows += [
            {"ccy": "", "instId": name, "mgnMode": mode.value, "posSide": side, "lever": lever} for side in sides
        ]  # fmt: skip
    return rows


def set_leverage(ask: Ask) -> list[Any]:
    mode = MarginMode(ask.one_of("mgnMode", ("cross", "isolated")))
    listing = ask.leveraged(ask.need("instId"))
    side = ask.text("posSide")
    lever = ask.decimal("lever")
    if lever is None or lever < 1 or lever > listing.max_leverage:
        raise OkxRefusal("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    hedged = ask.exchange.hedge and listing.product is Product.PERP
    if hedged and mode is MarginMode.ISOLATED and side not in ("long", "short"):
        raise wrong("posSide")
    if ask.exchange.settings(listing.key).margin_mode is mode:
        ask.exchange.set_leverage(listing.key, lever, ask.now)
    else:
        ask.account.name("okx.leverage", f"{listing.key}:{mode.value}", str(lever))
    return [{"instId": inst_id(listing), "lever": short(lever), "mgnMode": mode.value, "posSide": side or "net"}]


def take_mode(ask: Ask, listing: Listing, mode: MarginMode) -> None:
    """Puts an instrument into the margin mode that an order names.

    OKX would keep a position in each mode; the exchange keeps one, so that the other is refused.
    """
    now = ask.exchange.settings(listing.key)
    if now.margin_mode is mode:
        return
    lever = leverage_of(ask, listing, mode)
    try:
        ask.exchange.set_margin_mode(listing.key, mode, ask.now)
    except PaperRefusal:
        raise OkxRefusal(
            NOT_IN_DEMO[0],
            f"{NOT_IN_DEMO[1]}: paper trading keeps one margin mode for an instrument, which is"
            f" {now.margin_mode.value} while it has a position or orders",
        ) from None
    ask.account.name("okx.leverage", f"{listing.key}:{now.margin_mode.value}", str(now.leverage))
    ask.exchange.set_leverage(listing.key, lever, ask.now)


def adjust_margin(ask: Ask) -> list[Any]:
    listing = ask.leveraged(ask.need("instId"))
    side = ask.one_of("posSide", ("net", "long", "short"))
    kind = ask.one_of("type", ("add", "reduce"))
    amount = ask.decimal("amt")
    if amount is None or amount <= 0:
        raise wrong("amt")
    signed = amount if kind == "add" else -amount
    ask.exchange.adjust_margin(listing.key, signed, ask.now, position_side=NATIVE_SIDES[side])
    row = {
        "amt": short(amount), "ccy": listing.settle, "instId": inst_id(listing), "leverage": "", "posSide": side,
        "type": kind,
    }  # fmt: skip
    ask.account.note(
        "okx.margins", {**row, "instType": inst_type(listing), "ts": str(ask.now), "change": short(-signed)}
    )
    return [row]


def fees(ask: Ask) -> list[Any]:
    kind = ask.need("instType")
    product = kind_of(ask)
    if product is None:
        raise wrong("instType")
    name = ask.text("instId") or (f"{ask.text('instFamily')}-SWAP" if ask.text("instFamily") else "")
    listing = ask.listing_of(name) if name else ask.exchange.listings(product)[0]
    maker, taker = short(-listing.maker_fee), short(-listing.taker_fee)
    swap = product is Product.PERP
    return [
        {
            "category": "1", "delivery": "", "exercise": "",
            "feeGroup": [{"elpMaker": "", "groupId": "2" if swap else "1", "maker": maker, "taker": taker}],
            "fiat": [], "instType": kind, "level": "Lv1", "maker": maker, "makerU": maker if swap else "",
            "makerUSDC": "", "ruleType": "normal", "taker": taker, "takerU": taker if swap else "", "takerUSDC": "",
            "ts": str(ask.now),
        }
    ]  # fmt: skip


# Money.


def transfer(ask: Ask) -> list[Any]:
    """Between the two accounts; there are no sub-accounts."""
    if ask.text("type") not in ("", "0"):
        raise OkxRefusal(*NOT_IN_DEMO)
    source, target = (WALLETS[ask.one_of(name, tuple(WALLETS))] for name in ("from", "to"))
    asset, amount = ask.need("ccy"), ask.decimal("amt")
    if amount is None or amount <= 0:
        raise OkxRefusal("58114", "Transfer amount must be greater than 0")
    name = ask.text("clientId")
    try:
        done = ask.exchange.transfer(asset, amount, source=source, target=target, now_ms=ask.now, tag=name)
    except PaperRefusal as refused:
        if refused.reason is Reason.INSUFFICIENT_BALANCE:
            raise OkxRefusal("58350", "Insufficient balance") from None
        raise
    return [
        {
            "transId": str(done.id),
            "ccy": asset,
            "clientId": name,
            "from": CODES[source],
            "amt": short(amount),
            "to": CODES[target],
        }
    ]


def transfer_state(ask: Ask) -> list[Any]:
    number, name = ask.text("transId"), ask.text("clientId")
    if not number and not name:
        raise OkxRefusal("50015", "Either parameter transId or clientId is required", status=400)
    return [
        {
            "amt": short(each.amount), "ccy": each.asset, "clientId": each.tag, "from": CODES[each.source],
            "instId": "", "state": "success", "subAcct": "", "to": CODES[each.target], "toInstId": "",
            "transId": str(each.id), "type": "0",
        }
        for each in ask.exchange.transfers(ask.now)
        if (number == str(each.id) if number else name == each.tag)
    ]  # fmt: skip


_BILL_TYPES = {
    EntryKind.TRANSFER: "1", EntryKind.TRADE: "2", EntryKind.COMMISSION: "2", EntryKind.REALISED_PNL: "2",
    EntryKind.INSURANCE: "5", EntryKind.FUNDING: "8", EntryKind.INTEREST: "7", EntryKind.HOUSE: "22",
}  # fmt: skip


def bills(ask: Ask) -> list[Any]:
    """Movements of the trading account, newest first. Margin put to a position (type 6) is noted by this face."""
    wanted, begin, end = ask.text("type"), ask.integer("begin") or 0, ask.integer("end")
    asset, name = ask.text("ccy"), ask.text("instId")
    rows = [
        _bill(f"e{each.id}", _BILL_TYPES[each.kind], each.asset, each.amount, at_ms=each.time_ms,
              listing=ask.exchange.listing(each.key) if each.key else None)
        for each in ask.exchange.entries(ask.now, wallet="trading")
    ]  # fmt: skip
    rows += [
        _bill(
            f"m{n}",
            "6",
            each["ccy"],
            Decimal(each["change"]),
            at_ms=int(each["ts"]),
            listing=ask.lent(each["instId"]) if each.get("instType") == "MARGIN" else ask.listing_of(each["instId"]),
        )
        for n, each in enumerate(ask.account.noted_under("okx.margins"))
    ]
    rows = [
        row
        for row in rows
        if wanted in ("", row["type"]) and asset in ("", row["ccy"]) and name in ("", row["instId"])
        and begin <= int(row["ts"]) and (end is None or int(row["ts"]) <= end)
    ]  # fmt: skip
    rows.sort(key=lambda row: int(row["ts"]), reverse=True)
    return rows[: ask.rows(100)]


def _bill(id: str, kind: str, asset: str, change: Decimal, *, at_ms: int, listing: Listing | None) -> dict[str, Any]:
    return {
        "bal": "", "balChg": short(change), "billId": id, "ccy": asset, "clOrdId": "", "execType": "", "fee": "0",
        "fillTime": "", "from": "", "instId": inst_id(listing) if listing else "",
        "instType": inst_type(listing) if listing else "", "interest": short(-change) if kind == "7" else "0",
        "mgnMode": "", "notes": "", "ordId": "", "pnl": "0", "posBal": "", "posBalChg": "", "px": "", "subType": "",
        "sz": short(abs(change)), "tag": "", "to": "", "tradeId": "", "ts": str(at_ms), "type": kind,
    }  # fmt: skip
