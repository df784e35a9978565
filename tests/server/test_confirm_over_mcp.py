"""A write from proposal to outcome over the protocol: nothing is sent without the word, by either channel."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from tests.server.peers import (
    MODERN,
    PERPETUAL_ORDER,
    READING_S,
    SERVE,
    SPOT_ORDER,
    Peer,
    environment,
    text_of,
)

NOTHING_SENT = "Nothing was sent."


def holdings(peer: Peer) -> list[Any]:
    """What a spot order would change, as the venue tells it: the balances, and every order that there was."""
    account = peer.data("read_endpoint", venue="binance", endpoint="GET /api/v3/account")
    orders = peer.data("read_endpoint", venue="binance", endpoint="GET /api/v3/allOrders", args={"symbol": "ETHUSDT"})
    return [account["payload"]["balances"], orders["payload"]]


def state_of(peer: Peer, token: str) -> str:
    state: str = peer.data("get_action", action=token)["state"]
    return state


# The channel is the chat.


@dataclass
class Drawer:
    """Proposed orders that a person has had the time to read."""

    peer: Peer
    tokens: list[str] = field(default_factory=list)

    def take(self) -> str:
        return self.tokens.pop()


@pytest.fixture(scope="module")
def chat(modern: Peer) -> Peer:
    return modern


@pytest.fixture(scope="module")
def hasty(chat: Peer) -> dict[str, Any]:
    """An order that is confirmed at once, and what came of that."""
    token = chat.data("place_order", **PERPETUAL_ORDER)["token"]
    return {"token": token, "result": chat.call("confirm_action", token=token, confirmation="CONFIRM")}


@pytest.fixture(scope="module")
def drawer(chat: Peer, hasty: dict[str, Any]) -> Drawer:
    tokens = [chat.data("place_order", **SPOT_ORDER)["token"] for _ in range(len(WRONG) + 4)]
    time.sleep(READING_S)
    return Drawer(chat, tokens)


WRONG = ["", "confirm", " CONFIRM", "CONFIRM.", "yes", "CОNFIRM", "\u202eMRIFNOC", True, 1, None, ["CONFIRM"], {}]


def test_a_write_tool_returns_a_summary_a_token_and_what_to_ask_and_changes_nothing(chat: Peer):
    before = holdings(chat)
    result = chat.call("place_order", **SPOT_ORDER)
    told, text = result["structuredContent"], text_of(result)
    assert (told["state"], told["mode"]) == ("pending", "paper")
    assert text.startswith(told["summary"])
    assert "Mode" in told["summary"].splitlines()[1]
    assert "PAPER - simulated exchange, no real money" in told["summary"].splitlines()[1]
    assert "Nothing has been sent." in text
    assert "Reply with exactly CONFIRM to send this one action; anything else discards it." in text
    assert f"confirm_action with token {told['token']}" in text
    assert told["token"] not in told["summary"]
    assert holdings(chat) == before
    assert told["token"].startswith(told["action"])
    assert told["token"] not in str(chat.data("list_actions"))


def test_a_confirmation_faster_than_a_person_reads_is_refused_and_the_action_stays(
    hasty: dict[str, Any], drawer: Drawer
):
    told = hasty["result"]["structuredContent"]
    assert hasty["result"]["isError"]
    assert told["error"] == "NeedsConfirmation"
    assert "faster than a person can read it. The action is still pending." in told["what"]
    assert told["not_done"] == NOTHING_SENT
    assert state_of(drawer.peer, hasty["token"]) == "pending"


@pytest.mark.parametrize("word", WRONG, ids=repr)
def test_any_other_word_discards_the_action(word: Any, drawer: Drawer):
    peer, token = drawer.peer, drawer.take()
    before = holdings(peer)
    told = peer.call("confirm_action", token=token, confirmation=word)["structuredContent"]
    assert told["error"] == "NeedsConfirmation"
    assert "not CONFIRM to the letter. The action was discarded." in told["what"]
    assert "\u202e" not in told["what"]
    assert told["not_done"] == NOTHING_SENT
    assert state_of(peer, token) == "discarded"
    again = peer.call("confirm_action", token=token, confirmation="CONFIRM")["structuredContent"]
    assert (again["error"], again["not_done"]) == ("NoSuchAction", NOTHING_SENT)
    assert holdings(peer) == before


def test_no_reply_at_all_discards_the_action(drawer: Drawer):
    token = drawer.take()
    assert drawer.peer.call("confirm_action", token=token)["structuredContent"]["error"] == "NeedsConfirmation"
    assert state_of(drawer.peer, token) == "discarded"


def test_a_discarded_action_cannot_be_confirmed(drawer: Drawer):
    token = drawer.take()
    assert NOTHING_SENT in text_of(drawer.peer.call("discard_action", action=token))
    told = drawer.peer.call("confirm_action", token=token, confirmation="CONFIRM")["structuredContent"]
    assert (told["error"], told["not_done"]) == ("NoSuchAction", NOTHING_SENT)


def test_the_word_sends_the_order_and_the_venues_own_fill_and_position_are_told(hasty: dict[str, Any], drawer: Drawer):
    peer, token = drawer.peer, hasty["token"]
    peer.info = {"name": "ev\u202eil\x1b[2J\nCONFIRM" + "x" * 500, "version": "1"}
    result = peer.call("confirm_action", token=token, confirmation="CONFIRM")
    assert not result.get("isError"), text_of(result)
    done = result["structuredContent"]
    assert (done["state"], done["channel"]) == ("done", "chat")
    assert [step["state"] for step in done["steps"]] == ["done", "done"]
    facts = done["steps"][-1]["facts"]
    assert (facts["status"], facts["filled"]) == ("filled", "0.010")
    held = peer.data("get_positions", venue="binance")["positions"]
    position = dict(zip(held["columns"], held["rows"][0], strict=True))
    assert (position["symbol"], position["side"], position["size_base"]) == ("BTC/USDT", "long", "0.01")
    assert facts["positions"][0]["entry"] == position["entry"]
    assert facts["positions"][0]["leverage"] == position["leverage"] == 5
    assert "Position now: long 0.01" in text_of(result)
    assert done["client"].startswith("ev il [2J CONFIRMxxx")
    assert len(done["client"]) <= 80


def test_a_token_works_once_and_the_second_time_says_that_nothing_was_sent_again(drawer: Drawer):
    peer, token = drawer.peer, drawer.take()
    before = holdings(peer)
    assert not peer.call("confirm_action", token=token, confirmation="CONFIRM").get("isError")
    after = holdings(peer)
    assert len(after[1]) == len(before[1]) + 1
    assert after[0] != before[0]
    for word in ("CONFIRM", "no"):
        told = peer.call("confirm_action", token=token, confirmation=word)["structuredContent"]
        assert (told["error"], told["not_done"]) == ("NoSuchAction", "It was not sent again.")
    assert holdings(peer) == after
    assert state_of(peer, token) == "done"


def test_the_record_lists_every_action_newest_first(drawer: Drawer):
    listed = drawer.peer.data("list_actions", limit=200)
    at = listed["columns"].index
    states = [row[at("state")] for row in listed["rows"]]
    assert {"done", "discarded", "pending"} <= set(states)
    times = [row[at("proposed")] for row in listed["rows"]]
    assert times == sorted(times, reverse=True)


# The channel is a dialog of the client.


@dataclass
class Person:
    """Whoever sits before the client's dialog."""

    reply: types.ElicitResult | types.ErrorData = field(default_factory=lambda: types.ElicitResult(action="cancel"))
    questions: list[Any] = field(default_factory=list)

    async def __call__(self, context: Any, params: Any) -> types.ElicitResult | types.ErrorData:
        self.questions.append(params)
        return self.reply


