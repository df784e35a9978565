"""A made-up venue, for tests of the engine alone: three endpoints, no signature worth the name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.dialect import Host, Payload, VenueFault, Verdict
from blave_mcp.exchanges.endpoint import Auth, Call
from blave_mcp.exchanges.params import client_id, decimal, json_list, text
from blave_mcp.exchanges.wire import Credentials, HttpReply, HttpRequest

URL = "https://toy.example/docs"
TOY = Catalogue(
    "toy", products={"spot": "toy"}, buckets={"weight": Bucket(100, 60.0, "x-used"), "few": Bucket(2, 10.0)}
)
TIME = TOY.read("spot.time.get", "GET /time", doc="Time", url=URL, bucket="weight", auth=Auth.NONE)
LOOK = TOY.read("spot.order.get", "GET /order", doc="An order", url=URL, bucket="weight", params=[text("id")])
RARE = TOY.read("spot.rare.get", "GET /rare", doc="Rare", url=URL, bucket="few", auth=Auth.NONE)
PLACE = TOY.write(
    "spot.order.create",
    "POST /order",
    doc="An order",
    url=URL,
    bucket="weight",
    params=[text("symbol", required=True), decimal("size", required=True), client_id("cid")],
)
BATCH = TOY.write(
    "spot.order.batch",
    "POST /batch",
    doc="Orders",
    url=URL,
    bucket="weight",
    params=[json_list("orders", [decimal("size", required=True), client_id("cid")], most=3)],
)

_VERDICTS = {
    400: Verdict.REFUSED,
    404: Verdict.REFUSED,
    429: Verdict.RATE_LIMITED,
    500: Verdict.UNKNOWN,
    503: Verdict.UNAVAILABLE,
}


class ToyDialect:
    venue = "toy"
    title = "Toy"
    catalogue = TOY
    hosts: Mapping[str, Host] = {"spot": Host("https://toy.example", backup="https://backup.example")}
    variables = ("TOY_KEY", "TOY_SECRET")
    key_page = "https://toy.example/keys"
    notice = ""

    def request(
        self, call: Call, credentials: Credentials | None, *, base_url: str, now_ms: int, testnet: bool
    ) -> HttpRequest:
        args: dict[str, Any] = {k: json.dumps(v) if isinstance(v, list) else v for k, v in call.args}
        if credentials:
            args["timestamp"] = now_ms
        url = f"{base_url}{call.endpoint.path}"
        return HttpRequest(call.endpoint.method, f"{url}?{urlencode(args)}" if args else url)

    def decipher(self, call: Call, reply: HttpReply) -> Payload:
        payload = json.loads(reply.body, parse_float=Decimal)
        if reply.status == 200:
            return payload
        after = reply.headers.get("retry-after")
        raise VenueFault(
            _VERDICTS[reply.status],
            code=str(payload.get("code", reply.status)),
            message=str(payload.get("msg", "")),
            retry_after=None if after is None else float(after),
            clock_skew=payload.get("code") == "clock",
            not_found=reply.status == 404,
        )

    def refused_parts(self, call: Call, payload: Payload) -> tuple[str, ...]:
        return ()

    def used(self, call: Call, reply: HttpReply) -> Mapping[str, int]:
        return {"weight": int(reply.headers["x-used"])} if "x-used" in reply.headers else {}

    def client_id(self, product: str, wished: str, tag: str) -> str:
        return f"toy-{wished or tag}"

    def clock_call(self, product: str) -> Call | None:
        return TIME.call()

    def clock_ms(self, payload: Payload) -> int:
        return int(payload["time"])
