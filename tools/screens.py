"""The rows of a summary: what the order is, what it costs, what the account looks like before and after."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.models import (
    Balance,
    Instrument,
    MarginMode,
    Market,
    OrderType,
    Position,
    PositionSide,
    Side,
    Ticker,
    TriggerBy,
)
from blave_mcp.exchanges.params import plain
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.desk import Venue
from blave_mcp.tools.estimates import Walk, liquidation_price, merged_entry
from blave_mcp.tools.format import coins, exact, money, near
from blave_mcp.tools.grid import floor_to, unit_words
from blave_mcp.tools.orders import WISH_WORDS, Plan, percent
from blave_mcp.tools.situation import Situation
from blave_mcp.tools.summary import Summary
from blave_mcp.tools.terms import Terms, cost_of

NEAR_LIQUIDATION = Decimal(5)
MUCH_SLIPPAGE = Decimal("0.5")
HIGH_LEVERAGE = 20
OUT_OF_REACH = 900


def signed_percent(value: Decimal) -> str:
    return f"{value:+.2f} %"


def order_words(plan: Plan, now: Situation) -> str:
    """The order in a line: "Buy 0.01 BTC of BTC/USDT at market (opens long)"."""
    intent, symbol = plan.intent, now.instrument.symbol
    if intent.quote_size is not None:
        amount = f"{exact(intent.quote_size)} {now.instrument.quote} worth of {symbol}"
    elif intent.size is not None:
        amount = f"{unit_words(now.instrument, intent.size)} of {symbol}"
    else:
        amount = symbol
    how = WISH_WORDS[intent.type]
    at = f" at {exact(intent.price)}" if intent.price is not None else ""
    return f"{intent.side.capitalize()} {amount} {how}{at}{_effect(plan, now)}"


def _effect(plan: Plan, now: Situation) -> str:
    if not now.derivative:
        return ""
    side = plan.intent.side
    if plan.opening == 0:
        held = plan.held.side if plan.held else "position"
        whole = plan.held is not None and plan.base == plan.held.size
        return f" ({'closes' if whole else 'reduces'} {held})"
    direction = "long" if side is Side.BUY else "short"
    return f" ({'adds to' if plan.held else 'opens'} {direction})"


def head_rows(summary: Summary, venue: Venue, verbs: Verbs, instrument: Instrument | None = None) -> None:
    """Where the action happens: on every summary, in the same words."""
    summary.row("Venue", f"{venue.title} {verbs.market}")
    if instrument is not None:
        summary.row("Symbol", f"{instrument.symbol} ({instrument.native})")


def market_words(ticker: Ticker) -> str:
    quote = f"last {exact(ticker.last)}, bid {exact(ticker.bid or ticker.last)}, ask {exact(ticker.ask or ticker.last)}"
    return quote + (f", mark {exact(ticker.mark)}" if ticker.mark else "")


def order_rows(summary: Summary, plan: Plan, now: Situation) -> None:
    intent, instrument, ticker = plan.intent, now.instrument, now.ticker
    head_rows(summary, now.venue, now.verbs, instrument)
    side = intent.side.value.upper()
    summary.row("Side", side if intent.position_side is PositionSide.BOTH else f"{side}, {intent.position_side} side")
    about = "" if intent.type is OrderType.LIMIT else "about "
    size = f"{exact(intent.quote_size)} {instrument.quote}" if intent.quote_size else ""
    if intent.size is not None:
        size = f"{unit_words(instrument, intent.size)} = {about}{money(plan.notional, instrument.quote)}"
    elif intent.quote_size is not None:
        size += f" = about {exact(floor_to(plan.base, instrument.step))} {instrument.base}"
    summary.row("Size", size)
    if plan.asked_quote is not None:
        summary.row(
            "Converted",
            f"{exact(plan.asked_quote)} {instrument.quote} at {exact(plan.reference)}, rounded down to the step"
            f" {exact(instrument.step)}",
        )
    summary.row("Type", f"{intent.type.value} {intent.time_in_force or ''}".strip())
    if intent.price is not None:
        summary.row("Price", f"{exact(intent.price)} ({signed_percent(percent(intent.price, ticker.last))} from last)")
    market = now.mark if intent.trigger_by is TriggerBy.MARK else ticker.last
    if intent.trigger is not None:
        distance = signed_percent(percent(intent.trigger, market))
        summary.row("Trigger", f"{exact(intent.trigger)} by {intent.trigger_by} price ({distance} away)")
    if intent.callback_percent is not None:
        start = f", from {exact(intent.activation)}" if intent.activation else ""
        summary.row("Trails by", f"{exact(intent.callback_percent)} %{start}")
    summary.row("Market", market_words(ticker))
    if intent.reduce_only:
        summary.row("Reduce-only", "yes; it cannot turn the position round")
    if plan.takes:
        slippage_rows(summary, now, intent.side, intent.size, plan.walked)
    elif intent.type is OrderType.LIMIT:
        summary.row("Rests", "in the book until it fills or is canceled")
    summary.facts.update(
        side=intent.side.value,
        type=intent.type.value,
        size_base=plain(plan.base),
        notional=plain(round(plan.notional, 8)),
        reference=plain(plan.reference),
    )


def slippage_rows(summary: Summary, now: Situation, side: Side, wanted: Decimal | None, walked: Walk | None) -> None:
    """What the order would meet in the book; `wanted` is a size in the venue's own unit."""
    if walked is None or walked.average is None or walked.worst is None:
        summary.warn("The book is empty on that side.")
        return
    best = (now.book.asks if side is Side.BUY else now.book.bids)[0].price
    lost = abs(percent(walked.average, best))
    summary.row("Slippage", f"about {lost:.3f} % (average {near(walked.average, 8)}, worst {exact(walked.worst)})")
    if lost > MUCH_SLIPPAGE:
        summary.warn(f"The order would move the price: {lost:.2f} % slippage.")
    if wanted is not None and walked.filled < wanted:
        summary.warn(f"The visible book holds only {exact(walked.filled)} of {exact(wanted)}.")


