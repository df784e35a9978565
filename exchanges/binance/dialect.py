"""How Binance signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.binance.codes import ABSENT, FAILED_503, lookup
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code, harmless
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call, Endpoint
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.params import Args, Kind, Param
from blave_mcp.exchanges.signing import hmac_hex
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

RECV_WINDOW_MS = 5000
PREFIXES: Mapping[str, str] = {"spot": "x-GBN6HWR2", "futures": "x-52DDFAFN"}
LONGEST_ID = 36
_IS_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}").fullmatch
_PLAIN = re.compile(r"[A-Za-z0-9_.~=&-]*").fullmatch

# What an answer must hold to be a success; a 2xx without it does not tell what became of the order.
_PROOF: Mapping[str, str] = {
    "spot.order.create": "orderId",
    "spot.sor.create": "orderId",
    "spot.list.oco": "orderListId",
    "spot.list.oto": "orderListId",
    "spot.list.otoco": "orderListId",
    "spot.transfer.create": "tranId",
    "futures.order.create": "orderId",
    "futures.order.modify": "orderId",
    "futures.algo.create": "algoId",
    "futures.leverage.set": "leverage",
}


def wire_value(value: Any) -> str:
    """Returns a checked argument as Binance writes it: true and false in small letters, JSON without blanks."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> Any:
    # In a batch, Binance's flags are strings.
    # https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Place-Multiple-Orders
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def encoded(args: Sequence[tuple[str, Any]]) -> str:
    """Percent-encodes values (RFC 3986, UTF-8), in their order; the names are the catalogue's own, all letters."""
    written = [(name, value if type(value) is str else wire_value(value)) for name, value in args]
    text = "&".join([f"{name}={value}" for name, value in written])
    if _PLAIN(text) and text.count("=") == len(written) == text.count("&") + 1:
        return text
    return "&".join([f"{name}={quote(value, safe='')}" for name, value in written])


def signature(secret: str, payload: str) -> str:
    """HMAC-SHA256 of the very bytes that are sent, in hexadecimal.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
    """
    return hmac_hex(secret, payload.encode("ascii"))


