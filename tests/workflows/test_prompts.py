"""The nine prompts: arguments, both languages, and tools that exist."""

from __future__ import annotations

import re

import pytest

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.registry import ALL_PROMPTS, ALL_TOOLS
from blave_mcp.tools.spec import Prompt
from blave_mcp.tools.workflows.prompts import WORKFLOW_PROMPTS

TOOLS = {tool.name for tool in ALL_TOOLS}
each = pytest.mark.parametrize("prompt", WORKFLOW_PROMPTS, ids=lambda prompt: prompt.name)


def tools_in(message: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", message)


def test_there_are_nine():
    assert [prompt.name for prompt in WORKFLOW_PROMPTS] == [
        "copy_traders", "screen_small_caps", "backtest_threshold", "backtest_kd", "validate_and_compare",
        "liquidation_map", "etf_flows", "watch_posts", "lend_idle_funds",
    ]  # fmt: skip
    assert set(WORKFLOW_PROMPTS) <= set(ALL_PROMPTS)


@each
def test_a_prompt_names_tools_that_exist_in_the_same_order_in_both_languages(prompt: Prompt):
    english, chinese = prompt.message({}), prompt.message({"lang": "zh"})
    assert len(tools_in(english)) >= 1
    assert set(tools_in(english)) <= TOOLS
    assert tools_in(english) == tools_in(chinese)
    steps = [re.findall(r"^\d+\.", text, re.MULTILINE) for text in (english, chinese)]
    assert steps[0] == steps[1]
    assert re.search("[\u4e00-\u9fff]{4}", chinese)
    assert not re.search("[\u4e00-\u9fff]", english)


@each
def test_every_argument_reaches_the_message_in_both_languages(prompt: Prompt):
    for lang in ("en", "zh"):
        plain = prompt.message({"lang": lang})
        for param in prompt.params:
            if param.name == "lang":
                continue
            other = {"ONE_OF": param.choices[-1] if param.choices else ""}.get(param.kind.name, "7")
            given = {"lang": lang, param.name: str(other)}
            assert prompt.message(given) != plain, (param.name, lang)
            assert str(other) in prompt.message(given)


@each
def test_a_prompt_promises_no_sending_without_the_users_word(prompt: Prompt):
    for lang in ("en", "zh"):
        message = prompt.message({"lang": lang})
        assert "CONFIRM" in message
        assert not re.search(r"[{}]|None", message)
    with pytest.raises(BadArgument):
        prompt.message({"lang": "fr"})
    with pytest.raises(BadArgument, match="no argument"):
        prompt.message({"confirm": "CONFIRM"})
