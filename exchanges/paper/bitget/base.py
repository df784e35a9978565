"""What the parts of Bitget's face share: refusals, parameters, one request, routes.

https://www.bitget.com/api-doc/common/signature-samaple/interaction
https://www.bitget.com/api-doc/contract/error-code/restapi
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import fixed, places_of
from blave_mcp.exchanges.paper.face_books import Account, Refused
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import Listing, Order, Position, PositionSide, Product, Side

DECIMAL_FORM = re.compile(r"-?\d{1,20}(\.\d{1,20})?")
CLIENT_FORM = re.compile(r"[0-9A-Za-z_#+\-]{1,50}")
PRODUCT_TYPE = "USDT-FUTURES"
OTHER_PRODUCTS = ("USDC-FUTURES", "COIN-FUTURES", "SUSDT-FUTURES", "SUSDC-FUTURES", "SCOIN-FUTURES")


class BitgetRefusal(Refused):
    """An answer of the kind `{"code": "43001", "msg": "The order does not exist", ...}`."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


def empty(name: str) -> BitgetRefusal:
    return BitgetRefusal("40019", f"Parameter {name} cannot be empty")


def wrong(name: str) -> BitgetRefusal:
    return BitgetRefusal("40020", f"Parameter {name} error")


class Params:
    """The parameters of one request, from its query or its JSON body; an empty text counts as not sent."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: value for name, value in given.items() if value is not None and value != ""}

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name, default)
        if isinstance(value, bool | list | dict):
            raise wrong(name)
        return str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise empty(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        if name not in self.given:
            return None
        text = self.text(name)
        if not DECIMAL_FORM.fullmatch(text):
            raise wrong(name)
        return Decimal(text)

    def amount(self, name: str) -> Decimal:
        """Returns a decimal above zero that must be there."""
        value = self.decimal(name)
        if value is None:
            raise empty(name)
        if value <= 0:
            raise wrong(name)
        return value

    def integer(self, name: str) -> int | None:
        if name not in self.given:
            return None
        text = self.text(name)
        if not re.fullmatch(r"\d{1,19}", text):
            raise wrong(name)
        return int(text)

    def limit(self, default: int, most: int, name: str = "limit") -> int:
        value = self.integer(name)
        if value is None:
            return default
        if not 1 <= value <= most:
            raise wrong(name)
        return value

    def one_of(self, name: str, choices: Iterable[str], default: str = "") -> str:
        """Returns one of some words in small letters, whichever case it came in."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in choices:
            raise wrong(name)
        return value

    def need_one_of(self, name: str, choices: Iterable[str]) -> str:
        self.need(name)
        return self.one_of(name, choices)

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("yes", "no")) == "yes"

    def client_id(self, name: str = "clientOid") -> str:
        value = self.text(name)
        if value and not CLIENT_FORM.fullmatch(value):
            raise BitgetRefusal("40305", "clientOid or clientOrderId length cannot greater than 64")
        return value

    def elements(self, name: str, most: int = 50) -> list[Params]:
        """Returns the objects of a list that must be there."""
        value = self.given.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise wrong(name) from None
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            raise wrong(name)
        if len(value) > most:
            raise BitgetRefusal("40058", f"Parameter {name} Only a maximum of {most} is allowed")
        return [Params(one) for one in value]


