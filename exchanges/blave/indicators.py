"""Blave's indicators as data: their names, and what each takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PERIODS = ("5min", "15min", "1h", "4h", "8h", "1d")
TIMEFRAMES = ("15min", "1h", "4h", "8h", "24h", "3d")
SCORE_TYPES = ("score_oi", "score_volume")


class Scope(StrEnum):
    """What an indicator speaks of: one symbol, BTC alone, or the whole market."""

    SYMBOL = "symbol"
    BTC = "btc"
    MARKET = "market"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator.

    Attributes:
        name: as Blave's routes and the alpha table spell it.
        short: its usual abbreviation; `en` and `zh` are its names for people.
        path: of its history.
        fixed_period: the only period that it has, which is then no argument; "" where any is taken.
        timeframes, score_types: values of these arguments, the default first; empty where it takes none.
    """

    name: str
    short: str
    en: str
    zh: str
    path: str
    scope: Scope = Scope.SYMBOL
    fixed_period: str = ""
    timeframes: tuple[str, ...] = ()
    score_types: tuple[str, ...] = ()

    @property
    def symbols_path(self) -> str:
        """Where the symbols that have it are listed; "" where it takes none."""
        return f"/{self.name}/get_symbols" if self.scope is Scope.SYMBOL else ""

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """The arguments beside symbol, period and dates: their values, the default first."""
        both = {"timeframe": self.timeframes, "score_type": self.score_types}
        return {name: values for name, values in both.items() if values}


_DAY_FIRST = ("24h", *(each for each in TIMEFRAMES if each != "24h"))

INDICATORS: Mapping[str, Indicator] = {
    each.name: each
    for each in (
        Indicator(
            name="holder_concentration",
            short="HC",
            en="Holder Concentration",
            zh="籌碼集中度",
            path="/holder_concentration/get_alpha",
        ),
        Indicator(
            name="taker_intensity",
            short="TI",
            en="Taker Intensity",
            zh="多空力道",
            path="/taker_intensity/get_alpha",
            timeframes=_DAY_FIRST,
        ),
        Indicator(
            name="whale_hunter",
            short="WH",
            en="Whale Hunter",
            zh="巨鯨警報",
            path="/whale_hunter/get_alpha",
            timeframes=_DAY_FIRST,
            score_types=SCORE_TYPES,
        ),
        Indicator(
            name="squeeze_momentum",
            short="SM",
            en="Squeeze Momentum",
            zh="擠壓動能",
            path="/squeeze_momentum/get_alpha",
            fixed_period="1d",
        ),
        Indicator(
            name="market_direction",
            short="MD",
            en="Market Direction",
            zh="市場方向",
            path="/market_direction/get_alpha",
            scope=Scope.BTC,
        ),
        Indicator(
            name="market_sentiment",
            short="MS",
            en="Market Sentiment",
            zh="市場情緒",
            path="/market_sentiment/get_alpha",
        ),
        Indicator(
            name="capital_shortage",
            short="CS",
            en="Capital Shortage",
            zh="資金稀缺",
            path="/capital_shortage/get_alpha",
            scope=Scope.MARKET,
        ),
        Indicator(
            name="liquidation",
            short="LQ",
            en="Liquidation",
            zh="爆倉指標",
            path="/liquidation/get_alpha",
            timeframes=_DAY_FIRST,
        ),
        Indicator(
            name="top_trader_exposure",
            short="BT",
            en="Blave Top Trader Exposure",
            zh="Blave頂尖交易員",
            path="/blave_top_trader/get_exposure",
            scope=Scope.BTC,
        ),
    )
}
"""Every indicator that has a history, by name."""
