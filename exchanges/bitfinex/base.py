"""The catalogue object, what Bitfinex meters, and the parameters and rules that many of its endpoints share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.cautions import BORROWS, WHOLE_ACCOUNT
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, integer, text

DOCS = "https://docs.bitfinex.com/reference/"
POSTED = "Bitfinex takes every authenticated request by POST."
MINUTE_S = 60

# Public reads count by address, the others by account; each endpoint's page tells its own limit, and one that tells
# none is held to its nearest neighbour's. https://docs.bitfinex.com/docs/requirements-and-limitations
BITFINEX = Catalogue(
    "bitfinex",
    products={"public": "bitfinex", "auth": "bitfinex"},
    buckets={
        "status": Bucket(30, MINUTE_S),
        "ticker": Bucket(90, MINUTE_S),
        "tickers": Bucket(30, MINUTE_S),
        "candles": Bucket(30, MINUTE_S),
        "book": Bucket(240, MINUTE_S),
        "trades": Bucket(15, MINUTE_S),
        "stats": Bucket(15, MINUTE_S),
        "funding_stats": Bucket(10, MINUTE_S),
        "conf": Bucket(90, MINUTE_S),
        "wallets": Bucket(90, MINUTE_S),
        "orders.read": Bucket(90, MINUTE_S),
        "orders.write": Bucket(90, MINUTE_S),
        "orders.history": Bucket(90, MINUTE_S),
        "own_trades": Bucket(90, MINUTE_S),
        "positions": Bucket(90, MINUTE_S),
        "margin": Bucket(90, MINUTE_S),
        "ledgers": Bucket(90, MINUTE_S),
        "account": Bucket(90, MINUTE_S),
        "transfer": Bucket(90, MINUTE_S),
        "funding.read": Bucket(90, MINUTE_S),
        "funding.history": Bucket(90, MINUTE_S),
        "funding.write": Bucket(90, MINUTE_S),
    },
)

HIDDEN, CLOSE, REDUCE_ONLY, POST_ONLY, OCO, NO_VAR_RATES = 64, 512, 1024, 4096, 16384, 524288
FLAGS: Mapping[str, int] = {
    "hidden": HIDDEN, "close": CLOSE, "reduce-only": REDUCE_ONLY, "post-only": POST_ONLY, "OCO": OCO,
    "no variable rates": NO_VAR_RATES,
}  # fmt: skip
"""https://docs.bitfinex.com/docs/flag-values"""
EXCHANGE = "EXCHANGE "
"""Stands before the type of an order that is paid from the exchange wallet; without it the margin wallet backs it."""
KINDS = ("LIMIT", "MARKET", "STOP", "STOP LIMIT", "TRAILING STOP", "FOK", "IOC")
ORDER_TYPES = tuple(f"{prefix}{kind}" for prefix in (EXCHANGE, "") for kind in KINDS)
TIME_FRAMES = ("1m", "5m", "15m", "30m", "1h", "3h", "6h", "12h", "1D", "1W", "14D", "1M")
WALLETS = ("exchange", "margin", "funding")
LEAST_PERIOD, MOST_PERIOD = 2, 120
BOUND = Decimal(10) ** 15
_PAIR = re.compile(r"t[A-Z0-9]{2,}(:[A-Z0-9]{2,})?")
_CURRENCY = re.compile(r"f[A-Z0-9]{2,}")
_CODE = re.compile(r"[A-Z0-9]{2,}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

PAIR = text("Symbol", "A pair: tBTCUSD, tBTCUST, tLINK:UST (UST is USDT).", required=True, example="tBTCUSD")
CURRENCY = text("fSymbol", "A funding currency: fUSD, fUST (USDT), fBTC.", required=True, example="fUSD")
FUNDING = text("Symbol", "A funding currency: fUSD, fUST (USDT), fBTC.", required=True, example="fUSD")
START = integer("start", "Unix milliseconds, inclusive.", example=1_700_000_000_000)
END = integer("end", "Unix milliseconds, inclusive.", example=1_700_086_400_000)
SORT = integer("sort", "1 oldest first, -1 newest first (default).", low=-1, high=1, example=-1)


def limit(most: int, default: int) -> Param:
    doc = f"Rows; {default} unless told, at most {most}."
    return integer("limit", doc, low=1, high=most, example=min(default, most))


def number_id(name: str, doc: str, **more: Any) -> Param:
    return integer(name, doc, low=1, **{"example": 1747566428, **more})


def signed(name: str, doc: str, **more: Any) -> Param:
    """An amount whose sign means something. `nonzero` refuses 0."""
    return decimal(name, doc, low=-BOUND, high=BOUND, **more)


# Cautions.


def borrows(order: Args) -> bool:
    """Whether an order may be paid with borrowed funds: on margin, and not to reduce."""
    kind, flags = str(order.get("type", "")), int(order.get("flags", 0))
    return bool(kind) and not kind.startswith(EXCHANGE) and not flags & (REDUCE_ONLY | CLOSE)


def order_caution(args: Args) -> str:
    return BORROWS if borrows(args) else ""


def batch_caution(args: Args) -> str:
    """Of its operations, the gravest: one that cancels everything, or one that may borrow."""
    ops = [(kind, op) for kind, op in args.get("ops", ()) if isinstance(op, Mapping)]
    everything = next(filter(None, (all_caution(op) for kind, op in ops if kind == "oc_multi")), "")
    return everything or (BORROWS if any(kind == "on" and borrows(op) for kind, op in ops) else "")


def all_caution(args: Args) -> str:
    return WHOLE_ACCOUNT if args.get("all") == 1 else ""


def bid_caution(args: Args) -> str:
    """A negative amount of funding borrows."""
    return BORROWS if str(args.get("amount", "")).startswith("-") else ""


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


def nonzero(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return next((f"{name} must not be zero." for name in names if name in args and not Decimal(args[name])), None)

    rule.__doc__ = f"{', '.join(names)} must not be zero."
    return rule


def shaped(name: str, pattern: re.Pattern[str], like: str) -> Rule:
    """A name that goes into the path: nothing else may get there."""

    def rule(args: Args) -> str | None:
        value = args.get(name)
        return None if value is None or pattern.fullmatch(value) else f'{name} looks like {like}, not "{value}".'

    rule.__doc__ = f"{name} looks like {like}."
    return rule


def pair(name: str = "Symbol") -> Rule:
    return shaped(name, _PAIR, "tBTCUSD or tLINK:UST")


def currency(name: str = "Symbol") -> Rule:
    return shaped(name, _CURRENCY, "fUSD or fUST")


def code(name: str) -> Rule:
    return shaped(name, _CODE, "USD or UST")


def date(name: str) -> Rule:
    return shaped(name, _DATE, "2026-04-17")


def known_flags(*taken: int) -> Rule:
    def rule(args: Args) -> str | None:
        unknown = int(args.get("flags", 0)) & ~sum(taken)
        return f"flags holds {unknown}, which means nothing here; known: {_flag_words(taken)}." if unknown else None

    rule.__doc__ = f"flags is a sum of {_flag_words(taken)}."
    return rule


def _flag_words(taken: Sequence[int]) -> str:
    return ", ".join(f"{value} {name}" for name, value in FLAGS.items() if value in taken)


def order_terms(args: Args) -> str | None:
    """Prices belong to the type: price to all but MARKET and TRAILING STOP, price_aux_limit to STOP LIMIT alone."""
    kind = str(args["type"]).removeprefix(EXCHANGE)
    flags = int(args.get("flags", 0))
    for broken, words in (
        (
            kind not in ("MARKET", "TRAILING STOP") and "price" not in args,
            f"price is required for type {args['type']}.",
        ),
        (kind == "STOP LIMIT" and "price_aux_limit" not in args, "price_aux_limit is required for a STOP LIMIT order."),
        (kind != "STOP LIMIT" and "price_aux_limit" in args, "price_aux_limit is for STOP LIMIT orders."),
        (kind == "TRAILING STOP" and "price_trailing" not in args, "price_trailing is required for a TRAILING STOP."),
        (kind != "TRAILING STOP" and "price_trailing" in args, "price_trailing is for TRAILING STOP orders."),
        (bool(flags & OCO) != ("price_oco_stop" in args), f"price_oco_stop and the OCO flag ({OCO}) go together."),
        (bool(flags & OCO) and kind != "LIMIT", "An OCO pair is made of a LIMIT order."),
        (bool(flags & POST_ONLY) and kind != "LIMIT", "Only a LIMIT order can be post-only."),
        (
            bool(flags & (REDUCE_ONLY | CLOSE)) and str(args["type"]).startswith(EXCHANGE),
            "The exchange wallet holds no positions to reduce or close.",
        ),
    ):
        if broken:
            return words
    return None
