"""How Bitfinex signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.bitfinex.codes import BLOCKED_S, HTTP, by_text, harmless, lookup
from blave_mcp.exchanges.bitfinex.endpoints import BITFINEX
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

AFFILIATE = "ZZDLtrXMF"
MOST_CID = 2**45 - 1
"""Client ids are of 45 bits. https://docs.bitfinex.com/reference/ws-auth-input-order-new"""
SUCCESS = "SUCCESS"
FAILED = ("ERROR", "FAILURE")
STATUS, TEXT, DATA = 6, 7, 4
_HOLE = re.compile(r"\{(\w+)\}")
_ID = re.compile(r"[1-9][0-9]{0,13}")


def path_of(call: Call) -> str:
    """The path with its holes filled; the rules of the endpoints let nothing but names into it."""
    return _HOLE.sub(lambda hole: quote(str(call.get(hole.group(1))), safe=":,"), call.endpoint.path)


def _rest(call: Call) -> dict[str, Any]:
    """The arguments that do not go into the path."""
    holes = set(_HOLE.findall(call.endpoint.path))
    return {name: value for name, value in call.args if name not in holes}


def query_of(call: Call) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in _rest(call).items())


def body_of(call: Call) -> str:
    """Compact JSON, amounts as strings, in its order. Whatever places an order carries the affiliate code.

    https://docs.bitfinex.com/reference/rest-auth-submit-order
    """
    args = _rest(call)
    if call.endpoint.id == "auth.order.create":
        args = _attributed(args) | {"cid": int(args["cid"])}
    elif call.endpoint.id == "auth.orders.batch":
        args["ops"] = [[kind, _attributed(order) if kind == "on" else order] for kind, order in args["ops"]]
    return json.dumps(args, separators=(",", ":"))


def _attributed(order: Mapping[str, Any]) -> dict[str, Any]:
    return {**order, "meta": {**order.get("meta", {}), "aff_code": AFFILIATE}}


def signature(secret: str, payload: str) -> str:
    """HMAC-SHA384 in hexadecimal. https://docs.bitfinex.com/docs/rest-auth"""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha384).hexdigest()


