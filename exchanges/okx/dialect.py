"""How OKX signs and answers. Pure: the clock comes in as a number, and nothing is sent from here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.codes import Code, harmless
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.exact import exact_json
from blave_mcp.exchanges.okx.codes import lookup
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.signing import hmac_bytes
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

TAG = "96ee7de3fd4bBCDE"
# Every body that creates or changes an order carries the broker's tag, inside each element of a batch too.
TAGGED = frozenset(
    {
        "v5.order.create", "v5.order.amend", "v5.batch.create", "v5.batch.amend", "v5.algo.create", "v5.algo.amend",
    }
)  # fmt: skip
LIST = "orders"
"""The parameter that is the whole body: OKX takes batches as a JSON array."""
USER_AGENT = "Mozilla/5.0"
LONGEST_ID = 32
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_GOOD = ("", "0")


def timestamp(now_ms: int) -> str:
    """Returns 2020-12-08T09:08:57.715Z."""
    return f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z"


def signature(secret: str, prehash: bytes) -> str:
    """Base64 of HMAC-SHA256 over timestamp, method, path with query, and body, as they are sent.

    https://www.okx.com/docs-v5/en/#overview-rest-authentication-signature
    """
    return base64.b64encode(hmac_bytes(secret, prehash)).decode("ascii")


def query_of(args: Sequence[tuple[str, Any]]) -> str:
    """Percent-encodes names and values (RFC 3986, UTF-8), in their order."""
    return "&".join(f"{quote(name, safe='')}={quote(_word(value), safe='')}" for name, value in args)


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def body_of(call: Call) -> bytes:
    """Returns the JSON body: numbers as strings, flags as flags, the tag where it is due."""
    args = call.arguments
    value: Any = args.get(LIST, args)
    if call.endpoint.id in TAGGED:
        value = [{**each, "tag": TAG} for each in value] if isinstance(value, list) else {**value, "tag": TAG}
    return json.dumps(_texts(value), separators=(",", ":"), ensure_ascii=False).encode()


def _texts(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    return value


@dataclass(frozen=True)
class OkxDialect:
    """One host for everything. Demo trading is the same host with a header, and keys of its own."""

    venue: str = "okx"
    title: str = "OKX"
    catalogue: Catalogue = OKX
    variables: tuple[str, ...] = ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE")
    key_page: str = "https://www.okx.com/account/my-api"
    notice: str = ""

    @property
    def hosts(self) -> Mapping[str, Host]:
        return {"v5": Host("https://www.okx.com", testnet="https://www.okx.com")}

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        """Returns the exact bytes to send.

        Raises:
            ValueError: a signed endpoint without credentials, or a client id that is none of OKX's. Both are
                programming errors.
        """
        endpoint = call.endpoint
        for id in call.client_ids():
            if not _ID.fullmatch(id):
                raise ValueError(f"{endpoint.id}: the client id {id!r} has not been stamped")
        headers = {"User-Agent": USER_AGENT}
        if testnet:
            headers["x-simulated-trading"] = "1"
        path, body = endpoint.path, b""
        if endpoint.method == "GET":
            path += f"?{query_of(call.args)}" if call.args else ""
        else:
            body = body_of(call)
            headers["Content-Type"] = "application/json"
        if endpoint.auth is not Auth.NONE:
            if credentials is None:
                raise ValueError(f"{endpoint.id} is signed and there are no credentials")
            at = timestamp(now_ms)
            headers["OK-ACCESS-KEY"] = credentials.key
            headers["OK-ACCESS-SIGN"] = signature(
                credentials.secret, f"{at}{endpoint.method}{path}".encode("ascii") + body
            )  # fmt: skip
            headers["OK-ACCESS-TIMESTAMP"] = at
            headers["OK-ACCESS-PASSPHRASE"] = credentials.passphrase
        return HttpRequest(endpoint.method, f"{base_url}{path}", headers, body)

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        """Returns `data`, every fraction a Decimal; raises VenueFault.

        A batch of which a part was refused is an answer; its elements carry the refusals (`refused_parts`).
        """
        body = _json(reply.body)
        code = _code(body)
        if 200 <= reply.status < 300 and code in ("0", "2"):
            data = body.get("data")
            if isinstance(data, list) and not (bad := _failed(data)):
                return data
            if isinstance(data, list) and len(bad) < len(data):
                return data
        raise _fault(call, reply, body, code)

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        """See `Dialect`: the elements of a batch that have an sCode of their own."""
        if not isinstance(payload, list):
            return ()
        failed = [(n, one) for n, one in enumerate(payload, 1) if one in _failed([one])]
        return tuple(f"element {n}: {one['sCode']} {one.get('sMsg', '')}" for n, one in failed)

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        """OKX tells nothing of what is used."""
        return {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        """Returns the user's own id, or the tag where there is none. OKX's attribution is the order's `tag`.

        Raises:
            BadArgument: anything but 1 to 32 letters and digits.
        """
        id = wished or tag
        if not _ID.fullmatch(id):
            raise BadArgument(
                f'OKX does not take the client order id "{wished}".',
                advice=f"Use letters and digits alone, at most {LONGEST_ID} of them.",
            )
        return id

    def clock_call(self, product: str) -> Call | None:
        return self.catalogue["v5.time.get"].call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload[0]["ts"])


def _json(body: bytes) -> Any:
    """Parses without ever making a float; None where it is no JSON."""
    try:
        return exact_json(body)
    except (ValueError, RecursionError):
        return None


def _code(body: Any) -> str:
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def _failed(data: Any) -> list[dict[str, Any]]:
    """The elements that carry a refusal of their own."""
    return [each for each in data if isinstance(each, dict) and str(each.get("sCode", "0")) not in _GOOD]


def _fault(call: Call, reply: HttpReply, body: Any, code: str) -> VenueFault:
    """Reads an answer that is no success. The worst of several refusals decides what the answer proves."""
    writes = call.endpoint.writes
    parts = _failed(body["data"]) if code and isinstance(body.get("data"), list) else []
    found: list[tuple[str, str, Code]] = []
    for part in parts:
        own = str(part["sCode"])
        # A result for each order is given once all of them were judged: an unlisted one is a refusal all the same.
        found.append((own, str(part.get("sMsg", "")), lookup(own) or Code("", "The venue's message says why.")))
    if not found:
        found.append(_whole(reply, body, code))
    code, message, known = next((one for one in found if one[2].verdict is not Verdict.REFUSED), found[0])
    if writes and reply.status >= 500 and known.verdict is Verdict.REFUSED:
        known = Code(known.meaning, known.advice, Verdict.UNKNOWN)
    if not writes:
        known = harmless(known)
    return VenueFault(
        known.verdict,
        code=code,
        message="; ".join(dict.fromkeys(one[1] for one in found)) if parts else message,
        meaning=known.meaning,
        advice=known.advice,
        retry_after=_retry_after(reply) if known.verdict is not Verdict.REFUSED else None,
        clock_skew=known.clock_skew,
        not_found=known.not_found,
        bad_key=known.bad_key,
    )


def _whole(reply: HttpReply, body: Any, code: str) -> tuple[str, str, Code]:
    """An answer whose fault is told once for the whole request, or not at all."""
    good = 200 <= reply.status < 300
    if code and code not in ("0", "2"):
        known = lookup(code)
        if reply.status == 429 and (known is None or known.verdict is not Verdict.UNKNOWN):
            known = Code("More requests than the limit.", "Wait, and ask less often.", Verdict.RATE_LIMITED)
        return code, str(body.get("msg", "")), known or Code("", verdict=Verdict.UNKNOWN)
    told = reply.body[:200].decode("utf-8", "replace")
    name = f"HTTP {reply.status}"
    if good:
        return name, told, Code("The answer does not have the documented form.", verdict=Verdict.UNKNOWN)
    if reply.status == 403 and b"1010" in reply.body and (edge := lookup("1010")):
        return "1010", told, edge
    if reply.status == 429:
        return name, told, Code("More requests than the limit.", verdict=Verdict.RATE_LIMITED)
    return name, told, Code("", verdict=Verdict.UNKNOWN)


def _retry_after(reply: HttpReply) -> int | None:
    value = reply.headers.get("retry-after", "")
    return int(value) if value.isdecimal() else None
