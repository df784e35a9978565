"""The catalogue object, what Binance meters, and the parameters that many of its endpoints share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, integer, one_of, text

_DOCS = "https://developers.binance.com/en/docs/catalog/"
SPOT_DOCS = f"{_DOCS}core-trading-spot-trading/api/rest-api/"
FUTURES_DOCS = f"{_DOCS}core-trading-derivatives-trading-usd-s-m-futures/api/rest-api/"
WALLET_DOCS = "https://developers.binance.com/docs/wallet/asset/"

# An endpoint's weight is what its documentation gives for one symbol and the default limit. Where a call costs more,
# the venue's own count (the header) corrects ours.
# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
# https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info#limits
# https://developers.binance.com/docs/wallet/general-info
BINANCE = Catalogue(
    "binance",
    products={"spot": "binance", "futures": "binance"},
    buckets={
        "spot.weight": Bucket(6000, 60, "x-mbx-used-weight-1m"),
        "spot.orders": Bucket(100, 10, "x-mbx-order-count-10s"),
        "wallet.ip": Bucket(12_000, 60, "x-sapi-used-ip-weight-1m"),
        "wallet.uid": Bucket(180_000, 60, "x-sapi-used-uid-weight-1m"),
        "futures.weight": Bucket(2400, 60, "x-mbx-used-weight-1m"),
        "futures.orders": Bucket(300, 10, "x-mbx-order-count-10s"),
        "futures.funding": Bucket(500, 300),
    },
)

SYMBOL = text("symbol", "As the venue spells it, without a separator.", required=True, example="BTCUSDT")
ANY_SYMBOL = text("symbol", "One symbol; all of them where it is left out.", example="BTCUSDT")
SIDE = one_of("side", ("BUY", "SELL"), required=True)
ORDER_ID = integer("orderId", "The venue's own order id.", example=1)
ORIG_CLIENT_ORDER_ID = text("origClientOrderId", "The order's client id.", example="x-1")
POSITION_SIDE = one_of(
    "positionSide", ("BOTH", "LONG", "SHORT"), "BOTH in one-way mode (default); LONG or SHORT, required in hedge mode."
)
PRICE_MATCHES = (
    "OPPONENT", "OPPONENT_5", "OPPONENT_10", "OPPONENT_20", "QUEUE", "QUEUE_5", "QUEUE_10", "QUEUE_20",
)  # fmt: skip
PRICE_MATCH = one_of("priceMatch", PRICE_MATCHES, "A price taken from the book instead of `price`.")
SPOT_TIME_IN_FORCE = ("GTC", "IOC", "FOK")
FUTURES_TIME_IN_FORCE = ("GTC", "IOC", "FOK", "GTX", "GTD", "RPI")
SPOT_INTERVALS = (
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M",
)  # fmt: skip
FUTURES_INTERVALS = SPOT_INTERVALS[1:]


def moment(name: str, doc: str = "Unix milliseconds, inclusive.") -> Param:
    return integer(name, doc, example=1_700_000_000_000)


def limit(most: int, default: int) -> Param:
    return integer(
        "limit", f"Rows; {default} unless told, at most {most}.", low=1, high=most, example=min(default, most)
    )


def interval(choices: tuple[str, ...]) -> Param:
    return one_of("interval", choices, "Length of a candle; m is minutes, M is months.", required=True, example="1h")


def bips(name: str) -> Param:
    """https://developers.binance.com/docs/binance-spot-api-docs/faqs/trailing-stop-faq"""
    return integer(name, "Trailing distance in basis points; 100 is 1 %.", low=10, high=2000, example=100)


def percent(name: str) -> Param:
    return decimal(name, "Trailing distance in percent; 1 is 1 %, from 0.1 to 10.", low="0.1", high=10, example="1")


# Rules.


def together(*rules: Rule) -> Rule:
    """Returns a rule that tells the first fault that any of `rules` finds."""

    def rule(args: Args) -> str | None:
        return next((wrong for each in rules if (wrong := each(args))), None)

    return rule


def exactly_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        given = [name for name in names if name in args]
        return None if len(given) == 1 else f"Exactly one of {' and '.join(names)} must be given."

    return rule


def at_least_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if any(name in args for name in names) else f"{' or '.join(names)} must be given."

    return rule


def not_together(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        given = [name for name in names if name in args]
        return None if len(given) < 2 else f"{' and '.join(given)} cannot be given together."

    return rule


def each_of(name: str, rule: Rule) -> Rule:
    """Applies a rule to every element of a batch."""

    def whole(args: Args) -> str | None:
        for n, element in enumerate(args[name]):
            if wrong := rule(element):
                return f"{name}[{n}]: {wrong}"
        return None

    return whole


def by_type(
    needs: Mapping[str, tuple[str, ...]],
    allows: Mapping[str, tuple[str, ...]],
    *,
    key: str = "type",
    name: Callable[[str], str] = lambda name: name,
) -> Rule:
    """Requires what an order's type needs, and refuses what only other types take.

    Args:
        needs: type -> the parameters that it cannot do without; "a|b" is either or both.
        allows: parameter -> the types that take it, for parameters that not every type takes.
        key: the parameter that holds the type.
        name: how the endpoint spells a parameter ("price" -> "abovePrice").
    """

    def rule(args: Args) -> str | None:
        kind = args.get(key)
        if kind is None:
            return None
        for need in needs.get(kind, ()):
            options = [name(option) for option in need.split("|")]
            if not any(option in args for option in options):
                return f"{' or '.join(options)} is required for {key} {kind}."
        for plain, kinds in allows.items():
            if name(plain) in args and kind not in kinds:
                return f"{name(plain)} cannot be given for {key} {kind}; it belongs to {', '.join(kinds)}."
        return None

    return rule


def id_list(name: str, most: int, kind: type) -> Rule:
    """Checks a JSON list of order ids: 1 to `most` of them, all of one kind."""

    def rule(args: Args) -> str | None:
        ids = args.get(name)
        if ids is None:
            return None
        good = isinstance(ids, list) and 1 <= len(ids) <= most and all(type(each) is kind and each for each in ids)
        return None if good else f"{name} is a list of 1 to {most} {'order ids' if kind is int else 'client ids'}."

    return rule