@dataclass(slots=True)
class Ask:
    """One request, as a handler gets it."""

    params: Params
    now: int
    account: Account

    @property
    def exchange(self) -> PaperExchange:
        return self.account.exchange

    def having(self, params: Params) -> Ask:
        """Returns the same request with other parameters: an element of a batch."""
        return Ask(params, self.now, self.account)

    def listing(self, product: Product, name: str = "symbol") -> Listing:
        """Returns what a symbol stands for. Raises BitgetRefusal."""
        symbol = self.params.need(name).upper()
        try:
            return self.exchange.listing(f"{symbol}:{product.value}")
        except PaperRefusal:
            code, market = ("42016", "spot") if product is Product.SPOT else ("40072", "mix contract")
            raise BitgetRefusal(code, f"symbol {symbol} is Invalid or not supported {market} trade") from None

    def some_listing(self, product: Product) -> Listing | None:
        return self.listing(product) if "symbol" in self.params else None

    def perp(self) -> Listing:
        """Returns the contract of `symbol` and `productType`."""
        self.product_type()
        return self.listing(Product.PERP)

    def product_type(self, *, need: bool = True) -> bool:
        """Tells whether the product is the one that is traded here; the others exist and are empty."""
        name = self.params.text("productType").upper()
        if not name and not need:
            return True
        if name not in (PRODUCT_TYPE, *OTHER_PRODUCTS):
            raise empty("productType") if not name else wrong("productType")
        return name == PRODUCT_TYPE


