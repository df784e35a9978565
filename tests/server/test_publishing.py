"""Files, pictures, guides and prompts, as a client gets them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from blave_mcp.exchanges.params import integer, text
from blave_mcp.server.mcp import MOST_INLINE, build_server
from blave_mcp.server.results import LONGEST
from blave_mcp.tools.spec import File, Guide, Picture, Prompt, Result, Tool, Toolset, Touch

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TABLE = File("equity.csv", "time,equity\n1,1.5", "Equity by bar")
CHART = Picture("equity-BTCUSDT", PNG, "Equity rises from 1 to 1.5.", "Equity of BTC/USDT")
GUIDE = Guide("blave://guide/units", "Units", "What the numbers mean.", lambda: "# Units\nFractions.")
PROMPT = Prompt(
    "backtest",
    "Backtest",
    "Tests a threshold.",
    (text("symbol", "Which.", required=True), integer("days", "How many.", low=1)),
    lambda symbol, days=30: f"Backtest {symbol} over {days} days.",
)


def tool_answering(result: Result) -> Tool:
    async def run(desk: Any) -> Result:
        return result

    return Tool(name="draw", title="Draw", doc="Draws.", toolset=Toolset.RESEARCH, touch=Touch.READ, run=run)


def server_answering(result: Result, home: Path, **more: Any) -> Any:
    desk: Any = FakeDesk()
    return build_server(desk, [tool_answering(result)], home, guides=[GUIDE], prompts=[PROMPT], **more)


def on_disk(told: dict[str, Any]) -> bytes:
    return Path(told["path"]).read_bytes()


class FakeDesk:
    """What the instructions are made of; the tools here use nothing else."""

    mode = "paper"
    prices = "synthetic"


async def test_files_and_pictures_are_shown_linked_and_kept(tmp_path: Path):
    answer = Result("It rose.", {"rise": "0.5"}, files=(TABLE,), pictures=(CHART,))
    async with Client(server_answering(answer, tmp_path)) as client:
        got = await client.call_tool("draw", {})
        words, picture, table, chart = got.content
        assert isinstance(words, types.TextContent)
        assert isinstance(picture, types.ImageContent)
        assert isinstance(table, types.ResourceLink)
        assert isinstance(chart, types.ResourceLink)
        assert base64.b64decode(picture.data) == PNG
        assert words.text.splitlines() == [
            "It rose.",
            f"[Equity by bar: {table.uri}, file {tmp_path / 'results' / table.name}]",
            f"[Chart: Equity rises from 1 to 1.5. {chart.uri}, file {tmp_path / 'results' / chart.name}]",
        ]
        assert got.structured_content is not None
        assert got.structured_content["rise"] == "0.5"
        assert [one["uri"] for one in got.structured_content["files"]] == [table.uri, chart.uri]
        assert on_disk(got.structured_content["files"][1]) == PNG
        read = (await client.read_resource(table.uri)).contents[0]
        assert (read.mime_type, getattr(read, "text", None)) == ("text/csv", TABLE.text)
        blob = (await client.read_resource(chart.uri)).contents[0]
        assert (blob.mime_type, base64.b64decode(getattr(blob, "blob", ""))) == ("image/png", PNG)
        listed = [str(one.uri) for one in (await client.list_resources()).resources]
        assert listed[0] == GUIDE.uri
        assert set(listed[1:]) == {table.uri, chart.uri}


async def test_what_is_said_of_files_survives_the_cut_of_a_long_answer(tmp_path: Path):
    async with Client(server_answering(Result("row\n" * LONGEST, files=(TABLE,)), tmp_path)) as client:
        got = await client.call_tool("draw", {})
        assert isinstance(got.content[0], types.TextContent)
        shown = got.content[0].text
        assert len(shown) <= LONGEST
        assert "are left out here" in shown
        assert shown.splitlines()[-1].startswith("[Equity by bar: blave://results/equity-")


async def test_a_picture_too_large_to_be_shown_is_a_link(tmp_path: Path):
    large = Picture("large", PNG + b"0" * MOST_INLINE, "Large.", "Large")
    async with Client(server_answering(Result("Drawn.", pictures=(large,)), tmp_path)) as client:
        got = await client.call_tool("draw", {})
        assert [one.type for one in got.content] == ["text", "resource_link"]


async def test_each_picture_is_handed_to_the_users_channel_and_the_answer_says_so(tmp_path: Path):
    handed = []

    async def deliver(picture: Picture) -> str:
        handed.append(picture)
        return "Sent to Telegram."

    answer = Result("It rose.", pictures=(CHART,))
    async with Client(server_answering(answer, tmp_path, deliver=deliver)) as client:
        got = await client.call_tool("draw", {})
    assert handed == [CHART]
    assert isinstance(got.content[0], types.TextContent)
    assert got.content[0].text.endswith("\n[Sent to Telegram.]")


async def test_a_guide_is_read_as_markdown(tmp_path: Path):
    async with Client(server_answering(Result(""), tmp_path)) as client:
        listed = (await client.list_resources()).resources[0]
        assert (str(listed.uri), listed.title, listed.description) == (GUIDE.uri, "Units", "What the numbers mean.")
        read = (await client.read_resource(GUIDE.uri)).contents[0]
        assert (read.mime_type, getattr(read, "text", None)) == ("text/markdown", "# Units\nFractions.")


async def test_a_prompt_is_rendered_with_the_users_arguments(tmp_path: Path):
    async with Client(server_answering(Result(""), tmp_path)) as client:
        (listed,) = (await client.list_prompts()).prompts
        assert [(one.name, one.required) for one in listed.arguments or []] == [("symbol", True), ("days", False)]
        for given, said in (
            ({"symbol": "BTC"}, "Backtest BTC over 30 days."),
            ({"symbol": "BTC", "days": "7"}, "Backtest BTC over 7 days."),
            ({"symbol": "BTC", "days": " "}, "Backtest BTC over 30 days."),
        ):
            (message,) = (await client.get_prompt("backtest", given)).messages
            assert isinstance(message.content, types.TextContent)
            assert message.content.text == said


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("backtset", {"symbol": "BTC"}, "backtest"),
        ("backtest", {}, "symbol"),
        ("backtest", {"symbol": "BTC", "days": "many"}, "days"),
        ("backtest", {"symbol": "BTC", "day": "3"}, "days"),
    ],
)
async def test_a_wrong_prompt_or_argument_is_named(name: str, given: dict[str, str], said: str, tmp_path: Path):
    async with Client(server_answering(Result(""), tmp_path)) as client:
        with pytest.raises(MCPError, match=said):
            await client.get_prompt(name, given)
