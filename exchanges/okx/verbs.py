"""OKX's three markets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from msgspec import structs

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.models import (
    AccountSettings,
    Bracket,
    FundingRate,
    MarginMode,
    Market,
    Position,
    PositionMode,
    PositionSide,
    Ticker,
)
from blave_mcp.exchanges.okx import parse, parse_account
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.okx.parse import ask
from blave_mcp.exchanges.okx.traces import contracts_of
from blave_mcp.exchanges.okx.verbs_base import HOUR_MS, OkxMarket

__all__ = ["OkxMargin", "OkxPerpetual", "OkxSpot"]

_NO_POSITIONS = "Spot holds assets, not positions: see balances. Positions are on okx margin and okx perpetual."
_PER_ORDER = "Each OKX order names its margin mode: give margin_mode to place_order; an open position keeps its own."
MOST_FUNDINGS = 400
MOST_PAGES = 8


class OkxSpot(OkxMarket):
    """Spot without borrowing (tdMode cash). `protect` wants a size: one conditional order, or an oco pair."""

    market = Market.SPOT
    kind = "SPOT"
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": _NO_POSITIONS,
        "positions": _NO_POSITIONS,
        "brackets": _NO_POSITIONS,
        "set_leverage": _NO_POSITIONS,
        "set_margin_mode": _NO_POSITIONS,
        "set_position_mode": _NO_POSITIONS,
        "adjust_margin": _NO_POSITIONS,
    }

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        return ask(lambda *payloads: parse_account.spot_settings(symbol, *payloads), *self._basis(symbol))


class _Margined(OkxMarket):
    """What margin and perpetuals share."""

    names_margin_mode = True

    def under(self, margin_mode: MarginMode | None, position_side: PositionSide = PositionSide.BOTH) -> _Margined:
        return type(self)(margin_mode or self.mode, position_side)

    def positions(self, symbol: str | None = None) -> Ask[tuple[Position, ...]]:
        call = OKX["v5.position.list"].call(instType=self.kind, instId=symbol)
        return ask(parse_account.positions, call, *self._contracts(symbol))

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        """An open position's margin mode and leverage, else those of this verb's mode."""
        return ask(
            lambda *payloads: parse_account.settings(symbol, self.mode, *payloads),
            *self._basis(symbol),
            OKX["v5.leverage.get"].call(instId=symbol, mgnMode=self.mode.value),
            OKX["v5.position.list"].call(instType=self.kind, instId=symbol),
        )

    def set_leverage(self, symbol: str, leverage: int) -> tuple[Call, ...]:
        """For this verb's margin mode; on isolated margin in hedge mode for its side alone."""
        isolated = self.mode is MarginMode.ISOLATED and self.side is not PositionSide.BOTH
        return (
            OKX["v5.leverage.set"].call(
                instId=symbol,
                lever=leverage,
                mgnMode=self.mode.value,
                posSide=self.side.value if isolated else None,
            ),
        )

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        named = "net" if position_side is PositionSide.BOTH else position_side.value
        kind = "add" if amount > 0 else "reduce"
        return (OKX["v5.margin.adjust"].call(instId=symbol, posSide=named, type=kind, amt=abs(amount)),)


class OkxMargin(_Margined):
    """Spot pairs with borrowed money (instType MARGIN), backed by the quote. A market buy is sized in quote."""

    market = Market.MARGIN
    kind = "MARGIN"
    keeps_positions = True
    buys_in_quote = True
    protects_whole = False
    lacks: ClassVar[Mapping[str, str]] = {
        "funding_rates": "Margin is lent by the hour: v5.loan.rate and v5.loan.interest in explore.",
        "set_margin_mode": _PER_ORDER,
        "set_position_mode": "Margin has one position for each pair and mode; hedge mode belongs to okx perpetual.",
    }

    def ticker(self, symbol: str) -> Ask[Ticker]:
        """That of spot, with margin's mark price."""
        return ask(
            lambda day, marks: structs.replace(parse.ticker(day), mark=parse.mark(marks)),
            OKX["v5.ticker.get"].call(instId=symbol),
            OKX["v5.mark.get"].call(instType=self.kind, instId=symbol),
        )

    def settings(self, symbol: str) -> Ask[AccountSettings]:
        """Also the hourly interest of both currencies of the pair."""
        plain = super().settings(symbol)

        def parsed(rates: Any, *payloads: Any) -> AccountSettings:
            found: AccountSettings = plain.parse(*payloads)
            return structs.replace(found, borrow_rates=parse_account.borrow_rates(rates, symbol))

        return ask(parsed, OKX["v5.loan.rate"].call(), *plain.calls)

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        return ask(
            parse_account.margin_brackets,
            OKX["v5.tiers.list"].call(instType=self.kind, tdMode=self.mode.value, instId=symbol),
        )

    def adjust_margin(self, symbol: str, position_side: PositionSide, amount: Decimal) -> tuple[Call, ...]:
        (call,) = super().adjust_margin(symbol, PositionSide.BOTH, amount)
        return (call.having(ccy=symbol.partition("-")[2]),)


class OkxPerpetual(_Margined):
    """Linear perpetual swaps. Sizes are in contracts of `Instrument.contract_size` base, read with every answer."""

    market = Market.PERPETUAL
    kind = "SWAP"
    free_in = "availEq"
    lacks: ClassVar[Mapping[str, str]] = {"set_margin_mode": _PER_ORDER}

    @property
    def base_volume(self) -> int:
        return 6

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(
            parse.ticker,
            OKX["v5.ticker.get"].call(instId=symbol),
            OKX["v5.mark.get"].call(instType=self.kind, instId=symbol),
            OKX["v5.funding.get"].call(instId=symbol),
            OKX["v5.interest.get"].call(instType=self.kind, instId=symbol),
        )

    def funding_rates(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[FundingRate, ...]]:
        """Of the last three months. A span is cut so that hourly funding fits; without an end the newest 400 are read.

        Raises:
            BadArgument: a span of more than eight pages of 400 hours.
        """
        width = MOST_FUNDINGS * HOUR_MS
        if start_ms is None or end_ms is None:
            spans = [(start_ms, end_ms)]
        elif end_ms - start_ms > MOST_PAGES * width:
            raise BadArgument(
                "OKX gives three months of funding rates.", advice=f"Ask for at most {MOST_PAGES * width // HOUR_MS} h."
            )
        else:
            spans = [(at, min(at + width, end_ms)) for at in range(start_ms, end_ms, width)]
        calls = [
            OKX["v5.funding.list"].call(
                instId=symbol,
                before=None if start is None else str(start - 1),
                after=None if end is None else str(end),
                limit=MOST_FUNDINGS,
            )
            for start, end in spans
        ]
        return ask(lambda *pages: parse.funding_rates(pages, limit, first=start_ms is not None), *calls)

    def brackets(self, symbol: str) -> Ask[tuple[Bracket, ...]]:
        return ask(
            lambda tiers, listed, marks: parse_account.brackets(tiers, listed, marks, symbol),
            OKX["v5.tiers.list"].call(
                instType=self.kind, tdMode=self.mode.value, instFamily=parse.family_of(symbol)
            ),
            *contracts_of(symbol),
            OKX["v5.mark.get"].call(instType=self.kind, instId=symbol),
        )  # fmt: skip

    def set_position_mode(self, mode: PositionMode) -> tuple[Call, ...]:
        """Holds for every contract."""
        named = "long_short_mode" if mode is PositionMode.HEDGE else "net_mode"
        return (OKX["v5.position_mode.set"].call(posMode=named),)
