"""The catalogue object, what BingX meters, and what many of its endpoints share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Auth, Endpoint, Rule
from blave_mcp.exchanges.params import Args, Param, integer, one_of, text

_DOCS = "https://bingx-api.github.io/docs/#/en-us/"
SWAP_MARKET = f"{_DOCS}swapV2/market-api.html"
SWAP_ACCOUNT = f"{_DOCS}swapV2/account-api.html"
SWAP_TRADE = f"{_DOCS}swapV2/trade-api.html"
SWAP_BASE = f"{_DOCS}swapV2/base-info.html"
SPOT_MARKET = f"{_DOCS}spot/market-api.html"
SPOT_TRADE = f"{_DOCS}spot/trade-api.html"
SPOT_ACCOUNT = f"{_DOCS}spot/account-api.html"
SPOT_BASE = f"{_DOCS}spot/base-info.html"

# BingX meters a private endpoint by itself, per account and second; market data by address, all of it together.
# https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/api-reference.md
# https://bingx-api.github.io/docs/#/en-us/swapV2/base-info.html#Rate%20limit
PER_SECOND: Mapping[str, int] = {
    "swap.order.create": 10,
    "swap.order.cancel": 10,
    "swap.order.get": 30,
    "swap.liquidation.list": 10,
    "swap.kill_switch.set": 1,
    "swap.margin.adjust": 2,
    "swap.margin_mode.get": 2,
    "swap.margin_mode.set": 2,
    "swap.position_mode.get": 2,
    "swap.position_mode.set": 4,
    "swap.batch.replace": 2,
    "swap.twap.create": 2,
    "swap.twap.cancel": 2,
    "swap.twap.open": 2,
    "swap.twap.list": 2,
    "swap.twap.get": 2,
    "swap.auto_margin.set": 2,
    "swap.position.reverse": 2,
    "spot.order.create": 10,
    "spot.order.get": 10,
    "spot.order.open": 10,
    "spot.order.list": 10,
    "spot.batch.create": 2,
    "spot.batch.cancel": 2,
    "spot.order.cancel_all": 2,
    "spot.order.replace": 2,
    "spot.oco.create": 2,
    "spot.oco.cancel": 2,
    "spot.oco.get": 2,
    "spot.oco.open": 2,
    "spot.oco.list": 2,
    "spot.fees.get": 2,
    "spot.transfer.create": 2,
    "spot.kill_switch.set": 1,
}
OTHERS = 5
_IDS = (
    "account.get", "position.list", "fees.get", "income.list", "order.test", "batch.create", "batch.cancel",
    "order.cancel_all", "order.open_one", "order.open", "order.list", "order.all", "fills.list", "fills.all",
    "position.close_all", "position.close", "leverage.get", "leverage.set", "order.amend", "order.replace",
    "position.history", "margin.list", "brackets.list", "vst.apply",
)  # fmt: skip
_SPOT_IDS = (
    "account.get", "fund.get", "account.all", "order.cancel", "fills.list", "transfer.list", "transfer.coins",
)  # fmt: skip

BINGX = Catalogue(
    "bingx",
    products={"swap": "bingx", "spot": "bingx"},
    buckets={
        "market": Bucket(500, 10),
        **{name: Bucket(most, 1) for name, most in PER_SECOND.items()},
        **{f"swap.{name}": Bucket(OTHERS, 1) for name in _IDS},
        **{f"spot.{name}": Bucket(OTHERS, 1) for name in _SPOT_IDS},
    },
)

INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
SIDES = ("BUY", "SELL")
FORCES = ("GTC", "IOC", "FOK", "PostOnly")
SYMBOL = text("symbol", "With a hyphen.", required=True, example="BTC-USDT")
ANY_SYMBOL = text("symbol", "One symbol, with a hyphen; all of them where it is left out.", example="BTC-USDT")
SIDE = one_of("side", SIDES, required=True)
ORDER_ID = integer("orderId", "The venue's own order id.", example=1)


def public(id: str, route: str, **entry: Any) -> Endpoint:
    """Adds market data: no key, one limit for all of it."""
    return BINGX.read(id, route, bucket="market", auth=Auth.NONE, **entry)


def read(id: str, route: str, **entry: Any) -> Endpoint:
    return BINGX.read(id, route, bucket=id, **entry)


def write(id: str, route: str, **entry: Any) -> Endpoint:
    return BINGX.write(id, route, bucket=id, **entry)


def moment(name: str, doc: str = "Unix milliseconds.", **more: Any) -> Param:
    return integer(name, doc, example=1_700_000_000_000, **more)


def limit(most: int, default: int, *, name: str = "limit", required: bool = False) -> Param:
    return integer(
        name,
        f"Rows; {default} unless told, at most {most}.",
        low=1,
        high=most,
        example=min(default, most),
        required=required,
    )


def page(name: str = "pageIndex", **more: Any) -> Param:
    return integer(name, "Page, from 1.", low=1, example=1, **more)


def interval() -> Param:
    return one_of("interval", INTERVALS, "Length of a candle; m is minutes, M is months.", required=True, example="1h")


def truth(name: str, doc: str, **more: Any) -> Param:
    """A parameter that BingX documents as the text "true" or "false"."""
    return one_of(name, ("true", "false"), doc, **more)


# Rules.


def together(*rules: Rule) -> Rule:
    """Returns a rule that tells the first fault that any of `rules` finds."""

    def rule(args: Args) -> str | None:
        return next((wrong for each in rules if (wrong := each(args))), None)

    return rule


def exactly_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        if sum(name in args for name in names) == 1:
            return None
        return f"Give {' or '.join(names)}, one of them."

    return rule


def at_least_one(*names: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if any(name in args for name in names) else f"{' or '.join(names)} is required."

    return rule


def known_limit(levels: tuple[int, ...]) -> Rule:
    def rule(args: Args) -> str | None:
        if args.get("limit", levels[0]) not in levels:
            return f"limit is one of {', '.join(map(str, levels))}."
        return None

    return rule


def each_of(name: str, rule: Rule) -> Rule:
    """Applies a rule to every element of a batch."""

    def whole(args: Args) -> str | None:
        for n, element in enumerate(args.get(name, ())):
            if wrong := rule(element):
                return f"{name}[{n}]: {wrong}"
        return None

    return whole


def id_list(name: str, most: int, kind: type) -> Rule:
    """Checks a JSON list of order ids: 1 to `most` of them, all of one kind."""

    def rule(args: Args) -> str | None:
        ids = args.get(name)
        if ids is None:
            return None
        good = isinstance(ids, list) and 1 <= len(ids) <= most and all(type(each) is kind and each for each in ids)
        return None if good else f"{name} is a list of 1 to {most} {'order ids' if kind is int else 'client ids'}."

    return rule


def by_type(
    needs: Mapping[str, tuple[str, ...]], allows: Mapping[str, tuple[str, ...]]
) -> Callable[[Args], str | None]:
    """Requires what an order's type needs, and refuses what only other types take.

    Args:
        needs: type -> the parameters that it cannot do without; "a|b" is either or both.
        allows: parameter -> the types that take it, for parameters that not every type takes.
    """

    def rule(args: Args) -> str | None:
        kind = args.get("type")
        if kind is None:
            return None
        for need in needs.get(kind, ()):
            options = need.split("|")
            if not any(option in args for option in options):
                return f"{' or '.join(options)} is required for type {kind}."
        for name, kinds in allows.items():
            if name in args and kind not in kinds:
                return f"{name} cannot be given for type {kind}; it belongs to {', '.join(kinds)}."
        return None

    return rule
