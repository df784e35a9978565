"""Blave's endpoints. All of them read."""

from __future__ import annotations

from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Args, Auth, text

DOCS = "https://github.com/Blave-TW/blave-quant-skill"
PERIODS = ("5min", "15min", "1h", "4h", "8h", "1d")

BLAVE = Catalogue("blave", products={"data": "blave"}, buckets={"requests": Bucket(100, 300)})

SYMBOL = text("symbol", "For instance BTCUSDT.", required=True, example="BTCUSDT")
PERIOD = text("period", f"A number and min, h or d: {', '.join(PERIODS)} ...", required=True, example="1h")
START = text("start_date", "First day, YYYY-MM-DD, UTC.", example="2025-01-01")
END = text("end_date", "Last day, YYYY-MM-DD, UTC; at most a year after the first.", example="2025-03-01")


def known_period(args: Args) -> str | None:
    """A whole number above zero and one of the units min, h and d."""
    period = args["period"]
    count = next((period.removesuffix(unit) for unit in ("min", "h", "d") if period.endswith(unit)), "")
    if count.isdecimal() and count.isascii() and int(count) > 0:
        return None
    return f'period cannot be "{period}"; it is a number and min, h or d, for instance {", ".join(PERIODS)}.'


BLAVE.read(
    "data.price.get", "GET /price",
    doc="Price and its change over 24 hours in percent.", url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL],
)  # fmt: skip
BLAVE.read(
    "data.alpha.table", "GET /alpha_table",
    doc="Every symbol with its latest indicators and statistics; fresh every 5 minutes.",
    url=DOCS, bucket="requests", auth=Auth.KEY,
)  # fmt: skip
BLAVE.read(
    "data.candles.list", "GET /kline",
    doc="Candles without volume; at most a year in one request.",
    url=DOCS, bucket="requests", auth=Auth.KEY, params=[SYMBOL, PERIOD, START, END], rule=known_period,
)  # fmt: skip
