"""Is one slot's share of bad calls larger than the other's? A test that may be looked at as often
as one likes.

While both slots have one share, which slot a bad call fell to says only how the calls are divided:
it is the challenger's with its part of the calls as the probability. The evidence is the likelihood
ratio of a mixture of all larger probabilities, each as likely as the other, against that one. Under
one share it exceeds ``1 / alpha`` at any time with probability at most about ``alpha`` (Ville's
inequality; the part of the calls is itself counted, hence "about").

Source: Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, in its
form for two streams and one side.
"""

from __future__ import annotations

import math

import numpy as np


def evidence_of_more(bad: int, calls: int, usual_bad: int, usual_calls: int) -> float:
    """Evidence, >= 0, that the first share ``bad / calls`` is the larger one; 1 is none, more than
    ``1 / alpha`` is proof.

    Counts are whole and not negative, bad calls at most the calls. Without calls on one side there
    is nothing to compare: 1.
    """
    if not calls or not usual_calls:
        return 1.0
    usual = calls / (calls + usual_calls)
    seen = bad + usual_bad
    # The incomplete beta function of whole arguments is a binomial's tail.
    larger = _log_at_most(bad, seen + 1, usual) - math.log1p(-usual)
    mixture = math.lgamma(bad + 1) + math.lgamma(usual_bad + 1) - math.lgamma(seen + 2) + larger
    return math.exp(min(mixture - bad * math.log(usual) - usual_bad * math.log1p(-usual), 700.0))


def _log_at_most(successes: int, trials: int, probability: float) -> float:
    """Logarithm of P(X <= successes) of a binomial variable."""
    k = np.arange(successes + 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, trials + 1)))))
    terms = (
        logs[trials]
        - logs[k]
        - logs[trials - k]
        + k * math.log(probability)
        + (trials - k) * math.log1p(-probability)
    )
    highest = float(terms.max())
    return highest + math.log(float(np.exp(terms - highest).sum()))
