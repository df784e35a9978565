"""The desk: the venues, the gate and the clock that the tools work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec import structs

from blave_mcp.exchanges.actions import Action, Origin, Proposal, Step, StepRecord
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import (
    BadArgument,
    Halted,
    MissingCredentials,
    Unsupported,
    did_you_mean,
    nearest,
)
from blave_mcp.exchanges.funding import FUNDING, FundingVerbs
from blave_mcp.exchanges.gate import Approved, Gate, Hands
from blave_mcp.exchanges.models import Instrument, Market, Trace
from blave_mcp.exchanges.sources.pages import Pages, closed_pages
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.aftermath import aftermath
from blave_mcp.tools.guards import funding_objection, objection
from blave_mcp.tools.series import MemorySeries, SeriesStore
from blave_mcp.tools.spec import Result
from blave_mcp.tools.summary import Summary, ask_user

if TYPE_CHECKING:
    from blave_mcp.tools.blave.alerts import AlertSource

T = TypeVar("T")

INSTRUMENTS_AGE_S = 3600.0
LONGEST_AGE_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One venue as it is configured here.

    Attributes:
        markets: the verbs of each market that it has; empty for a venue of data alone.
        funding: the verbs of its lending between users; None where it has none.
        account: a fingerprint of its key, or "" where there is none.
        setup: which variables a key wants and where it is made.
    """

    name: str
    title: str
    client: VenueClient
    markets: Mapping[Market, Verbs] = field(default_factory=dict)
    funding: FundingVerbs | None = None
    account: str = ""
    setup: str = ""
    notice: str = ""

    @property
    def configured(self) -> bool:
        return self.client.credentials is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The operator's own limits. None is no limit."""

    max_order_quote: Decimal | None = None
    max_leverage: int | None = None
    price_tolerance_percent: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the operator lends to research.

    Attributes:
        data: the folder whose CSV files backtests may read; None: no file is read.
        cache: where compiled code is kept; None keeps none.
        cluster: the address of a Dask scheduler; "": this machine's processes.
    """

    data: Path | None = None
    cache: Path | None = None
    cluster: str = ""


class Caller(Protocol):
    """Who calls a tool, and how they can be reached while it runs."""

    @property
    def client(self) -> str:
        """The client program's name and version, as it says itself."""
        ...

    async def progress(self, done: float, total: float | None, text: str) -> None: ...

    async def ask_word(self, question: str) -> str | None:
        """Puts the question to the person in a dialog of the client.

        Returns:
            What was typed; "" where it was declined.
            None where the client has no such dialog.
        """
        ...


class Halt(Protocol):
    """The operator's brake."""

    def reason(self) -> str:
        """Why trading is halted, or "" where it is not."""
        ...


