"""How Bitget signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.bitget.codes import CODES, NOTHING_OPEN
from blave_mcp.exchanges.bitget.endpoints import BITGET
from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code, harmless
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.params import Args, Kind, Param
from blave_mcp.exchanges.signing import hmac_bytes
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

API = "https://api.bitget.com"
SUCCESS = "00000"
LOCALE = "en-US"
LONGEST_ID = 49
# https://www.bitget.com/api-doc/common/faq (question 13). "+" and "#", which it allows too, would have to be escaped in
# a query, and whether the signature is then over the escaped text the documentation does not say.
_ID = re.compile(r"[0-9A-Za-z_-]{1,49}")
LIMIT_PAUSE_S = 300
"""An address over its 6000 a minute is let in again after 5 minutes. https://www.bitget.com/api-doc/common/faq"""

# What an answer must hold to be a success: one of these; a success without them does not tell what became of it. The
# answer to a reduce-only order may have no orderId. https://www.bitget.com/api-doc/contract/trade/Place-Order
_PROOF: Mapping[str, tuple[str, ...]] = {
    "spot.order.create": ("orderId", "clientOid"),
    "spot.plan.create": ("orderId", "clientOid"),
    "spot.transfer.create": ("transferId", "clientOid"),
    "spot.transfer.subaccount": ("transferId", "clientOid"),
    "futures.order.create": ("orderId", "clientOid"),
    "futures.order.modify": ("orderId", "clientOid"),
    "futures.plan.create": ("orderId", "clientOid"),
    "futures.tpsl.create": ("orderId", "clientOid"),
    "spot.batch.create": ("successList", "failureList"),
    "spot.batch.cancel": ("successList", "failureList"),
    "futures.batch.create": ("successList", "failureList"),
}
_SWEEPING = ("spot.order.cancel_all", "spot.plan.cancel_all", "futures.order.cancel_all", "futures.batch.cancel",
             "futures.plan.cancel")  # fmt: skip


def wire_text(value: Any) -> str:
    return str(value)


