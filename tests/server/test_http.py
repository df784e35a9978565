"""Serving over streamable HTTP: a real server process on loopback, and the SDK's own client."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

TOKEN = "fake-token-of-more-than-24-characters"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "BLAVE_MCP_HOME": str(home), "BLAVE_MCP_ENV_FILE": os.devnull, **more}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = [sys.executable, "-m", "blave_mcp.server.cli", "serve", "--http", "0"]
    home = tmp_path_factory.mktemp("http")
    with subprocess.Popen(
        command, env=environment(home, BLAVE_MCP_HTTP_TOKEN=TOKEN), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()
        server.wait(20)


async def test_a_client_with_the_token_reads_proposes_and_is_refused_a_quick_confirmation(url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"get_ticker", "confirm_action"} <= names
        order = {"venue": "binance", "market": "spot", "symbol": "BTC/USDT", "side": "buy", "quote_size": "100"}
        pending = await client.call_tool("place_order", order)
        assert pending.structured_content is not None
        token = pending.structured_content["token"]
        quick = await client.call_tool("confirm_action", {"token": token, "confirmation": "CONFIRM"})
        assert quick.is_error
        assert "faster than a person" in str(quick.content)


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", TOKEN, f"bearer {TOKEN}", f"Bearer  {TOKEN}", f"Bearer {TOKEN}x"]
)
def test_nobody_is_answered_without_the_token_to_the_letter(url: str, given: str | None) -> None:
    headers = {"Authorization": given} if given is not None else {}
    for method in ("GET", "POST", "DELETE"):
        reply = httpx.request(method, url, headers=headers, json=None if method == "GET" else {}, trust_env=False)
        assert reply.status_code == 401
        assert reply.content == b""


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_a_foreign_host_or_origin_is_refused(url: str, header: dict[str, str]) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    reply = httpx.post(url, headers={"Authorization": f"Bearer {TOKEN}", **accept, **header}, json=ask, trust_env=False)
    assert reply.status_code in (403, 421)


@pytest.mark.parametrize("token", ["", "short"])
def test_it_does_not_start_without_a_token_that_is_long_enough(tmp_path: Path, token: str) -> None:
    command = [sys.executable, "-m", "blave_mcp.server.cli", "serve", "--http", "0"]
    done = subprocess.run(
        command,
        env=environment(tmp_path, BLAVE_MCP_HTTP_TOKEN=token),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "BLAVE_MCP_HTTP_TOKEN" in done.stderr
    assert "The server did not start." in done.stderr
