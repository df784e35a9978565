"""Several server processes over one folder: the record is one, and what is in it is sent once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from tests.server.peers import MODERN, PATIENCE, PERPETUAL_ORDER, READING_S, SPOT_ORDER, Peer, text_of
from tests.server.venues import HeldVenue

CONFIRMATIONS = 50


def test_fifty_confirmations_of_one_token_from_two_processes_send_one_order(tmp_path: Path):
    home = tmp_path / "home"
    with HeldVenue() as venue:
        venue.hold = False
        with (
            Peer(home, BLAVE_MCP_BINANCE_FUTURES_URL=venue.url) as one,
            Peer(home, era=MODERN, BLAVE_MCP_BINANCE_FUTURES_URL=venue.url) as two,
        ):
            one.initialize()
            order = {**PERPETUAL_ORDER}
            del order["leverage"]
            token = one.data("place_order", **order)["token"]
            assert two.data("get_action", action=token)["state"] == "pending"
            time.sleep(READING_S)
            call = {"name": "confirm_action", "arguments": {"token": token, "confirmation": "CONFIRM"}}
            peers = [one, two] * (CONFIRMATIONS // 2)
            sent = [(peer, peer.send("tools/call", call)) for peer in peers]
            results = [peer.reply(id)["result"]["structuredContent"] for peer, id in sent]
            outcomes = Counter(result.get("error") or result["state"] for result in results)
            assert outcomes == {"done": 1, "NoSuchAction": CONFIRMATIONS - 1}
            assert {r["not_done"] for r in results if "error" in r} == {"It was not sent again."}
            assert venue.orders == 1
            for peer in (one, two):
                history = peer.data("get_order_history", venue="binance", market="perpetual", symbol="BTC/USDT")
                assert len(history["orders"]["rows"]) == 1
                held = peer.data("get_positions", venue="binance")["positions"]
                assert [row[held["columns"].index("size_base")] for row in held["rows"]] == ["0.01"]
            assert (one.close(), two.close()) == (0, 0)


def test_an_order_that_a_killed_server_left_open_is_looked_up_by_the_next_and_never_sent_again(tmp_path: Path):
    home = tmp_path / "home"
    with HeldVenue() as venue:
        with Peer(home, BLAVE_MCP_BINANCE_FUTURES_URL=venue.url) as killed:
            killed.initialize()
            token = killed.data("place_order", **PERPETUAL_ORDER)["token"]
            waiting = killed.data("place_order", **SPOT_ORDER)["token"]
            time.sleep(READING_S)
            confirmation = {"token": token, "confirmation": "CONFIRM"}
            killed.send("tools/call", {"name": "confirm_action", "arguments": confirmation})
            assert venue.arrived.wait(PATIENCE)
            killed.process.kill()
            assert killed.wait() != 0
        venue.release.set()
        with Peer(home, BLAVE_MCP_BINANCE_FUTURES_URL=venue.url) as after:
            after.initialize()
            assert after.settled(token) == "done"
            assert "Position now: long 0.01" in text_of(after.call("get_action", action=token))
            assert "left open by a process that is gone, is done" in after.log()
            again = after.call("confirm_action", token=token, confirmation="CONFIRM")["structuredContent"]
            assert (again["error"], again["not_done"]) == ("NoSuchAction", "It was not sent again.")
            assert venue.orders == 1
            done = after.data("confirm_action", token=waiting, confirmation="CONFIRM")
            assert done["state"] == "done", "what was pending can be confirmed in another process"
            assert after.close() == 0