def body_of(call: Call) -> str:
    """Returns the JSON body without blanks; every single value is a string, as the documentation has it."""
    args = {name: _plain(value) for name, value in call.args}
    if call.endpoint.id == "futures.tpsl.modify":
        # https://www.bitget.com/api-doc/contract/plan/Modify-Tpsl-Order: "" for orders on the whole position.
        args.setdefault("size", "")
    return json.dumps(args, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return wire_text(value)


def query_of(call: Call) -> str:
    """Percent-encodes names and values (RFC 3986, UTF-8), by name."""
    return "&".join(f"{quote(name, safe='')}={quote(wire_text(value), safe='')}" for name, value in sorted(call.args))


def signature(secret: str, payload: str) -> str:
    """HMAC-SHA256 of timestamp + METHOD + path with query + body, the very bytes that are sent, in Base64.

    https://www.bitget.com/api-doc/common/signature
    """
    return base64.b64encode(hmac_bytes(secret, payload.encode())).decode()


@dataclass(frozen=True)
class BitgetDialect:
    """Spot and futures of the classic account: one host, three parts to a key, one envelope.

    `decipher` returns what stands under `data`.
    """

    venue: str = "bitget"
    title: str = "Bitget"
    catalogue: Catalogue = BITGET
    variables: tuple[str, ...] = ("BITGET_API_KEY", "BITGET_SECRET_KEY", "BITGET_PASSPHRASE")
    key_page: str = "https://www.bitget.com/account/newapi"
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Demo trading is on the same host: its keys and a header tell it apart."""
        return {"spot": Host(API, testnet=API), "futures": Host(API, testnet=API)}

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            ValueError: a signed endpoint without credentials, or an order without its client ids. Both are programming
                errors.
        """
        endpoint = call.endpoint
        _check_ids(call)
        headers = {"User-Agent": "blave-quant-mcp", "locale": LOCALE}
        posts = endpoint.method == "POST"
        query = "" if posts else query_of(call)
        path = f"{endpoint.path}?{query}" if query else endpoint.path
        body = body_of(call) if posts else ""
        if testnet and endpoint.id != "spot.time.get":
            # https://www.bitget.com/api-doc/common/demotrading/restapi. The clock alone is asked without it:
            # https://github.com/ccxt/ccxt/issues/25252
            headers["paptrading"] = "1"
        if endpoint.auth is not Auth.NONE:
            if credentials is None:
                raise ValueError(f"{endpoint.id} is signed and there are no credentials")
            headers |= {
                "Content-Type": "application/json",
                "ACCESS-KEY": credentials.key,
                "ACCESS-SIGN": signature(credentials.secret, f"{now_ms}{endpoint.method}{path}{body}"),
                "ACCESS-PASSPHRASE": credentials.passphrase,
                "ACCESS-TIMESTAMP": str(now_ms),
            }
        return HttpRequest(endpoint.method, f"{base_url}{path}", headers, body.encode())

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns what stands under `data`, every fraction a Decimal; raises VenueFault.

        A batch's answer names what was refused of it in `failureList`; it is returned, not raised. A request that
        cancels whatever is open and is told that nothing is has what it asked for.
        """
        body = _json(reply.body)
        code, message = _envelope(body)
        good = 200 <= reply.status < 300
        if good and code == SUCCESS and _succeeded(call, body.get("data")):
            return body.get("data")
        if code in NOTHING_OPEN and call.endpoint.id in _SWEEPING and call.get("orderIdList") is None:
            return {"successList": [], "failureList": []}
        raise _fault(call, reply, code, message, good=good)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: the `failureList` of a batch."""
        failed = payload.get("failureList") if isinstance(payload, Mapping) else None
        return tuple(
            f"order {one.get('orderId') or one.get('clientOid') or '?'}:"
            f" {one.get('errorCode', '')} {one.get('errorMsg', '')}".rstrip()
            for one in (failed if isinstance(failed, list) else ())
            if isinstance(one, Mapping)
        )

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """Reads what the venue says is left of the endpoint's limit; its bucket is at least as full.

        https://www.bitget.com/api-doc/common/faq (question 11)
        """
        left, name = reply.headers.get("x-mbx-used-remain-limit", ""), call.endpoint.bucket
        amount = self.catalogue.buckets[name].amount
        return {name: amount - int(left)} if left.isdecimal() and int(left) <= amount else {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own id, or the tag where there is none; Bitget asks for no attribution in it.

        Raises:
            BadArgument: characters that Bitget does not take, or more than 49 of them.
        """
        id = wished or tag
        if len(id) > LONGEST_ID:
            raise BadArgument(
                f"A client order id may have at most {LONGEST_ID} characters on Bitget; this one has {len(id)}."
            )
        if not _ID.fullmatch(id):
            raise BadArgument(f'"{wished}" has characters that cannot be sent to Bitget in a client order id.',
                              advice="Use letters, digits, - and _")  # fmt: skip
        return id

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue["spot.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["serverTime"])


_STATUSES = {
    401: Code("Bitget did not take the key.", CODES["40012"].advice, Verdict.REFUSED, bad_key=True),
    403: Code("Bitget's firewall turned the request away.", "", Verdict.RATE_LIMITED),
    429: Code("More requests than the limit.", "", Verdict.RATE_LIMITED),
}


def _fault(call: Call, reply: HttpReply, code: str, message: str, *, good: bool) -> VenueFault:
    """Reads an answer that is no success."""
    writes = call.endpoint.writes
    known = CODES.get(code)
    if code in ("", SUCCESS):
        known = _STATUSES.get(reply.status)
        if known is None:
            fault = "The answer does not have the documented form." if good else "Bitget's servers failed."
            known = Code(fault, verdict=Verdict.UNKNOWN)
    elif reply.status == 429:
        known = _STATUSES[429]
    elif known is None or (reply.status >= 500 and known.verdict is Verdict.REFUSED):
        # A read that is refused for a reason of its own does not become better by being asked again.
        meaning = known.meaning if known else ""
        known = Code(meaning, verdict=Verdict.UNKNOWN if writes or reply.status >= 500 else Verdict.REFUSED)
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
    value = reply.headers.get("retry-after", "")
    if value.isdecimal():
        return int(value)
    return LIMIT_PAUSE_S if reply.status == 403 else 1


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
    return str(body["code"]), str(body.get("msg") or body.get("message") or "")


def _succeeded(call: Call, data: Any) -> bool:
    if call.endpoint.id == "spot.order.replace":
        # Where it failed, the old order may be gone all the same.
        # https://www.bitget.com/api-doc/spot/trade/Cancel-Replace-Order
        return isinstance(data, dict) and data.get("success") == "success"
    if call.endpoint.id == "spot.plan.cancel":
        return isinstance(data, dict) and data.get("result") == "success"
    proof = _PROOF.get(call.endpoint.id)
    return proof is None or (isinstance(data, dict) and any(data.get(name) is not None for name in proof))
