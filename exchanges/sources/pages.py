"""Reads public pages. Nothing of an account goes there; nothing but a page comes back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from blave_mcp.exchanges.clock import Clock, SystemClock
from blave_mcp.exchanges.errors import NO_DATA, RateLimited, Unavailable
from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault, Transport

ETF_URL = "https://farside.co.uk"
POSTS_URL = "https://www.trumpstruth.org"
AGENT = "Mozilla/5.0 (compatible; blave-quant-mcp; +https://blave.org)"
TIMEOUT_S = 20
TRIES = 3
HOPS = 3
DISGUISE = "pip install 'blave-quant-mcp[impersonate]'"


@dataclass(slots=True)
class Pages:
    """Where pages are read.

    Attributes:
        disguised: a transport that greets servers as a browser does, where the user installed one; asked only where a
            page refuses the plain one.
    """

    transport: Transport
    clock: Clock
    etf_url: str = ETF_URL
    posts_url: str = POSTS_URL
    disguised: Transport | None = None
    tries: int = TRIES

    async def read(self, url: str) -> bytes:
        """Returns the page's bytes.

        Raises:
            Unavailable: refused, gone, unreachable, or redirected elsewhere; says which.
            RateLimited: the page asks to wait.
        """
        reply = await self._get(self.transport, url)
        if reply.status in (403, 503) and self.disguised is not None:
            reply = await self._get(self.disguised, url)
        return _content(reply, urlsplit(url).netloc, disguised=self.disguised is not None)

    async def _get(self, transport: Transport, url: str) -> HttpReply:
        for _ in range(HOPS):
            reply = await self._try(transport, url)
            if reply.status not in (301, 302, 303, 307, 308):
                return reply
            target = urljoin(url, reply.headers.get("location", ""))
            if not _same_place(url, target):
                raise Unavailable(f"{urlsplit(url).netloc} leads to another place, which is not followed.",
                                  undone=NO_DATA)  # fmt: skip
            url = target
        raise Unavailable(f"{urlsplit(url).netloc} leads in a circle.", undone=NO_DATA)

    async def _try(self, transport: Transport, url: str) -> HttpReply:
        request = HttpRequest("GET", url, {"user-agent": AGENT, "accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
        fault = ""
        for attempt in range(1, self.tries + 1):
            try:
                reply = await transport.send(request, timeout=TIMEOUT_S)
            except NetworkFault as error:
                fault = str(error)
            else:
                if reply.status not in (500, 502, 504):
                    return reply
                fault = f"{urlsplit(url).netloc} answers {reply.status}"
            if attempt < self.tries:
                await self.clock.sleep(attempt)
        raise Unavailable(f"The page cannot be read: {fault}.", undone=NO_DATA, advice="Try again later.")


class _Closed:
    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        raise NetworkFault("no page can be read here", sent=False)


def closed_pages() -> Pages:
    """For a desk that reads no page."""
    return Pages(_Closed(), SystemClock(), tries=1)


def _same_place(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.removeprefix("www.")) == (second.scheme, second.netloc.removeprefix("www."))


def _content(reply: HttpReply, host: str, *, disguised: bool) -> bytes:
    if reply.status == 200:
        return reply.body
    if reply.status == 429:
        wait = reply.headers.get("retry-after", "")
        raise RateLimited(f"{host} asks to wait.", seconds=int(wait) if wait.isdecimal() else 60, undone=NO_DATA)
    if reply.status in (403, 503):
        advice = "Try again later." if disguised else f"{DISGUISE} adds a client that greets it as a browser does."
        raise Unavailable(f"{host} turns programs away ({reply.status}).", undone=NO_DATA, advice=advice)
    raise Unavailable(f"{host} answers {reply.status}.", undone=NO_DATA, advice="Try again later.")
