"""Isolated margin, which the exchange does not have: this face lends, counts interest, and keeps a wallet per pair.

A margin order brings what it may spend from the pair's wallet to spot, where the exchange trades it; what it buys,
sells for and leaves over goes back, with every request. The face liquidates nothing: it tells the risk rate and the
price.
https://developer-pro.bitmart.com/en/spot/#margin-loan
"""

from __future__ import annotations

import json
from decimal import ROUND_UP, Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitmart.face import Ask, BitMartRefusal, native
from blave_mcp.exchanges.paper.bitmart.terms import SPOT
from blave_mcp.exchanges.paper.face import fixed, short
from blave_mcp.exchanges.paper.market import HOUR
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import ONE, QUANTUM, ZERO, Listing, Order, OrderRequest, Product, Side

DAILY, HOURLY = Decimal("0.00048"), Decimal("0.00002")
MOST_LEVERAGE = Decimal(5)
LIQUIDATE_RATE = Decimal("1.15")
MOVE_OUT_RATE = Decimal(2)
NO_DEBT_RATE = Decimal(999)
ORDERS, LOANS, REPAYMENTS = "bitmart.margin_orders", "bitmart.loans", "bitmart.repayments"


def wallet_of(listing: Listing) -> str:
    return f"margin {native(listing)}"


# Orders.


def place(ask: Ask, listing: Listing, request: OrderRequest) -> Order:
    """Raises PaperRefusal, with everything back where it was."""
    wallet = wallet_of(listing)
    price = request.price
    if request.side is Side.SELL:
        coin, amount = listing.base, request.qty or ZERO
    else:
        worth = request.quote_qty if request.quote_qty is not None else (request.qty or ZERO) * (price or ZERO)
        coin, amount = listing.quote, worth * (ONE + listing.taker_fee)
    amount = amount.quantize(QUANTUM, ROUND_UP)
    ask.exchange.transfer(coin, amount, source=wallet, target=SPOT, now_ms=ask.now)
    try:
        order = ask.exchange.place(request, ask.now)
    except PaperRefusal:
        ask.exchange.transfer(coin, amount, source=SPOT, target=wallet, now_ms=ask.now)
        raise
    state = {"brought": str(amount), listing.base: "0", listing.quote: "0"}
    ask.account.name(ORDERS, str(order.id), json.dumps(state))
    settle(ask)
    return ask.exchange.order(ask.now, order_id=order.id)


def _tracked(ask: Ask) -> list[tuple[Order, Listing, dict[str, str]]]:
    found = []
    for number, kept in ask.account.named(ORDERS).items():
        order = ask.exchange.order(ask.now, order_id=int(number))
        found.append((order, ask.exchange.listing(order.key), json.loads(kept)))
    return found


def _spent(ask: Ask, order: Order) -> tuple[Decimal, Decimal]:
    """Base and quote that an order's fills have moved, the fee counted in quote."""
    fills = ask.exchange.fills(ask.now, key=order.key, order_id=order.id)
    sign = 1 if order.side is Side.BUY else -1
    base = sum((fill.qty for fill in fills), ZERO)
    return base, sum((fill.quote + sign * fill.commission for fill in fills), ZERO)


def settle(ask: Ask) -> None:
    """Brings back what margin orders have bought, sold for and left over."""
    for order, listing, state in _tracked(ask):
        base, quote = _spent(ask, order)
        left = Decimal(state["brought"]) - (quote if order.side is Side.BUY else base)
        if order.side is Side.BUY:
            due = {listing.base: base, listing.quote: left if order.status.done else ZERO}
        else:
            due = {listing.quote: quote, listing.base: left if order.status.done else ZERO}
        for coin, amount in due.items():
            back = amount - Decimal(state[coin])
            if back > 0:
                ask.exchange.transfer(coin, back, source=SPOT, target=wallet_of(listing), now_ms=ask.now)
                state[coin] = str(amount)
        kept = dict(ask.account.named(ORDERS))
        if order.status.done:
            del kept[str(order.id)]
        else:
            kept[str(order.id)] = json.dumps(state)
        if kept != ask.account.named(ORDERS):
            ask.account.notes[ORDERS], ask.account.noted = kept, True


