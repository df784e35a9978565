"""How BingX signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from blave_mcp.exchanges.bingx.codes import KEY_PAGE, STATUSES, TRANSFERS, lookup
from blave_mcp.exchanges.bingx.endpoints import BINGX
from blave_mcp.exchanges.bingx.wire import canonical, encoded, ordered, signature
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import ASK_FIRST, Code
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

RECV_WINDOW_MS = 5000
SOURCE = "BX-AI-SKILL"
WEEK_MS = 7 * 24 * 60 * 60 * 1000
_WINDOWED = ("swap.fills.list", "swap.fills.all")
_ID = re.compile(r"[A-Za-z0-9]{1,40}")
_REMAIN = "x-ratelimit-requests-remain"

# What `data` must hold to be a success of these writes; an answer without it does not tell what became of them.
_PROOF: Mapping[str, tuple[str, ...]] = {
    "swap.order.create": ("order", "orderId"),
    "swap.batch.create": ("orders",),
    "swap.order.cancel": ("order", "orderId"),
    "swap.order.amend": ("orderId",),
    "swap.leverage.set": ("leverage",),
    "swap.position.close": ("orderId",),
    "swap.twap.create": ("mainOrderId",),
    "spot.order.create": ("orderId",),
    "spot.order.cancel": ("orderId",),
    "spot.batch.create": ("orders",),
    "spot.transfer.create": ("tranId", "transferId"),
}


@dataclass(frozen=True)
class BingXDialect:
    """Spot and perpetuals on one host. `recvWindow` and `timestamp` are added here; `signature` is always last.

    Public requests carry a timestamp too, which BingX asks for, and no key.
    """

    venue: str = "bingx"
    title: str = "BingX"
    catalogue: Catalogue = BINGX
    variables: tuple[str, ...] = ("BINGX_API_KEY", "BINGX_SECRET_KEY")
    key_page: str = KEY_PAGE
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        host = Host(
            "https://open-api.bingx.com",
            testnet="https://open-api-vst.bingx.com",
            backup="https://open-api.bingx.pro",
        )
        return {"spot": host, "swap": host}

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send: a query for GET and DELETE, a form for POST.

        The signature is over the sorted parameters as they are, while their values travel percent-encoded.
        https://github.com/BingX-API/api-ai-skills/blob/master/skills/references/authentication.md

        Raises:
            ValueError: a signed endpoint without credentials, or a client id that was not stamped. Both are
                programming errors.
        """
        endpoint = call.endpoint
        if any(not _ID.fullmatch(id) or id != id.lower() for id in call.client_ids()):
            raise ValueError(f"{endpoint.id}: a client order id has 1 to 40 small letters and digits")
        args = [*call.args, ("timestamp", now_ms)]
        if endpoint.id in _WINDOWED and call.get("startTs") is None:
            args += [("startTs", now_ms - WEEK_MS), ("endTs", now_ms)]
        headers = {"User-Agent": "blave-quant-mcp", "X-SOURCE-KEY": SOURCE}
        if endpoint.auth is Auth.NONE:
            text = encoded(ordered(args))
        else:
            if credentials is None:
                raise ValueError(f"{endpoint.id} is signed and there are no credentials")
            pairs = ordered([*args, ("recvWindow", RECV_WINDOW_MS)])
            text = f"{encoded(pairs)}&signature={signature(credentials.secret, canonical(pairs))}"
            headers["X-BX-APIKEY"] = credentials.key
        url = f"{base_url}{endpoint.path}"
        if endpoint.method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return HttpRequest("POST", url, headers, text.encode("ascii"))
        return HttpRequest(endpoint.method, f"{url}?{text}", headers)

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns what stands under `data`, every fraction a Decimal; raises VenueFault.

        The transfer endpoints answer without code and data; then it is the whole answer. An answer whose data are
        missing or null is {}.
        """
        body = _json(reply.body)
        if 200 <= reply.status < 300 and isinstance(body, dict):
            if _number(body) == 0:
                data = {} if body.get("data") is None else body["data"]
                if _proven(call, data):
                    return data
            elif "code" not in body and "transferErrorMsg" not in body and _proven(call, body):
                return body
        raise _fault(call, reply, body)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: elements of a batch that failed, and the half of a cancel-replace that did."""
        if not isinstance(payload, Mapping):
            return ()
        found = []
        for name in ("errors", "failed"):
            for n, one in enumerate(_listed(payload.get(name)), 1):
                code, message = _first(one, "code", "errorCode"), _first(one, "msg", "errorMessage")
                who = _first(one, "orderId", "clientOrderId", "clientOrderID") or f"element {n}"
                found.append(f"{who}: {code} {message}".rstrip())
        for n, one in enumerate(_listed(payload.get("orders")), 1):
            if isinstance(one, Mapping) and _number(one) not in (None, 0):
                found.append(f"element {n}: {one['code']} {one.get('msg', '')}".rstrip())
        for n, half in enumerate([payload, *_listed(payload.get("result"))]):
            if isinstance(half, Mapping):
                at = f"element {n}, " if n else ""
                found += [f"{at}{what}" for what in _halves(half)]
        return tuple(found)

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Reads what is left of the endpoint's own limit, where BingX tells it."""
        left = reply.headers.get(_REMAIN, "")
        bucket = call.endpoint.bucket
        if call.endpoint.auth is Auth.NONE or not left.isdecimal():
            return {}
        return {bucket: max(0, self.catalogue.buckets[bucket].amount - int(left))}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own id, or the tag where there is none, in small letters as BingX keeps it. Never cut.

        https://github.com/BingX-API/api-ai-skills/blob/master/skills/swap-trade/SKILL.md (clientOrderId)

        Raises:
            BadArgument: characters that BingX does not take, or more than 40 of them.
        """
        id = wished or tag
        if not _ID.fullmatch(id):
            raise BadArgument(
                f'"{wished}" cannot be a client order id on BingX.', advice="Use 1 to 40 letters and digits."
            )
        return id.lower()

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue[f"{product}.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["serverTime"])


def _fault(call: Call, reply: HttpReply, body: Any) -> VenueFault:
    """Reads an answer that is no success."""
    number, message = _error(body)
    told = lookup(number, message) if number else None
    if told is None and isinstance(body, dict) and "transferErrorMsg" in body:
        message = str(body["transferErrorMsg"])
        told = TRANSFERS.get(message)
    known = _judged(call, reply.status, number, told)
    return VenueFault(
        known.verdict,
        code=str(number) if number else f"HTTP {reply.status}",
        message=message if message or number else reply.body[:200].decode("utf-8", "replace"),
        meaning=known.meaning,
        advice=known.advice,
        retry_after=_retry_after(reply, message) if known.verdict is not Verdict.REFUSED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found,
        bad_key=known.bad_key,
    )


def _judged(call: Call, status: int, number: int | None, told: Code | None) -> Code:
    """What is known of a fault: from its code, else from its status."""
    writes = call.endpoint.writes
    if status in (418, 429):
        return STATUSES[status]
    if status >= 500 and (told is None or writes or told.verdict is not Verdict.REFUSED):
        # 504 is documented to say nothing of the request's fate, and the others prove nothing either.
        meaning = told.meaning if told else "BingX's servers failed; whether it was carried out is not known."
        told = Code(meaning, told.advice if told else ASK_FIRST, Verdict.UNKNOWN)
    elif told is None and number is None and status in STATUSES:
        return STATUSES[status]
    elif told is None:
        formless = status < 300 and not number
        meaning = "The answer does not have the documented form." if formless else ""
        told = Code(meaning, "", Verdict.UNKNOWN if writes or formless else Verdict.REFUSED)
    if not writes and told.verdict is Verdict.UNKNOWN:
        return replace(told, verdict=Verdict.UNAVAILABLE, advice="Try again later.")
    return told


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _number(body: Mapping[str, Any]) -> int | None:
    code = body.get("code")
    if isinstance(code, bool) or not re.fullmatch(r"-?\d{1,9}", str(code)):
        return None
    return int(str(code))


def _error(body: Any) -> tuple[int | None, str]:
    """Returns code and message of an error envelope, (None, "") where it is none."""
    if not isinstance(body, dict):
        return None, ""
    return _number(body), str(body.get("msg") or body.get("message") or "")


def _proven(call: Call, data: Any) -> bool:
    names = _PROOF.get(call.endpoint.id)
    return names is None or (isinstance(data, dict) and any(data.get(name) is not None for name in names))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(one: Any, *names: str) -> str:
    if not isinstance(one, Mapping):
        return "" if names[0] in ("code", "msg") else str(one)
    return next((str(one[name]) for name in names if one.get(name) not in (None, "", 0)), "")


def _halves(half: Mapping[str, Any]) -> list[str]:
    """What failed of a cancel-replace: spot tells an object with a code, perpetuals a text."""
    found = []
    for what, result, words in (
        ("cancel", "cancelResult", "cancelMsg"),
        ("new", "replaceResult", "replaceMsg"),
        ("new", "openResult", "openMsg"),
        ("new", "newOrderResult", "newOrderMsg"),
    ):
        told = half.get(result)
        if isinstance(told, Mapping):
            if str(told.get("code", "0")) != "0" or told.get("result") is False:
                found.append(f"{what}: {told.get('code', '')} {told.get('msg', '')}".rstrip())
        elif told is not None and str(told).lower() not in ("true", "success"):
            found.append(f"{what}: {half.get(words) or told}")
    return found


def _retry_after(reply: HttpReply, message: str) -> int | None:
    """Seconds until the limit is lifted: from the header, or from the time in the message against the reply's date."""
    value = reply.headers.get("retry-after", "")
    if value.isdecimal():
        return int(value)
    until = re.search(r"after (\d{13})", message)
    date = reply.headers.get("date", "")
    if until is None or not date:
        return None
    try:
        now_s = timegm(parsedate_to_datetime(date).utctimetuple())
    except ValueError:
        return None
    return max(1, -(-int(until[1]) // 1000) - now_s)
