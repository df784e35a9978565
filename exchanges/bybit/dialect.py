"""How Bybit signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.bybit.codes import lookup
from blave_mcp.exchanges.bybit.codes_terms import KEY_ADVICE
from blave_mcp.exchanges.bybit.endpoints import BYBIT
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code, harmless
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.params import Args, Kind, Param
from blave_mcp.exchanges.signing import hmac_hex
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

RECV_WINDOW_MS = 5000
REFERER = "Ue001036"
LONGEST_ID = 36
LONGEST_PAUSE_S = 600
# https://bybit-exchange.github.io/docs/v5/rate-limit : after a 403 for too many requests, wait ten minutes.
BANNED_S = 600
_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "blave-quant-mcp:bybit")

# What the result must hold to be a success; an answer without it does not tell what became of the order.
_PROOF: Mapping[str, str] = {
    "order.create": "orderId",
    "order.amend": "orderId",
    "order.cancel": "orderId",
    "order.cancel_all": "list",
    "batch.create": "list",
    "batch.amend": "list",
    "batch.cancel": "list",
    "transfer.create": "transferId",
    "transfer.universal": "transferId",
}


def wire_value(value: Any) -> str:
    """Returns a checked argument as it stands in a query: true and false in small letters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def query_of(args: Sequence[tuple[str, Any]]) -> str:
    """Percent-encodes a query (RFC 3986, UTF-8), in its order.

    A cursor comes percent-encoded from Bybit and goes back as it came.
    """
    return "&".join(
        f"{quote(name, safe='')}={quote(wire_value(value), safe='%' if name == 'cursor' else ',:')}"
        for name, value in args
    )


def body_of(args: Sequence[tuple[str, Any]]) -> str:
    """Compact JSON, amounts as strings, in its order."""
    return json.dumps(dict(args), separators=(",", ":"))


def signature(secret: str, payload: str) -> str:
    """HMAC-SHA256 in hexadecimal. https://bybit-exchange.github.io/docs/v5/guide#authentication"""
    return hmac_hex(secret, payload.encode())


