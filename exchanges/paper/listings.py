"""What is listed by default, and how each asset behaves: levels, ticks and steps as they are on the large venues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from blave_mcp.exchanges.paper.types import ZERO, Listing, Product, Tier

DEFAULT_BALANCES: Mapping[str, Mapping[str, Decimal]] = {
    "spot": {"USDT": Decimal(50_000), "BTC": Decimal(1)},
    "perp": {"USDT": Decimal(50_000)},
}


@dataclass(frozen=True, slots=True)
class Profile:
    """How the generator makes an asset move.

    Attributes:
        price: the level it moves around, in dollars.
        sigma: standard deviation of a day's return.
        turnover: dollars traded on spot in an ordinary day.
        unit: volumes are multiples of this many base units.
    """

    price: float
    sigma: float
    turnover: float
    unit: Decimal


def tiers_of(rows: Sequence[tuple[int, int, str]]) -> tuple[Tier, ...]:
    """Returns tiers from (cap, most leverage, maintenance rate) by rising cap; floors and `cum` follow from them.

    https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 gives the maintenance amount:
    floor * (rate - rate of the tier below) + cum of the tier below.
    """
    tiers: list[Tier] = []
    floor = cum = last = ZERO
    for cap, leverage, text in rows:
        rate = Decimal(text)
        cum += floor * (rate - last)
        tiers.append(Tier(floor=floor, cap=Decimal(cap), max_leverage=Decimal(leverage), rate=rate, cum=cum))
        floor, last = Decimal(cap), rate
    return tuple(tiers)


_M = 1_000_000
TIERS: Mapping[str, tuple[Tier, ...]] = {
    "btc": tiers_of(
        [
            (50_000, 125, "0.004"),
            (600_000, 100, "0.005"),
            (3 * _M, 75, "0.0065"),
            (12 * _M, 50, "0.01"),
            (70 * _M, 25, "0.02"),
            (100 * _M, 20, "0.025"),
            (230 * _M, 10, "0.05"),
            (480 * _M, 5, "0.1"),
            (600 * _M, 4, "0.125"),
            (800 * _M, 3, "0.15"),
            (1_200 * _M, 2, "0.25"),
            (1_800 * _M, 1, "0.5"),
        ]
    ),
    "eth": tiers_of(
        [
            (50_000, 125, "0.004"),
            (600_000, 100, "0.005"),
            (3 * _M, 75, "0.0065"),
            (12 * _M, 50, "0.01"),
            (50 * _M, 25, "0.02"),
            (65 * _M, 20, "0.025"),
            (150 * _M, 10, "0.05"),
            (320 * _M, 5, "0.1"),
            (400 * _M, 4, "0.125"),
            (530 * _M, 3, "0.15"),
            (800 * _M, 2, "0.25"),
            (1_200 * _M, 1, "0.5"),
        ]
    ),
    "large": tiers_of(
        [
            (10_000, 75, "0.005"),
            (80_000, 50, "0.01"),
            (500_000, 40, "0.015"),
            (1 * _M, 25, "0.02"),
            (5 * _M, 20, "0.025"),
            (10 * _M, 10, "0.05"),
            (20 * _M, 5, "0.1"),
            (25 * _M, 4, "0.125"),
            (50 * _M, 2, "0.25"),
            (75 * _M, 1, "0.5"),
        ]
    ),
    "small": tiers_of(
        [
            (5_000, 50, "0.01"),
            (25_000, 25, "0.02"),
            (100_000, 20, "0.025"),
            (500_000, 10, "0.05"),
            (1 * _M, 5, "0.1"),
            (2 * _M, 4, "0.125"),
            (3 * _M, 2, "0.25"),
            (5 * _M, 1, "0.5"),
        ]
    ),
}

# base, dollars, daily sigma, spot turnover in millions, spot tick and step, perpetual's multiple, tick and step, tiers
_ROWS = """
BTC    80000    .024 1600 0.01       0.00001 1    0.1      0.001 btc
ETH    2800     .032 900  0.01       0.0001  1    0.01     0.001 eth
SOL    165      .042 320  0.01       0.001   1    0.01     0.01  large
BNB    620      .026 160  0.01       0.001   1    0.01     0.01  large
XRP    2.1      .038 260  0.0001     0.1     1    0.0001   0.1   large
DOGE   0.19     .046 190  0.00001    1       1    0.00001  1     large
ADA    0.7      .043 110  0.0001     0.1     1    0.0001   1     large
TRX    0.26     .020 90   0.0001     0.1     1    0.00001  1     large
AVAX   24       .045 70   0.01       0.01    1    0.001    1     large
LINK   16       .044 85   0.01       0.01    1    0.001    0.01  large
DOT    4.6      .043 45   0.001      0.01    1    0.001    0.1   large
LTC    92       .036 60   0.01       0.001   1    0.01     0.001 large
BCH    410      .039 45   0.1        0.001   1    0.01     0.001 large
NEAR   2.9      .048 40   0.001      0.1     1    0.001    1     large
UNI    8.2      .047 38   0.001      0.01    1    0.001    1     large
ATOM   4.6      .041 22   0.001      0.01    1    0.001    0.01  large
ETC    19       .040 20   0.01       0.01    1    0.001    0.01  large
XLM    0.29     .042 40   0.0001     1       1    0.00001  1     large
FIL    2.8      .046 24   0.001      0.01    1    0.001    0.1   large
APT    5.6      .048 26   0.001      0.01    1    0.001    0.1   large
ARB    0.42     .050 30   0.0001     0.1     1    0.0001   0.1   large
OP     0.8      .051 24   0.001      0.01    1    0.0001   0.1   large
SUI    3.1      .052 140  0.0001     0.1     1    0.0001   0.1   large
INJ    12.5     .052 18   0.01       0.01    1    0.001    0.1   small
SEI    0.22     .053 20   0.0001     0.1     1    0.0001   1     small
TIA    2.7      .054 18   0.001      0.01    1    0.0001   1     small
AAVE   210      .047 38   0.01       0.001   1    0.01     0.1   large
MKR    1600     .044 12   0.1        0.0001  1    0.1      0.001 small
LDO    0.95     .052 12   0.001      0.01    1    0.0001   1     small
CRV    0.6      .054 20   0.001      0.1     1    0.001    0.1   small
RUNE   1.4      .053 10   0.001      0.1     1    0.001    1     small
GALA   0.016    .053 14   0.00001    1       1    0.00001  1     small
SAND   0.28     .050 9    0.0001     1       1    0.00001  1     small
ICP    5.4      .046 16   0.001      0.01    1    0.001    1     small
HBAR   0.17     .049 36   0.00001    1       1    0.00001  1     large
ALGO   0.19     .046 13   0.0001     1       1    0.0001   0.1   small
VET    0.025    .045 10   0.00001    0.1     1    0.00001  1     small
WLD    1.0      .056 24   0.001      0.1     1    0.0001   1     small
ENA    0.36     .058 40   0.0001     0.01    1    0.0001   1     small
JUP    0.48     .053 14   0.0001     0.1     1    0.0001   1     small
TON    3.1      .040 22   0.001      0.01    1    0.0001   0.1   small
ORDI   8.5      .060 12   0.01       0.01    1    0.001    0.1   small
WIF    0.62     .063 30   0.001      0.01    1    0.0001   0.1   small
FET    0.65     .055 22   0.001      0.1     1    0.0001   1     small
SHIB   0.000013 .045 60   0.00000001 1       1000 0.000001 1     large
PEPE   0.0000095 .058 110 0.00000001 1       1000 0.0000001 1    large
BONK   0.000018 .060 40   0.00000001 1       1000 0.000001 1     small
"""


def _round_down(value: float) -> Decimal:
    """Returns `value` cut to its first digit: 1234 gives 1000."""
    exponent = len(str(int(value))) - 1
    return Decimal(int(value / 10**exponent) * 10**exponent)


@cache
def profiles() -> Mapping[str, Profile]:
    """Returns the profiles by base asset of the spot listing ("SHIB", not "1000SHIB")."""
    found: dict[str, Profile] = {}
    for row in _ROWS.split("\n"):
        if not row:
            continue
        base, price, sigma, turnover, _, spot_step, multiple, _, perp_step, _ = row.split()
        unit = max(Decimal(spot_step), Decimal(perp_step)) * int(multiple)
        found[base] = Profile(float(price), float(sigma), float(turnover) * 1e6, unit)
    return found


@cache
def default_listings() -> tuple[Listing, ...]:
    """Returns 47 assets against USDT, each as spot and as perpetual."""
    listings: list[Listing] = []
    for row in _ROWS.split("\n"):
        if not row:
            continue
        base, text, _, _, spot_tick, spot_step, multiple, perp_tick, perp_step, tiers = row.split()
        price = float(text)
        scaled = price * int(multiple)
        perp_base = base if multiple == "1" else f"{multiple}{base}"
        major = {"BTC": Decimal(100), "ETH": Decimal(20)}.get(base, Decimal(5))
        band = Decimal("0.05") if base in ("BTC", "ETH") else Decimal("0.1")
        listings.append(
            Listing(
                symbol=f"{base}USDT",
                base=base,
                quote="USDT",
                product=Product.SPOT,
                tick=Decimal(spot_tick),
                step=Decimal(spot_step),
                min_qty=Decimal(spot_step),
                max_qty=_round_down(7.2e8 / price),
                market_step=Decimal(spot_step),
                market_max_qty=_round_down(8e6 / price),
                min_notional=Decimal(5),
                band_up=Decimal(5),
                band_down=Decimal("0.2"),
                maker_fee=Decimal("0.001"),
                taker_fee=Decimal("0.001"),
            )
        )
        listings.append(
            Listing(
                symbol=f"{perp_base}USDT",
                base=perp_base,
                quote="USDT",
                product=Product.PERP,
                tick=Decimal(perp_tick),
                step=Decimal(perp_step),
                min_qty=Decimal(perp_step),
                max_qty=_round_down(8e7 / scaled),
                market_step=Decimal(perp_step),
                market_max_qty=_round_down(1e7 / scaled),
                min_notional=major,
                band_up=1 + band,
                band_down=1 - band,
                maker_fee=Decimal("0.0002"),
                taker_fee=Decimal("0.0005"),
                tiers=TIERS[tiers],
            )
        )
    return tuple(listings)
