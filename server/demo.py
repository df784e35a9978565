"""`blave-mcp demo`: an agent's whole job on the paper exchange, played by a real MCP client over real stdio."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from mcp import Client, StdioServerParameters
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from blave_mcp.exchanges.actions import CONFIRM
from blave_mcp.exchanges.gate import DEFAULT_READING_MS
from blave_mcp.server.doctor import client_entry

READING_S = DEFAULT_READING_MS / 1000 + 0.2
ROWS = 6
HELD = ("symbol", "side", "size_base", "entry", "mark", "unrealised_pnl", "liquidation", "leverage", "margin_mode")


class _Stage:
    """The terminal: what the agent says and calls, what the server answers, what the person types."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, width=min(110, Console().width) if sys.stdout.isatty() else 110)

    def scene(self, title: str) -> None:
        self.out.print()
        self.out.rule(f"[bold]{title}", align="left")

    def says(self, who: str, words: str) -> None:
        self.out.print(Text.assemble((f"{who}: ", "bold cyan"), words))

    def call(self, name: str, args: dict[str, Any]) -> None:
        shown = ", ".join(f"{k}={v!r}" for k, v in args.items() if k != "token")
        self.out.print(Text(f"  -> {name}({shown})", style="dim"))

    def panel(self, text: str, *, title: str, style: str) -> None:
        self.out.print(Panel(Text(text), title=title, title_align="left", border_style=style))

    def table(self, rows: Any, columns: dict[str, str]) -> None:
        """Shows these columns of a table, under these headings; the model gets the same as CSV."""
        at = [rows["columns"].index(name) for name in columns]
        table = Table(box=None, pad_edge=False, header_style="bold")
        for n, heading in enumerate(columns.values()):
            table.add_column(heading, justify="left" if n == 0 or heading in ("action", "why", "state") else "right")
        for row in rows["rows"]:
            table.add_row(*("" if row[n] is None else str(row[n]) for n in at))
        self.out.print(table)

    async def typed(self, shown_at: float) -> str:
        """A line from the person; a piped one counts as typed when a person could have read the summary."""
        prompt = f"Type {CONFIRM} to send this one action, anything else to discard it > "
        self.out.print(prompt, end="", style="bold yellow")
        line: str = await anyio.to_thread.run_sync(sys.stdin.readline)
        word = line.rstrip("\r\n")
        if not sys.stdin.isatty():
            self.out.print(word or "(nothing)")
        await anyio.sleep(max(0.0, READING_S - (time.monotonic() - shown_at)))
        return word


class _Stopped(Exception):
    """A call that the play rests on failed."""


class _Play:
    def __init__(self, client: Client, stage: _Stage) -> None:
        self._client = client
        self._stage = stage

    async def call(self, name: str, **args: Any) -> Any:
        self._stage.call(name, args)
        return await self._client.call_tool(name, args)

    async def need(self, name: str, **args: Any) -> Any:
        """A call without which the play cannot go on."""
        result = await self.call(name, **args)
        if result.is_error:
            self._stage.panel(_text(result), title="refused", style="red")
            raise _Stopped
        return result

    async def propose_and_ask(self, name: str, **args: Any) -> tuple[Any, str]:
        """Proposes, shows the summary, asks the person, and passes the word on to the letter."""
        proposed = await self.need(name, **args)
        shown_at = time.monotonic()
        self._stage.panel(proposed.structured_content["summary"], title="what you are asked", style="yellow")
        word = await self._stage.typed(shown_at)
        token = proposed.structured_content["token"]
        return await self.call("confirm_action", token=token, confirmation=word), word


def _text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


async def play() -> int:
    """Runs the demo; returns the exit code."""
    stage = _Stage()
    kept = {name: os.environ[name] for name in ("BLAVE_MCP_PAPER_FEED",) if os.environ.get(name)}
    with tempfile.TemporaryDirectory(prefix="blave-mcp-demo-", ignore_cleanup_errors=True) as folder:
        environment = {"BLAVE_MCP_MODE": "paper", "BLAVE_MCP_HOME": folder, "BLAVE_MCP_ENV_FILE": os.devnull, **kept}
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "blave_mcp.server.cli", "serve"], env={**_system(), **environment}
        )
        async with Client(server) as client:
            try:
                return await _perform(_Play(client, stage), client, stage, feed=kept.get("BLAVE_MCP_PAPER_FEED", ""))
            except _Stopped:
                return 1


