"""What the tests say together, in words, with the reason for each."""

from __future__ import annotations

from dataclasses import dataclass

from blave_mcp.tools.backtest.metrics import Metrics
from blave_mcp.tools.backtest.permutation import NullTest
from blave_mcp.tools.backtest.validation import Decay, DeflatedSharpe, Overfitting, WalkForward

ALPHA = 0.05
FEW_TRADES = 20
SURE = 0.95
OVERFIT = 0.5


@dataclass(frozen=True, slots=True)
class Reason:
    """One test's say: whether it speaks for skill, against it, or not at all (None)."""

    supports: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Attributes: word: "supported", "mixed", "not supported" or "untestable"."""

    word: str
    sentence: str
    reasons: tuple[Reason, ...]


def judge(
    *, search: NullTest, outside: Metrics, timing: NullTest, fade: Decay, deflated: DeflatedSharpe,
    overfit: Overfitting, walked: WalkForward | None,
) -> Verdict:  # fmt: skip
    """Weighs the tests. Out-of-sample timing and the search must both speak for it to be supported."""
    if timing.p is None:
        sentence = f"Untestable: {timing.note or 'nothing was traded out of sample.'}"
        return Verdict("untestable", sentence, (Reason(None, timing.note),))
    reasons = [_timing(timing, outside), _search(search), _fade(fade), _deflated(deflated), _overfit(overfit)]
    if walked is not None:
        reasons.append(_walked(walked))
    if 0 < outside.trades < FEW_TRADES:
        reasons.append(Reason(None, f"Only {outside.trades} closed trades out of sample: every figure is uncertain."))
    against = [r for r in reasons if r.supports is False]
    core = timing.p <= ALPHA and search.p is not None and search.p <= ALPHA
    if core and not against:
        word, sentence = "supported", "Supported: no test speaks against skill. That is evidence, not proof."
    elif not core and timing.p > ALPHA and (search.p is None or search.p > ALPHA):
        word, sentence = "not supported", "Not supported: what was found looks like luck, in and out of sample."
    else:
        word, sentence = "mixed", f"Mixed: {len(against)} of {len(reasons)} tests speak against skill."
    return Verdict(word, sentence, tuple(reasons))


def _timing(test: NullTest, outside: Metrics) -> Reason:
    loss = " But it lost money." if outside.total_return < 0 else ""
    good = test.p is not None and test.p <= ALPHA
    said = "the timing was better than the same positions at other times" if good else "the timing may be luck"
    return Reason(good and not loss, f"Rotation, out of sample: p = {_p(test)}: {said}.{loss}")


def _search(test: NullTest) -> Reason:
    if test.p is None:
        return Reason(None, f"Search, in sample: no p-value. {test.note}")
    good = test.p <= ALPHA
    said = "luck does not explain the best cell" if good else "searching noise finds as much this often"
    return Reason(good, f"Search, in sample: p = {_p(test)}: {said}.")


def _fade(fade: Decay) -> Reason:
    gap, outside = fade.difference, fade.outside
    if gap.value is None or gap.high is None or gap.low is None or outside.low is None:
        return Reason(None, "In sample against out of sample: a Sharpe ratio is undefined.")
    text = f"Sharpe out of sample less in sample: {gap.value:+.2f} (95 % from {gap.low:+.2f} to {gap.high:+.2f})"
    if fade.ratio is not None:
        text += f", a ratio of {fade.ratio:.2f}"
    else:
        text += "; no ratio, since the one in sample is not clearly above zero"
    if gap.high < 0:
        return Reason(False, f"{text}: it clearly decayed.")
    return Reason(True if outside.low > 0 else None, f"{text}.")


def _deflated(found: DeflatedSharpe) -> Reason:
    if found.probability is None:
        return Reason(None, "Deflated Sharpe ratio: undefined here.")
    good = found.probability >= SURE
    text = (
        f"Deflated Sharpe ratio, in sample: {found.probability * 100:.1f} % sure that it exceeds the"
        f" {found.expected:.2f} that the best of {found.trials} cells without skill would reach."
    )
    return Reason(good, text)


def _overfit(found: Overfitting) -> Reason:
    if found.pbo is None:
        return Reason(None, "Probability of backtest overfitting: too few cells traded.")
    text = (
        f"Probability of backtest overfitting, in sample: {found.pbo * 100:.1f} % of {found.splits} splits put the"
        " best cell into the lower half."
    )
    return Reason(found.pbo < OVERFIT, text)


def _walked(found: WalkForward) -> Reason:
    if found.sharpe is None:
        return Reason(None, "Walk-forward: nothing was traded.")
    text = f"Walk-forward: Sharpe {found.sharpe:.2f} over {len(found.steps)} steps, each chosen on earlier bars alone."
    return Reason(found.sharpe > 0, text)


def _p(test: NullTest) -> str:
    p = f"{test.p:.4f}"
    return f"{p} (+- {test.error:.4f})" if test.error else p