def at_work(ask: Ask, only: Listing | None = None) -> dict[str, Decimal]:
    """What open margin orders have in the spot wallet, by coin."""
    found: dict[str, Decimal] = {}
    for order, listing, state in _tracked(ask):
        if only is not None and only.key != listing.key:
            continue
        base, quote = _spent(ask, order)
        coin, gone = (listing.quote, quote) if order.side is Side.BUY else (listing.base, base)
        found[coin] = found.get(coin, ZERO) + Decimal(state["brought"]) - gone
    return found


# Loans.


def _loans(ask: Ask, pair: str, coin: str = "") -> list[dict[str, str]]:
    """A pair's loans, oldest first, their interest counted up to now: the first hour at once, then each full hour."""
    found = []
    for kept in ask.account.named(LOANS).values():
        loan: dict[str, str] = json.loads(kept)
        if loan["symbol"] == pair and coin in ("", loan["currency"]):
            hours = (ask.now - int(loan["since"])) // HOUR
            loan["interest"] = str(Decimal(loan["interest"]) + Decimal(loan["left"]) * HOURLY * hours)
            loan["since"] = str(int(loan["since"]) + hours * HOUR)
            found.append(loan)
    return found


def _owed(ask: Ask, pair: str, coin: str) -> tuple[Decimal, Decimal]:
    loans = _loans(ask, pair, coin)
    interest = sum((Decimal(loan["interest"]) for loan in loans), ZERO).quantize(QUANTUM, ROUND_UP)
    return sum((Decimal(loan["left"]) for loan in loans), ZERO), interest


def _sides(ask: Ask, listing: Listing) -> dict[str, tuple[Decimal, Decimal]]:
    """Assets and debts of a pair's account, by coin."""
    lent, found = at_work(ask, listing), {}
    for coin in (listing.base, listing.quote):
        held = ask.exchange.balance(wallet_of(listing), coin, ask.now).total + lent.get(coin, ZERO)
        found[coin] = held, sum(_owed(ask, native(listing), coin), ZERO)
    return found


def _worth(ask: Ask, listing: Listing) -> tuple[Decimal, Decimal]:
    """Assets and debts in quote."""
    price = ask.exchange.market.prices(listing.key, ask.now).last
    base, quote = (_sides(ask, listing)[coin] for coin in (listing.base, listing.quote))
    return base[0] * price + quote[0], base[1] * price + quote[1]


def _borrowable(ask: Ask, listing: Listing, coin: str) -> Decimal:
    assets, debts = _worth(ask, listing)
    most = max(ZERO, (assets - debts) * (MOST_LEVERAGE - ONE) - debts)
    price = ask.exchange.market.prices(listing.key, ask.now).last if coin == listing.base else ONE
    return (most / price).quantize(QUANTUM)


def account(ask: Ask) -> Any:
    one = ask.some_listing()
    found = ask.exchange.listings(Product.SPOT) if one is None else (one,)
    shown = [each for each in found if one is not None or any(any(side) for side in _sides(ask, each).values())]
    return {"symbols": [_account(ask, each) for each in shown]}


