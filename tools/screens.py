"""The rows of a summary: what the order is, what it costs, what the account looks like before and after."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.endpoint import plain
from blave_mcp.exchanges.models import (
    Balance,
    MarginMode,
    Market,
    OrderType,
    Position,
    PositionSide,
    Side,
    TriggerBy,
)
from blave_mcp.tools.estimates import liquidation_price, merged_entry
from blave_mcp.tools.format import exact, money
from blave_mcp.tools.grid import floor_to
from blave_mcp.tools.orders import WISH_WORDS, Plan, Terms, cost_of, percent, unit_words
from blave_mcp.tools.situation import Situation
from blave_mcp.tools.summary import Summary

NEAR_LIQUIDATION = Decimal(5)
MUCH_SLIPPAGE = Decimal("0.5")
HIGH_LEVERAGE = 20


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


def order_rows(summary: Summary, plan: Plan, now: Situation) -> None:
    intent, instrument, ticker = plan.intent, now.instrument, now.ticker
    summary.row("Venue", f"{now.venue.title} {now.verbs.market}")
    summary.row("Symbol", f"{instrument.symbol} ({instrument.native})")
    side = intent.side.value.upper()
    summary.row("Side", side if intent.position_side is PositionSide.BOTH else f"{side}, {intent.position_side} side")
    about = "" if intent.type is OrderType.LIMIT else "about "
    size = f"{exact(intent.quote_size)} {instrument.quote}" if intent.quote_size else ""
    if intent.size is not None:
        size = f"{unit_words(instrument, intent.size)} = {about}{money(plan.notional, instrument.quote)}"
    elif intent.quote_size is not None:
        size += f" = about {floor_to(plan.base, instrument.step):f} {instrument.base}"
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
    quote = f"last {exact(ticker.last)}, bid {exact(ticker.bid or ticker.last)}, ask {exact(ticker.ask or ticker.last)}"
    summary.row("Market", quote + (f", mark {exact(ticker.mark)}" if ticker.mark else ""))
    if intent.reduce_only:
        summary.row("Reduce-only", "yes; it cannot turn the position round")
    if plan.takes:
        _slippage(summary, plan, now)
    elif intent.type is OrderType.LIMIT:
        summary.row("Rests", "in the book until it fills or is canceled")
    summary.facts.update(
        side=intent.side.value,
        type=intent.type.value,
        size_base=plain(plan.base),
        notional=plain(round(plan.notional, 8)),
        reference=plain(plan.reference),
    )


def _slippage(summary: Summary, plan: Plan, now: Situation) -> None:
    walked = plan.walked
    if walked is None or walked.average is None or walked.worst is None:
        summary.warn("The book is empty on that side.")
        return
    best = (now.book.asks if plan.intent.side is Side.BUY else now.book.bids)[0].price
    lost = abs(percent(walked.average, best))
    summary.row("Slippage", f"about {lost:.3f} % (average {walked.average:.8g}, worst {exact(walked.worst)})")
    if lost > MUCH_SLIPPAGE:
        summary.warn(f"The order would move the price: {lost:.2f} % slippage.")
    wanted = plan.intent.size
    if wanted is not None and walked.filled < wanted:
        summary.warn(f"The visible book holds only {exact(walked.filled)} of {exact(wanted)}.")


def account_rows(summary: Summary, plan: Plan, now: Situation, terms: Terms | None) -> None:
    asset, amount, fee = cost_of(plan, now, terms.leverage if terms else None)
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
    taker = now.taker
    if taker is not None:
        rate = f"{(taker * 100).normalize():f} % taker"
        summary.row("Est. fee", f"{money(plan.notional * taker, now.instrument.quote)} ({rate})")
    label = "Est. margin" if now.derivative else "Est. cost" if plan.intent.side is Side.BUY else "Sells"
    if plan.opening or not now.derivative:
        summary.row(label, money(amount, asset))
    after = free - (amount + fee if plan.opening or not now.derivative else fee)
    if plan.opening == 0 and now.derivative:
        summary.row("Free now", money(free, asset))
    else:
        summary.row("Free balance", f"{money(free, asset)} now, about {money(after, asset)} after")
    for held in now.here:
        summary.row("Holding", position_words(held, now.instrument.base))
    if now.derivative and not now.here:
        summary.row("Holding", f"no position in {now.instrument.symbol}")
    if terms is not None and plan.opening:
        if now.verbs.market is Market.MARGIN:
            _loan(summary, plan, now)
        _liquidation(summary, plan, now, terms)
    summary.facts.update(
        cost=exact(amount), cost_asset=asset, fee=exact(fee), leverage=terms.leverage if terms else None
    )


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
    summary.row("Est. liquidation", f"{exact(price)} ({signed_percent(away)} from mark)")
    summary.facts["liquidation"] = plain(price)
    if abs(away) < NEAR_LIQUIDATION:
        summary.warn(f"Liquidation would be only {abs(away):.2f} % away.")


def _locked_elsewhere(positions: tuple[Position, ...]) -> Decimal:
    return sum(((p.margin or Decimal(0)) for p in positions if p.margin_mode is MarginMode.ISOLATED), Decimal(0))


def protect_rows(
    summary: Summary, now: Situation, held: Position, *, target: Decimal | None, stop: Decimal | None, what: str
) -> None:
    summary.row("Venue", f"{now.venue.title} {now.verbs.market}")
    summary.row("Symbol", f"{now.instrument.symbol} ({now.instrument.native})")
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
