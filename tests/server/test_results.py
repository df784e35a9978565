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
    shown, kept = shelf.fit("get_klines", text)
    assert kept is not None
    link = kept.link()
    assert LONGEST * 0.4 < len(shown) <= LONGEST
    head, note = shown[: shown.rindex("\n[")], shown[shown.rindex("\n[") + 1 :]
    assert text.startswith(head)
    lines, characters = text.count("\n") - head.count("\n"), len(text) - len(head)
    assert note == f"[{lines} more lines, {characters} characters, are left out here; the whole is {link.uri}]"
    assert shelf.read(str(link.uri)) == ("text/plain", text.encode())
    assert (link.size, link.name.startswith("get_klines-")) == (len(text.encode()), True)


def test_a_table_is_cut_between_two_rows(shelf: ResultShelf):
    shown, _ = shelf.fit("tool", TABLE)
    rows = shown[: shown.rindex("\n[")].split("\n")
    assert rows == TABLE.split("\n")[: len(rows)]


def test_the_newest_results_are_kept_and_the_oldest_cleared_away(shelf: ResultShelf, tmp_path: Path):
    links = []
    for n in range(KEPT + 3):
        _, kept = shelf.fit("tool", f"{n}\n{TABLE}")
        assert kept is not None
        links.append(kept.uri)
        os.utime(kept.path, (n, n))
    listed = [str(one.uri) for one in shelf.listing()]
    assert listed == links[: -KEPT - 1 : -1]
    assert shelf.read(links[0]) is None
    newest = shelf.read(links[-1])
    assert newest is not None
    assert newest[1].startswith(f"{KEPT + 2}\n".encode())


def test_the_shelf_has_a_size_and_the_newest_result_is_kept_whatever_its_own(
    shelf: ResultShelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("blave_mcp.server.results.KEPT_BYTES", 250)
    first = shelf.keep("a.csv", "x" * 200, "A")
    os.utime(first.path, (1, 1))
    second = shelf.keep("b.csv", "y" * 200, "B")
    assert [str(one.uri) for one in shelf.listing()] == [second.uri]
    os.utime(second.path, (2, 2))
    third = shelf.keep("c.png", b"z" * 300, "C")
    assert [str(one.uri) for one in shelf.listing()] == [third.uri]
    assert shelf.read(third.uri) == ("image/png", b"z" * 300)


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "a/b.csv", "確認.csv", " .csv", "x" * 300 + ".csv"])
def test_a_kept_name_is_made_harmless(name: str, shelf: ResultShelf, tmp_path: Path):
    kept = shelf.keep(name, "1,2", "A table")
    assert kept.path.parent == tmp_path / "results"
    assert shelf.read(kept.uri) == ("text/csv", b"1,2")
    assert kept.path.stat().st_mode & 0o777 == 0o600


def test_a_form_that_is_not_known_is_refused(shelf: ResultShelf):
    with pytest.raises(ValueError, match="kept as"):
        shelf.keep("a.exe", b"", "A")


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
