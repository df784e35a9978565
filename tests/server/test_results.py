"""Long results: cut for the model, whole on the shelf."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.server.results import KEPT, LONGEST, SCHEME, ResultShelf


@pytest.fixture
def shelf(tmp_path: Path) -> ResultShelf:
    return ResultShelf(tmp_path / "results")


def test_what_fits_is_shown_as_it_is_and_kept_nowhere(shelf: ResultShelf, tmp_path: Path):
    text = "x" * LONGEST
    assert shelf.fit("tool", text) == (text, None)
    assert shelf.listing() == []
    assert not (tmp_path / "results").exists()


TABLE = "\n".join(f"row {n},{'9' * 40}" for n in range(1_000))
LONG = {
    "a table": TABLE,
    "one line": "y" * (LONGEST + 1),
    "a short line and a long one": "head\n" + "z" * LONGEST,
    "a long line and a short one": "z" * LONGEST + "\ntail",
    "other line ends and alphabets": "確認\r\n" * LONGEST,
    "nothing but line ends": "\n" * (LONGEST + 1),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_what_does_not_fit_is_cut_counted_and_kept_whole(text: str, shelf: ResultShelf):
    shown, link = shelf.fit("get_klines", text)
    assert link is not None
    assert LONGEST * 0.4 < len(shown) <= LONGEST
    head, note = shown[: shown.rindex("\n[")], shown[shown.rindex("\n[") + 1 :]
    assert text.startswith(head)
    lines, characters = text.count("\n") - head.count("\n"), len(text) - len(head)
    assert note == f"[{lines} more lines, {characters} characters, are left out here; the whole is {link.uri}]"
    assert shelf.read(str(link.uri)) == text
    assert (link.size, link.name.startswith("get_klines-")) == (len(text.encode()), True)


def test_a_table_is_cut_between_two_rows(shelf: ResultShelf):
    shown, _ = shelf.fit("tool", TABLE)
    rows = shown[: shown.rindex("\n[")].split("\n")
    assert rows == TABLE.split("\n")[: len(rows)]


def test_the_newest_results_are_kept_and_the_oldest_cleared_away(shelf: ResultShelf, tmp_path: Path):
    links = []
    for n in range(KEPT + 3):
        _, link = shelf.fit("tool", f"{n}\n{TABLE}")
        assert link is not None
        links.append(str(link.uri))
        os.utime(tmp_path / "results" / link.name, (n, n))
    listed = [str(one.uri) for one in shelf.listing()]
    assert listed == links[: -KEPT - 1 : -1]
    assert shelf.read(links[0]) is None
    assert (shelf.read(links[-1]) or "").startswith(f"{KEPT + 2}\n")


@pytest.mark.parametrize("name", ["../secret.txt", "%2e%2e/secret.txt", "", ".", "secret.txt", "results/secret.txt"])
def test_nothing_but_a_kept_result_can_be_read(name: str, shelf: ResultShelf, tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    shelf.fit("tool", TABLE)
    assert shelf.read(f"{SCHEME}{name}") is None
    assert shelf.read(name) is None


def test_structured_data_that_is_as_long_as_the_text_is_dropped_by_name():
    data: dict[str, Any] = {"mode": "paper", "rows": [["1"] * 10] * 1_000, "count": 3}
    assert ResultShelf.small(data) == {"mode": "paper", "count": 3, "left_out": ["rows"]}
    assert ResultShelf.small({"mode": "paper"}) == {"mode": "paper"}


def test_structured_data_of_many_parts_is_small_as_well():
    data = {f"part{n}": "x" * 5_000 for n in range(30)}
    small = ResultShelf.small(data)
    assert len(json.dumps(small)) <= LONGEST
    assert set(small) | set(small["left_out"]) == {*data, "left_out"}