def account_rows(summary: Summary, plan: Plan, now: Situation, terms: Terms | None) -> None:
    asset, cost, fee = cost_of(plan, now, terms.leverage if terms else None)
    free = now.free(asset)
    if terms is not None:
        why = "inherited from the open position" if terms.inherited else ""
        why = why or ("set by this action" if terms.set_leverage else "as set at the venue")
        summary.row("Leverage", f"{terms.leverage}x ({why})" if terms.leverage else "unknown")
        mode_why = "set by this action" if terms.set_margin_mode else "inherited" if terms.inherited else "as set"
        summary.row("Margin mode", f"{terms.margin_mode} ({mode_why})")
        isolated = terms.margin_mode == MarginMode.ISOLATED
        if isolated and terms.leverage and terms.leverage >= HIGH_LEVERAGE and plan.opening:
            summary.warn(f"{terms.leverage}x: a move of about {100 / terms.leverage:.1f} % can liquidate the position.")
    kind, rate = ("maker", now.settings.maker_fee) if plan.rests else ("taker", now.taker)
    paid = plan.notional * (rate or 0)
    fee = fee and paid
    if rate is not None:
        summary.row("Est. fee", f"{money(paid, now.instrument.quote)} ({exact(rate * 100)} % {kind})")
    if now.derivative and plan.held is not None and plan.opening == 0:
        _closing_rows(summary, plan, plan.held, free, fee)
    else:
        label = "Est. margin" if now.derivative else "Est. cost" if plan.intent.side is Side.BUY else "Sells"
        summary.row(label, coins(cost, asset))
        if not now.derivative and plan.intent.side is Side.SELL:
            summary.row("Receives", f"about {coins(plan.notional - paid, now.instrument.quote)}")
        summary.row("Free balance", f"{coins(free, asset)} now, about {coins(free - cost - fee, asset)} after")
    for held in now.here:
        summary.row("Holding", position_words(held, now.instrument.base))
    if now.derivative and not now.here:
        summary.row("Holding", f"no position in {now.instrument.symbol}")
    if terms is not None and plan.opening:
        if now.verbs.market is Market.MARGIN:
            _loan(summary, plan, now)
        _liquidation(summary, plan, now, terms)
    summary.facts.update(cost=exact(cost), cost_asset=asset, fee=exact(fee), leverage=terms.leverage if terms else None)


def _closing_rows(summary: Summary, plan: Plan, held: Position, free: Decimal, fee: Decimal) -> None:
    """What a reduction realises and gives back: its share of the margin, in whose last digits venues differ."""
    asset = plan.intent.instrument.settle
    sign = 1 if held.side is PositionSide.LONG else -1
    pnl = (plan.reference - held.entry) * plan.base * sign
    summary.row("Est. PnL", f"{money(pnl, asset)} before fees")
    released: Decimal | None = None
    if held.margin_mode is MarginMode.ISOLATED and held.margin is not None:
        released = held.margin * plan.base / held.size
    elif held.leverage:
        released = plan.base * (held.mark or held.entry) / held.leverage
    now = f"{coins(free, asset)} now"
    after = "" if released is None else f", about {coins(free + released + pnl - fee, asset)} after"
    summary.row("Free balance", now + after)


