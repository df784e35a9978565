"""A client of a Binance or Blave face that signs by hand, and a clock that a test moves."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.paper.face import BookStore, FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.listings import default_listings
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import Listing
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

KEY, SECRET = "paper-key", "paper-secret"
START = 1_760_000_000_000
SPOT, FUTURES, BLAVE = "binance-spot", "binance-futures", "blave"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BALANCES = {
    "spot": {"USDT": Decimal(50_000), "BTC": Decimal(1)},
    "perp": {"USDT": Decimal(50_000)},
}


@dataclass
class Clock:
    now: int = START

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: int) -> None:
        self.now += seconds * 1_000


def few_listings() -> tuple[Listing, ...]:
    """Three assets, so that a test of everything is a quick one."""
    return tuple(each for each in default_listings() if each.symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"))


def form(params: Mapping[str, Any]) -> str:
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in params.items())


def signature(payload: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def signed(params: Mapping[str, Any], now_ms: int) -> str:
    payload = form({**params, "timestamp": now_ms})
    return f"{payload}&signature={signature(payload)}"


@dataclass
class House:
    """The faces over one account."""

    clock: Clock = field(default_factory=Clock)
    store: BookStore = field(default_factory=MemoryBookStore)
    market: Market = field(default_factory=lambda: SyntheticMarket(few_listings()))
    listings: tuple[Listing, ...] = field(default_factory=few_listings)
    _faces: dict[str, FaceTransport] = field(default_factory=dict)

    def face(self, name: str) -> FaceTransport:
        if name not in self._faces:
            self._faces[name] = open_face(
                name, self.market, self.store, self.clock, KEY, SECRET, listings=self.listings, balances=BALANCES
            )
        return self._faces[name]

    def send(
        self, name: str, method: str, path: str, params: Mapping[str, Any] | None = None, *, public: bool = False
    ) -> HttpReply:
        """Sends as the venue's documentation shows it: GET and DELETE by query, POST and PUT by form."""
        text = form(params or {}) if public else signed(params or {}, self.clock.now)
        headers = {} if public else {"X-MBX-APIKEY": KEY}
        url = f"https://venue.test{path}"
        if method in ("POST", "PUT"):
            return self.face(name).answer(HttpRequest(method, url, {**headers, **FORM}, text.encode()))
        return self.face(name).answer(HttpRequest(method, f"{url}?{text}" if text else url, headers))


@dataclass
class Venue:
    """One of Binance's faces."""

    house: House
    name: str

    def ok(self, method: str, path: str, **params: Any) -> Any:
        reply = self.house.send(self.name, method, path, params)
        assert reply.status == 200, (method, path, params, reply.body)
        return json.loads(reply.body)

    def get(self, path: str, **params: Any) -> Any:
        """A public endpoint."""
        reply = self.house.send(self.name, "GET", path, params, public=True)
        assert reply.status == 200, (path, params, reply.body)
        return json.loads(reply.body)

    def refused(self, method: str, path: str, **params: Any) -> int:
        """Returns the code of a refusal that comes with status 400."""
        reply = self.house.send(self.name, method, path, params)
        assert reply.status == 400, (method, path, params, reply.status, reply.body)
        body = json.loads(reply.body)
        assert set(body) <= {"code", "msg", "data"}
        assert body["msg"]
        return int(body["code"])

    def price(self, symbol: str = "BTCUSDT") -> Decimal:
        path = "/api/v3/ticker/price" if self.name == SPOT else "/fapi/v1/ticker/price"
        return Decimal(self.get(path, symbol=symbol)["price"])

    def near(self, share: str, symbol: str = "BTCUSDT") -> str:
        """Returns a price at a share of the last one, on a grid of 0.1."""
        return str((self.price(symbol) * Decimal(share)).quantize(Decimal("0.1")))


def spot(house: House | None = None) -> Venue:
    return Venue(house or House(), SPOT)


def futures(house: House | None = None) -> Venue:
    return Venue(house or House(), FUTURES)
