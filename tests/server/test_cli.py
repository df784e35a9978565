"""The command line, run as an operator does."""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from blave_mcp.server.cli import main
from blave_mcp.server.kinds import kinds
from blave_mcp.server.paper_books import PaperBooks
from blave_mcp.server.paper_house import BOOKS
from blave_mcp.tools.registry import choose
from tests.conftest import ROOT
from tests.server.peers import PATIENCE, READING_S, SPOT_ORDER, Peer, environment, run, text_of

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs a command in this process."""

    def invoke(*args: str, **env: str) -> Result:
        return CliRunner().invoke(main, args, env={"BLAVE_MCP_HOME": str(tmp_path / "home"), **env})

    return invoke


def lines(result: Result) -> list[str]:
    """What a command that must succeed says."""
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_version_is_that_of_the_package(tmp_path: Path, command: Command):
    assert lines(command("--version")) == [metadata.version("blave-quant-mcp")]
    installed = run("--version", home=tmp_path)
    assert (installed.returncode, installed.stderr) == (0, "")
    assert installed.stdout == f"{metadata.version('blave-quant-mcp')}\n"


def test_every_command_has_a_line_in_the_help_and_in_the_readme(command: Command):
    told = "\n".join(lines(command("--help")))
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, one in main.commands.items():
        assert f"  {name} " in told
        assert one.help
        assert f"`blave-mcp {name}" in readme or f"/ `{name}`" in readme or f"`{name} --" in readme, name


def test_a_setting_that_cannot_be_used_is_told_in_one_line_on_stderr(command: Command):
    for args in (["doctor"], ["actions"], ["tools"], ["halt"], ["paper", "--reset"]):
        failed = command(*args, BLAVE_MCP_MODE="lvie")
        assert (failed.exit_code, failed.stdout) == (2, "")
        assert failed.stderr.startswith('Error: BadSetting: BLAVE_MCP_MODE cannot be "lvie"')
        assert failed.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, command: Command):
    (tmp_path / "file").write_text("")
    failed = command("actions", BLAVE_MCP_HOME=str(tmp_path / "file" / "home"))
    assert (failed.exit_code, failed.stdout, failed.stderr.count("\n")) == (2, "", 1)
    assert str(tmp_path / "file") in failed.stderr
    assert "BLAVE_MCP_HOME names the folder" in failed.stderr


def test_a_record_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path, command: Command):
    record = tmp_path / "home" / "blave-mcp.sqlite3"
    record.parent.mkdir()
    record.write_bytes(b"garbage " * 1000)
    for args in (["actions"], ["doctor"]):
        failed = command(*args)
        assert failed.exit_code == 2
        assert failed.stderr.startswith(f"Error: BadSetting: {record} cannot be opened: file is not a database.")
    assert record.read_bytes() == b"garbage " * 1000


def test_the_doctor_finds_what_would_stop_the_server_and_tells_the_limits(command: Command):
    failed = command("doctor", BLAVE_MCP_TOOLSETS="trade,foo")
    assert failed.exit_code == 2
    assert 'There is no toolset "foo"' in failed.stderr
    assert "limits       one order no limit, leverage no limit" in lines(command("doctor"))
    told = lines(command("doctor", BLAVE_MCP_MAX_ORDER_QUOTE="1e3", BLAVE_MCP_MAX_LEVERAGE="5"))
    assert "limits       one order 1000, leverage 5x" in told


# What is offered.


def test_the_tools_as_json_are_the_list_as_clients_get_it(command: Command, paper: Peer):
    told = json.loads("\n".join(lines(command("tools", "--json"))))
    assert told["tools"] == paper.result("tools/list")["tools"]


def test_the_tools_as_text_say_what_each_does(command: Command):
    told = [line.split() for line in lines(command("tools"))]
    assert [line[:3] for line in told] == [[tool.name, tool.toolset, tool.touch] for tool in choose()]


def test_fewer_tools_are_listed_by_flag_or_by_variable(command: Command):
    market = [tool.name for tool in choose("market")]
    assert [line.split()[0] for line in lines(command("tools", "--toolsets", "market"))] == market
    assert [line.split()[0] for line in lines(command("tools", BLAVE_MCP_TOOLSETS="market"))] == market
    assert all(line.split()[2] == "read" for line in lines(command("tools", "--read-only")))
    both = command("tools", "--toolsets", "trade,explore,confirm", BLAVE_MCP_READ_ONLY="true")
    assert all(line.split()[2] == "read" for line in lines(both))
    wrong = command("tools", "--toolsets", "tarde")
    assert (wrong.exit_code, "Did you mean trade" in wrong.stderr) == (2, True)


def catalogue(command: Command, *args: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("\n".join(lines(command("endpoints", "--csv", *args))))))


def test_the_endpoints_as_csv_are_every_endpoint_of_every_catalogue(command: Command):
    rows = catalogue(command)
    assert list(rows[0]) == ["venue", "method", "path", "effect", "description"]
    assert len(rows) == sum(len(list(kind.dialect.catalogue)) for kind in kinds().values())
    assert {row["effect"] for row in rows} == {"read", "write", "validate"}
    assert all(row["description"] for row in rows)
    only = catalogue(command, "--venue", "binance")
    assert only
    assert only == [row for row in rows if row["venue"] == "binance"]
    assert len(lines(command("endpoints", "--venue", "binance"))) == len(only)


REFERENCE = ROOT.parent / "shared" / "reference" / "endpoints.csv"


@pytest.mark.skipif(not REFERENCE.exists(), reason="the list of all endpoints is not beside this checkout")
def test_every_endpoint_of_the_reference_list_is_there_with_the_same_effect(command: Command):
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        wanted = list(csv.DictReader(file))
    ours = {(row["venue"], row["method"], row["path"]): row["effect"] for row in catalogue(command)}
    shared = [row for row in wanted if (row["venue"], row["method"], row["path"]) in ours]
    different = [row for row in shared if ours[row["venue"], row["method"], row["path"]] != row["effect"]]
    assert different == []
    of_binance = [row for row in wanted if row["venue"] == "binance"]
    assert len(of_binance) == 50
    assert [row for row in of_binance if row not in shared] == []


# The record and the brake.


def test_an_empty_record_says_so(command: Command):
    assert lines(command("actions")) == ["There are no actions yet."]
    assert json.loads("\n".join(lines(command("actions", "--json")))) == []


def test_a_halted_server_refuses_to_propose_and_to_confirm_until_it_is_resumed(tmp_path: Path, command: Command):
    with Peer(tmp_path / "home") as peer:
        peer.initialize()
        tokens = [peer.data("place_order", **SPOT_ORDER)["token"] for _ in range(2)]
        time.sleep(READING_S)
        assert lines(command("halt", "out", "to", "lunch")) == [
            "Halted. Nothing is sent until `blave-mcp resume`; reads go on."
        ]
        assert "HALTED       out to lunch" in lines(command("doctor"))
        refused = peer.call("place_order", **SPOT_ORDER)["structuredContent"]
        assert (refused["error"], refused["not_done"]) == ("Halted", "Nothing was sent.")
        assert "out to lunch" in refused["what"]
        stopped = peer.call("confirm_action", token=tokens[0], confirmation="CONFIRM")
        assert stopped["isError"]
        assert stopped["structuredContent"]["state"] == "refused"
        assert "out to lunch" in text_of(stopped)
        assert "Nothing was sent." in text_of(stopped)
        assert peer.data("get_ticker", venue="binance", symbols="BTC/USDT")["tickers"]["rows"]

        assert lines(command("resume")) == ["Resumed. Every action still wants its own CONFIRM."]
        history = {"venue": "binance", "market": "spot", "symbol": "ETH/USDT"}
        assert peer.data("get_order_history", **history)["orders"]["rows"] == []
        assert peer.data("confirm_action", token=tokens[1], confirmation="CONFIRM")["state"] == "done"
        assert len(peer.data("get_order_history", **history)["orders"]["rows"]) == 1
        assert peer.close() == 0

    newest, oldest = json.loads("\n".join(lines(command("actions", "--json"))))
    assert (newest["state"], oldest["state"]) == ("done", "refused")
    assert newest["client"] == "lines 1"
    assert newest["summary"].startswith("PENDING ACTION: Buy 50 USDT worth of ETH/USDT")
    text = "\n".join(lines(command("actions", "--limit", "1", "--full")))
    assert text.startswith("DONE: Buy 50 USDT worth of ETH/USDT at market on Binance spot")
    assert "Confirmed by chat, from lines 1" in text
    assert "PENDING ACTION" in text
    assert tokens[0] not in json.dumps([newest, oldest]) + text


# The installation.

KEYS = {
    "blave_api_key": "Kq3vZ8pW1nX6",
    "blave_secret_key": "Yb7tR2mL9cD4",
    "BINANCE_API_KEY": "Hs5gJ0fU8aE3",
    "BINANCE_SECRET_KEY": "Vw1xN6kP4oT9",
}


@pytest.mark.parametrize("mode", ["paper", "testnet", "live"])
def test_the_doctor_tells_which_keys_are_set_and_never_any_part_of_one(mode: str, command: Command):
    told = command("doctor", BLAVE_MCP_MODE=mode, **KEYS)
    assert lines(told)[0].split() == ["mode", mode]
    assert any(line.startswith("binance") and "ready" in line for line in lines(told))
    for key in KEYS.values():
        parts = {key[n : n + 4] for n in range(len(key) - 3)}
        assert not [part for part in parts if part in told.output]


@pytest.mark.parametrize("mode", ["paper", "testnet", "live"])
def test_the_doctor_names_the_half_of_a_key_that_is_missing(mode: str, command: Command):
    told = lines(command("doctor", BLAVE_MCP_MODE=mode, BINANCE_API_KEY=KEYS["BINANCE_API_KEY"]))
    [binance] = [line for line in told if line.startswith("binance")]
    assert "only a part of a key" in binance
    assert "BINANCE_SECRET_KEY is not set" in binance
    if mode != "paper":
        assert "https://www.binance.com/" in binance


def test_what_to_paste_starts_this_very_server_on_paper(command: Command):
    entry = json.loads("\n".join(lines(command("setup"))))["mcpServers"]["blave"]
    assert entry["env"] == {"BLAVE_MCP_MODE": "paper"}
    assert entry["args"] == ["serve"]
    assert os.access(entry["command"], os.X_OK)
    assert Path(entry["command"]).parent == Path(sys.executable).parent
    assert lines(command("setup", "--client", "claude-code")) == [
        f"claude mcp add blave -e BLAVE_MCP_MODE=paper -- {entry['command']} serve"
    ]
    assert lines(command("setup", "--client", "inspector")) == [
        f"npx @modelcontextprotocol/inspector {entry['command']} serve"
    ]


# The paper exchange.


def test_the_paper_account_can_be_started_anew(tmp_path: Path, command: Command):
    books = PaperBooks(tmp_path / "home" / BOOKS)
    with books.session() as session:
        session.save("an account")
    assert lines(command("paper", "--reset")) == ["The paper books start anew."]
    with books.session() as session:
        assert session.load() is None
    books.close()


def test_the_paper_exchange_wants_to_be_told_what_to_do(command: Command):
    assert command("paper").exit_code == 2
    wrong = command("paper", "--venue", "binance")
    assert wrong.exit_code == 2
    assert 'There is no paper venue "binance". The server did not start. There are: binance-spot' in wrong.stderr


def ask(at: str, path: str) -> tuple[int, Any]:
    host = urlsplit(at).netloc
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def test_a_face_of_the_paper_exchange_answers_on_loopback_whatever_mode_is_set(tmp_path: Path):
    args = [sys.executable, "-m", "blave_mcp.server.cli", "paper", "--venue", "binance-futures", "--port", "0"]
    env = environment(tmp_path / "home", BLAVE_MCP_MODE="live")
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True) as server:
        assert server.stdout is not None
        name, at, key, secret = server.stdout.readline().split()
        assert (name, key, secret) == ("binance-futures", "key=paper-binance-key", "secret=paper-binance-secret")
        assert urlsplit(at).hostname == "127.0.0.1"
        status, time_now = ask(at, "/fapi/v1/time")
        assert (status, list(time_now)) == (200, ["serverTime"])
        assert abs(time_now["serverTime"] - time.time() * 1000) < 60_000
        status, refused = ask(at, "/fapi/v3/account")
        assert (status, refused["code"]) in ((400, -1102), (401, -2014))
        assert ask(at, "/no/such/route")[0] == 404
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) in (0, -signal.SIGTERM)
        with pytest.raises(OSError, match="refused"):
            ask(at, "/fapi/v1/time")
