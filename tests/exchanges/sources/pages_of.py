"""The public pages as they are known: tables of the ETF flows, and the feed of posts."""

from __future__ import annotations

from collections.abc import Sequence

FUNDS = ("IBIT", "FBTC", "BITB", "ARKB", "BTCO", "EZBC", "BRRR", "HODL", "BTCW", "MSBT", "GBTC", "BTC")
# The first days of trading, as published.
EARLY = tuple(
    tuple(line.split("|"))
    for line in (
        "11 Jan 2024|111.7|227.0|237.9|65.3|17.4|50.1|29.4|10.6|1.0|-|(95.1)|-|655.3",
        "12 Jan 2024|386.0|195.3|17.4|39.8|28.4|0.0|20.2|0.0|0.0|-|(484.1)|-|203.0",
    )
)


def table(head: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<tr>{''.join(f'<th>{cell}</th>' for cell in row)}</tr>" for row in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead>{heads}</thead><tbody>{body}</tbody></table>"


def etf_page(rows: Sequence[Sequence[str]] = EARLY, funds: Sequence[str] = FUNDS, *, total: bool = True) -> bytes:
    """Navigation first, as on the page; then the flows with their summary rows."""
    head = [("Date", *funds, *(("Total",) if total else ()))]
    width = len(head[0]) - 1
    summary = [(name, *("1.0" for _ in range(width))) for name in ("Total", "Average", "Maximum", "Minimum")]
    menu = table([], [("Home", "About"), ("BTC", "ETH")])
    return f"<html><body>{menu}{table(head, [*rows, *summary])}</body></html>".encode()


def ether_page(rows: Sequence[Sequence[str]]) -> bytes:
    """Three rows of headings: who issues, the ticker, the fee; and a row of seeds."""
    head = [
        ("", "Blackrock", "Fidelity", "Grayscale", "Grayscale", "Total"),
        ("", "ETHA", "FETH", "ETHE", "ETH", ""),
        ("Fee", "0.25%", "0.25%", "2.50%", "0.15%", ""),
    ]
    return table(head, [("Seed", "10.6", "4.7", "9,199.3", "1,022.4", "10,237.0"), *rows]).encode()


def item(id: str, text: str, *, at: str = "Fri, 24 Apr 2026 05:13:56 +0000", title: str = "") -> str:
    return f"""<item><title><![CDATA[{title or f"[No Title] - Post {id}"}]]></title>
      <link>https://trumpstruth.org/statuses/{id}</link><guid>https://trumpstruth.org/statuses/{id}</guid>
      <description><![CDATA[{text}]]></description><pubDate>{at}</pubDate>
      <truth:originalUrl>https://truthsocial.com/@realDonaldTrump/9{id}</truth:originalUrl>
      <truth:originalId>9{id}</truth:originalId></item>"""


def feed(*items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:truth="https://truthsocial.com/ns"><channel>'
        f"<title>Latest Posts</title>{''.join(items)}</channel></rss>"
    ).encode()