@dataclass(frozen=True)
class BybitDialect:
    """Spot and linear contracts of a unified account, on one host. Every request carries the broker's referer."""

    venue: str = "bybit"
    title: str = "Bybit"
    catalogue: Catalogue = BYBIT
    variables: tuple[str, ...] = ("BYBIT_API_KEY", "BYBIT_API_SECRET")
    key_page: str = "https://www.bybit.com/app/user/api-management"
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        host = Host(
            "https://api.bybit.com", testnet="https://api-testnet.bybit.com", backup="https://api.bytick.com"
        )  # fmt: skip
        return dict.fromkeys(self.catalogue.products, host)

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            ValueError: a signed endpoint without credentials, or an order or transfer without its client id. Both are
                programming errors.
        """
        endpoint = call.endpoint
        _check_ids(call)
        headers = {"User-Agent": "blave-quant-mcp", "referer": REFERER}
        url = f"{base_url}{endpoint.path}"
        posts = endpoint.method == "POST"
        payload = body_of(call.args) if posts else query_of(call.args)
        if endpoint.auth is not Auth.NONE:
            if credentials is None:
                raise ValueError(f"{endpoint.id} is signed and there are no credentials")
            stamped = f"{now_ms}{credentials.key}{RECV_WINDOW_MS}{payload}"
            headers |= {
                "X-BAPI-API-KEY": credentials.key,
                "X-BAPI-TIMESTAMP": str(now_ms),
                "X-BAPI-RECV-WINDOW": str(RECV_WINDOW_MS),
                "X-BAPI-SIGN": signature(credentials.secret, stamped),
            }
        if posts:
            headers["Content-Type"] = "application/json"
            return HttpRequest("POST", url, headers, payload.encode("ascii"))
        return HttpRequest(endpoint.method, f"{url}?{payload}" if payload else url, headers)

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns the whole envelope, every fraction a Decimal; raises VenueFault.

        A batch is a success as a whole; what of it was refused is told by `refused_parts`.
        """
        body = _json(reply.body)
        if 200 <= reply.status < 300 and _succeeded(call, body):
            return body
        raise _fault(call, reply, body)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: a batch tells a code for each element, beside the result."""
        beside = payload.get("retExtInfo") if isinstance(payload, Mapping) else None
        codes = beside.get("list") if isinstance(beside, Mapping) else None
        if ".batch." not in call.endpoint.id or not isinstance(codes, list):
            return ()
        return tuple(
            f"element {n}: {one['code']} {one.get('msg', '')}"
            for n, one in enumerate(codes, 1)
            if isinstance(one, Mapping) and one.get("code", 0) != 0
        )

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Reads what is used of the limit per second of the endpoint that was asked.

        Left unread where the account's limit is another than the documented one: it tells nothing of our own count.
        """
        name = call.endpoint.bucket
        bucket = self.catalogue.buckets[name]
        size, left = reply.headers.get("x-bapi-limit", ""), reply.headers.get("x-bapi-limit-status", "")
        if bucket.seconds != 1 or not (size.isdecimal() and left.isdecimal()) or int(size) != bucket.amount:
            return {}
        return {name: int(size) - int(left)} if int(left) <= int(size) else {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own id, or a UUID made from the tag: transfers take nothing else. Never cut.

        Raises:
            BadArgument: characters that Bybit does not take, or more than 36 of them.
        """
        id = wished or str(uuid.uuid5(_SPACE, tag))
        if len(id) > LONGEST_ID:
            raise BadArgument(
                f"A client order id of your own may have at most {LONGEST_ID} characters on Bybit; this one has"
                f" {len(wished)}."
            )
        if not _ID.fullmatch(id):
            raise BadArgument(f'"{wished}" has characters that Bybit does not take in a client order id.',
                              advice="Use letters, digits, - and _")  # fmt: skip
        return id

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue[f"{product}.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["result"]["timeNano"]) // 1_000_000


def _wanted_ids(params: Sequence[Param], args: Args) -> Iterator[tuple[str, str]]:
    """Every client id that a call should carry, "" where it does not."""
    for param in params:
        if param.kind is Kind.CLIENT_ID:
            yield param.name, args.get(param.name, "")
        elif param.items:
            for element in args.get(param.name, ()):
                yield from _wanted_ids(param.items, element)


def _check_ids(call: Call) -> None:
    for name, id in _wanted_ids(call.endpoint.params, call.arguments):
        if not _ID.fullmatch(id):
            raise ValueError(f"{call.endpoint.id}: {name} must be stamped")


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _code(body: Any) -> int | None:
    """Returns the envelope's code, None where it is no envelope."""
    code = body.get("retCode") if isinstance(body, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _succeeded(call: Call, body: Any) -> bool:
    if _code(body) != 0 or not isinstance(body.get("result"), dict):
        return False
    proof = _PROOF.get(call.endpoint.id.partition(".")[2])
    if proof is not None and body["result"].get(proof) in (None, ""):
        return False
    return ".transfer." not in call.endpoint.id or not call.endpoint.writes or body["result"].get("status") in (
        "SUCCESS", "PENDING",
    )  # fmt: skip


_HTTP: Mapping[int, Code] = {
    400: Code("Bybit could not read the request."),
    401: Code("The key or its headers were not accepted.", KEY_ADVICE, bad_key=True),
    403: Code(
        "The request was turned away: too many from this address, or one in a country that Bybit does not serve.",
        verdict=Verdict.RATE_LIMITED,
    ),
    404: Code("There is no such route, or not for this kind of account.", "See the endpoint's documentation."),
    429: Code("Bybit protects its system from too many requests.", verdict=Verdict.RATE_LIMITED),
}


def _fault(call: Call, reply: HttpReply, body: Any) -> VenueFault:
    """Reads an answer that is no success."""
    number = _code(body)
    known: Code | None
    if number:
        known = lookup(number)
        code, message = str(number), _told(body)
    else:
        known = _HTTP.get(reply.status)
        code, message = f"HTTP {reply.status}", reply.body[:200].decode("utf-8", "replace")
    if number == 0 and _transfer_failed(call, body):
        known = Code("The transfer failed.", "See what both accounts hold.")
    elif 200 <= reply.status < 300 and not number:
        known = Code("The answer does not have the documented form.", verdict=Verdict.UNKNOWN)
    elif reply.status >= 500:
        known = Code("Bybit's servers failed; whether it was carried out is not known.", verdict=Verdict.UNKNOWN)
    elif known is None:
        # A read that is refused for a reason of its own does not become better by being asked again.
        proven = number is not None and not call.endpoint.writes
        known = Code("", verdict=Verdict.REFUSED if proven else Verdict.UNKNOWN)
    if not call.endpoint.writes:
        known = harmless(known)
    return VenueFault(
        known.verdict,
        code=code,
        message=message,
        meaning=known.meaning,
        advice=known.advice,
        retry_after=_pause(reply, body) if known.verdict is Verdict.RATE_LIMITED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found,
        bad_key=known.bad_key,
    )


def _told(body: Mapping[str, Any]) -> str:
    """The message, and the reasons that a refused change of the margin mode gives."""
    result = body.get("result")
    reasons = result.get("reasons") if isinstance(result, dict) else None
    more = [str(one.get("reasonMsg", "")) for one in reasons or [] if isinstance(one, dict)]
    return "; ".join([str(body.get("retMsg", "")), *more])


def _transfer_failed(call: Call, body: Mapping[str, Any]) -> bool:
    result = body.get("result")
    return ".transfer." in call.endpoint.id and isinstance(result, dict) and result.get("status") == "FAILED"


def _pause(reply: HttpReply, body: Any) -> float:
    """Seconds until the limit is free again: by the reset header, a second where it is not told."""
    if reply.status == 403:
        return BANNED_S
    reset, now = reply.headers.get("x-bapi-limit-reset-timestamp", ""), body.get("time") if _code(body) else None
    if reset.isdecimal() and isinstance(now, int) and int(reset) > now:
        return min(LONGEST_PAUSE_S, (int(reset) - now) / 1000)
    return 1
