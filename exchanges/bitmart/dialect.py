"""How BitMart signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.bitmart.codes import COMMON, KEY_ADVICE, KEY_PAGE, harmless
from blave_mcp.exchanges.bitmart.codes_futures import FUTURES
from blave_mcp.exchanges.bitmart.codes_spot import SPOT
from blave_mcp.exchanges.bitmart.endpoints import BITMART
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.params import Args, Kind, Param
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

BROKER = "BlaveData666666"
SUCCESS = "1000"
LONGEST_ID = 32
MOST_CANDLES = 500
FIREWALL_PAUSE_S = 30
# Letters and digits, at most 32 of them. https://developer-pro.bitmart.com/en/error/ (50037, 50038, 40048, 40049)
_ID = re.compile(r"[0-9A-Za-z]{1,32}")
NOTICE = (
    "BitMart is closing: it takes no new spot orders since 2026-07-26 and no orders at all since 2026-08-26, and the"
    " platform closes on 2027-01-31. Withdraw what is held there before."
)
"""Shown wherever something is told of, or sent to, the live venue. Dated 2026-11-22."""

# What an answer must hold to be a success; one without it does not tell what became of the request.
_PROOF: Mapping[str, str] = {
    "spot.order.create": "order_id",
    "spot.margin_order.create": "order_id",
    "spot.algo.create": "order_id",
    "spot.margin.borrow": "borrow_id",
    "spot.margin.repay": "repay_id",
    "spot.margin.move": "transfer_id",
    "futures.order.create": "order_id",
    "futures.order.modify": "order_id",
    "futures.plan.create": "order_id",
    "futures.tpsl.create": "order_id",
    "futures.trail.create": "order_id",
}
# An answer that nothing was found is an empty list here.
_LISTS = (
    "spot.order.open", "spot.order.list", "spot.fills.list", "futures.order.open", "futures.order.list",
    "futures.plan.open", "futures.fills.list", "spot.algo.open", "spot.algo.list",
)  # fmt: skip
_SWEEPING = (
    "spot.order.cancel_all", "spot.algo.cancel_all", "futures.order.cancel", "futures.order.cancel_all",
    "futures.plan.cancel", "futures.trail.cancel",
)  # fmt: skip
_NOTHING = ("50005", "50032", "70000", "40035", "40037")
# Futures count in contracts, which BitMart wants as JSON numbers.
_NUMBERS = ("size",)


def body_of(call: Call) -> str:
    """Returns the JSON body without blanks: amounts and prices are texts, whole numbers are numbers."""
    futures = call.endpoint.product == "futures"
    args = {name: int(value) if futures and name in _NUMBERS else value for name, value in call.args}
    return json.dumps(args, separators=(",", ":"), ensure_ascii=False)


def query_of(call: Call, now_ms: int) -> str:
    """Percent-encodes names and values (RFC 3986, UTF-8), in the endpoint's order."""
    args = dict(call.args)
    if call.endpoint.id in ("futures.candles.list", "futures.candles.mark"):
        args = _with_times(args, now_ms)
    return "&".join(f"{quote(name, safe='')}={quote(_text(value), safe='')}" for name, value in args.items())