def _account(ask: Ask, listing: Listing) -> dict[str, Any]:
    assets, debts = _worth(ask, listing)
    (base, owed_base), (quote, owed_quote) = (_sides(ask, listing)[coin] for coin in (listing.base, listing.quote))
    risk = (assets / debts).quantize(Decimal("0.01")) if debts else NO_DEBT_RATE
    net = base - LIQUIDATE_RATE * owed_base
    price = ((LIQUIDATE_RATE * owed_quote - quote) / net) if net and debts else ZERO
    return {
        "symbol": native(listing), "risk_rate": short(risk),
        "risk_level": "1" if risk > 2 else "2" if risk > LIQUIDATE_RATE else "3",
        "buy_enabled": True, "sell_enabled": True,
        "liquidate_price": fixed(price, 2) if price > 0 else "0.00", "liquidate_rate": short(LIQUIDATE_RATE),
        "base": _coin(ask, listing, listing.base), "quote": _coin(ask, listing, listing.quote),
    }  # fmt: skip


def _coin(ask: Ask, listing: Listing, coin: str) -> dict[str, Any]:
    frozen = at_work(ask, listing).get(coin, ZERO)
    free = ask.exchange.balance(wallet_of(listing), coin, ask.now).free
    principal, interest = _owed(ask, native(listing), coin)
    net = free + frozen - principal - interest
    bitcoin = next(each for each in ask.exchange.listings(Product.SPOT) if each.base == "BTC")
    in_quote = net if coin == listing.quote else net * ask.exchange.market.prices(listing.key, ask.now).last
    return {
        "currency": coin, "borrow_enabled": True, "borrowed": fixed(principal), "available": fixed(free),
        "frozen": fixed(frozen), "net_asset": fixed(net),
        "net_assetBTC": fixed(in_quote / ask.exchange.market.prices(bitcoin.key, ask.now).last),
        "total_asset": fixed(free + frozen), "borrow_unpaid": fixed(principal), "interest_unpaid": fixed(interest),
    }  # fmt: skip


def pairs(ask: Ask) -> Any:
    one = ask.some_listing()
    found = ask.exchange.listings(Product.SPOT) if one is None else (one,)
    return {
        "symbols": [
            {
                "symbol": native(each), "max_leverage": short(MOST_LEVERAGE), "symbol_enabled": True,
                "base": _limits(ask, each, each.base), "quote": _limits(ask, each, each.quote),
            }
            for each in found
        ]
    }  # fmt: skip


def _limits(ask: Ask, listing: Listing, coin: str) -> dict[str, str]:
    most = listing.max_qty if coin == listing.base else Decimal(1_000_000)
    return {
        "currency": coin, "daily_interest": fixed(DAILY), "hourly_interest": fixed(HOURLY),
        "max_borrow_amount": fixed(most), "min_borrow_amount": fixed(_least(listing, coin)),
        "borrowable_amount": fixed(min(most, _borrowable(ask, listing, coin))),
    }  # fmt: skip


def _least(listing: Listing, coin: str) -> Decimal:
    return listing.min_qty if coin == listing.base else Decimal(10)


def _coin_and_amount(ask: Ask, listing: Listing) -> tuple[str, Decimal]:
    coin = ask.need("currency")
    if coin not in (listing.base, listing.quote):
        raise BitMartRefusal(51000, "Currency not found")
    return coin, ask.positive("amount")


def borrow(ask: Ask) -> Any:
    listing = ask.listing()
    coin, amount = _coin_and_amount(ask, listing)
    if amount < _least(listing, coin):
        raise BitMartRefusal(51005, "Less than the minimum borrowable amount")
    if amount > _borrowable(ask, listing, coin):
        raise BitMartRefusal(51004, "Exceed the maximum number of borrows available.")
    ask.exchange.pay(wallet_of(listing), coin, amount, now_ms=ask.now)
    number = str(len(ask.account.named(LOANS)) + 1)
    loan = {
        "borrow_id": number, "symbol": native(listing), "currency": coin, "amount": str(amount), "left": str(amount),
        "interest": str(amount * HOURLY), "since": str(ask.now), "at": str(ask.now),
    }  # fmt: skip
    ask.account.name(LOANS, number, json.dumps(loan))
    return {"borrow_id": number}


