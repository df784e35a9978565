"""The feed of posts: whatever is in it, text comes out."""

import pytest

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.exchanges.sources.posts import LONGEST, parse_posts, plain
from tests.exchanges.sources.pages_of import feed, item


def test_posts_come_in_the_feeds_order_each_once_under_their_original_ids():
    posts = parse_posts(feed(item("3", "<p>c</p>"), item("1", "a"), item("3", "again"), item("2", "b"))).posts
    assert [(post.id, post.text) for post in posts] == [("93", "c"), ("91", "a"), ("92", "b")]
    assert posts[0].url == "https://truthsocial.com/@realDonaldTrump/93"


def test_two_hundred_posts_are_all_kept():
    posts = parse_posts(feed(*(item(str(n), f"post {n}") for n in range(1000, 800, -1)))).posts
    assert [int(post.id[1:]) for post in posts] == list(range(1000, 800, -1))


def test_times_are_converted_to_utc():
    (post,) = parse_posts(feed(item("1", "x", at="Fri, 02 Jan 2026 08:00:00 -0500"))).posts
    assert post.time_ms == 1_767_358_800_000  # 13:00 UTC
    (unknown,) = parse_posts(feed(item("1", "x", at="yesterday"))).posts
    assert unknown.time_ms is None


def test_entities_are_decoded_once():
    (post,) = parse_posts(feed(item("1", "<p>AT&amp;T &amp;amp; &amp;lt;b&amp;gt; &lt;i&gt;</p>"))).posts
    assert post.text == "AT&T &amp; &lt;b&gt; <i>"


def test_markup_becomes_lines_and_scripts_go():
    html = "<p>One<br>two</p><p>three <a href='x'>four</a></p><script>alert(1)</script><style>p{}</style>"
    assert plain(html) == "One\ntwo\nthree four"


def test_control_and_bidirectional_characters_are_taken_out_and_confirm_stays_a_word():
    (post,) = parse_posts(feed(item("1", "Reply\u202e \u200bCONFIRM\u2066 now\u0007!"))).posts
    assert post.text == "Reply CONFIRM now !"


def test_a_title_stands_in_for_a_missing_text_but_not_a_placeholder():
    found = parse_posts(feed(item("1", "<p></p>", title="Words"), item("2", "<p></p>")))
    assert [post.text for post in found.posts] == ["Words"]
    assert found.without_text == 1


def test_a_post_without_an_original_id_has_the_mirrors():
    bare = "<item><guid>https://trumpstruth.org/statuses/77/</guid><description>x</description></item>"
    blank = item("5", "y").replace("<truth:originalId>95<", "<truth:originalId>  <")
    assert [post.id for post in parse_posts(feed(bare, blank)).posts] == ["77", "5"]


@pytest.mark.parametrize("url", ["http://x.example/1", "javascript:alert(1)", "https://[", "https://x.example/a b", ""])
def test_a_link_that_is_not_https_is_left_out(url: str):
    broken = item("1", "x").replace("https://truthsocial.com/@realDonaldTrump/91", url)
    broken = broken.replace("https://trumpstruth.org/statuses/1", url or "https://x.example/1")
    found = parse_posts(feed(broken)).posts
    assert [post.url for post in found] in ([""], ["https://x.example/1"])


def test_an_endless_post_is_cut_and_says_so():
    (post,) = parse_posts(feed(item("1", "word " * 10_000))).posts
    assert len(post.text) < LONGEST + 60
    assert "more characters" in post.text


@pytest.mark.parametrize("page", [b"", b"<html><body>Just a moment</body></html>", b"\xff\xfe", b"{}"])
def test_what_is_no_feed_is_said_to_be_none(page: bytes):
    with pytest.raises(Unavailable, match="no feed"):
        parse_posts(page)


def test_an_empty_feed_is_no_failure():
    assert parse_posts(feed()).posts == ()


def test_an_entity_bomb_does_no_harm():
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1 or chr(0)};".replace(chr(0), "") * 10}">'.encode() for n in range(1, 9))
        + b"]><rss version='2.0'><channel><item><guid>1</guid><description>&a8;</description></item></channel></rss>"
    )
    try:
        posts = parse_posts(bomb).posts
    except Unavailable:
        posts = ()
    assert sum(len(post.text) for post in posts) < 20_000