@dataclass(slots=True, kw_only=True)
class Desk:
    """Everything that a tool may use.

    Attributes:
        mode: paper, testnet or live.
        channel: how confirmations come: chat or dialog.
        pages: where public pages are read.
        chart_style: dark or light.
        prices: where the prices of the paper exchange come from, in words; "" outside paper mode.
        alerts: the TradingView alerts; None where nothing listens.
        series: finished bars and readings that were fetched before, from this mode's source alone.
        workshop: what the operator lends to research.
        market_ms: our time -> the time at which the data stand; they differ only over a file of old bars.
    """

    mode: str
    venues: Mapping[str, Venue]
    clock: Clock
    principal: str
    halt: Halt
    limits: Limits = field(default_factory=Limits)
    channel: str = "chat"
    prices: str = ""
    series: SeriesStore = field(default_factory=MemorySeries)
    pages: Pages = field(default_factory=closed_pages, repr=False)
    chart_style: str = "dark"
    workshop: Workshop = field(default_factory=Workshop)
    alerts: AlertSource | None = None
    market_ms: Callable[[int], int] = field(default=lambda now_ms: now_ms, repr=False)
    gate: Gate = field(init=False)
    _aged: dict[str, tuple[float, Any]] = field(default_factory=dict, repr=False)
    _instruments: dict[tuple[str, Market], tuple[float, tuple[Instrument, ...]]] = field(
        default_factory=dict, repr=False
    )

    async def aged(self, key: str, seconds: float, fetch: Callable[[], Awaitable[T]]) -> tuple[T, float]:
        """Returns what was fetched under a key, and its age in seconds; fetches it where it is older than allowed."""
        known = self._aged.get(key)
        now = self.clock.monotonic()
        if known is None or now - known[0] > seconds:
            value = await fetch()
            self._aged = {k: v for k, v in self._aged.items() if now - v[0] <= LONGEST_AGE_S}
            known = self._aged[key] = (now, value)
        return known[1], now - known[0]

    def data_ms(self) -> int:
        """The time at which the data stand now."""
        return self.market_ms(self.clock.now_ms())

    # Venues, markets and instruments.

    def venue(self, name: str) -> Venue:
        """Raises BadArgument with the nearest names."""
        found = self.venues.get(name.strip().lower())
        if found is None:
            raise BadArgument(f'There is no venue "{name}".', advice=did_you_mean(name, self.venues))
        return found

    def verbs(self, venue: str, market: str) -> tuple[Venue, Verbs]:
        """Raises BadArgument or Unsupported, naming the markets that there are."""
        found = self.venue(venue)
        for name, verbs in found.markets.items():
            if name == market:
                return found, verbs
        has = ", ".join(found.markets) or "no market, only data"
        raise Unsupported(f"{found.title} has no {market} market here.", advice=f"It has: {has}.")

    def funding(self, venue: str) -> tuple[Venue, FundingVerbs]:
        """Raises BadArgument or Unsupported, with the nearest thing that there is."""
        found = self.venue(venue)
        if found.funding is not None:
            return found, found.funding
        able = ", ".join(name for name, one in self.venues.items() if one.funding is not None) or "no venue here"
        raise Unsupported(
            f"{found.title} has no lending between users here.",
            advice=f"Funding is on: {able}. For the funding of perpetuals use get_funding_rates.",
        )

    async def instruments(self, venue: str, market: str) -> tuple[Instrument, ...]:
        found, verbs = self.verbs(venue, market)
        key = (found.name, verbs.market)
        known = self._instruments.get(key)
        if known is None or self.clock.monotonic() - known[0] > INSTRUMENTS_AGE_S:
            known = (self.clock.monotonic(), await found.client.ask(verbs.instruments()))
            self._instruments[key] = known
        return known[1]

    async def instrument(self, venue: str, market: str, symbol: str) -> Instrument:
        """Finds an instrument by its unified or its native name, separators and case aside.

        Raises:
            BadArgument: there is none; names the nearest.
        """
        wanted = _bare(symbol)
        listed = await self.instruments(venue, market)
        for one in listed:
            if wanted in (_bare(one.native), _bare(one.symbol), _bare(f"{one.symbol}:{one.settle}")):
                return one
        by_bare = {_bare(one.symbol): one.symbol for one in listed if one.trading}
        near = [by_bare[bare] for bare in nearest(wanted, by_bare)]
        near = near or [name for bare, name in by_bare.items() if wanted and bare.startswith(wanted[:3])][:5]
        advice = f"Nearest: {', '.join(near)}." if near else "Symbols look like BTC/USDT."
        raise BadArgument(f'{self.venue(venue).title} {market} has no symbol "{symbol[:40]}".', advice=advice)

    async def ask(self, venue: str, question: Ask[T]) -> T:
        return await self.venue(venue).client.ask(question)

    def require_key(self, venue: Venue) -> None:
        """Raises MissingCredentials with the guide to a key."""
        if not venue.configured:
            raise MissingCredentials(venue.client.missing or f"{venue.title} has no key here.", advice=venue.setup)

    # Proposals.

    def check_halt(self) -> None:
        """Raises Halted."""
        if reason := self.halt.reason():
            raise Halted(f"The operator has halted trading: {reason}.", advice="blave-mcp resume ends it.")

    def propose(
        self,
        venue: Venue,
        market: str,
        summary: Summary,
        steps: Sequence[tuple[str, Call]],
        guards: Sequence[Mapping[str, Any]] = (),
    ) -> Result:
        """Records a pending action and returns what the model is to show. Nothing is sent."""
        self.check_halt()
        self.require_key(venue)
        id = self.gate.new_id()
        dialect = venue.client.dialect
        stamped = []
        for n, (label, call) in enumerate(steps):

            def name_for(wished: str, at: str, tag: str = f"{id}{n}", product: str = call.endpoint.product) -> str:
                return dialect.client_id(product, wished, f"{tag}{at}")

            stamped.append(Step(label, call.stamped(name_for)))
        for name in (cid for step in stamped for cid in step.call.client_ids()):
            summary.row("Client order id", name)
        expires = self.clock.now_ms() + self.gate.ttl_ms
        text = summary.render(
            mode=self.mode,
            steps=[f"{s.label} ({s.call.endpoint.method} {s.call.endpoint.path})" for s in stamped],
            expires_ms=expires,
            ttl_ms=self.gate.ttl_ms,
            prices=self.prices,
            notice=venue.notice if self.mode == "live" else "",
        )
        proposal = Proposal(
            title=summary.title,
            venue=venue.name,
            market=market,
            steps=tuple(stamped),
            summary=text,
            facts=summary.facts,
            guards=tuple(guards),
        )
        pending = self.gate.propose(id, proposal, self.origin(venue))
        data = {
            "state": "pending",
            "action": id,
            "token": pending.token,
            "mode": self.mode,
            "expires_ms": pending.action.expires_ms,
            "summary": text,
            **summary.facts,
        }
        return Result(f"{text}\n\n{ask_user(pending.token, data)}", data)

    def origin(self, venue: Venue) -> Origin:
        return Origin(mode=self.mode, account=venue.account, principal=self.principal)

    def origin_of(self, action: Action) -> Origin:
        """What an action would have to be bound to, to be confirmed here."""
        venue = self.venues.get(action.venue)
        return Origin(mode=self.mode, account=venue.account if venue else "?", principal=self.principal)

    # The gate's hands.

    def hands(self) -> Hands:
        return Hands(revive=self._revive, recheck=self._recheck, send=self._send, trace=self._trace)

    def _revive(self, step: StepRecord) -> Call:
        return self.venue(step.call["venue"]).client.dialect.catalogue.revive(step.call)

    async def _recheck(self, action: Action) -> str:
        if reason := self.halt.reason():
            return f"The operator has halted trading: {reason}."
        for guard in action.guards:
            if guard["market"] == FUNDING:
                found = await funding_objection(guard, self.funding(action.venue)[1], self._asker(action.venue))
            else:
                found = await objection(guard, self.verbs(action.venue, guard["market"])[1], self._asker(action.venue))
            if found:
                return found
        return ""

    def _asker(self, venue: str) -> Callable[[Ask[Any]], Awaitable[Any]]:
        return lambda question: self.ask(venue, question)

    async def _send(self, action: Action, approved: Approved) -> tuple[str, ...]:
        client = self.venue(action.venue).client
        payload = await client.write(approved)
        return tuple(clean(part) for part in client.dialect.refused_parts(approved.call, payload))

    async def _trace(self, action: Action, call: Call, sent_ms: int) -> Trace | None:
        venue = self.venue(action.venue)
        product = call.endpoint.product
        able = [v for v in venue.markets.values() if v.product == product]
        verbs = next((v for v in able if v.market == action.market), able[0] if able else None)
        question = verbs.trace(call, sent_ms=await venue.client.venue_ms(product, sent_ms)) if verbs else None
        if verbs is None or question is None:
            return None
        trace = await venue.client.ask(question)
        if trace.found is False and self.clock.now_ms() < sent_ms + verbs.settles_after_ms:
            return structs.replace(trace, found=None)
        if trace.found and self._is_last(action, call) and (native := action.facts.get("native")):
            return await aftermath(trace, verbs, native, lambda q: self.ask(action.venue, q))
        return trace

    @staticmethod
    def _is_last(action: Action, call: Call) -> bool:
        return action.steps[-1].call == call.to_json()


def _bare(symbol: str) -> str:
    return "".join(c for c in symbol.upper() if c.isalnum())
