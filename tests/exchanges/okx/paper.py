"""A desk over OKX's paper face, and tools run on it as the server runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.models import Market, Ticker
from blave_mcp.exchanges.okx.dialect import OkxDialect
from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot
from blave_mcp.exchanges.paper.face import FaceTransport, MemoryBookStore
from blave_mcp.exchanges.paper.faces import open_face
from blave_mcp.exchanges.paper.okx.terms import listings
from blave_mcp.exchanges.paper.synthetic import SyntheticMarket
from blave_mcp.exchanges.paper.types import Listing
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk
from blave_mcp.tools.registry import ALL_TOOLS
from blave_mcp.tools.spec import Result
from tests.desks import ByHost, desk_of, venue_over
from tests.exchanges.okx.examples import KEY
from tests.fakes import FakeCaller, FakeClock

MARKETS = {Market.SPOT: OkxSpot(), Market.MARGIN: OkxMargin(), Market.PERPETUAL: OkxPerpetual()}
SWAP = "BTC-USDT-SWAP"


def few() -> tuple[Listing, ...]:
    return tuple(each for each in listings() if each.symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"))


def open_okx(clock: FakeClock) -> FaceTransport:
    return open_face(
        "okx", SyntheticMarket(few()), MemoryBookStore(), clock.now_ms, KEY.key, KEY.secret,
        passphrase=KEY.passphrase, listings=few(),
    )  # fmt: skip


@dataclass
class Day:
    """A trader at a desk with OKX on paper.

    Attributes:
        house: every request that was sent.
    """

    store: Store
    clock: FakeClock = field(default_factory=FakeClock)
    house: ByHost = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.house = ByHost({"www.okx.com": open_okx(self.clock)})
        self.desk = desk_of(
            self.clock, self.store, venue_over(OkxDialect(), self.house, self.clock, markets=MARKETS, key=KEY)
        )

    async def run(self, name: str, **given: Any) -> Result:
        tool = next(tool for tool in ALL_TOOLS if tool.name == name)
        checked = tool.check({"venue": "okx", **given} if any(p.name == "venue" for p in tool.params) else given)
        if tool.wants_caller:
            checked["caller"] = FakeCaller()
        return await tool.run(self.desk, **checked)

    async def do(self, name: str, **given: Any) -> Result:
        """Proposes, waits as long as a person reads, and confirms."""
        pending = await self.run(name, **given)
        self.clock.advance(5)
        done = await self.run("confirm_action", token=pending.data["token"], confirmation="CONFIRM")
        assert done.data["state"] == "done", done.text
        return done

    def verbs(self, market: str = "perpetual") -> Verbs:
        return self.desk.verbs("okx", market)[1]

    async def ticker(self, market: str = "perpetual", native: str = SWAP) -> Ticker:
        return await self.desk.ask("okx", self.verbs(market).ticker(native))

    async def near(self, share: str, market: str = "perpetual", native: str = SWAP) -> str:
        """A price at a share of the last one, on a grid of 0.1."""
        last = (await self.ticker(market, native)).last
        return f"{(last * Decimal(share)).quantize(Decimal('0.1')):f}"


def table(told: Any) -> list[dict[str, Any]]:
    """A table of a result as rows by column."""
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]
