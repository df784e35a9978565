"""Requests to Binance's futures face, for its tests."""

from typing import Any

from tests.exchanges.paper.face_client import Venue

BTC: dict[str, Any] = {"symbol": "BTCUSDT"}
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"


def market(side: str = "BUY", quantity: str = "0.1", **more: Any) -> dict[str, Any]:
    return {**BTC, "side": side, "type": "MARKET", "quantity": quantity, "newOrderRespType": "RESULT"} | more


def limit(venue: Venue, share: str = "0.97", side: str = "BUY", **more: Any) -> dict[str, Any]:
    price = venue.near(share)
    return {**BTC, "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": price} | more


def stop(
    venue: Venue, kind: str = "STOP_MARKET", side: str = "SELL", share: str = "0.95", **more: Any
) -> dict[str, Any]:
    asked = {"algoType": "CONDITIONAL", **BTC, "side": side, "type": kind, "quantity": "0.1"}
    return {**asked, "triggerPrice": venue.near(share)} | more


def position(venue: Venue, side: str = "BOTH") -> dict[str, Any]:
    rows = venue.ok("GET", "/fapi/v2/positionRisk", **BTC)
    return next(row for row in rows if row["positionSide"] == side)


def given(params: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**params, **change}.items() if value is not None}
