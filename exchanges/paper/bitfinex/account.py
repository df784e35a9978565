"""Wallets, positions, margin, ledgers and transfers. https://docs.bitfinex.com/reference/rest-auth-wallets"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitfinex import funding
from blave_mcp.exchanges.paper.bitfinex.market import listing_of, number
from blave_mcp.exchanges.paper.bitfinex.terms import (
    EXCHANGE,
    FUNDING,
    INITIAL,
    MAJOR,
    MAKER,
    MARGIN,
    TAKER,
    WALLETS,
    asset_of,
    code_of,
    pair_of,
)
from blave_mcp.exchanges.paper.bitfinex.wire import Ask, generic, notification, wrong
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ONE, ZERO, Entry, EntryKind, Listing, Position, Product

FIRST_POSITION = 142_000_000
TRANSFER, INTEREST, TRADE, FEE = 51, 28, 5, 201
CATEGORIES = {
    EntryKind.TRANSFER: TRANSFER,
    EntryKind.HOUSE: INTEREST,
    EntryKind.INTEREST: INTEREST,
    EntryKind.TRADE: TRADE,
    EntryKind.REALISED_PNL: TRADE,
    EntryKind.COMMISSION: FEE,
}
TITLES = {EXCHANGE: "Exchange", MARGIN: "Margin", FUNDING: "Funding"}


def wallets(ask: Ask) -> list[Any]:
    """[TYPE, CURRENCY, BALANCE, UNSETTLED_INTEREST, AVAILABLE_BALANCE, DESCRIPTION, META]"""
    funding.settle(ask)
    rows = []
    for one in ask.exchange.balances(ask.now):
        if not one.total:
            continue
        free = ask.exchange.transferable(one.wallet, one.asset, ask.now) if one.wallet == MARGIN else one.free
        rows.append([one.wallet, code_of(one.asset), number(one.total), 0, number(max(ZERO, free)), None, None])
    return rows


def transfer(ask: Ask) -> list[Any]:
    params = ask.params
    source, target = WALLETS.get(params.needed("from")), WALLETS.get(params.needed("to"))
    code, amount = params.needed("currency"), params.amount("amount")
    if source is None or target is None:
        raise wrong("wallet")
    if params.text("currency_to", code) != code:
        raise generic("Invalid order: paper trading changes no currency")
    funding.settle(ask)
    try:
        ask.exchange.transfer(asset_of(code), amount, source=source, target=target, now_ms=ask.now)
    except PaperRefusal as refused:
        if refused.reason is Reason.INSUFFICIENT_BALANCE:
            text = f"Transfer failed: not enough {code} balance in {TITLES[source]}"
        else:
            text = f"Transfer failed: {refused.detail}"
        raise generic(text) from None
    moved = [ask.now, source, target, None, code, None, None, amount]
    text = f"{amount:f} {code} transferred from {TITLES[source]} to {TITLES[target]}"
    return notification("acc_tf", moved, text, ask.now)


# Positions.


def _net(ask: Ask) -> Decimal:
    return ask.exchange.margin_account(ask.now, "USDT").margin_balance


def _position(ask: Ask, one: Position) -> list[Any]:
    value = abs(one.notional)
    entry = number(one.entry_price)
    share = one.unrealised / abs(one.qty * one.entry_price) if one.entry_price else ZERO
    net = _net(ask)
    ratio = max(ZERO, number(value / net)) if net > 0 else ZERO
    liquidation = None if one.liquidation_price is None else number(one.liquidation_price)
    return [
        f"t{pair_of(ask.exchange.listing(one.key))}", "ACTIVE", one.qty, entry, 0, 0, number(one.unrealised),
        number(share * 100), liquidation, ratio, None, FIRST_POSITION + one.id, one.opened_ms, one.updated_ms, None,
        0, None, 0, 0, {"reason": "TRADE", "trade_price": f"{entry:f}", "trade_amount": f"{one.qty:f}"},
    ]  # fmt: skip


def positions(ask: Ask) -> list[Any]:
    return [_position(ask, one) for one in ask.exchange.positions(ask.now)]


def margin_info(ask: Ask) -> list[Any]:
    key = ask.params.path["symbol"]
    account = ask.exchange.margin_account(ask.now, "USDT")
    if key == "base":
        told = (account.unrealised, ZERO, account.wallet_balance, account.margin_balance, account.maintenance_margin)
        return ["base", [number(value) for value in told]]
    if key == "sym_all":
        return [_tradable(ask, one) for one in ask.exchange.listings(Product.MARGIN)]
    return _tradable(ask, listing_of(ask, key, Product.MARGIN))


def _tradable(ask: Ask, listing: Listing) -> list[Any]:
    """["sym", SYMBOL, [TRADABLE_BALANCE, GROSS_BALANCE, BUY, SELL]]"""
    account = ask.exchange.margin_account(ask.now, "USDT")
    times = ONE / INITIAL[listing.base in MAJOR]
    prices = ask.exchange.market.prices(listing.key, ask.now)
    open_, gross = account.available * times, account.margin_balance * times
    told = (open_, gross, open_ / prices.ask, open_ / prices.bid)
    return ["sym", f"t{pair_of(listing)}", [*(number(value) for value in told), None, None, None, None]]


# Records.


def ledgers(ask: Ask) -> list[Any]:
    """[ID, CURRENCY, WALLET, MTS, null, AMOUNT, BALANCE, null, DESCRIPTION]; what the balance was is not kept."""
    funding.settle(ask)
    params = ask.params
    code, category = params.path.get("symbol"), params.integer("category")
    start, end = params.integer("start", 0) or 0, params.integer("end", ask.now) or ask.now
    rows = [
        [one.id, code_of(one.asset), one.wallet, one.time_ms, None, one.amount, None, None, _described(one)]
        for one in ask.exchange.entries(ask.now)
        if code in (None, code_of(one.asset))
        and category in (None, CATEGORIES.get(one.kind))
        and start <= one.time_ms <= end
    ]
    return rows[::-1][: params.rows(25, 2500)]


def _described(one: Entry) -> str:
    code = code_of(one.asset)
    if one.kind is EntryKind.TRANSFER:
        return f"Transfer of {abs(one.amount):f} {code} on wallet {one.wallet}"
    if one.kind is EntryKind.HOUSE:
        return f"Margin Funding Payment on wallet {one.wallet}"
    if one.kind is EntryKind.INTEREST:
        return f"Margin Funding Charge on wallet {one.wallet}"
    return f"{one.kind.value} on wallet {one.wallet}"


def movements(ask: Ask) -> list[Any]:
    """On paper nothing comes in and nothing goes out."""
    return []


def summary(ask: Ask) -> list[Any]:
    """[4] holds the fees: [maker ...], [taker against crypto, stablecoins, fiat ...]."""
    fees = [[MAKER, MAKER, MAKER, None, None, Decimal("0.0002")], [TAKER, TAKER, TAKER, None, None, Decimal("0.00065")]]
    volume = [[{"curr": "Total (USD)", "vol": 0, "vol_safe": 0, "vol_maker": 0}], {}, 0]
    return [None, None, None, None, fees, volume, [None, {}, 0], None, None, {"leo_lev": 0, "leo_amount_avg": 0}]


def permissions(ask: Ask) -> list[Any]:
    rights = {"account": (1, 0), "history": (1, 0), "orders": (1, 1), "positions": (1, 1), "funding": (1, 1)}
    rights |= {"settings": (0, 0), "wallets": (1, 1), "withdraw": (0, 0)}
    return [[name, read, write] for name, (read, write) in rights.items()]


def user(ask: Ask) -> list[Any]:
    return [1, "", "paper", 0, 1, 3, None, "UTC", "en", "bitfinex", 1]
