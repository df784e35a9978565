"""The catalogue object, what Bitget meters, and the parameters that many of its endpoints share.

This is API v2, the API of the classic account, which Bitget serves beside v3, the API of the unified account. A key of
one kind of account is no use with the other.
https://www.bitget.com/api-doc/common/intro (v2), https://www.bitget.com/api-doc/uta/intro (v3)
"""

from __future__ import annotations

from typing import Any

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, integer, one_of, text

DOCS = "https://www.bitget.com/api-doc/"
PRODUCT = "USDT-FUTURES"
MARGIN_COIN = "USDT"
PRODUCT_TYPES = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES")

# Bitget meters each endpoint by itself. Endpoints with the same documented limit share a bucket here, so that all of
# them together stay under the 6000 requests a minute that one address may send, of which no answer tells the rest.
# https://www.bitget.com/api-doc/common/faq (questions 10 and 11)
BITGET = Catalogue(
    "bitget",
    products={"spot": "bitget", "futures": "bitget"},
    buckets={
        "ip.20": Bucket(20, 1),
        "ip.10": Bucket(10, 1),
        "uid.20": Bucket(20, 1),
        "uid.10": Bucket(10, 1),
        "uid.5": Bucket(5, 1),
        "uid.1": Bucket(1, 1),
    },
)

SYMBOL = text("symbol", "As the venue spells it, without a separator.", required=True, example="BTCUSDT")
ANY_SYMBOL = text("symbol", "One symbol; all of them where it is left out.", example="BTCUSDT")
PRODUCT_TYPE = one_of("productType", PRODUCT_TYPES, "Which futures.", required=True)
COIN = text("marginCoin", "The coin of the margin, in capitals.", required=True, example="USDT")
ANY_COIN = text("marginCoin", "The coin of the margin, in capitals.", example="USDT")
SIDE = one_of(
    "side", ("buy", "sell"), "In hedge mode it names the position: buy is long, sell is short.", required=True
)
TRADE_SIDE = one_of("tradeSide", ("open", "close"), "Required in hedge mode; left out in one-way mode.")
ORDER_TYPE = one_of("orderType", ("limit", "market"), required=True, example="market")
FORCE = one_of("force", ("gtc", "ioc", "fok", "post_only"), "How long a limit order stands; gtc unless told.")
MARGIN_MODE = one_of("marginMode", ("isolated", "crossed"), required=True, example="crossed")
REDUCE_ONLY = one_of("reduceOnly", ("YES", "NO"), "Only makes a position smaller; one-way mode alone.")
STP = one_of("stpMode", ("none", "cancel_taker", "cancel_maker", "cancel_both"), "Against trading with oneself.")
HOLD_SIDE = one_of("holdSide", ("long", "short"), "The position's direction.")
ORDER_ID = text("orderId", "The venue's own id.", example="121211212122")
CLIENT_OID = text("clientOid", "The order's client id.", example="my-order-1")
TRIGGER_TYPE = one_of("triggerType", ("fill_price", "mark_price"), "The price that triggers: last or mark.")
ID_LESS_THAN = text("idLessThan", "Older rows than this id.", example="121211212122")
WALLETS = (
    "spot", "p2p", "coin_futures", "usdt_futures", "usdc_futures", "crossed_margin", "isolated_margin",
)  # fmt: skip


def moment(name: str, doc: str = "Unix milliseconds.") -> Param:
    return integer(name, doc, example=1_700_000_000_000)


def limit(most: int, default: int, *, name: str = "limit") -> Param:
    doc = f"Rows; {default} unless told, at most {most}."
    return integer(name, doc, low=1, high=most, example=min(default, most))


def price(name: str, doc: str = "", **more: Any) -> Param:
    return decimal(name, doc, example=more.pop("example", "60000"), **more)


def size(name: str = "size", doc: str = "In base.", **more: Any) -> Param:
    return decimal(name, doc, example=more.pop("example", "0.01"), **more)


PAGE = (moment("startTime"), moment("endTime"), ID_LESS_THAN)


# Rules.


def together(*rules: Rule) -> Rule:
    """Returns a rule that tells the first fault that any of `rules` finds."""

    def rule(args: Args) -> str | None:
        return next((wrong for each in rules if (wrong := each(args))), None)

    rule.__doc__ = " ".join(each.__doc__ for each in rules if each.__doc__) or None
    return rule


def at_least_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if any(name in args for name in names) else f"{' or '.join(names)} must be given."

    rule.__doc__ = f"{' or '.join(names)} must be given."
    return rule


def each_of(name: str, rule: Rule) -> Rule:
    """Applies a rule to every element of a batch."""

    def whole(args: Args) -> str | None:
        for n, element in enumerate(args.get(name, ())):
            if wrong := rule(element):
                return f"{name}[{n}]: {wrong}"
        return None

    whole.__doc__ = rule.__doc__
    return whole


def needs(key: str, value: str, *names: str) -> Rule:
    """Requires parameters where another one has a value."""

    def rule(args: Args) -> str | None:
        if args.get(key) != value:
            return None
        missing = [name for name in names if name not in args]
        return f"{missing[0]} is required for {key} {value}." if missing else None

    rule.__doc__ = f"{' and '.join(names)} required for {key} {value}."
    return rule


def forbids(key: str, value: str, *names: str) -> Rule:
    """Refuses parameters where another one has a value."""

    def rule(args: Args) -> str | None:
        if args.get(key) != value:
            return None
        given = [name for name in names if name in args]
        return f"{given[0]} cannot be given for {key} {value}." if given else None

    rule.__doc__ = f"No {' and no '.join(names)} for {key} {value}."
    return rule


IDENTIFIED = at_least_one("orderId", "clientOid")
LIMIT_OR_MARKET = together(needs("orderType", "limit", "price"), forbids("orderType", "market", "price", "force"))


def hedge_or_one_way(args: Args) -> str | None:
    """reduceOnly belongs to one-way mode, tradeSide to hedge mode."""
    if "reduceOnly" in args and "tradeSide" in args:
        return "reduceOnly belongs to one-way mode and tradeSide to hedge mode; give one of them."
    return None