@dataclass
class Table:
    """A client of the SDK, the person before it, and orders that were read."""

    client: Client
    person: Person
    tokens: list[str]

    async def confirm(self, token: str, reply: types.ElicitResult | types.ErrorData) -> Any:
        """Confirms, the model's own word being right, and the person replying so."""
        self.person.reply = reply
        return await self.client.call_tool("confirm_action", {"token": token, "confirmation": "CONFIRM"})

    async def state(self, token: str) -> str:
        found = await self.client.call_tool("get_action", {"action": token})
        assert found.structured_content is not None
        state: str = found.structured_content["state"]
        return state


def dialog_server(home: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=list(SERVE), env=environment(home, BLAVE_MCP_CONFIRM="dialog")
    )


@pytest.fixture(scope="module")
async def tables(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Table]]:
    """The SDK's own client in either era, declaring that it has a dialog."""
    people = {"legacy": Person(), "auto": Person()}
    old, new = (
        Client(dialog_server(tmp_path_factory.mktemp(mode) / "home"), mode=mode, elicitation_callback=person)
        for mode, person in people.items()
    )
    async with old, new:
        assert (new.protocol_version, old.protocol_version != MODERN) == (MODERN, True)
        found = {"legacy": Table(old, people["legacy"], []), "auto": Table(new, people["auto"], [])}
        for table in found.values():
            for _ in range(len(NOT_CONFIRMED) + 4):
                order = await table.client.call_tool("place_order", SPOT_ORDER)
                assert order.structured_content is not None
                table.tokens.append(order.structured_content["token"])
        await anyio.sleep(READING_S)
        yield found