Handler = Callable[[Ask], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint. `rate` is how many requests a second it takes."""

    method: str
    path: str
    handler: Handler
    rate: int = 10
    public: bool = False


def public(path: str, handler: Handler, rate: int = 20) -> Route:
    return Route("GET", path, handler, rate, public=True)


# Writing


def price_text(listing: Listing, value: Decimal | None) -> str:
    return "" if value is None else fixed(value, places_of(listing.tick))


def size_text(listing: Listing, value: Decimal) -> str:
    return fixed(value, places_of(listing.step))


def ms(value: int) -> str:
    return str(value)


def within(ask: Ask) -> tuple[int, int]:
    """Returns the stretch of time that is asked for."""
    start, end = ask.params.integer("startTime"), ask.params.integer("endTime")
    if start is not None and end is not None and start > end:
        raise BitgetRefusal("40707", "Start time is greater than end time")
    return start or 0, (1 << 62) if end is None else end


def newest(ask: Ask, found: list[Any], default: int, most: int, number: Callable[[Any], int]) -> list[Any]:
    """Returns a page: newest first, older than idLessThan."""
    before = ask.params.integer("idLessThan")
    kept = [one for one in found if before is None or number(one) < before]
    return sorted(kept, key=number, reverse=True)[: ask.params.limit(default, most)]


# Positions and directions


def hedge_sides(ask: Ask, params: Params) -> tuple[Side, PositionSide]:
    """Returns what an order does and which leg it belongs to.

    In hedge mode `side` names the leg, and tradeSide says whether it opens or closes it.
    """
    side = Side(params.need_one_of("side", ("buy", "sell")))
    if not ask.exchange.hedge:
        # In one-way mode tradeSide is ignored.
        return side, PositionSide.BOTH
    trade = params.one_of("tradeSide", ("open", "close"))
    if not trade:
        raise BitgetRefusal(
            "40774", "The order type for unilateral position must also be the unilateral position type."
        )
    leg = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
    return (side if trade == "open" else side.opposite), leg


def told_side(ask: Ask, order: Order) -> dict[str, str]:
    """Writes side, posSide, tradeSide and posMode of an order or a fill as Bitget does."""
    return sides_told(order.side, order.request.position_side)


def sides_told(side: Side, leg: PositionSide) -> dict[str, str]:
    if leg is PositionSide.BOTH:
        return {
            "side": side.value,
            "posSide": "net",
            "tradeSide": f"{side.value}_single",
            "posMode": "one_way_mode",
        }
    opens = (leg is PositionSide.LONG) == (side is Side.BUY)
    return {
        "side": "buy" if leg is PositionSide.LONG else "sell",
        "posSide": leg.value,
        "tradeSide": "open" if opens else "close",
        "posMode": "hedge_mode",
    }


def held(ask: Ask, key: str, leg: PositionSide) -> Position | None:
    """Returns the position of a leg, None where it is empty."""
    for position in ask.exchange.positions(ask.now, key=key):
        if position.position_side is leg and position.qty:
            return position
    return None


WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.UNKNOWN_SYMBOL: ("40102", "Symbol does not exist"),
    Reason.BAD_REQUEST: ("400172", "Parameter verification failed"),
    Reason.UNSUPPORTED_TYPE: ("40805", "Unsupported operation"),
    Reason.BAD_TICK: ("40808", "Parameter verification exception price checkBDScale error"),
    Reason.BAD_LOT: ("40808", "Parameter verification exception size checkBDScale error"),
    Reason.QTY_TOO_SMALL: ("45111", "less than the minimum order quantity"),
    Reason.QTY_TOO_LARGE: ("45112", "more than the maximum order quantity"),
    Reason.NOTIONAL_TOO_SMALL: ("45110", "less than the minimum amount"),
    Reason.PRICE_BAND: ("43009", "The current order price exceeds the limit"),
    Reason.BAD_CALLBACK: ("43032", "rangeRate is smaller than 0.1"),
    Reason.INSUFFICIENT_BALANCE: ("43012", "Insufficient balance"),
    Reason.INSUFFICIENT_MARGIN: ("40762", "The order amount exceeds the balance"),
    Reason.MAX_POSITION: ("40921", "The order size cannot exceed the maximum size of the positionLevel"),
    Reason.NO_LIQUIDITY: ("40825", "Contract opponent depth does not exist"),
    Reason.POST_ONLY_WOULD_TAKE: ("40812", "The condition post_only is not met"),
    Reason.DUPLICATE_CLIENT_ID: ("40786", "Duplicate clientOid"),
    Reason.TOO_MANY_ORDERS: ("40761", "The total number of unfilled orders is too high"),
    Reason.CLOSE_POSITION_EXISTS: ("43024", "Take profit/stop loss in an existing order, please change it"),
    Reason.UNKNOWN_ORDER: ("43001", "The order does not exist"),
    Reason.ORDER_DONE: ("43001", "The order does not exist"),
    Reason.NOT_AMENDABLE: ("40922", "Only work order modifications are allowed"),
    Reason.NOTHING_TO_AMEND: ("40923", "Order size and price have not changed"),
    Reason.REDUCE_ONLY_REJECTED: ("22002", "No position to close"),
    Reason.POSITION_SIDE_MISMATCH: ("43075", "Position pattern mismatch"),
    Reason.NO_POSITION: ("40802", "Position is zero and direct margin call is not allowed"),
    Reason.LEVERAGE_INVALID: ("45044", "Leverage is not within the suitable range after adjustment"),
    Reason.LEVERAGE_TOO_HIGH: ("40921", "The order size cannot exceed the maximum size of the positionLevel"),
    Reason.LEVERAGE_NEEDS_MARGIN: (
        "40893", "Unable to update the leverage factor of this position, there is not enough margin!",
    ),
    Reason.MARGIN_MODE_HAS_ORDERS: (
        "45117", "Currently holding positions or orders, the margin mode cannot be adjusted",
    ),
    Reason.MARGIN_MODE_HAS_POSITION: (
        "45117", "Currently holding positions or orders, the margin mode cannot be adjusted",
    ),
    Reason.POSITION_MODE_HAS_ORDERS: ("40920", "Position or order exists, the position mode cannot be switched"),
    Reason.POSITION_MODE_HAS_POSITION: ("40920", "Position or order exists, the position mode cannot be switched"),
    Reason.NOT_ISOLATED: ("40875", "Whole position mode does not support margin adjustment"),
    Reason.ISOLATED_MARGIN_INSUFFICIENT: ("40801", "Cannot exceed the maximum transferable deposit amount"),
    Reason.BAD_AMOUNT: ("40020", "Parameter amount error"),
    Reason.SAME_WALLET: ("40020", "Parameter toType error"),
}  # fmt: skip


def refusal_of(refused: PaperRefusal) -> BitgetRefusal:
    """Returns the venue's words for what the exchange refused."""
    code, message = WORDS.get(refused.reason, ("40812", "The condition is not met"))
    return BitgetRefusal(code, message)
