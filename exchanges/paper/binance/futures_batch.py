"""Batches of orders of Binance's USDⓈ-M futures host.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Place-Multiple-Orders
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from blave_mcp.exchanges.paper.binance.face import Ask
from blave_mcp.exchanges.paper.binance.futures_fields import MODIFY_FIELDS, ORDER_FIELDS
from blave_mcp.exchanges.paper.binance.futures_orders import cancel, modify, place
from blave_mcp.exchanges.paper.binance.params import BinanceRefusal, Params, missing, not_valid
from blave_mcp.exchanges.paper.refusals import PaperRefusal


def _batch(ask: Ask, name: str, most: int) -> list[dict[str, str]]:
    """Returns the elements of a JSON list of objects, their values as text."""
    try:
        found = json.loads(ask.params.text(name), parse_float=str, parse_int=str)
    except ValueError:
        raise not_valid(name) from None
    if not isinstance(found, list) or not all(isinstance(element, dict) for element in found):
        raise not_valid(name)
    if not 0 < len(found) <= most:
        raise BinanceRefusal(-4082, f"Invalid number of batch place orders: {len(found)}")
    return [{str(key): _element_text(value) for key, value in element.items()} for element in found]


def _element_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _each(ask: Ask, elements: list[dict[str, str]], fields: str, handler: Callable[[Ask], Any]) -> list[Any]:
    """Answers each element as if it were a request of its own; a refusal stands in its place."""
    answers: list[Any] = []
    names = [name.removesuffix("!") for name in fields.split()]
    for element in elements:
        try:
            for name in (name.removesuffix("!") for name in fields.split() if name.endswith("!")):
                if not element.get(name):
                    raise missing(name)
            if unread := element.keys() - names:
                raise BinanceRefusal(
                    -1104,
                    f"Not all sent parameters were read; read '{len(element) - len(unread)}' parameter(s) "
                    f"but was sent '{len(element)}'.",
                )
            answers.append(handler(Ask(ask.face, Params(element), ask.now, ask.account)))
        except BinanceRefusal as refusal:
            answers.append(refusal.envelope())
        except PaperRefusal as refused:
            answers.append(ask.face.refusal(refused).envelope())
    return answers


def place_batch(ask: Ask) -> list[Any]:
    return _each(ask, _batch(ask, "batchOrders", 5), ORDER_FIELDS, place)


def modify_batch(ask: Ask) -> list[Any]:
    return _each(ask, _batch(ask, "batchOrders", 5), MODIFY_FIELDS, modify)


def cancel_batch(ask: Ask) -> list[Any]:
    symbol = ask.listing().symbol
    by_id = "orderIdList" in ask.params
    name, field = ("orderIdList", "orderId") if by_id else ("origClientOrderIdList", "origClientOrderId")
    if name not in ask.params:
        both = "Param 'orderIdList' or 'origClientOrderIdList' must be sent"
        raise BinanceRefusal(-1102, f"{both}, but both were empty/null!")
    try:
        found = json.loads(ask.params.text(name), parse_float=str, parse_int=str)
    except ValueError:
        raise not_valid(name) from None
    if not isinstance(found, list) or not found or not all(isinstance(element, str) for element in found):
        raise not_valid(name)
    if len(found) > 10:
        raise BinanceRefusal(-4032, "Exceed maximum cancel order size.")
    return _each(ask, [{"symbol": symbol, field: element} for element in found], f"symbol! {field}", cancel)