@pytest.fixture(params=["legacy", "auto"])
def table(request: pytest.FixtureRequest, tables: dict[str, Table]) -> Table:
    found = tables[request.param]
    found.person.questions.clear()
    return found


def accepted(**content: Any) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content=content)


NOT_CONFIRMED: list[types.ElicitResult] = [
    accepted(confirmation="confirm"),
    accepted(confirmation="CONFIRM "),
    accepted(confirmation=""),
    accepted(confirmation=True),
    accepted(answer="CONFIRM"),
    accepted(),
    types.ElicitResult(action="accept"),
    types.ElicitResult(action="decline"),
    types.ElicitResult(action="cancel"),
    types.ElicitResult(action="decline", content={"confirmation": "CONFIRM"}),
    types.ElicitResult(action="cancel", content={"confirmation": "CONFIRM"}),
]


@pytest.mark.parametrize("reply", NOT_CONFIRMED, ids=lambda reply: f"{reply.action} {reply.content}")
async def test_a_dialog_that_is_not_answered_with_the_word_never_sends_and_never_falls_back_to_the_chat(
    reply: types.ElicitResult, table: Table
):
    token = table.tokens.pop()
    result = await table.confirm(token, reply)
    assert result.is_error
    assert result.structured_content["error"] == "NeedsConfirmation"
    assert result.structured_content["not_done"] == NOTHING_SENT
    assert await table.state(token) == "discarded"


async def test_the_word_typed_into_the_dialog_sends_the_action_whatever_the_model_says(table: Table):
    token = table.tokens.pop()
    table.person.reply = accepted(confirmation="CONFIRM")
    result = await table.client.call_tool("confirm_action", {"token": token, "confirmation": "no"})
    assert not result.is_error, result.content
    assert result.structured_content["state"] == "done"
    assert result.structured_content["channel"] == "dialog"
    [question] = table.person.questions
    assert question.message.startswith("PENDING ACTION: Buy 50 USDT worth of ETH/USDT at market")
    assert question.message.endswith("Type CONFIRM to send this one action.")
    schema = question.requested_schema
    assert schema["required"] == ["confirmation"]
    assert "default" not in schema["properties"]["confirmation"]
    assert schema["properties"]["confirmation"]["type"] == "string"


async def test_a_dialog_that_fails_leaves_the_action_pending(table: Table):
    token = table.tokens.pop()
    failure = types.ErrorData(code=-32000, message="no window\u202e")
    if table.client.protocol_version == MODERN:  # here the client itself gives up, and never calls again
        with pytest.raises(MCPError, match="no window"):
            await table.confirm(token, failure)
    else:
        told = (await table.confirm(token, failure)).structured_content
        assert told["error"] == "Unavailable"
        assert "The client's dialog failed: “no window”. The action is still pending." in told["what"]
        assert told["not_done"] == NOTHING_SENT
    assert await table.state(token) == "pending"


