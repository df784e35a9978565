"""How Blave is asked and how it answers: two header fields and no signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import Unsupported
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

PRICING = "https://blave.org/landing/en/pricing"
KEY_PAGE = "https://blave.org/landing/en/api?tab=blave"
KEY_ADVICE = f"Set blave_api_key and blave_secret_key. A plan: {PRICING} A key: {KEY_PAGE}"
WINDOW_S = 300


@dataclass(frozen=True)
class BlaveDialect:
    """https://api.blave.org; there is no test host."""

    venue: str = "blave"
    title: str = "Blave"
    catalogue: Catalogue = BLAVE
    variables: tuple[str, ...] = ("blave_api_key", "blave_secret_key")
    key_page: str = KEY_PAGE
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        return {"data": Host("https://api.blave.org")}

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Raises ValueError without credentials: no endpoint is open."""
        if credentials is None:
            raise ValueError(f"{call.endpoint.id} wants a key")
        query = "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in call.args)
        headers = {"User-Agent": "blave-quant-mcp", "api-key": credentials.key, "secret-key": credentials.secret}
        url = f"{base_url}{call.endpoint.path}"
        return HttpRequest(call.endpoint.method, f"{url}?{query}" if query else url, headers)

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns the answer's JSON, every fraction a Decimal; raises VenueFault."""
        body = _json(reply.body)
        if 200 <= reply.status < 300 and isinstance(body, dict | list):
            return body
        said = next((body[name] for name in ("message", "detail", "error", "msg") if name in body), body) if (
            isinstance(body, dict)
        ) else reply.body[:200].decode("utf-8", "replace")  # fmt: skip
        code, message = f"HTTP {reply.status}", said if isinstance(said, str) else json.dumps(said, default=str)
        if reply.status == 401 or (reply.status == 403 and not _of_the_request(body)):
            raise VenueFault(
                Verdict.REFUSED,
                code=code,
                message=message,
                meaning="The key is missing, wrong or expired, or there is no plan.",
                advice=KEY_ADVICE,
                bad_key=True,
            )
        if reply.status == 429:
            after = reply.headers.get("retry-after", "")
            raise VenueFault(
                Verdict.RATE_LIMITED,
                code=code,
                message=message,
                meaning="100 requests in 5 minutes are used up.",
                retry_after=int(after) if after.isdecimal() else WINDOW_S,
            )
        if 400 <= reply.status < 500:
            raise VenueFault(
                Verdict.REFUSED,
                code=code,
                message=message,
                meaning="Blave does not answer this request.",
                advice="Look at the symbol, the period and the dates.",
                not_found=reply.status == 404,
            )
        meaning = "Blave is not available." if reply.status >= 500 else "The answer is not the documented JSON."
        raise VenueFault(Verdict.UNAVAILABLE, code=code, message=message, meaning=meaning)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`. Blave has no writes."""
        return ()

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        return {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Raises Unsupported: Blave takes no orders."""
        raise Unsupported("Blave takes no orders.", advice="Trade on one of the exchanges.")

    def clock_call(self, product: str) -> Call | None:
        return None

    def clock_ms(self, payload: Payload) -> int:
        """Raises ValueError: nothing is signed, so no clock is read."""
        raise ValueError("Blave has no clock")


def _of_the_request(body: Any) -> bool:
    """Whether a 403 speaks of the request, not of the key: Blave then says {"error": "period is required"} and no more.

    https://github.com/Blave-TW/blave-quant-skill/blob/main/references/blave-api.md
    """
    return isinstance(body, dict) and body.keys() == {"error"}


def _json(body: bytes) -> Any:
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None
