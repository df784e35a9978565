"""The one place where a call becomes traffic."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from blave_mcp.exchanges.clock import Clock
from blave_mcp.exchanges.dialect import Ask, Dialect, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call, Effect
from blave_mcp.exchanges.errors import (
    NO_DATA,
    BadArgument,
    MissingCredentials,
    NeedsConfirmation,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    Unsupported,
    VenueRefused,
)
from blave_mcp.exchanges.exact import read_as
from blave_mcp.exchanges.gate import Approved
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.turns import Turns
from blave_mcp.exchanges.untrusted import quoted
from blave_mcp.exchanges.wire import Credentials, HttpReply, NetworkFault, StreamReply, Transport

T = TypeVar("T")

TRIES = 4
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
CLOCK_AGE_S = 600.0
MOST_REFUSAL = 65_536


@dataclass(slots=True)
class VenueClient:
    """One venue, in one mode, with one account or none.

    Reads are retried with back-off and jitter; a write is sent once.

    Attributes:
        base_urls: by product; where the requests go. A product without one is not served in this mode.
        backup_urls: by product; asked after a network fault, for reads alone.
        testnet: whether the base URLs are the venue's test hosts.
        missing: what to tell where a key is wanted and there is none.
        turns: for a venue that wants signed requests one by one, each with a later time than the last; None for others.
    """

    dialect: Dialect
    transport: Transport
    credentials: Credentials | None
    base_urls: Mapping[str, str]
    clock: Clock
    pacer: Pacer
    backup_urls: Mapping[str, str] = field(default_factory=dict)
    testnet: bool = False
    missing: str = ""
    timeout: float = 10.0
    turns: Turns | None = None
    rng: random.Random = field(default_factory=random.Random, repr=False)
    _offsets: dict[str, tuple[float, int]] = field(default_factory=dict, repr=False)

    @property
    def venue(self) -> str:
        return self.dialect.venue

    async def ask(self, question: Ask[T]) -> T:
        """Sends the question's reads in order and returns the model that their answers make.

        A read whose answer is that the thing does not exist is handed to `parse` as a VenueFault.
        """
        payloads = []
        for call in question.calls:
            try:
                payloads.append(await self._read(call, question.form))
            except VenueFault as fault:
                if not fault.not_found:
                    raise self._told(fault, NO_DATA) from None
                payloads.append(fault)
        return question.parse(*payloads)

    async def read(self, call: Call) -> Payload:
        """Sends one read, or one of the venue's test orders, which change nothing.

        Raises:
            NeedsConfirmation: the call writes. Nothing was sent.
            MissingCredentials, VenueRefused, RateLimited, Unavailable.
        """
        try:
            return await self._read(call)
        except VenueFault as fault:
            raise self._told(fault, NO_DATA) from None

    async def _read(self, call: Call, form: Any = None) -> Payload:
        if call.endpoint.effect is Effect.WRITE:
            raise NeedsConfirmation(
                f"{call.endpoint.id} changes the account.", advice="Propose it; confirm_action alone sends it."
            )
        if call.endpoint.stream:
            raise Unsupported(f"{call.endpoint.id} is a stream and has no end.", advice="get_alerts reads it.")
        self._check(call)
        urls = [self.base_urls[call.endpoint.product]]
        if backup := self.backup_urls.get(call.endpoint.product):
            urls.append(backup)
        skewed = False
        for attempt in range(1, TRIES + 1):
            try:
                reply = await self._exchange(call, urls[(attempt - 1) % len(urls)])
                return deciphered(self.dialect, call, reply, form)
            except NetworkFault as fault:
                if attempt == TRIES:
                    raise Unavailable(
                        f"{self.dialect.title} could not be reached: {fault}.",
                        undone=NO_DATA,
                        advice="Try again later.",
                    ) from None
                pause = self._pause(attempt)
            except VenueFault as fault:
                if fault.clock_skew and not skewed:
                    skewed = True
                    self._offsets.pop(call.endpoint.product, None)
                    continue
                if fault.verdict is Verdict.RATE_LIMITED:
                    self._close(call, fault)
                if fault.verdict is Verdict.REFUSED or attempt == TRIES:
                    raise
                pause = self._pause(attempt) if fault.retry_after is None else fault.retry_after
                if pause > LONGEST_PAUSE:
                    raise
            await self.clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    @asynccontextmanager
    async def stream(self, call: Call, *, silence: float) -> AsyncIterator[StreamReply]:
        """Opens a stream of the venue. Nothing is retried: whoever reads it knows where to go on.

        Args:
            silence: seconds without a byte after which the link counts as dead; reading then raises Unavailable.

        Raises:
            MissingCredentials, VenueRefused, RateLimited, Unavailable.
        """
        self._check(call)
        endpoint, title = call.endpoint, self.dialect.title
        stream = getattr(self.transport, "stream", None)
        if not endpoint.stream or stream is None:
            raise Unavailable(f"{endpoint.id} is no stream that can be read here.", undone=NO_DATA)
        await self.pacer.take(self.venue, endpoint.bucket, self.dialect.catalogue.buckets[endpoint.bucket], 1)
        request = self.dialect.request(
            call,
            self.credentials,
            base_url=self.base_urls[endpoint.product],
            now_ms=self.clock.now_ms(),
            testnet=self.testnet,
        )
        try:
            async with stream(request, timeout=self.timeout, silence=silence) as reply:
                if reply.status == 200:
                    yield reply
                    return
                body = b""
                async for chunk in reply.chunks:
                    body += chunk
                    if len(body) > MOST_REFUSAL:
                        break
                self.dialect.decipher(call, HttpReply(reply.status, reply.headers, body))
                raise Unavailable(f"{title} answered {reply.status} where a stream was asked for.", undone=NO_DATA)
        except NetworkFault as fault:
            raise Unavailable(f"{title}: {fault}.", undone=NO_DATA, advice="Try again later.") from None
        except VenueFault as fault:
            if fault.verdict is Verdict.RATE_LIMITED:
                self._close(call, fault)
            raise self._told(fault, NO_DATA) from None

    async def write(self, approved: Approved) -> Payload:
        """Sends an approved call, once.

        Raises:
            VenueRefused: the venue's answer proves that nothing was changed.
            OutcomeUnknown: it left, and what became of it is not known.
            MissingCredentials, RateLimited, Unavailable, BadArgument: it did not leave.
        """
        if not isinstance(approved, Approved):
            raise NeedsConfirmation("Only an approved action may write.")
        call = approved.spend()
        self._check(call)
        try:
            reply = await self._exchange(call, self.base_urls[call.endpoint.product], leaving=approved.leaving)
        except NetworkFault as fault:
            if not fault.sent:
                raise Unavailable(
                    f"{self.dialect.title} could not be reached: {fault}.", advice="Propose it again later."
                ) from None
            raise self._unknown(call, str(fault)) from None
        try:
            return self.dialect.decipher(call, reply)
        except VenueFault as fault:
            if fault.clock_skew:
                self._offsets.pop(call.endpoint.product, None)
            if fault.verdict is Verdict.REFUSED:
                raise self._told(fault, "Nothing was changed.") from None
            if fault.verdict is Verdict.RATE_LIMITED:
                self._close(call, fault)
            raise self._unknown(call, f"{fault.meaning or 'the venue answered with'} {quoted(str(fault))}") from None

    def _check(self, call: Call) -> None:
        endpoint = call.endpoint
        if not self.dialect.catalogue.owns(endpoint):
            raise BadArgument(f"{endpoint!r} is not in the catalogue of {self.venue}.")
        if endpoint.product not in self.base_urls:
            raise Unsupported(f"{self.dialect.title} has no test environment for {endpoint.product}.")
        if endpoint.call(call.arguments) != call:
            raise BadArgument(f"The arguments of {endpoint.id} are not in their checked form.")
        if endpoint.auth is not Auth.NONE and self.credentials is None:
            raise MissingCredentials(
                self.missing or f"{self.dialect.title} wants a key: {', '.join(self.dialect.variables)}."
            )

    async def _exchange(self, call: Call, base_url: str, *, leaving: Callable[[], None] | None = None) -> HttpReply:
        endpoint = call.endpoint
        buckets = self.dialect.catalogue.buckets
        signed = endpoint.auth is Auth.SIGNED
        offset = await self._offset(endpoint.product) if signed else 0
        await self.pacer.take(self.venue, endpoint.bucket, buckets[endpoint.bucket], endpoint.weight)
        async with self._turn(self.clock.now_ms() + offset, signed=signed) as now_ms:
            request = self.dialect.request(
                call,
                self.credentials if endpoint.auth is not Auth.NONE else None,
                base_url=base_url,
                now_ms=now_ms,
                testnet=self.testnet,
            )
            if leaving is not None:
                leaving()
            reply = await self.transport.send(request, timeout=self.timeout)
        self.pacer.observe(self.venue, buckets, self.dialect.used(call, reply))
        return reply

    def _turn(self, now_ms: int, *, signed: bool) -> AbstractAsyncContextManager[int]:
        if self.turns is None or self.credentials is None or not signed:
            return nullcontext(now_ms)
        return self.turns.turn(self.credentials.key, now_ms)

    async def _offset(self, product: str) -> int:
        """Milliseconds to add to our time to get the venue's, half the round trip allowed for."""
        known = self._offsets.get(product)
        if known is not None and self.clock.monotonic() - known[0] < CLOCK_AGE_S:
            return known[1]
        call = self.dialect.clock_call(product)
        if call is None:
            return 0
        before = self.clock.now_ms()
        payload = await self.read(call)
        after = self.clock.now_ms()
        offset = self.dialect.clock_ms(payload) - (before + after) // 2
        self._offsets[product] = (self.clock.monotonic(), offset)
        return offset

    async def now_ms(self, product: str) -> int:
        """The venue's own time."""
        return self.clock.now_ms() + await self._offset(product)

    async def venue_ms(self, product: str, our_ms: int) -> int:
        """The venue's time at one of our times."""
        return our_ms + await self._offset(product)

    def _pause(self, attempt: int) -> float:
        pause: float = FIRST_PAUSE * 2 ** (attempt - 1)
        return min(LONGEST_PAUSE, pause) * (0.5 + self.rng.random())

    def _close(self, call: Call, fault: VenueFault) -> None:
        name = call.endpoint.bucket
        if fault.retry_after:
            self.pacer.close(self.venue, name, self.dialect.catalogue.buckets[name], fault.retry_after)

    def _told(self, fault: VenueFault, undone: str) -> VenueRefused | RateLimited | Unavailable | MissingCredentials:
        title = self.dialect.title
        says = f"{title} answered {fault.code}: {quoted(fault.message)}"
        meaning = f" - {fault.meaning}" if fault.meaning else ""
        if fault.bad_key:
            return MissingCredentials(f"{says}{meaning}", undone=undone, advice=fault.advice)
        if fault.verdict is Verdict.RATE_LIMITED:
            return RateLimited(f"{says}{meaning}", seconds=fault.retry_after or 60.0, undone=undone)
        if fault.verdict is Verdict.REFUSED:
            return VenueRefused(f"{says}{meaning}", code=fault.code, undone=undone, advice=fault.advice)
        return Unavailable(f"{says}{meaning}", undone=undone, advice=fault.advice or "Try again later.")

    def _unknown(self, call: Call, why: str) -> OutcomeUnknown:
        ids = call.client_ids()
        by = f" by {', '.join(ids)}" if ids else ""
        return OutcomeUnknown(
            f"{self.dialect.title} may or may not have carried out {call.endpoint.id}: {why}.",
            client_ids=ids,
            advice=f"It is being looked up{by}; get_action tells what is found.",
        )


def deciphered(dialect: Dialect, call: Call, reply: HttpReply, form: Any = None) -> Payload:
    """Returns an answer's payload, as values of `form` where it fits (see `Ask`); raises VenueFault."""
    if form is not None and 200 <= reply.status < 300:
        try:
            return read_as(reply.body, form)
        except ValueError:  # then it says what is wrong with it
            pass
    return dialect.decipher(call, reply)
