"""What the indicators mean, in both languages."""

from __future__ import annotations

import re
from decimal import Decimal as D

import pytest

from blave_mcp.exchanges.blave.indicators import INDICATORS
from blave_mcp.exchanges.blave.models import Statistics
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.tools.blave import meaning
from blave_mcp.tools.blave.meaning import NAMES, guide, label, quadrant, resolve, squeeze_words, statistics_words
from blave_mcp.tools.blave.meaning_texts import BANDS, COMBINATIONS, QUADRANTS, STAT_WORDS, TEXTS, TITLES
from blave_mcp.tools.registry import ALL_GUIDES


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("籌碼集中度", "holder_concentration"),
        ("HC", "holder_concentration"),
        ("holder_concentration", "holder_concentration"),
        ("Holder Concentration", "holder_concentration"),
        (" holder-concentration ", "holder_concentration"),
        ("多空力道", "taker_intensity"),
        ("巨鯨警報", "whale_hunter"),
        ("擠壓動能", "squeeze_momentum"),
        ("市場方向", "market_direction"),
        ("市場情緒", "market_sentiment"),
        ("資金稀缺", "capital_shortage"),
        ("板塊輪動", "sector_rotation"),
        ("爆倉指標", "liquidation"),
        ("Blave頂尖交易員", "top_trader_exposure"),
        ("blave_top_trader", "top_trader_exposure"),
        ("bt", "top_trader_exposure"),
    ],
)
def test_an_indicator_is_known_by_its_english_short_and_chinese_names(given: str, name: str):
    assert resolve(given).name == name


def test_every_name_leads_to_its_own_indicator():
    assert NAMES.keys() == {*INDICATORS, "sector_rotation"}
    for name in NAMES.values():
        for word in (name.name, name.short, name.en, name.zh):
            assert resolve(word) is name


@pytest.mark.parametrize("given", ["", "RSI", "holder_concentratoin", "鯨", "x" * 99])
def test_an_unknown_name_is_refused_with_others(given: str):
    with pytest.raises(BadArgument) as refused:
        resolve(given)
    assert re.search(r"(Did you mean|There are:) \w+", refused.value.advice)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("holder_concentration", "3.01", "Over Concentrated (long)"),
        ("holder_concentration", "3", "Highly Concentrated (long)"),
        ("holder_concentration", "2", "Concentrated (long)"),
        ("holder_concentration", "0.5", "Neutral"),
        ("holder_concentration", "-0.5", "Neutral"),
        ("holder_concentration", "-0.51", "Concentrated (short)"),
        ("holder_concentration", "-3.5", "Over Concentrated (short)"),
        ("whale_hunter", "14.66", "Overly Bullish"),
        ("whale_hunter", "-1", "Bearish"),
        ("market_sentiment", "2.5", "Highly Optimistic"),
        ("taker_intensity", "0.1", "Net market buying"),
        ("top_trader_exposure", "-4", "Net short"),
        ("capital_shortage", "0", "On the zero line"),
        ("sector_rotation", "1", ""),
    ],
)
def test_labels_begin_at_the_documented_thresholds(name: str, value: str, words: str):
    assert label(name, D(value)) == words


def test_no_value_has_no_label():
    assert label("holder_concentration", None) == ""
    assert label("holder_concentration", D(2), "zh") == "集中（多頭）"


@pytest.mark.parametrize(
    ("interest", "volume", "words"),
    [("1", "1", "entry"), ("1", "0", "positioning"), ("-1", "1", "shake-out"), ("-1", "-1", "wait"), ("0", "1", "")],
)
def test_the_four_whale_quadrants(interest: str, volume: str, words: str):
    found = quadrant(D(interest), D(volume))
    assert (words in found) if words else found == ""
    assert quadrant(None, D(1)) == ""
    assert "巨鯨進場區" in quadrant(D(1), D(1), "zh")


def test_the_squeeze_tells_its_side_its_growth_and_its_end():
    said = squeeze_words(D(2), D(1), "grey", "black", "en")
    assert said == "Green bar: rising momentum, growing, squeeze just ended: a one-sided move may follow the bar's side"
    assert squeeze_words(D(-1), D(-2), "black", "black", "en").startswith(
        "Red bar: falling momentum, fading, squeeze on"
    )
    assert squeeze_words(D(-1), D(2), "grey", "grey", "zh") == "紅柱：下跌動能，未擠壓"
    assert squeeze_words(D(1), None, "orange", "", "zh").endswith("擠壓中：低波動、趨勢膠著")
    assert squeeze_words(None, None, "black", "", "en") == ""


def stat(**given: object) -> Statistics:
    usual: dict[str, object] = {
        "sufficient": True, "up_prob": D("0.65"), "exp_value": D("0.05"), "avg_up_return": D("0.08"),
        "avg_down_return": D("-0.04"), "return_ratio": D(2),
    }  # fmt: skip
    return Statistics(**{**usual, **given})  # type: ignore[arg-type]


def test_statistics_in_words():
    said = statistics_words(stat())
    assert "65.0 % of cases: mostly up" in said
    assert "Expected 24 h return +5.00 %." in said
    assert "Mean rise +8.00 %, mean fall -4.00 %." in said
    assert "Rises were 2 times the falls." in said
    assert "mostly down" in statistics_words(stat(up_prob=D("0.39")))
    assert "no clear side" in statistics_words(stat(up_prob=D("0.6")))
    assert "only 0.5 times" in statistics_words(stat(return_ratio=D("0.5")))
    assert "下跌風險大於上漲空間" in statistics_words(stat(return_ratio=D("0.5")), "zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_that_data_are_too_few_is_always_said_and_said_first(lang: str):
    for more in ({}, {"up_prob": None}, {"exp_value": None, "return_ratio": None}):
        said = statistics_words(stat(sufficient=False, **more), lang)
        assert said.startswith(STAT_WORDS["few"][lang])
    assert STAT_WORDS["few"][lang] not in statistics_words(stat(), lang)
    assert statistics_words(stat(sufficient=None), lang).startswith(STAT_WORDS["unknown"][lang])


def test_every_text_is_there_in_both_languages():
    both = [
        *(words for bands in BANDS.values() for words in bands), *QUADRANTS.values(), *STAT_WORDS.values(),
        *TITLES.values(), *(each for pair in COMBINATIONS for each in pair), *meaning.STAT_GUIDE,
        *(text["what"] for text in TEXTS.values()), *(note for text in TEXTS.values() for note in text["notes"]),
    ]  # fmt: skip
    for words in both:
        assert words.keys() == {"en", "zh"}
        assert words["en"].isascii() or "–" in words["en"]
        assert re.search(r"[\u4e00-\u9fff]", words["zh"])
    assert TEXTS.keys() == NAMES.keys()
    assert BANDS.keys() == INDICATORS.keys()
    assert {len(bands) for bands in BANDS.values()} == {3, 7}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_guide_holds_every_indicator_threshold_and_combination(lang: str):
    text = guide(lang)
    for name in NAMES.values():
        assert f"## {name.title(lang)}" in text
    for words in (*QUADRANTS.values(), *(pair[1] for pair in COMBINATIONS), *BANDS["whale_hunter"]):
        assert words[lang] in text
    assert meaning.caution(lang) in text
    assert "| > 3 |" in text
    assert "is_data_sufficient" in text
    assert len(text) < 8_000


def test_the_guides_are_published_as_resources():
    by_uri = {each.uri: each for each in ALL_GUIDES}
    assert by_uri["blave://guide/indicators/en"].read() == guide("en")
    assert by_uri["blave://guide/indicators/zh"].read() == guide("zh")
