"""Requests to Binance's spot face, for its tests."""

from decimal import Decimal
from typing import Any

from tests.exchanges.paper.face_client import Venue

BTC: dict[str, Any] = {"symbol": "BTCUSDT"}
ZERO = Decimal(0)


def market(side: str = "BUY", **more: Any) -> dict[str, Any]:
    return {**BTC, "side": side, "type": "MARKET", **more}


def limit(venue: Venue, share: str = "0.97", side: str = "BUY", **more: Any) -> dict[str, Any]:
    price = venue.near(share)
    return {**BTC, "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": price} | more


def free(venue: Venue, asset: str) -> tuple[Decimal, Decimal]:
    rows = venue.ok("GET", "/api/v3/account")["balances"]
    return next((Decimal(row["free"]), Decimal(row["locked"])) for row in rows if row["asset"] == asset)


def oco(venue: Venue, **more: Any) -> dict[str, Any]:
    return {
        **BTC,
        "side": "SELL",
        "quantity": "0.1",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": venue.near("1.05"),
        "belowType": "STOP_LOSS_LIMIT",
        "belowStopPrice": venue.near("0.95"),
        "belowPrice": venue.near("0.94"),
        "belowTimeInForce": "GTC",
        **more,
    }
