"""Makes statistics.json: what scipy and statsmodels say about seeded random cases.

    python3 -m venv VENV && VENV/bin/pip install -r tests/golden/requirements-statistics.txt
    VENV/bin/python tests/golden/make_statistics_golden.py

The file's first line names the versions. Every other line is one case:

- bca: per-document [tp, fp, missed], and scipy's BCa interval of the pooled F1 at 95 %, an estimate itself.
- randomisation: per-document [tp, fp, missed] of two models, and scipy's permutation test of their difference of pooled F1 over all
  ways to swap documents, two-sided; the p-value is exact.
- mcnemar: items that only the first has right, only the second; statsmodels' exact p-value.
- holm: p-values, and statsmodels' adjusted ones.
- power: a standard error, and what scipy's normal quantiles make of it: (z of the confidence + z of 80 %) times the error.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

SEED = 20160617
RESAMPLES = 100_000


def pooled_f1(tp, fp, missed, axis=-1):
    tp, fp, missed = (counts.sum(axis=axis) for counts in (tp, fp, missed))
    return 2 * tp / (2 * tp + fp + missed)


def documents(count, quality, draw):
    gold = draw.integers(3, 25, count)
    tp = draw.binomial(gold, quality)
    return tp, draw.poisson(gold * (1 - quality)), gold - tp


def rows(counts):
    return [[int(count[at]) for count in counts] for at in range(len(counts[0]))]


def bca_case(count):
    draw = np.random.default_rng(SEED + count)
    counts = documents(count, draw.beta(6, 2, count), draw)
    interval = stats.bootstrap(
        counts,
        pooled_f1,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1_000,
        confidence_level=0.95,
        method="BCa",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return {"kind": "bca", "documents": rows(counts), "low": float(interval.low), "high": float(interval.high)}


def randomisation_case(number):
    draw = np.random.default_rng(SEED + 1_000 + number)
    count = int(draw.integers(4, 13))
    quality = draw.beta(6, 3, count)
    first = documents(count, quality, draw)
    second = documents(count, np.clip(quality + draw.choice([-0.2, 0.0, 0.2]), 0.05, 0.95), draw)
    # scipy swaps what it is given: places, from which the counts are looked up.
    tables = [np.concatenate(pair) for pair in zip(first, second)]

    def difference(left, right, axis):
        sides = [pooled_f1(*(table[places] for table in tables), axis=axis) for places in (left, right)]
        return sides[0] - sides[1]

    places = np.arange(count)
    p = stats.permutation_test(
        (places, places + count), difference, permutation_type="samples", vectorized=True, n_resamples=np.inf
    ).pvalue
    return {"kind": "randomisation", "first": rows(first), "second": rows(second), "p": float(p)}


def mcnemar_case(number):
    draw = np.random.default_rng(SEED + 2_000 + number)
    won, lost = (int(count) for count in draw.integers(0, [40, 40]))
    p = mcnemar([[7, won], [lost, 9]], exact=True).pvalue
    return {"kind": "mcnemar", "won": won, "lost": lost, "p": float(p)}


def holm_case(number):
    draw = np.random.default_rng(SEED + 3_000 + number)
    p_values = draw.beta(0.5, 2, int(draw.integers(1, 12)))
    adjusted = multipletests(p_values, method="holm")[1]
    return {"kind": "holm", "p": [float(p) for p in p_values], "adjusted": [float(p) for p in adjusted]}


def power_case(number):
    draw = np.random.default_rng(SEED + 4_000 + number)
    error, confidence = float(draw.uniform(0.001, 0.1)), float(draw.choice([0.9, 0.95, 0.99]))
    factor = stats.norm.ppf((1 + confidence) / 2) + stats.norm.ppf(0.8)
    return {"kind": "power", "error": error, "confidence": confidence, "detectable": float(factor * error)}


def main():
    packages = ["numpy", "scipy", "statsmodels"]
    cases = [{"kind": "versions", **{package: version(package) for package in packages}}]
    cases += [bca_case(count) for count in (8, 20, 60, 150)]
    cases += [randomisation_case(number) for number in range(60)]
    cases += [mcnemar_case(number) for number in range(100)]
    cases += [holm_case(number) for number in range(100)]
    cases += [power_case(number) for number in range(40)]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = Path(__file__).parent / "statistics.json"
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(cases) - 1} cases, {path.stat().st_size} bytes")


main()