@dataclass(frozen=True)
class BitfinexDialect:
    """Public data on one host, the account on another; every answer is an array.

    The nonce of a request is its time in microseconds and must rise with each request of a key, whichever process sends
    it: the client takes the requests in turn (`turns`), and gives each a later time.

    There is no test host. Bitfinex's paper trading is a sub-account on the live hosts, with a key of its own and the
    symbols tTESTBTC:TESTUSD; nothing in a request would keep a live key from trading for real, so testnet mode does not
    offer Bitfinex.
    """

    venue: str = "bitfinex"
    title: str = "Bitfinex"
    catalogue: Catalogue = BITFINEX
    variables: tuple[str, ...] = ("BITFINEX_API_KEY", "BITFINEX_API_SECRET")
    key_page: str = "https://setting.bitfinex.com/api"
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        return {"public": Host("https://api-pub.bitfinex.com"), "auth": Host("https://api.bitfinex.com")}

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            ValueError: a signed endpoint without credentials, or an order without its client id. Both are programming
                errors.
        """
        endpoint = call.endpoint
        path = path_of(call)
        headers = {"User-Agent": "blave-quant-mcp"}
        if endpoint.auth is Auth.NONE:
            query = query_of(call)
            return HttpRequest("GET", f"{base_url}{path}{f'?{query}' if query else ''}", headers)
        if credentials is None:
            raise ValueError(f"{endpoint.id} is signed and there are no credentials")
        if endpoint.id == "auth.order.create" and not _ID.fullmatch(call.get("cid", "")):
            raise ValueError(f"{endpoint.id}: cid must be stamped")
        nonce, body = str(now_ms * 1000), body_of(call)
        headers |= {
            "Content-Type": "application/json",
            "bfx-nonce": nonce,
            "bfx-apikey": credentials.key,
            "bfx-signature": signature(credentials.secret, f"/api{path}{nonce}{body}"),
        }
        return HttpRequest("POST", f"{base_url}{path}", headers, body.encode("ascii"))

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns the answer, every fraction a Decimal; of a write the whole notification. Raises VenueFault."""
        body = _json(reply.body)
        if 200 <= reply.status < 300 and isinstance(body, list) and body[:1] != ["error"]:
            if not call.endpoint.writes or (_status(body) == SUCCESS):
                return body
            raise _failed(body)
        raise _fault(call, reply, body)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: each operation of a batch has a notification of its own."""
        if call.endpoint.id != "auth.orders.batch" or not isinstance(payload[DATA], list):
            return ()
        return tuple(
            f"operation {n}: {_status(part)} {part[TEXT]}"
            for n, part in enumerate(payload[DATA], 1)
            if _status(part) not in (SUCCESS, None)
        )

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Bitfinex does not say how much is used."""
        return {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own number, or one made from the tag: Bitfinex takes whole numbers of 45 bits alone.

        Raises:
            BadArgument: the user's own id is no such number.
        """
        if not wished:
            digest = hashlib.sha256(b"blave-quant-mcp bitfinex " + tag.encode()).digest()
            return str(int.from_bytes(digest[:8], "big") % MOST_CID + 1)
        if not _ID.fullmatch(wished) or int(wished) > MOST_CID:
            raise BadArgument(
                f'"{wished}" is no client order id for Bitfinex.',
                advice=f"Use a whole number from 1 to {MOST_CID}, or leave it out.",
            )
        return wished

    def clock_call(self, product: str) -> Call | None:
        """Signing needs no clock of the venue's, only numbers that rise."""
        return None

    def clock_ms(self, payload: Payload) -> int:
        raise ValueError("Bitfinex has no clock to read")


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _status(body: Any) -> str | None:
    """The status of a notification: [MTS, TYPE, MESSAGE_ID, null, DATA, CODE, STATUS, TEXT]."""
    told = body[STATUS] if isinstance(body, list) and len(body) > TEXT else None
    return told if isinstance(told, str) else None


def _texts(body: list[Any]) -> Iterator[str]:
    """What a notification says, and what those inside it say."""
    yield str(body[TEXT] or "")
    if isinstance(body[DATA], list):
        yield from (str(part[TEXT]) for part in body[DATA] if _status(part) in FAILED)


def _failed(body: list[Any]) -> VenueFault:
    """Reads a notification that is no success. ERROR and FAILURE prove that it was refused; nothing else does."""
    status = _status(body)
    if status not in FAILED:
        return _told(
            Code("The answer does not say that it was carried out.", verdict=Verdict.UNKNOWN),
            code=status or "HTTP 200",
            message=str(body[TEXT]) if status else json.dumps(body, default=str)[:200],
        )
    message = "; ".join(dict.fromkeys(filter(None, _texts(body))))
    known = by_text(message) or Code("Bitfinex turned it down; the message says why.")
    return _told(known, code=status, message=message)


def _fault(call: Call, reply: HttpReply, body: Any) -> VenueFault:
    """Reads an answer that is no success."""
    known: Code | None
    if isinstance(body, list) and len(body) >= 3 and body[0] == "error" and isinstance(body[1], int):
        code, message = str(body[1]), str(body[2])
        known = lookup(body[1], message)
    elif isinstance(body, dict) and body.get("error") == "ERR_RATE_LIMIT":
        code, message, known = "ERR_RATE_LIMIT", "", HTTP[429]
    else:
        code, message = f"HTTP {reply.status}", reply.body[:200].decode("utf-8", "replace")
        known = HTTP.get(reply.status)
        if known is None and 200 <= reply.status < 300:
            known = Code("The answer does not have the documented form.", verdict=Verdict.UNKNOWN)
        elif known is None and reply.status >= 500:
            known = Code("Bitfinex's servers failed.", "Try again later.", Verdict.UNAVAILABLE)
    if known is None:
        known = Code("", verdict=Verdict.UNKNOWN)
    if not call.endpoint.writes:
        known = harmless(known)
    return _told(known, code=code, message=message)


def _told(known: Code, *, code: str, message: str) -> VenueFault:
    return VenueFault(
        known.verdict,
        code=code,
        message=message,
        meaning=known.meaning,
        advice=known.advice,
        retry_after=BLOCKED_S if known.verdict is Verdict.RATE_LIMITED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found,
        bad_key=known.bad_key,
    )
