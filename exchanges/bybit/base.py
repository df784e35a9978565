"""The catalogue object, what Bybit meters, and the parameters and rules that many of its endpoints share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, integer, one_of, text

DOCS = "https://bybit-exchange.github.io/docs/v5/"

# Bybit counts every endpoint by itself, per second and account; these are the limits of an account without VIP level.
# What the rate-limit table leaves out is held to the nearest endpoint that it names. Public reads count by address.
# https://bybit-exchange.github.io/docs/v5/rate-limit
BYBIT = Catalogue(
    "bybit",
    products={"spot": "bybit", "linear": "bybit"},
    buckets={
        "ip": Bucket(600, 5),
        "spot.create": Bucket(20, 1),
        "spot.amend": Bucket(20, 1),
        "spot.cancel": Bucket(20, 1),
        "spot.cancel_all": Bucket(20, 1),
        "spot.batch": Bucket(20, 1),
        "spot.fees": Bucket(5, 1),
        "linear.create": Bucket(10, 1),
        "linear.amend": Bucket(10, 1),
        "linear.cancel": Bucket(10, 1),
        "linear.cancel_all": Bucket(10, 1),
        "linear.batch": Bucket(10, 1),
        "linear.fees": Bucket(10, 1),
        "position.set": Bucket(10, 1),
        "private.read": Bucket(50, 1),
        "account.set": Bucket(5, 1),
        "asset.transfer": Bucket(60, 60),
        "asset.universal": Bucket(5, 1),
        "asset.balance": Bucket(5, 1),
        "asset.read": Bucket(60, 60),
        "user.read": Bucket(10, 1),
    },
)

SYMBOL = text("symbol", "As Bybit spells it, in capitals without a separator.", required=True, example="BTCUSDT")
ANY_SYMBOL = text("symbol", "One symbol, in capitals.", example="BTCUSDT")
SETTLE_COIN = text("settleCoin", "All symbols that settle in this coin; where no symbol is given.", example="USDT")
BASE_COIN = text("baseCoin", "All symbols of this base coin.", example="BTC")
ORDER_ID = text("orderId", "Bybit's own order id; it goes before orderLinkId.", example="1234567890")
ORDER_LINK_ID = text("orderLinkId", "The order's client id.", example="my-order-1")
CURSOR = text("cursor", "nextPageCursor of the page before, exactly as it was told.", example="page_token%3D39380%26")
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
TRIGGERS = ("LastPrice", "IndexPrice", "MarkPrice")
TPSL_MODES = ("Full", "Partial")
ORDER_TYPES = ("Market", "Limit")
SIDES = ("Buy", "Sell")
TIME_IN_FORCE = one_of(
    "timeInForce", ("GTC", "IOC", "FOK", "PostOnly", "RPI"), "GTC unless told; a market order is IOC."
)
SPOT_FILTERS = ("Order", "tpslOrder", "StopOrder", "OcoOrder", "BidirectionalTpslOrder")
LINEAR_FILTERS = ("Order", "StopOrder")


def category(product: str, *, inverse: bool = True) -> Param:
    """The product type. On the derivatives side an endpoint may take inverse contracts, too."""
    if product == "spot":
        return one_of("category", ("spot",), required=True)
    return one_of("category", ("linear", "inverse") if inverse else ("linear",), required=True)


def whole(name: str, choices: Sequence[int], doc: str = "", **more: Any) -> Param:
    """A number of which Bybit knows a few."""
    return integer(name, doc, low=min(choices), high=max(choices), **{"example": choices[0], **more})


def position_idx(*, required: bool = False) -> Param:
    doc = "0 one-way mode; 1 the buy side, 2 the sell side of hedge mode, where it is required."
    return whole("positionIdx", (0, 1, 2), doc, required=required)


def moment(name: str, doc: str = "Unix milliseconds.") -> Param:
    return integer(name, doc, example=1_700_000_000_000)


def limit(most: int, default: int) -> Param:
    doc = f"Rows; {default} unless told, at most {most}."
    return integer("limit", doc, low=1, high=most, example=min(default, most))


def week(
    doc: str = "Unix milliseconds; with endTime at most 7 d apart. Without both: the last 7 d.",
) -> tuple[Param, ...]:
    return moment("startTime", doc), moment("endTime")


def price(name: str, doc: str, example: str = "60000") -> Param:
    return decimal(name, doc, example=example)


def level(name: str, doc: str, example: str = "60000") -> Param:
    """A price of which "0" takes away what is set."""
    return decimal(name, f'{doc} "0" takes it away.', low="0", example=example)


def trigger_by(name: str, doc: str = "") -> Param:
    return one_of(name, TRIGGERS, doc or "Which price triggers; LastPrice unless told.")


# Rules.


def together(*rules: Rule) -> Rule:
    """Returns a rule that tells the first fault that any of `rules` finds."""

    def rule(args: Args) -> str | None:
        return next((wrong for each in rules if (wrong := each(args))), None)

    rule.__doc__ = " ".join(each.__doc__ for each in rules if each.__doc__)
    return rule


def at_least_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if any(name in args for name in names) else f"{' or '.join(names)} must be given."

    rule.__doc__ = f"One of {', '.join(names)} must be given."
    return rule


def pair(first: str, second: str) -> Rule:
    """Two parameters of which neither goes alone."""

    def rule(args: Args) -> str | None:
        return None if (first in args) == (second in args) else f"{first} and {second} are given together."

    rule.__doc__ = f"{first} and {second} are given together."
    return rule


def each_of(name: str, inner: Rule) -> Rule:
    """Applies a rule to every element of a batch; what stands beside the batch counts for each."""

    def rule(args: Args) -> str | None:
        rest = {key: value for key, value in args.items() if key != name}
        for n, element in enumerate(args[name]):
            if wrong := inner({**rest, **element}):
                return f"{name}[{n}]: {wrong}"
        return None

    rule.__doc__ = inner.__doc__
    return rule


def same_leverage(args: Args) -> str | None:
    """buyLeverage and sellLeverage differ only in hedge mode with isolated margin."""
    if Decimal(args["buyLeverage"]) < 1 or Decimal(args["sellLeverage"]) < 1:
        return "buyLeverage and sellLeverage are 1 or more."
    return None


def uuid_of(name: str) -> Rule:
    """https://bybit-exchange.github.io/docs/v5/asset/transfer/create-inter-transfer"""

    def rule(args: Args) -> str | None:
        given = args.get(name)
        try:
            good = given is None or str(UUID(given)) == given.lower()
        except ValueError:
            good = False
        return None if good else f'{name} must be a UUID like "42c0cfb0-6bca-c242-bc76-4e6df6cbcb16"; leave it out.'

    rule.__doc__ = f"{name} is a UUID; where it is left out, one is made from the action."
    return rule


__all__ = [
    "ANY_SYMBOL", "BASE_COIN", "BYBIT", "CURSOR", "DOCS", "INTERVALS", "LINEAR_FILTERS", "ORDER_ID", "ORDER_LINK_ID",
    "ORDER_TYPES", "SETTLE_COIN", "SIDES", "SPOT_FILTERS", "SYMBOL", "TIME_IN_FORCE", "TPSL_MODES", "at_least_one",
    "category", "each_of", "level", "limit", "moment", "pair", "position_idx", "price", "same_leverage",
    "together", "trigger_by", "uuid_of", "week", "whole",
]  # fmt: skip
