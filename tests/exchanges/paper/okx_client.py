"""A client of the OKX face that signs by hand."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from blave_mcp.exchanges.paper.face import BookStore, FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.okx.terms import listings
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import Listing
from blave_mcp.exchanges.wire import HttpReply, HttpRequest
from tests.exchanges.paper.face_client import Clock

KEY, SECRET, PASSPHRASE = "paper-key", "paper-secret", "paper-passphrase"
SWAP = "BTC-USDT-SWAP"


def few() -> tuple[Listing, ...]:
    return tuple(each for each in listings() if each.symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"))


def stamp(now_ms: int) -> str:
    return f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z"


@dataclass
class Okx:
    clock: Clock = field(default_factory=Clock)
    store: BookStore = field(default_factory=MemoryBookStore)
    face: FaceTransport = field(init=False)

    def __post_init__(self) -> None:
        self.face = open_face(
            "okx", SyntheticMarket(few()), self.store, self.clock, KEY, SECRET, passphrase=PASSPHRASE, listings=few()
        )

    def headers(self, method: str, target: str, body: str, **changes: str) -> dict[str, str]:
        at = changes.pop("at", stamp(self.clock.now))
        secret = changes.pop("secret", SECRET)
        made = base64.b64encode(
            hmac.new(secret.encode(), f"{at}{method}{target}{body}".encode(), hashlib.sha256).digest()
        )
        found = {
            "User-Agent": "test",
            "Content-Type": "application/json",
            "OK-ACCESS-KEY": KEY,
            "OK-ACCESS-PASSPHRASE": PASSPHRASE,
            "OK-ACCESS-TIMESTAMP": at,
            "OK-ACCESS-SIGN": made.decode(),
        }
        for name, value in changes.items():
            found[name.replace("_", "-").upper()] = value
        return {name: value for name, value in found.items() if value}

    def send(self, method: str, path: str, params: Any = None, **changes: str) -> HttpReply:
        query = f"?{urlencode(params)}" if method == "GET" and params else ""
        body = json.dumps(params) if method == "POST" else ""
        target = f"/api/v5{path}{query}"
        headers = self.headers(method, target, body, **changes)
        return self.face.answer(HttpRequest(method, f"https://www.okx.com{target}", headers, body.encode()))

    def answer(self, method: str, path: str, params: Any = None, **changes: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.send(method, path, params, **changes).body)
        assert set(found) == {"code", "data", "msg"}
        return found

    def get(self, path: str, **params: Any) -> list[Any]:
        told = self.answer("GET", path, params)
        assert told["code"] == "0", told
        data: list[Any] = told["data"]
        return data

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        """The one element of an answer that is a success."""
        told = self.answer("POST", path, params if body is None else body)
        assert told["code"] == "0", told
        return told["data"][0]

    def refused(self, path: str, **params: Any) -> str:
        """The code of a refusal: that of the element where there is one."""
        told = self.answer("POST", path, params)
        assert told["code"] != "0", told
        return str(told["data"][0]["sCode"] if told["data"] else told["code"])

    def price(self, name: str = SWAP) -> Decimal:
        return Decimal(self.get("/market/ticker", instId=name)[0]["last"])

    def near(self, share: str, name: str = SWAP) -> str:
        return str((self.price(name) * Decimal(share)).quantize(Decimal("0.1")))

    def order(self, name: str = SWAP, **params: Any) -> str:
        """Places an order and returns its id."""
        base = {"instId": name, "tdMode": "cash" if name.count("-") == 1 else "cross", "side": "buy", "sz": "1"}
        return str(self.post("/trade/order", {**base, "ordType": "market", **params})["ordId"])

    def seen(self, id: str, name: str = SWAP) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/trade/order", instId=name, ordId=id)[0]
        return found
