"""What an order costs and on which terms it opens: leverage, margin mode, the funds that it takes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from blave_mcp.exchanges.errors import BadArgument, LimitExceeded
from blave_mcp.exchanges.models import Bracket, Side
from blave_mcp.tools.desk import Limits
from blave_mcp.tools.estimates import bracket_for
from blave_mcp.tools.format import exact
from blave_mcp.tools.orders import Plan
from blave_mcp.tools.situation import Situation


@dataclass(frozen=True, slots=True)
class Terms:
    """Leverage and margin mode that an opening order gets, and what has to be set before it."""

    leverage: int | None
    inherited: bool
    set_leverage: int | None = None
    set_margin_mode: str | None = None
    margin_mode: str | None = None


def terms_for(now: Situation, plan: Plan, leverage: int | None, margin_mode: str, limits: Limits) -> Terms:
    """Inherits from an open position, or takes the wish.

    Raises:
        BadArgument: a wish that differs from an open position's, or leverage above the bracket for the notional.
        LimitExceeded: above the operator's own limit.
    """
    settings, symbol = now.settings, now.instrument.symbol
    mode_now = settings.margin_mode.value if settings.margin_mode else None
    if plan.opening == 0 and (leverage is not None or margin_mode):
        raise BadArgument(
            "Leverage and margin mode are not changed by an order that reduces.", advice="Leave them out."
        )
    if now.here:
        first = now.here[0]
        held_mode = first.margin_mode.value if first.margin_mode else mode_now
        # On a margin market the position tells how far it is leveraged, the settings how far an order may be.
        held_leverage = settings.leverage if now.verbs.keeps_positions else first.leverage
        for name, wished, held in (
            ("leverage", leverage, held_leverage),
            ("margin_mode", margin_mode or None, held_mode),
        ):
            if wished is not None and wished != held:
                raise BadArgument(
                    f"{symbol} has an open position with {name} {held}; an order inherits it and cannot have {wished}.",
                    advice=f"Leave {name} out, or close the position first.",
                )
        return Terms(held_leverage, True, margin_mode=held_mode)
    wanted = leverage if leverage is not None else settings.leverage
    if wanted is not None and plan.opening:
        most = max_leverage(now.brackets, plan.opening * plan.reference)
        if most is not None and wanted > most:
            raise BadArgument(
                f"{now.venue.title} allows at most {most}x for {exact(round(plan.notional, 2))} {now.instrument.quote}"
                f" of {symbol}, not {wanted}x.",
                advice=f"Use {most}x or less, or a smaller size.",
            )
        if limits.max_leverage is not None and wanted > limits.max_leverage:
            raise LimitExceeded(
                f"Leverage {wanted}x is above the operator's limit, {limits.max_leverage}x.",
                advice="The limit is BLAVE_MCP_MAX_LEVERAGE.",
            )
    # Where orders name their margin mode, the settings tell the leverage of the present mode alone.
    other_mode = bool(margin_mode) and margin_mode != mode_now and now.verbs.names_margin_mode
    return Terms(
        wanted,
        False,
        set_leverage=wanted if wanted is not None and (other_mode or wanted != settings.leverage) else None,
        set_margin_mode=margin_mode if margin_mode and margin_mode != mode_now else None,
        margin_mode=margin_mode or mode_now,
    )


def max_leverage(brackets: Sequence[Bracket], notional: Decimal) -> int | None:
    """The most that the tier of a notional allows; None where no tier is known."""
    bracket = bracket_for(brackets, notional)
    return None if bracket is None else bracket.max_leverage


def cost_of(plan: Plan, now: Situation, leverage: int | None) -> tuple[str, Decimal, Decimal]:
    """What must be free: asset, amount without fee, fee. On a perpetual the margin of what opens."""
    instrument = now.instrument
    fee = plan.notional * (now.taker or Decimal(0))
    if now.derivative:
        return instrument.settle, plan.opening * plan.reference / (leverage or 1), fee
    if plan.intent.side is Side.BUY:
        return instrument.quote, plan.intent.quote_size or plan.notional, Decimal(0)
    return instrument.base, plan.base, Decimal(0)


def check_funds(plan: Plan, now: Situation, leverage: int | None) -> None:
    """Raises BadArgument where the free balance does not cover the cost."""
    asset, amount, fee = cost_of(plan, now, leverage)
    needed, free = amount + fee, now.free(asset)
    if needed > free and (plan.opening > 0 or not now.derivative):
        raise BadArgument(
            f"The order needs about {exact(round(needed, 8))} {asset}, and {exact(free)} is free in this wallet.",
            advice="Use a smaller size, or move funds with transfer_funds.",
        )