def _with_times(args: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """Fills in what BitMart wants and the caller left out: the end is now, and the start as far back as it answers."""
    args.setdefault("end_time", now_ms // 1000)
    width = int(args.get("step", "1")) * 60
    args.setdefault("start_time", max(0, args["end_time"] - (MOST_CANDLES - 1) * width))
    return args


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def signature(secret: str, memo: str, now_ms: int, body: str) -> str:
    """HMAC-SHA256 of timestamp#memo#body in hex; the body is "" where there is none, and a query is not signed.

    https://developer-pro.bitmart.com/en/spot/#signature
    """
    return hmac.new(secret.encode(), f"{now_ms}#{memo}#{body}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class BitMartDialect:
    """Spot and futures: a host for each, three parts to a key (the passphrase is the memo), one envelope.

    Three levels of request: without a key, with the key alone, and signed. `decipher` returns what stands under `data`.
    """

    venue: str = "bitmart"
    title: str = "BitMart"
    catalogue: Catalogue = BITMART
    variables: tuple[str, ...] = ("BITMART_API_KEY", "BITMART_API_SECRET", "BITMART_API_MEMO")
    key_page: str = KEY_PAGE
    notice: str = NOTICE

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The demo has futures alone. https://developer-pro.bitmart.com/en/futuresv2/#simulated-trading"""
        return {
            "spot": Host("https://api-cloud.bitmart.com"),
            "futures": Host("https://api-cloud-v2.bitmart.com", testnet="https://demo-api-cloud-v2.bitmart.com"),
        }

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            ValueError: an endpoint that wants a key without credentials, or an order without its client ids. Both are
                programming errors.
        """
        endpoint = call.endpoint
        _check_ids(call)
        headers = {"User-Agent": "blave-quant-mcp", "X-BM-BROKER-ID": BROKER}
        posts = endpoint.method == "POST"
        query = "" if posts else query_of(call, now_ms)
        body = body_of(call) if posts else ""
        if posts:
            headers["Content-Type"] = "application/json"
        if endpoint.auth is not Auth.NONE:
            if credentials is None:
                raise ValueError(f"{endpoint.id} wants a key and there are no credentials")
            headers["X-BM-KEY"] = credentials.key
        if endpoint.auth is Auth.SIGNED and credentials is not None:
            headers["X-BM-TIMESTAMP"] = str(now_ms)
            headers["X-BM-SIGN"] = signature(credentials.secret, credentials.passphrase, now_ms, body)
        path = f"{endpoint.path}?{query}" if query else endpoint.path
        return HttpRequest(endpoint.method, f"{base_url}{path}", headers, body.encode())

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns what stands under `data`, every fraction a Decimal; raises VenueFault.

        A request that cancels whatever is open and is told that nothing is has what it asked for.
        """
        body = _json(reply.body)
        code, message = _envelope(body)
        good = 200 <= reply.status < 300
        if good and code == SUCCESS:
            data, inner = body.get("data"), _inner(call, body.get("data"))
            if inner is None and _succeeded(call, data):
                return data
            if inner is not None:
                code, message = inner
        if code in _NOTHING and call.endpoint.id in _LISTS:
            return []
        if code in _NOTHING and call.endpoint.id in _SWEEPING and not _names_one(call):
            return {}
        raise _fault(call, reply, code, message, good=good)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: the failIds of a batch of cancellations, and orders of a batch that got no id."""
        if not isinstance(payload, Mapping):
            return ()
        if call.endpoint.id == "spot.batch.cancel":
            return tuple(f"order {id}: not cancelled" for id in payload.get("failIds") or ())
        if call.endpoint.id == "spot.batch.create":
            asked, made = len(call.get("orderParams")), len(_made(payload))
            return (f"{asked - made} of {asked} orders got no id: they were not placed",) if made < asked else ()
        return ()

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Reads what the venue says is left of the endpoint's limit; its bucket is at least as full.

        https://developer-pro.bitmart.com/en/spot/#rate-limit
        """
        name = call.endpoint.bucket
        amount = self.catalogue.buckets[name].amount
        left, most = (reply.headers.get(f"x-bm-ratelimit-{which}", "") for which in ("remaining", "limit"))
        fits = left.isdecimal() and most == str(amount) and int(left) <= amount
        return {name: amount - int(left)} if fits else {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own id, or the tag where there is none; the attribution travels in a header.

        Raises:
            BadArgument: anything but letters and digits, or more than 32 of them.
        """
        id = wished or tag
        if len(id) > LONGEST_ID:
            raise BadArgument(
                f"A client order id may have at most {LONGEST_ID} characters on BitMart; this one has {len(id)}."
            )
        if not _ID.fullmatch(id):
            raise BadArgument(
                f'"{wished}" has characters that BitMart does not take in a client order id.',
                advice="Use letters and digits alone.",
            )
        return id

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue[f"{product}.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["server_time"])


_STATUSES = {
    401: Code("BitMart did not take the key.", KEY_ADVICE, bad_key=True),
    403: Code("BitMart's firewall turned the request away.", "Wait half a minute.", Verdict.RATE_LIMITED),
    404: Code("BitMart has no such route.", ""),
    418: COMMON["30017"],
    429: COMMON["30013"],
}


def _known(call: Call, code: str, message: str) -> Code | None:
    own = FUTURES if call.endpoint.product == "futures" else SPOT
    found = COMMON.get(code) or own.get(code)
    if code == "40012" and found is not None and "system error" in message.lower():
        return Code(found.meaning, found.advice, Verdict.UNKNOWN)
    return found


def _fault(call: Call, reply: HttpReply, code: str, message: str, *, good: bool) -> VenueFault:
    """Reads an answer that is no success."""
    writes = call.endpoint.writes
    known = _known(call, code, message)
    if code in ("", SUCCESS):
        known = _STATUSES.get(reply.status)
        if known is None:
            fault = "The answer does not have the documented form." if good else "BitMart's servers failed."
            known = Code(fault, verdict=Verdict.UNKNOWN)
    elif reply.status == 429:
        known = _STATUSES[429]
    elif known is None:
        # A read that is refused for a reason of its own does not become better by being asked again.
        known = Code("", verdict=Verdict.UNKNOWN if writes or reply.status >= 500 else Verdict.REFUSED)
    elif reply.status >= 500 and known.verdict is Verdict.REFUSED and code != "30018":
        known = Code(known.meaning, known.advice, Verdict.UNKNOWN)
    if not writes:
        known = harmless(known)
    return VenueFault(
        known.verdict,
        code=code if code not in ("", SUCCESS) else f"HTTP {reply.status}",
        message=message or reply.body[:200].decode("utf-8", "replace"),
        meaning=known.meaning,
        advice=known.advice,
        retry_after=_retry_after(reply) if known.verdict is Verdict.RATE_LIMITED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found,
        bad_key=known.bad_key,
    )


def _retry_after(reply: HttpReply) -> int:
    for name in ("retry-after", "x-bm-ratelimit-reset"):
        value = reply.headers.get(name, "")
        if value.isdecimal():
            return int(value)
    return FIREWALL_PAUSE_S if reply.status == 403 else 2


def _check_ids(call: Call) -> None:
    for name, id in _wanted_ids(call.endpoint.params, call.arguments):
        if not _ID.fullmatch(id):
            raise ValueError(f"{call.endpoint.id}: {name} must be stamped")


def _wanted_ids(params: Sequence[Param], args: Args) -> Iterator[tuple[str, str]]:
    """Every client id that a call should carry, "" where it does not."""
    for param in params:
        if param.kind is Kind.CLIENT_ID:
            yield param.name, args.get(param.name, "")
        elif param.items:
            for element in args.get(param.name, ()):
                yield from _wanted_ids(param.items, element)


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _envelope(body: Any) -> tuple[str, str]:
    """Returns code and message, ("", "") where it is no envelope."""
    if not isinstance(body, dict) or not re.fullmatch(r"\d{1,9}", str(body.get("code", ""))):
        return "", ""
    return str(body["code"]), str(body.get("message") or body.get("msg") or "")


def _inner(call: Call, data: Any) -> tuple[str, str] | None:
    """A batch has an envelope of its own inside, whose code 0 is the success."""
    if call.endpoint.id != "spot.batch.create" or not isinstance(data, dict) or str(data.get("code", "0")) == "0":
        return None
    return str(data["code"]), str(data.get("msg") or "")


def _made(data: Any) -> list[Any]:
    inside = data.get("data") if isinstance(data, Mapping) else None
    ids = inside.get("orderIds") if isinstance(inside, Mapping) else None
    return ids if isinstance(ids, list) else []


def _succeeded(call: Call, data: Any) -> bool:
    id = call.endpoint.id
    if id == "spot.batch.create":
        return bool(_made(data))
    if id == "spot.batch.cancel":
        return isinstance(data, dict) and ("successIds" in data or "failIds" in data)
    if id == "spot.order.cancel":
        # https://developer-pro.bitmart.com/en/spot/#cancel-order-v3-signed
        return data is True or (isinstance(data, dict) and data.get("result") is True)
    if id == "futures.order.cancel_after":
        return isinstance(data, dict) and data.get("result") is True
    proof = _PROOF.get(id)
    return proof is None or (isinstance(data, dict) and data.get(proof) not in (None, ""))


def _names_one(call: Call) -> bool:
    return any(call.get(name) is not None for name in ("order_id", "client_order_id"))
