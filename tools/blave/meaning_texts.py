"""The texts of the indicator guide, each in English ("en") and Traditional Chinese ("zh")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

Words = Mapping[str, str]


class Text(TypedDict):
    """What an indicator is, and what to know about it."""

    what: Words
    notes: tuple[Words, ...]


def _w(en: str, zh: str) -> Words:
    return {"en": en, "zh": zh}


REFERENCE_ONLY = _w(
    "Indicators are reference data, not buy or sell signals.", "指標僅供參考，不是買賣訊號。"
)  # fmt: skip

ALIASES: Mapping[str, tuple[str, ...]] = {
    "holder_concentration": ("筹码集中度", "籌碼", "concentration"),
    "taker_intensity": ("多空力道指標",),
    "whale_hunter": ("巨鯨", "巨鲸警报", "whale"),
    "squeeze_momentum": ("挤压动能", "squeeze"),
    "market_direction": ("市场方向",),
    "market_sentiment": ("市场情绪", "sentiment"),
    "capital_shortage": ("资金稀缺",),
    "liquidation": ("LIQ", "爆倉", "爆仓指标", "liquidation indicator"),
    "top_trader_exposure": ("頂尖交易員", "Blave 頂尖交易員", "top traders", "top trader", "blave_top_trader", "TT"),
    "sector_rotation": ("板块轮动", "板塊", "sectors"),
}

TITLES: Mapping[str, Words] = {
    "guide": _w("Reading Blave's indicators", "Blave 指標解讀指南"),
    "value": _w("Value", "數值"),
    "label": _w("Label", "標籤"),
    "volume": _w("volume", "成交量"),
    "quadrants": _w("Whale quadrants: open interest against volume", "巨鯨四象限：未平倉量與成交量"),
    "statistics": _w("Statistics", "統計欄位"),
    "combinations": _w("What goes together", "組合建議"),
    "growing": _w("growing", "柱狀增強"),
    "fading": _w("fading", "柱狀減弱"),
    "squeezed": _w("squeeze on: low volatility, no direction yet", "擠壓中：低波動、趨勢膠著"),
    "released": _w("squeeze just ended: a one-sided move may follow the bar's side",
                   "剛脫橘：可能出現單邊行情，看柱狀方向"),
    "free": _w("no squeeze", "未擠壓"),
}  # fmt: skip

BANDS: Mapping[str, tuple[Words, ...]] = {
    "holder_concentration": (
        _w("Over Concentrated (short)", "過度集中（空頭）"),
        _w("Highly Concentrated (short)", "高度集中（空頭）"),
        _w("Concentrated (short)", "集中（空頭）"),
        _w("Neutral", "中性"),
        _w("Concentrated (long)", "集中（多頭）"),
        _w("Highly Concentrated (long)", "高度集中（多頭）"),
        _w("Over Concentrated (long)", "過度集中（多頭）"),
    ),
    "whale_hunter": (
        _w("Overly Bearish", "過度看空（大額平倉）"),
        _w("Highly Bearish", "高度看空（大額平倉）"),
        _w("Bearish", "看空（平倉）"),
        _w("Neutral", "中性"),
        _w("Bullish", "看多（開倉）"),
        _w("Highly Bullish", "高度看多（大額開倉）"),
        _w("Overly Bullish", "過度看多（大額開倉）"),
    ),
    "market_sentiment": (
        _w("Overly Pessimistic", "過度悲觀"),
        _w("Highly Pessimistic", "高度悲觀"),
        _w("Pessimistic", "悲觀"),
        _w("Neutral", "中性"),
        _w("Optimistic", "樂觀"),
        _w("Highly Optimistic", "高度樂觀"),
        _w("Overly Optimistic", "過度樂觀"),
    ),
    "taker_intensity": (
        _w("Net market selling", "淨市價空單"), _w("Balanced", "平衡"), _w("Net market buying", "淨市價多單"),
    ),
    "capital_shortage": (
        _w("Red: little capital in use, pessimistic", "紅柱：資金運用少、情緒悲觀"),
        _w("On the zero line", "零軸"),
        _w("Green: much capital in use, optimistic", "綠柱：資金運用高、情緒樂觀"),
    ),
    "squeeze_momentum": (
        _w("Red bar: falling momentum", "紅柱：下跌動能"), _w("No momentum", "無動能"),
        _w("Green bar: rising momentum", "綠柱：上漲動能"),
    ),
    "market_direction": (_w("Downward", "偏空"), _w("No direction", "無方向"), _w("Upward", "偏多")),
    "liquidation": (
        _w("Below zero: little pressure on longs", "零以下：多單爆倉壓力低"), _w("Balanced", "平衡"),
        _w("Above zero: liquidation pressure on longs", "零以上：多單爆倉壓力高"),
    ),
    "top_trader_exposure": (
        _w("Net short", "淨空"), _w("Flat", "持平"), _w("Net long", "淨多"),
    ),
}  # fmt: skip

QUADRANTS: Mapping[tuple[str, str], Words] = {
    ("up", "up"): _w("Whale entry: a move may break out; worth watching", "巨鯨進場區：行情可能爆發，值得關注"),
    ("up", "flat"): _w("Whale positioning: quiet build-up ahead of a move", "巨鯨佈局區：潛伏佈局，後市可期"),
    ("down", "up"): _w("Whale shake-out: positions are washed out; moves rarely last",
                       "巨鯨洗盤區：可能洗盤，行情不易延續"),
    ("down", "down"): _w("Whale wait: the market stands aside", "巨鯨觀望區：市場觀望，等待訊號"),
}  # fmt: skip

STAT_WORDS: Mapping[str, Words] = {
    "none": _w("No statistics: Blave has no data for them.", "無統計資料。"),
    "few": _w(
        "Less than a year of data: these statistics say little.", "資料未滿一年，以下統計參考性有限。"
    ),
    "unknown": _w("Whether the data suffice is not told.", "未提供資料是否充足。"),
    "likely": _w("After such readings the price was higher 24 h later in {p} of cases: mostly up, never certain.",
                 "類似讀數後 24 小時上漲機率 {p}：歷史上多數上漲，但非保證。"),
    "unlikely": _w("After such readings the price was higher 24 h later in only {p} of cases: mostly down.",
                   "類似讀數後 24 小時上漲機率僅 {p}：歷史上多數下跌。"),
    "even": _w("After such readings the price was higher 24 h later in {p} of cases: no clear side.",
               "類似讀數後 24 小時上漲機率 {p}：方向不明顯。"),
    "expected": _w("Expected 24 h return {v}.", "24 小時預期報酬 {v}。"),
    "averages": _w("Mean rise {up}, mean fall {down}.", "平均漲幅 {up}、平均跌幅 {down}。"),
    "ratio_good": _w("Rises were {r} times the falls.", "漲跌幅比 {r}：上漲空間大於下跌風險。"),
    "ratio_bad": _w("Rises were only {r} times the falls.", "漲跌幅比 {r}：下跌風險大於上漲空間。"),
    "ratio_even": _w("Rises and falls were alike.", "漲跌幅相當。"),
}  # fmt: skip

TEXTS: Mapping[str, Text] = {
    "market_sentiment": {
        "what": _w("How traders lean, from the gap between futures and spot prices.",
                   "以合約與現貨的價差衡量交易員整體看法。"),
        "notes": (
            _w("High: futures are bought harder than spot. Low: they are sold harder.",
               "高正值代表合約做多強於現貨，高負值代表做空強於現貨。"),
            _w("Overly optimistic readings can lie near a top, overly pessimistic ones near a bottom.",
               "過度樂觀可能接近反轉高點，過度悲觀可能接近反轉低點。"),
            _w("Fit for trends, not for the next hours.", "適合看趨勢，不適合看短期動態。"),
        ),
    },
    "capital_shortage": {
        "what": _w("How hot the futures market runs, from how much of the stablecoins is lent out; market-wide.",
                   "以穩定幣利用率衡量合約市場熱度，為全市場指標。"),
        "notes": (
            _w("Tall red bars confirm a bearish market; when they shrink it can still fall, until zero or green.",
               "高紅柱確認偏空；紅柱萎縮仍可能續跌，回到零軸或轉綠才算轉強。"),
            _w("Tall green bars confirm a bullish market; when they shrink, a pullback or a turn can follow.",
               "高綠柱確認偏多；綠柱萎縮可能短暫回調或反轉。"),
        ),
    },
    "holder_concentration": {
        "what": _w("On how few accounts the futures positions lie: large players against small ones.",
                   "合約持倉是否集中於少數帳戶，反映主力與散戶的角力。"),
        "notes": (
            _w("Positive: longs are concentrated. Negative: shorts are. The larger, the more.",
               "正值為多頭籌碼集中，負值為空頭籌碼集中，絕對值越大越集中。"),
            _w("Shrinking green bars: large longs take profit. Shrinking red bars: large shorts cover.",
               "綠柱萎縮代表主力多單獲利了結；紅柱萎縮代表主力空單回補。"),
            _w("Two uses: follow the concentrated side, or at the extreme expect it to be released.",
               "兩種用法：順著主力方向，或在過度集中時預期籌碼釋放而反向。"),
        ),
    },
    "taker_intensity": {
        "what": _w("Market buys less market sells, standardised: what traders decide at this moment.",
                   "市價買單減市價賣單的標準化值，反映交易員即時決策。"),
        "notes": (
            _w("A high value can be retail chasing a rise, or shorts being liquidated: they close by buying.",
               "高正值可能是散戶追漲，也可能是空單被清算（平倉即市價買入）。"),
            _w("A low value can be retail selling, or longs being liquidated.",
               "高負值可能是散戶追跌，也可能是多單被清算。"),
            _w("Read it with holder concentration and whale hunter to tell which.",
               "搭配籌碼集中度與巨鯨警報判斷是哪一種。"),
        ),
    },
    "whale_hunter": {
        "what": _w("Unusual change of open interest (score_oi) or of volume (score_volume), standardised.",
                   "未平倉量（score_oi）或成交量（score_volume）的異常變化，標準化。"),
        "notes": (
            _w("Large positive: much is opened. Large negative: much is closed. Near zero: no whale is seen.",
               "正值大可能是巨鯨開倉，負值大可能是平倉，接近零則不明顯。"),
            _w("It tells that something large moves, not which way: holder concentration tells that.",
               "只表示有大額動作，方向要看籌碼集中度。"),
        ),
    },
    "squeeze_momentum": {
        "what": _w("Volatility and momentum on daily bars alone.", "描繪波動與動能，固定使用日線。"),
        "notes": (
            _w("scolor tells whether the price is squeezed: black (drawn as orange dots) on, grey off.",
               "scolor 表示是否擠壓：black（圖上橘點）為擠壓中，grey 為未擠壓。"),
            _w("When the squeeze ends, a one-sided move often follows: upward with green bars, downward with red.",
               "脫橘後常有單邊行情：綠柱偏多，紅柱偏空。"),
            _w("A new price high without a new momentum high can be a turn.", "價格創高而動能未創高，可能反轉。"),
        ),
    },
    "market_direction": {
        "what": _w("Where the market as a whole leans; told of BTC. Blave documents no thresholds for it.",
                   "市場整體方向，以 BTC 表示；Blave 未提供門檻。"),
        "notes": (_w("Read it with sentiment and capital shortage.", "搭配市場情緒與資金稀缺解讀。"),),
    },
    "liquidation": {
        "what": _w("Liquidation pressure: the higher, the more of it is on longs.",
                   "爆倉壓力：數值越高，多單爆倉壓力越大。"),
        "notes": (
            _w("The liquidation map shows at which prices it lies.", "爆倉地圖顯示壓力所在的價位。"),
        ),
    },
    "top_trader_exposure": {
        "what": _w("Net futures exposure of the best tenth of Blave's traders; of BTC.",
                   "Blave 績效前 10% 交易員的合約淨曝險，僅 BTC。"),
        "notes": (
            _w("Above zero they are long on balance, below zero short.", "大於零整體偏多，小於零整體偏空。"),
            _w("Counted are futures accounts above 1,000 USD, chosen by Sharpe ratio, drawdown and more.",
               "僅計合約帳戶大於 1,000 美元者，依夏普比率、最大回撤等篩選。"),
        ),
    },
    "sector_rotation": {
        "what": _w("How each sector of coins did over several stretches of time.",
                   "各板塊在不同時間段的漲跌表現。"),
        "notes": (
            _w("Short (1 h, 8 h, 24 h) for day trades, 3 and 7 days for swings, 30 and 90 days for trends.",
               "短週期（1h、8h、24h）看短線，3d、7d 看波段，30d、90d 看趨勢。"),
            _w("Two uses: long the strong and short the weak, or wait in the sector whose turn comes next.",
               "兩種用法：做多強勢、做空弱勢；或提前佈局下一個輪動板塊。"),
        ),
    },
}  # fmt: skip

COMBINATIONS: tuple[tuple[Words, Words], ...] = (
    (_w("The trend as a whole", "判斷整體趨勢"),
     _w("market sentiment + capital shortage + squeeze momentum", "市場情緒 + 資金稀缺 + 擠壓動能")),
    (_w("Strong coins to buy", "篩選強勢做多幣種"),
     _w("whale hunter (entry) + holder concentration (long) + taker intensity (positive)",
        "巨鯨警報（進場區）+ 籌碼集中度（多頭集中）+ 多空力道（正值）")),
    (_w("A turn", "捕捉反轉"),
     _w("market sentiment at an extreme + holder concentration at an extreme",
        "市場情緒（過度樂觀或悲觀）+ 籌碼集中度（過度集中）")),
    (_w("A sector", "選板塊"), _w("sector rotation + taker intensity", "板塊輪動 + 多空力道")),
    (_w("Which way the whales go", "驗證巨鯨方向"), _w("whale hunter + holder concentration", "巨鯨警報 + 籌碼集中度")),
)  # fmt: skip
