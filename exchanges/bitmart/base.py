"""The catalogue object, what BitMart meters, and the parameters that many of its endpoints share.

Names differ by version: v1 to v3 write client_order_id, v4 writes clientOrderId, and margin orders, though v1, too.
https://developer-pro.bitmart.com/en/spot/
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, integer, one_of, text

SPOT_DOCS = "https://developer-pro.bitmart.com/en/spot/#"
FUTURES_DOCS = "https://developer-pro.bitmart.com/en/futuresv2/#"

# BitMart meters each endpoint by itself, per address, key or user. Endpoints with the same limit share a bucket here,
# but for the slowest ones, of which a single check before an order needs several.
# https://developer-pro.bitmart.com/en/spot/#rate-limit
_SLOW = (
    "interest", "fees.spot", "fees.base", "fees.futures", "mode.get", "mode.set", "sweep", "pairs", "borrow", "repay",
    "move",
)  # fmt: skip
_SIX = ("positions", "positions.v1", "flows", "history", "fills")
BITMART = Catalogue(
    "bitmart",
    products={"spot": "bitmart-spot", "futures": "bitmart-futures"},
    buckets={
        "ip.15": Bucket(15, 2),
        "ip.12": Bucket(12, 2),
        "ip.10": Bucket(10, 2),
        "ip.8": Bucket(8, 2),
        "system": Bucket(10, 1),
        "key.150": Bucket(150, 2),
        "key.50": Bucket(50, 2),
        "key.40": Bucket(40, 2),
        "key.24": Bucket(24, 2),
        "key.12": Bucket(12, 2),
        "key.8": Bucket(8, 2),
        "uid.40": Bucket(40, 2),
        "uid.24": Bucket(24, 2),
        "uid.4": Bucket(4, 2),
        "margin": Bucket(20, 1),
        "algo.10": Bucket(10, 2),
        "algo.5": Bucket(5, 2),
        "algo.40": Bucket(40, 2),
        "algo.20": Bucket(20, 2),
        "cancel_all": Bucket(1, 3),
        "transfer": Bucket(1, 2),
        "transfers": Bucket(1, 2),
        **{name: Bucket(2, 2) for name in _SLOW},
        **{name: Bucket(6, 2) for name in _SIX},
    },
)

POSTED = "BitMart's v4 queries take their arguments in a signed JSON body, hence POST; they change nothing."

PAIR = text("symbol", "Trading pair, with an underscore.", required=True, example="BTC_USDT")
ANY_PAIR = text("symbol", "One trading pair; all of them where it is left out.", example="BTC_USDT")
CONTRACT = text("symbol", "Contract, without a separator.", required=True, example="BTCUSDT")
ANY_CONTRACT = text("symbol", "One contract; all of them where it is left out.", example="BTCUSDT")
ACCOUNT = one_of("account", ("futures", "copy_trading"), "futures unless told.")
ORDER_ID = text("order_id", "The venue's own id.", example="23456789012345678")
CLIENT_ORDER_ID = text("client_order_id", "The order's client id.", example="order1")
RECV_WINDOW = integer("recvWindow", "How many ms the request is good for; 5000 unless told.", low=1, high=60_000,
                      example=5000)  # fmt: skip
STP = one_of("stpMode", ("none", "cancel_maker", "cancel_taker", "cancel_both"), "Against trading with oneself.")
ORDER_MODE = one_of("orderMode", ("spot", "iso_margin"), "Of which account; both unless told.")
QUERY_STATE = one_of("queryState", ("open", "history"), "Where to look; both unless told.")
SIDE = one_of("side", ("buy", "sell"), required=True)
FUTURES_SIDE = integer(
    "side",
    "1 open long, 2 close short, 3 close long, 4 open short; in one-way mode 1 buy, 2 buy to reduce, 3 sell to reduce,"
    " 4 sell.",
    low=1, high=4, required=True,
)  # fmt: skip
OPEN_TYPE = one_of("open_type", ("cross", "isolated"), "Margin mode; an open position's own where there is one.")
LEVERAGE = text("leverage", "Such as 10; an open position's own where there is one.", example="10")
MODE = integer("mode", "1 GTC (default), 2 FOK, 3 IOC, 4 maker only (limit orders).", low=1, high=4)
PRICE_TYPE = integer("price_type", "Triggered by 1 the last or 2 the mark price.", low=1, high=2, required=True)
PRESETS = (
    integer("preset_take_profit_price_type", "1 last (default), 2 mark.", low=1, high=2),
    integer("preset_stop_loss_price_type", "1 last (default), 2 mark.", low=1, high=2),
    decimal("preset_take_profit_price", "Take-profit that comes with the position.", example="72000"),
    decimal("preset_stop_loss_price", "Stop-loss that comes with the position.", example="64000"),
)


def required(param: Param) -> Param:
    return replace(param, required=True)


def moment(name: str, doc: str = "Unix milliseconds.", **more: Any) -> Param:
    return integer(name, doc, example=1_700_000_000_000, **more)


def second(name: str, doc: str = "Unix seconds.", **more: Any) -> Param:
    return integer(name, doc, example=1_700_000_000, **more)


def limit(most: int, default: int, *, name: str = "limit", **more: Any) -> Param:
    doc = f"Rows; {default} unless told, at most {most}."
    return integer(name, doc, low=1, high=most, example=min(default, most), **more)


def price(name: str = "price", doc: str = "", **more: Any) -> Param:
    return decimal(name, doc, example=more.pop("example", "60000"), **more)


def contracts(doc: str = "Whole contracts; details tell the size of one.", **more: Any) -> Param:
    return decimal("size", doc, example="10", **more)


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


def exactly_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if sum(name in args for name in names) == 1 else f"Give one of {' and '.join(names)}."

    rule.__doc__ = f"Exactly one of {' and '.join(names)}."
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


def spot_sized(args: Args) -> str | None:
    """A market buy wants notional (quote) alone, a market sell size alone, the others price and size."""
    kind, side = args["type"], args["side"]
    wanted = (
        ("notional",) if (kind, side) == ("market", "buy") else ("size",) if kind == "market" else ("price", "size")
    )
    if missing := [name for name in wanted if name not in args]:
        return f"{missing[0]} is required for a {kind} {side}."
    if extra := [name for name in ("price", "size", "notional") if name in args and name not in wanted]:
        return f"{extra[0]} cannot be given for a {kind} {side}."
    return None


def whole_contracts(args: Args) -> str | None:
    """size is a whole number of contracts."""
    size = args.get("size")
    return None if size is None or Decimal(size) % 1 == 0 else "size is a whole number of contracts."


def opens_with_terms(args: Args) -> str | None:
    """leverage and open_type are required for side 1 and 4."""
    if args["side"] not in (1, 4):
        return None
    missing = [name for name in ("leverage", "open_type") if name not in args]
    return f"{missing[0]} is required to open (side 1 or 4)." if missing else None


def limit_or_market(name: str) -> Rule:
    """Where the price under `name` is required and where it is refused; type is limit unless told."""

    def rule(args: Args) -> str | None:
        kind = args.get("type", "limit")
        if kind == "limit" and name not in args:
            return f"{name} is required for type limit."
        if kind == "market" and name in args and Decimal(args[name]) > 0:
            return f"{name} cannot be given for type market."
        return None

    rule.__doc__ = f"{name} is required for type limit and refused for type market."
    return rule


def maker_only_limits(args: Args) -> str | None:
    """mode 4 (maker only) is for type limit."""
    wrong = args.get("mode") == 4 and args.get("type", "limit") != "limit"
    return "mode 4 (maker only) is for type limit." if wrong else None


def presets_open(args: Args) -> str | None:
    """Preset prices are for side 1 and 4."""
    given = [param.name for param in PRESETS if param.name in args]
    return f"{given[0]} is for opening orders (side 1 or 4)." if given and args["side"] in (2, 3) else None