def _system() -> dict[str, str]:
    """The environment of a child, without anything that could choose a mode or hold a key."""
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: os.environ[name] for name in wanted if name in os.environ}


async def _perform(play: _Play, client: Client, stage: _Stage, *, feed: str) -> int:
    tools = (await client.list_tools()).tools
    stage.scene("An agent connects")
    prices = f"real bars from {Path(feed).name}" if feed else "synthetic"
    stage.out.print(f"{len(tools)} tools over stdio, paper mode: no key, no network, no real money. Prices: {prices}.")

    stage.scene("1. It screens the market")
    stage.says("You", "Which coins have the highest holder concentration?")
    screened = await play.need("get_alpha_table", sort_by="holder_concentration", top=ROWS)
    stage.table(
        screened.structured_content["rows"],
        {
            "symbol": "symbol",
            "price": "price",
            "price_change.24h": "24h %",
            "holder_concentration": "concentration",
            "up_prob": "up probability",
            "is_data_sufficient": "enough data",
        },
    )
    stage.out.print("Indicators are reference, not signals.", style="dim")

    stage.scene("2. It reads the chart")
    stage.says("You", "How has BTC moved today?")
    klines = await play.need(
        "get_klines", venue="binance", market="perpetual", symbol="BTC/USDT", interval="1h", limit=ROWS
    )
    bars = {
        "open_utc": "opens (UTC)",
        "open": "open",
        "high": "high",
        "low": "low",
        "close": "close",
        "volume": "volume",
    }
    stage.table(klines.structured_content["candles"], bars)

    stage.scene("3. It proposes a trade, and asks")
    stage.says("You", "Open a BTC long for 1,500 USDT on Binance, 5x leverage, isolated.")
    order: dict[str, Any] = {"venue": "binance", "market": "perpetual", "symbol": "BTC/USDT", "side": "buy"}
    order |= {"quote_size": "1500", "leverage": 5, "margin_mode": "isolated"}
    done, word = await play.propose_and_ask("place_order", **order)
    confirmed = not done.is_error
    stage.panel(_text(done), title="what became of it", style="green" if confirmed else "red")

    stage.scene("4. It verifies at the venue")
    stage.says("You", "What do I hold, and where would it be liquidated?")
    positions = await play.need("get_positions", venue="binance")
    held = positions.structured_content["positions"]
    stage.table(held, {name: name.replace("_", " ") for name in HELD} if held["rows"] else {"symbol": "no position"})

    stage.scene("5. It proposes another trade; a wrong word stops it")
    stage.says("You", "Hmm, buy some ETH too.")
    spot = {"venue": "binance", "market": "spot", "symbol": "ETH/USDT", "side": "buy", "quote_size": "200"}
    second, second_word = await play.propose_and_ask("place_order", **spot)
    stage.panel(_text(second), title="what became of it", style="red" if second.is_error else "green")

    stage.scene("6. The record")
    record = await play.need("list_actions")
    stage.table(
        record.structured_content, {"proposed": "proposed", "state": "state", "title": "action", "reason": "why"}
    )

    stage.scene("Connect it to Claude Desktop")
    stage.out.print("Settings -> Developer -> Edit Config, and paste:")
    stage.out.print(Text(client_entry("claude-desktop")))
    stage.out.print(
        "It starts in paper mode. Live trading wants BLAVE_MCP_MODE=live and your own keys; see the README."
    )
    stage.out.print("Not financial advice. Trading carries significant risk of loss.", style="dim")
    as_promised = confirmed == (word == CONFIRM) and (not second.is_error) == (second_word == CONFIRM)
    return 0 if as_promised else 1
