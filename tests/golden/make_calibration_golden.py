"""Makes calibration.json: what scikit-learn and numpy say about the calibration of seeded random answers.

    python3 -m venv VENV && VENV/bin/pip install -r tests/golden/requirements-metrics.txt
    VENV/bin/python tests/golden/make_calibration_golden.py

The file's first line names the versions. Every other line is one case:

- entities: `answers` is a list of [confidence, right]. Then ECE over 15 equally wide and 10 equally full bins with the counts
  of the bins, scikit-learn's brier_score_loss and its log_loss.
- stances: `answers` is a list of [shares of three classes, answered, gold]. The same, the Brier score summed over classes
  (scale_by_half=False), which is not ECE's business: that looks at the answered class alone.

Bins are open below and closed above. Quantiles are computed in fractions here, for numpy's own are off by a rounding error
just where an answer stands on an edge; wherever none does, scikit-learn's calibration_curve must give the same bins, which is
asserted.
"""

import json
import random
import warnings
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

SEED = 20170706
ENTITY_CASES, STANCE_CASES = 80, 60

rng = random.Random(SEED)
compared = {"uniform": 0, "quantile": 0}


def uniform_edges(bins, _):
    # The floating-point numbers nearest to k / bins, so that an answer of 0.2 stands on the edge 3 / 15.
    return [Fraction(k / bins) for k in range(1, bins)], True


def quantile_edges(bins, confidences):
    """The edges, and whether none of them is meant to stand on an answer."""
    ordered = sorted(Fraction(c) for c in confidences)
    edges, last = [], len(ordered) - 1
    for k in range(1, bins):
        rank = Fraction(k * last, bins)
        low = int(rank)
        high = min(low + 1, last)
        edges.append(ordered[low] + (ordered[high] - ordered[low]) * (rank - low))
    return edges, all(k * last % bins for k in range(1, bins))


def ece(confidences, right, bins, strategy):
    """ECE and the bins' counts; compared with scikit-learn where rounding decides nothing."""
    edges, apart = (uniform_edges if strategy == "uniform" else quantile_edges)(bins, confidences)
    exact = [Fraction(c) for c in confidences]
    places = [sum(edge < c for edge in edges) for c in exact]
    counts = np.bincount(places, minlength=bins)
    total = np.bincount(places, weights=np.array(confidences), minlength=bins)
    hits = np.bincount(places, weights=np.array(right, dtype=float), minlength=bins)
    full = counts > 0
    accuracy, confidence = hits[full] / counts[full], total[full] / counts[full]
    near = any(abs(float(edge) - c) < 1e-9 for edge in edges for c in confidences)
    if apart and not near:
        prob_true, prob_pred = calibration_curve(right, confidences, n_bins=bins, strategy=strategy)
        assert np.allclose(prob_true, accuracy, atol=1e-12) and np.allclose(prob_pred, confidence, atol=1e-12)
        compared[strategy] += 1
    return float(np.sum(counts[full] / len(confidences) * np.abs(accuracy - confidence))), counts.tolist()


def both(confidences, right):
    width, width_counts = ece(confidences, right, 15, "uniform")
    mass, mass_counts = ece(confidences, right, 10, "quantile")
    return {"width15": width, "mass10": mass, "width_counts": width_counts, "mass_counts": mass_counts}


def confidence(number):
    # Every third case has ties and answers on edges, every fifth what is quite sure.
    value = round(rng.betavariate(3, 1.5), 5)
    if number % 3 == 0:
        value = rng.choice([0.0, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0])
    elif number % 5 == 0 and rng.random() < 0.3:
        value = rng.choice([0.0, 1.0, 1e-300, 1 - 1e-9])
    return value


def entity_case(number):
    size = rng.choice([1, 2, 9, 10, 12, 14, 50, 102, 104, 318])
    answers = []
    for _ in range(size):
        value = confidence(number)
        answers.append([value, rng.random() < value**1.5])
    confidences, right = [c for c, _ in answers], [r for _, r in answers]
    pairs = np.column_stack([1 - np.array(confidences), np.array(confidences)])
    return {
        "kind": "entities",
        "answers": answers,
        **both(confidences, right),
        "brier": float(brier_score_loss(right, confidences, labels=[False, True])),
        "log_loss": float(log_loss(right, pairs, labels=[False, True])),
    }


def shares(number):
    if number % 4 == 0 and rng.random() < 0.2:
        return rng.choice([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.25, 0.25, 0.5]])
    parts = [rng.gammavariate(shape, 1) for shape in (2, 1, 1.5)]
    first, second = (round(part / sum(parts), 4) for part in parts[:2])
    return [first, second, round(1 - first - second, 4)]


def stance_case(number):
    answers = []
    for _ in range(rng.choice([1, 3, 11, 12, 24, 80])):
        drawn = shares(number)
        answered = int(np.argmax(drawn))
        # A threshold makes some answers neutral that have not the greatest share.
        if number % 2 and drawn[answered] < 0.5:
            answered = 2
        gold = rng.choices([0, 1, 2], weights=drawn)[0]
        answers.append([drawn, answered, gold])
    rows, gold = np.array([row for row, _, _ in answers]), [g for _, _, g in answers]
    confidences = [row[answered] for row, answered, _ in answers]
    return {
        "kind": "stances",
        "answers": answers,
        **both(confidences, [answered == g for _, answered, g in answers]),
        "brier": float(brier_score_loss(gold, rows, labels=[0, 1, 2], scale_by_half=False)),
        "log_loss": float(log_loss(gold, rows, labels=[0, 1, 2])),
    }


def main():
    warnings.simplefilter("ignore")
    cases = [{"kind": "versions", **{package: version(package) for package in ["numpy", "scikit-learn"]}}]
    cases += [entity_case(number) for number in range(ENTITY_CASES)]
    cases += [stance_case(number) for number in range(STANCE_CASES)]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = Path(__file__).parent / "calibration.json"
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(cases) - 1} cases, {path.stat().st_size} bytes; bins compared with scikit-learn: {compared}")


main()