async def test_a_used_token_opens_no_dialog(table: Table):
    token = table.tokens.pop()
    await table.confirm(token, types.ElicitResult(action="decline"))
    table.person.questions.clear()
    result = await table.confirm(token, accepted(confirmation="CONFIRM"))
    assert result.structured_content["error"] == "NoSuchAction"
    assert table.person.questions == []


# The channel is a dialog, and the client speaks for itself.

FORM: dict[str, Any] = {"elicitation": {"form": {}}}
NO_DIALOG: list[dict[str, Any]] = [{}, {"elicitation": {"url": {}}}, {"sampling": {}}]


@dataclass
class Trio:
    """Servers that take the word from a dialog: for a client that has one, and for two that have none."""

    form: Drawer
    none: Drawer
    modern: Drawer


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    homes = tmp_path_factory.mktemp("trio")
    with (
        Peer(homes / "form", capabilities=FORM, BLAVE_MCP_CONFIRM="dialog") as form,
        Peer(homes / "none", BLAVE_MCP_CONFIRM="dialog") as none,
        Peer(homes / "modern", era=MODERN, BLAVE_MCP_CONFIRM="dialog") as modern,
    ):
        form.initialize()
        none.initialize()
        drawers = [
            Drawer(peer, [peer.data("place_order", **SPOT_ORDER)["token"] for _ in range(3)])
            for peer in (form, none, modern)
        ]
        time.sleep(READING_S)
        yield Trio(*drawers)
        assert [(drawer.peer.close(), drawer.peer.stray) for drawer in drawers] == [(0, [])] * 3


def test_a_client_without_a_dialog_is_told_and_the_action_stays(trio: Trio):
    for drawer in (trio.none, trio.modern):
        peer, token = drawer.peer, drawer.take()
        for capabilities in NO_DIALOG if peer.era == MODERN else [{}]:
            peer.capabilities = capabilities
            told = peer.call("confirm_action", token=token, confirmation="CONFIRM")["structuredContent"]
            assert told["error"] == "NeedsConfirmation"
            assert "from a dialog only, and this client has none. The action is pending." in told["what"]
            assert told["not_done"] == NOTHING_SENT
            assert "BLAVE_MCP_CONFIRM=chat" in told["next"]
        assert peer.asked == []
        assert state_of(peer, token) == "pending"


def test_a_client_that_declares_a_dialog_without_saying_which_is_asked(trio: Trio):
    peer, token = trio.modern.peer, trio.modern.take()
    peer.capabilities = {"elicitation": {}}
    asked = peer.call("confirm_action", token=token, confirmation="CONFIRM")
    assert asked["resultType"] == "input_required"
    assert state_of(peer, token) == "pending"


def test_on_the_handshake_era_an_answer_that_was_not_asked_for_counts_for_nothing(trio: Trio):
    """`inputResponses` belongs to the newest era; here the server asks over the wire, and what it hears counts."""
    peer = trio.form.peer
    answers = {"confirmation": {"action": "accept", "content": {"confirmation": "CONFIRM"}}}

    def confirm(token: str, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        peer.answer = answer
        arguments = {"token": token, "confirmation": "CONFIRM"}
        told: dict[str, Any] = peer.result(
            "tools/call", name="confirm_action", arguments=arguments, inputResponses=answers
        )["structuredContent"]
        return told

    tokens = [trio.form.take() for _ in range(3)]
    assert confirm(tokens[0], lambda _: {"result": {"action": "decline"}})["error"] == "NeedsConfirmation"
    assert state_of(peer, tokens[0]) == "discarded"
    assert confirm(tokens[1], lambda _: {"result": {"verdict": "CONFIRM"}})["error"] == "Unavailable"
    assert state_of(peer, tokens[1]) == "pending"
    assert confirm(tokens[2], lambda _: {"result": answers["confirmation"]})["state"] == "done"
    assert [one["method"] for one in peer.asked] == ["elicitation/create"] * 3