@dataclass(frozen=True)
class BinanceDialect:
    """Spot and USDS-margined futures. `recvWindow` and `timestamp` are added here, `signature` is always last."""

    venue: str = "binance"
    title: str = "Binance"
    catalogue: Catalogue = BINANCE
    variables: tuple[str, ...] = ("BINANCE_API_KEY", "BINANCE_SECRET_KEY")
    key_page: str = "https://www.binance.com/en/my/settings/api-management"
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        return {
            "spot": Host("https://api.binance.com", testnet="https://testnet.binance.vision"),
            "futures": Host("https://fapi.binance.com", testnet="https://demo-fapi.binance.com"),
        }

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            Unsupported: the endpoint is not on the testnet.
            ValueError: a signed endpoint without credentials, or an order whose client ids lack the attribution
                prefix. Both are programming errors.
        """
        endpoint = call.endpoint
        if testnet and endpoint.path.startswith("/sapi/"):
            # https://testnet.binance.vision/ : only /api is there.
            raise Unsupported("Binance's spot testnet has no wallet transfers.", advice="Its accounts come funded.")
        self._check_ids(call)
        headers = {"User-Agent": "blave-quant-mcp"}
        payload = encoded(call.args)
        if endpoint.auth is not Auth.NONE:
            if credentials is None:
                raise ValueError(f"{endpoint.id} is signed and there are no credentials")
            stamp = f"recvWindow={RECV_WINDOW_MS}&timestamp={now_ms}"
            stamped = f"{payload}&{stamp}" if payload else stamp
            payload = f"{stamped}&signature={signature(credentials.secret, stamped)}"
            headers["X-MBX-APIKEY"] = credentials.key
        url = f"{base_url}{endpoint.path}"
        if endpoint.method in ("POST", "PUT"):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return HttpRequest(endpoint.method, url, headers, payload.encode("ascii"))
        return HttpRequest(endpoint.method, f"{url}?{payload}" if payload else url, headers)

    def _check_ids(self, call: Call) -> None:
        endpoint = call.endpoint
        params = _id_params(endpoint)
        if not params:
            return
        prefix, args = PREFIXES[endpoint.product], dict(call.args)
        for param in params:
            for id in (args.get(param.name, ""),) if not param.items else _wanted_ids(param, args):
                if not id.startswith(prefix) or not _IS_ID(id):
                    raise ValueError(f"{endpoint.id}: {param.name} must be stamped with {prefix}")

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns the answer's JSON, every fraction a Decimal; raises VenueFault.

        A batch's answer is a list in which an element may be an error of its own, and a cancel-replace of which one
        half went through is an answer with both halves; both are returned, not raised.
        """
        body = _json(reply.body)
        good = 200 <= reply.status < 300
        if good and _succeeded(call, body):
            return body
        if not good and call.endpoint.id == "spot.order.replace" and _half_done(body):
            return body
        raise _fault(call, reply, body, good=good)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: elements of a batch with a code of their own, and the half of a cancel-replace that failed."""
        if isinstance(payload, list):
            failed = [(f"element {n}", one) for n, one in enumerate(payload, 1)]
        elif isinstance(payload, Mapping) and isinstance(payload.get("data"), Mapping):
            data = payload["data"]
            failed = [
                (name, data.get(key)) for name, key in (("cancel", "cancelResponse"), ("new", "newOrderResponse"))
            ]
        else:
            return ()
        return tuple(
            f"{what}: {one['code']} {one.get('msg', '')}"
            for what, one in failed
            if isinstance(one, Mapping) and isinstance(one.get("code"), int) and one["code"] < 0
        )

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Reads the venue's own counts for the product that was asked; the wallet's buckets are the spot host's."""
        wanted = ("futures",) if call.endpoint.product == "futures" else ("spot", "wallet")
        return {
            name: int(count)
            for name, bucket in self.catalogue.buckets.items()
            if name.partition(".")[0] in wanted
            and bucket.header
            and (count := reply.headers.get(bucket.header, "")).isdecimal()
        }

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns `x-<broker id>` and then the user's own id, or the tag where there is none. Never cut.

        Raises:
            BadArgument: characters that Binance does not take, or more than 36 of them.
        """
        prefix = PREFIXES[product]
        id = wished if wished.startswith(prefix) else f"{prefix}{wished or tag}"
        if len(id) > LONGEST_ID:
            raise BadArgument(
                f"A client order id of your own may have at most {LONGEST_ID - len(prefix)} characters on Binance"
                f" ({product}); this one has {len(wished)}.",
                advice=f'"{prefix}" is put before it.',
            )
        if not _IS_ID(id):
            raise BadArgument(f'"{wished}" has characters that Binance does not take in a client order id.',
                              advice="Use letters, digits and . : / _ -")  # fmt: skip
        return id

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue[f"{product}.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["serverTime"])


_LIMITS = {
    403: "Binance's firewall turned the request away.",
    418: "This address is banned for a while, for asking on after a warning.",
    429: "More requests, or more orders, than the limit.",
}


def _fault(call: Call, reply: HttpReply, body: Any, *, good: bool) -> VenueFault:
    """Reads an answer that is no success."""
    number, message = _error(body)
    told = message if number is not None else reply.body[:200].decode("utf-8", "replace")
    code = str(number) if number is not None else f"HTTP {reply.status}"
    writes = call.endpoint.writes
    known = lookup(call.endpoint.product, number) if number is not None else None
    if reply.status in (403, 418, 429):
        known = Code(_LIMITS[reply.status], known.advice if known else "", Verdict.RATE_LIMITED)
    elif good:
        known = Code("The answer does not have the documented form.", verdict=Verdict.UNKNOWN)
    elif reply.status >= 500:
        known = _server_fault(call, number, message, known)
        if not writes:
            known = Code(known.meaning, known.advice, Verdict.UNAVAILABLE)
    elif known is None:
        # A read that is refused for a reason of its own does not become better by being asked again.
        proven = number is not None and not writes
        known = Code("", verdict=Verdict.REFUSED if proven else Verdict.UNKNOWN)
    if not writes:
        known = harmless(known)
    return VenueFault(
        known.verdict,
        code=code,
        message=told,
        meaning=known.meaning,
        advice=known.advice,
        retry_after=_retry_after(reply) if known.verdict is not Verdict.REFUSED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found or (message in ABSENT and 400 <= reply.status < 500),
        bad_key=known.bad_key,
    )


@cache
def _id_params(endpoint: Endpoint) -> tuple[Param, ...]:
    """The parameters that hold client ids, or batches whose elements may."""
    return tuple(param for param in endpoint.params if param.kind is Kind.CLIENT_ID or param.items)


def _wanted_ids(param: Param, args: Args) -> Iterator[str]:
    """Every client id that the parameter should hold, "" where it does not."""
    if param.kind is Kind.CLIENT_ID:
        yield args.get(param.name, "")
    for element in args.get(param.name, ()) if param.items else ():
        for part in param.items:
            yield from _wanted_ids(part, element)


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _error(body: Any) -> tuple[int | None, str]:
    """Returns code and message of an error envelope, (None, "") where it is none."""
    if not isinstance(body, dict) or not re.fullmatch(r"-?\d{1,9}", str(body.get("code", ""))):
        return None, ""
    return int(body["code"]), str(body.get("msg", ""))


def _succeeded(call: Call, body: Any) -> bool:
    if not isinstance(body, dict | list):
        return False
    if isinstance(body, dict) and "code" in body and _error(body)[0] != 200:
        return False
    proof = _PROOF.get(call.endpoint.id)
    return proof is None or (isinstance(body, dict) and body.get(proof) is not None)


def _half_done(body: Any) -> bool:
    """Whether a cancel-replace that failed as a whole went through in one of its halves.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints (cancelReplace, HTTP 409)
    """
    data = body.get("data") if isinstance(body, dict) else None
    return isinstance(data, dict) and "SUCCESS" in (data.get("cancelResult"), data.get("newOrderResult"))


def _server_fault(call: Call, number: int | None, message: str, known: Code | None) -> Code:
    """A 5xx says nothing about the order, but for what the futures documentation calls a failure for certain."""
    if call.endpoint.product == "futures":
        if number == -1008 and known is not None:
            return known
        if message in FAILED_503:
            return Code("The service was not available; it failed for certain.", "Try again later.")
    meaning = known.meaning if known else "Binance's servers failed; whether it was carried out is not known."
    return Code(meaning, known.advice if known else "", Verdict.UNKNOWN)


def _retry_after(reply: HttpReply) -> int | None:
    value = reply.headers.get("retry-after", "")
    return int(value) if value.isdecimal() else None
