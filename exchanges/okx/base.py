"""The catalogue object, what OKX meters, and the parameters that many of its endpoints share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, decimal, flag, integer, one_of, text

DOCS = "https://www.okx.com/docs-v5/en/#"
MARKET_DOCS = f"{DOCS}order-book-trading-market-data-"
TRADE_DOCS = f"{DOCS}order-book-trading-trade-"
ALGO_DOCS = f"{DOCS}order-book-trading-algo-trading-"
ACCOUNT_DOCS = f"{DOCS}trading-account-rest-api-"
FUNDING_DOCS = f"{DOCS}funding-account-rest-api-"
PUBLIC_DOCS = f"{DOCS}public-data-rest-api-"
SUB_DOCS = f"{DOCS}sub-account-rest-api-"

# Requests in two seconds, as each endpoint's page gives them. OKX meters private endpoints by user (orders also by
# instrument) and public ones by address; one window for each endpoint is never above either.
# https://www.okx.com/docs-v5/en/#overview-rate-limits
_PER_TWO_SECONDS: Mapping[str, int] = {
    "time.get": 10, "status.get": 1, "instruments.list": 20, "ticker.get": 20, "ticker.list": 20, "book.get": 40,
    "book.full": 10, "candles.list": 40, "candles.history": 20, "candles.mark": 20, "candles.index": 20,
    "trades.list": 100, "trades.history": 20, "funding.get": 10, "funding.list": 10, "interest.get": 20,
    "mark.get": 10, "index.list": 20, "price_limit.get": 20, "tiers.list": 10, "contract.convert": 10,
    "instruments.account": 20, "balance.get": 10, "position.list": 10, "position.history": 10, "position.risk": 10,
    "account.get": 5, "account.mode": 5, "position_mode.set": 5, "isolated_mode.set": 5, "leverage.get": 20,
    "leverage.set": 40, "margin.adjust": 20, "fees.get": 5, "size.max": 20, "size.available": 20, "bills.list": 10,
    "bills.archive": 10, "loan.max": 20, "loan.interest": 5, "loan.rate": 5, "loan.limits": 5, "loan.history": 5,
    "loan.auto": 5, "loan.auto_repay": 5, "loan.change": 1, "withdrawal.max": 20, "wallet.balance": 12,
    "wallet.currencies": 12, "wallet.valuation": 2, "wallet.bills": 12, "transfer.create": 4, "transfer.get": 20,
    "subaccount.list": 4, "subaccount.balance": 6, "subaccount.wallet": 6, "subaccount.bills": 12,
    "subaccount.transfer": 2, "order.create": 60, "order.precheck": 5, "order.cancel": 60, "order.amend": 60,
    "order.get": 60, "order.open": 60, "order.list": 40, "order.archive": 20, "order.deadline": 2, "order.limit": 2,
    "fills.list": 60, "fills.history": 10, "position.close": 20, "batch.create": 300, "batch.cancel": 300,
    "batch.amend": 300, "algo.create": 20, "algo.cancel": 20, "algo.amend": 20, "algo.get": 20, "algo.open": 20,
    "algo.list": 20,
}  # fmt: skip

OKX = Catalogue(
    "okx",
    products={"v5": "okx"},
    buckets={name: Bucket(amount, 2) for name, amount in _PER_TWO_SECONDS.items()},
)

INST_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
BARS = (
    "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "1W", "1M", "3M", "6Hutc",
    "12Hutc", "1Dutc", "2Dutc", "3Dutc", "1Wutc", "1Mutc", "3Mutc",
)  # fmt: skip

INST_ID = text("instId", "Instrument: BTC-USDT (spot, margin), BTC-USDT-SWAP.", required=True, example="BTC-USDT")
SWAP_ID = text("instId", "Instrument.", required=True, example="BTC-USDT-SWAP")
ANY_INST_ID = text("instId", "One instrument; all of them where it is left out.", example="BTC-USDT-SWAP")
INST_FAMILY = text("instFamily", "Family of contracts, BTC-USDT.", example="BTC-USDT")
CCY = text("ccy", "Currency.", required=True, example="USDT")
ANY_CCY = text("ccy", "Up to 20 currencies, separated by commas; all where it is left out.", example="USDT")
ORDER_ID = text("ordId", "The venue's own order id.", example="590908157585625111")
CLIENT_ORDER_ID = text("clOrdId", "The order's client id, in place of ordId.", example="mine1")
ALGO_ID = text("algoId", "The venue's own id of the algo order.", example="590919993110396111")
CLIENT_ALGO_ID = text("algoClOrdId", "The algo order's client id, in place of algoId.", example="mine1")
SIDE = one_of("side", ("buy", "sell"), required=True)
POS_SIDE = one_of(
    "posSide", ("net", "long", "short"), "SWAP and FUTURES: long or short in long/short mode; else left out or net.",
    example="net",
)  # fmt: skip
TD_MODE = one_of(
    "tdMode", ("cash", "cross", "isolated", "spot_isolated"),
    "cash for spot without borrowing; cross or isolated for margin and contracts.", required=True,
)  # fmt: skip
MARGIN_MODE = one_of("mgnMode", ("cross", "isolated"), required=True)
TGT_CCY = one_of(
    "tgtCcy", ("base_ccy", "quote_ccy"), "Unit of sz of a spot market order; quote for buys unless told otherwise."
)
PX_TYPES = ("last", "index", "mark")
AFTER = text("after", "Rows older than this one.", example="1597026383085")
BEFORE = text("before", "Rows newer than this one.", example="1597026383085")
SPAN = (
    integer("begin", "Unix milliseconds.", example=1_700_000_000_000),
    integer("end", "Unix milliseconds.", example=1_700_003_600_000),
)


def inst_type(*choices: str, required: bool = True) -> Param:
    kinds = choices or INST_TYPES
    return one_of("instType", kinds, required=required, example="SWAP" if "SWAP" in kinds else kinds[0])


def limit(most: int, default: int | None = None) -> Param:
    known = most if default is None else default
    return integer("limit", f"Rows; {known} unless told, at most {most}.", low=1, high=most, example=min(known, most))


def lots(name: str, doc: str = "", **more: object) -> Param:
    """A size: contracts for SWAP and FUTURES, base for spot and margin (but see tgtCcy)."""
    return decimal(name, doc or "Contracts (ctVal base each) for SWAP; base for spot, but see tgtCcy.", **more)


def order_price(name: str, doc: str, **more: object) -> Param:
    """A price behind a trigger; -1 is a market order."""
    return decimal(name, f"{doc}; -1 is a market order.", low=-1, example="-1", **more)


def px_type(name: str) -> Param:
    return one_of(name, PX_TYPES, "Which price triggers; last unless told.")


REDUCE_ONLY = flag("reduceOnly", "Only reduces a position; for margin, and contracts in net mode.")


# Rules.


def together(*rules: Rule) -> Rule:
    """Returns a rule that tells the first fault that any of `rules` finds."""

    def rule(args: Args) -> str | None:
        return next((wrong for each in rules if (wrong := each(args))), None)

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


def both_or_none(first: str, second: str) -> Rule:
    def rule(args: Args) -> str | None:
        return None if (first in args) == (second in args) else f"{first} and {second} are given together."

    return rule


def needed_for(key: str, values: tuple[str, ...], *names: str) -> Rule:
    """Requires one of `names` where `key` has one of `values`."""

    def rule(args: Args) -> str | None:
        if args.get(key) in values and not any(name in args for name in names):
            return f"{' or '.join(names)} is required for {key} {args[key]}."
        return None

    return rule


def only_for(key: str, values: tuple[str, ...], *names: str) -> Rule:
    """Refuses `names` where `key` has another value."""

    def rule(args: Args) -> str | None:
        for name in names:
            if name in args and args.get(key) not in values:
                return f"{name} cannot be given for {key} {args.get(key)}; it belongs to {', '.join(values)}."
        return None

    return rule


def each_of(name: str, rule: Rule) -> Rule:
    """Applies a rule to every element of a list that is given."""

    def whole(args: Args) -> str | None:
        for n, element in enumerate(args.get(name, ())):
            if wrong := rule(element):
                return f"{name}[{n}]: {wrong}"
        return None

    return whole


def market_or_positive(*names: str) -> Rule:
    """A price behind a trigger is -1 or above zero."""

    def rule(args: Args) -> str | None:
        for name in names:
            value = args.get(name)
            if value is not None and Decimal(value) <= 0 and Decimal(value) != -1:
                return f"{name} is a price, or -1 for a market order."
        return None

    return rule