def repay(ask: Ask) -> Any:
    """Interest first, the oldest loan first."""
    listing = ask.listing()
    coin, amount = _coin_and_amount(ask, listing)
    if amount > sum(_owed(ask, native(listing), coin), ZERO):
        raise BitMartRefusal(51006, "Exceeds the amount to be repaid")
    if amount > ask.exchange.balance(wallet_of(listing), coin, ask.now).free:
        raise BitMartRefusal(50020, "Balance not enough")
    left, paid = amount, {"interest": ZERO, "left": ZERO}
    loans = _loans(ask, native(listing), coin)
    for part in ("interest", "left"):
        for loan in loans:
            now = min(left, Decimal(loan[part]))
            loan[part] = str(Decimal(loan[part]) - now)
            left -= now
            paid[part] += now
    ask.exchange.pay(wallet_of(listing), coin, -amount, now_ms=ask.now)
    for loan in loans:
        ask.account.name(LOANS, loan["borrow_id"], json.dumps(loan))
    number = str(len(ask.account.noted_under(REPAYMENTS)) + 1)
    ask.account.note(
        REPAYMENTS,
        {
            "repay_id": number, "symbol": native(listing), "currency": coin, "repaid_amount": fixed(amount),
            "repaid_principal": fixed(paid["left"]), "repaid_interest": fixed(amount - paid["left"]),
            "repay_time": ask.now // 1000,
        },
    )  # fmt: skip
    return {"repay_id": number}


def _recent(ask: Ask, at_ms: int) -> bool:
    start, end = ask.integer("start_time") or 0, ask.integer("end_time")
    return start <= at_ms and (end is None or at_ms <= end)


def borrows(ask: Ask) -> Any:
    pair, number = native(ask.listing()), ask.text("borrow_id")
    found = [
        {
            "borrow_id": loan["borrow_id"], "symbol": pair, "currency": loan["currency"],
            "borrow_amount": fixed(Decimal(loan["amount"])), "daily_interest": fixed(DAILY),
            "hourly_interest": fixed(HOURLY), "interest_amount": fixed(Decimal(loan["interest"])),
            "create_time": int(loan["at"]) // 1000,
        }
        for loan in _loans(ask, pair)
        if number in ("", loan["borrow_id"]) and _recent(ask, int(loan["at"]))
    ]  # fmt: skip
    return {"records": found[::-1][: ask.rows(100, "N")]}


def repayments(ask: Ask) -> Any:
    pair, number, coin = native(ask.listing()), ask.text("repay_id"), ask.text("currency")
    found = [
        each
        for each in ask.account.noted_under(REPAYMENTS)
        if each["symbol"] == pair and number in ("", each["repay_id"]) and coin in ("", each["currency"])
        and _recent(ask, int(each["repay_time"]) * 1000 + 999)
    ]  # fmt: skip
    return {"records": found[::-1][: ask.rows(100, "N")]}


def move(ask: Ask) -> Any:
    """Between spot and a pair's account; out only while the assets stay worth twice the debts."""
    listing = ask.listing()
    coin, amount = _coin_and_amount(ask, listing)
    wallet = wallet_of(listing)
    if ask.one_of("side", ("in", "out")) == "in":
        done = ask.exchange.transfer(coin, amount, source=SPOT, target=wallet, now_ms=ask.now)
        return {"transfer_id": str(done.id)}
    assets, debts = _worth(ask, listing)
    price = ask.exchange.market.prices(listing.key, ask.now).last if coin == listing.base else ONE
    if debts and (assets - amount * price) / debts < MOVE_OUT_RATE:
        raise BitMartRefusal(51003, "Account Limit")
    if amount > ask.exchange.balance(wallet, coin, ask.now).free:
        raise ask.refusal(PaperRefusal(Reason.INSUFFICIENT_BALANCE, ""))
    done = ask.exchange.transfer(coin, amount, source=wallet, target=SPOT, now_ms=ask.now)
    return {"transfer_id": str(done.id)}