def _loan(summary: Summary, plan: Plan, now: Situation) -> None:
    """What a margin order borrows: quote to buy with, base to sell; the margin is only set aside."""
    buys = plan.intent.side is Side.BUY
    asset, amount = (
        (now.instrument.quote, plan.opening * plan.reference) if buys else (now.instrument.base, plan.opening)
    )
    summary.row("Borrows", f"about {amount.normalize():.8g} {asset}" if not buys else f"about {money(amount, asset)}")
    summary.facts.update(borrowed=exact(round(amount, 8)), borrowed_asset=asset)
    rate = (now.settings.borrow_rates or {}).get(asset)
    if rate is None:
        summary.warn("What is borrowed costs interest until the position is closed; the rate is not known here.")
        return
    daily = amount * rate * 24
    summary.row("Interest", f"{exact(rate * 100)} % an hour, about {daily:.4g} {asset} a day")
    summary.facts["interest_hourly"] = plain(rate)
    summary.warn("What is borrowed costs interest every hour until the position is closed; it eats into the margin.")


def position_words(held: Position, base: str) -> str:
    pnl = "" if held.unrealised_pnl is None else f", uPnL {held.unrealised_pnl:+.2f}"
    return f"{held.side} {exact(held.size)} {base}, entry {exact(held.entry)}{pnl}"


def _liquidation(summary: Summary, plan: Plan, now: Situation, terms: Terms) -> None:
    long = plan.intent.side is Side.BUY
    size, entry = plan.opening, plan.reference
    if plan.held is not None:
        size, entry = plan.held.size + plan.opening, merged_entry(plan.held.size, plan.held.entry, plan.opening, entry)
    margin = plan.opening * plan.reference / (terms.leverage or 1)
    if terms.margin_mode == MarginMode.ISOLATED:
        collateral = margin + ((plan.held.margin or Decimal(0)) if plan.held else Decimal(0))
    else:
        others = [p for p in now.positions if p is not plan.held and p.margin_mode is not MarginMode.ISOLATED]
        collateral = now.total(now.instrument.settle) - _locked_elsewhere(now.positions)
        collateral += sum(((p.unrealised_pnl or 0) - (p.maintenance or 0) for p in others), Decimal(0))
    price = liquidation_price(size=size, entry=entry, long=long, collateral=collateral, brackets=now.brackets)
    if price is None:
        summary.row("Est. liquidation", "none above zero with this collateral" if long else "out of reach")
        summary.facts["liquidation"] = None
        return
    price = floor_to(price, now.instrument.tick)
    away = percent(price, now.mark)
    if away > OUT_OF_REACH:
        summary.row("Est. liquidation", "out of reach, beyond ten times the mark price")
        summary.facts["liquidation"] = plain(price)
        return
    summary.row("Est. liquidation", f"{exact(price)} ({signed_percent(away)} from mark)")
    summary.facts["liquidation"] = plain(price)
    if abs(away) < NEAR_LIQUIDATION:
        summary.warn(f"Liquidation would be only {abs(away):.2f} % away.")


def _locked_elsewhere(positions: tuple[Position, ...]) -> Decimal:
    return sum(((p.margin or Decimal(0)) for p in positions if p.margin_mode is MarginMode.ISOLATED), Decimal(0))


def protect_rows(
    summary: Summary, now: Situation, held: Position, *, target: Decimal | None, stop: Decimal | None, what: str
) -> None:
    head_rows(summary, now.venue, now.verbs, now.instrument)
    summary.row("Holding", position_words(held, now.instrument.base))
    summary.row("Closes", f"{what}, at market when triggered")
    sign = 1 if held.side is PositionSide.LONG else -1
    gain = loss = None
    for name, value in (("Take-profit", target), ("Stop-loss", stop)):
        if value is None:
            continue
        result = (value - held.entry) * held.size * sign
        gain, loss = (result, loss) if name == "Take-profit" else (gain, result)
        distance = signed_percent(percent(value, held.entry))
        summary.row(
            name, f"{exact(value)} ({distance} from entry, about {money(result, now.instrument.quote)} for all)"
        )
    if gain is not None and loss is not None and loss < 0:
        summary.row("Reward : risk", f"{gain / -loss:.2f} : 1")
    summary.row("Mark", exact(now.mark))
    summary.row("Liquidation", exact(held.liquidation) if held.liquidation else "none reported")
    summary.facts.update(take_profit=target and plain(target), stop_loss=stop and plain(stop))


def balance_words(balances: tuple[Balance, ...], asset: str) -> str:
    found = [b for b in balances if b.asset == asset]
    return ", ".join(f"{exact(b.free)} free in {b.wallet}" for b in found) or f"no {asset}"
