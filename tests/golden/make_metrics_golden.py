"""Makes metrics.json: what seqeval, nervaluate, scikit-learn, krippendorff, numpy and scipy say about seeded random cases.

    python3 -m venv VENV && VENV/bin/pip install -r tests/golden/requirements-metrics.txt
    VENV/bin/python tests/golden/make_metrics_golden.py

The file's first line names the versions. Every other line is one case:

- spans: `documents` is a list of [gold, predicted], one character a token and a token a character: `.` is outside, a
  capital begins an entity of that label, the small letter continues it (`..Aa.B` is O O B-A I-A O B-B). Then seqeval's
  micro precision, recall and F1, its macro F1, and precision, recall, F1 by label; zero_division is 0. null where there
  is no entity at all.
- stance: `documents` is a list of [gold, predicted], one letter an item: f(avor), a(gainst), n(eutral). Then scikit-learn's
  accuracy, macro F1 over the three classes, the mean of its F1 of favor and against, precision, recall, F1 by class,
  balanced accuracy, Matthews' correlation, and Cohen's kappa (null where it is NaN).
- tags: `sentences` is a list of [gold, predicted], tags with spaces between, often malformed. Then seqeval's accuracy and, for the
  default mode and for mode strict with `scheme`, micro precision, recall, F1, macro F1, and precision, recall, F1 by label; null
  where there is no chunk at all.
- partial: gold and predicted entities [start, end, label] in the order of their lists. Then for strict, exact, partial and type
  nervaluate's precision, recall, F1, overall and by label, and COR and INC (or PAR) of the best matching, found by trying all.
- agreement: `documents` is a list of [first annotator, second], one letter an item as above. Then scikit-learn's Cohen's
  kappa, and krippendorff's alpha of the nominal level and of the interval level with favor 1, neutral 0, against -1; null
  where every item of both has one class.
- quantiles: a sample, levels, and numpy's default quantiles.
- bootstrap: per-document [tp, fp, missed], and scipy's percentile interval of the pooled F1 at 95 %, an estimate itself.
"""

import json
import math
import random
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import krippendorff
import numpy as np
from nervaluate.evaluator import Evaluator
from scipy import stats
from seqeval import scheme as schemes
from seqeval.metrics.sequence_labeling import f1_score, precision_recall_fscore_support
from seqeval.metrics.v1 import precision_recall_fscore_support as strict_measures
from seqeval.metrics.v1 import unique_labels
from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score, matthews_corrcoef
from sklearn.metrics import f1_score as class_f1_score
from sklearn.metrics import precision_recall_fscore_support as class_measures

# The cases of tags and of partial credit are those of `just conformance`, a few of them.
sys.path.append(str(Path(__file__).parent.parent.parent / "conformance"))
import spans as partial_cases
import tags as tag_cases

SEED = 20160616
SPAN_CASES, STANCE_CASES, QUANTILE_CASES, AGREEMENT_CASES = 240, 160, 40, 120
CLASSES = "fan"
SCIPY_RESAMPLES = 100_000
TAG_CASES, PARTIAL_CASES = 120, 120
MEASURES = ["strict", "exact", "partial", "ent_type"]

rng = random.Random(SEED)


def random_entities(length, labels, density):
    """Entities (start, end, label) that do not overlap, adjacent ones included."""
    entities, at = [], 0
    while at < length:
        if rng.random() < density:
            end = min(length, at + rng.choice([1, 1, 2, 3, 5]))
            entities.append((at, end, rng.choice(labels)))
            at = end
        else:
            at += 1
    return entities


def disturbed(entities, length, labels, noise):
    """A prediction: entities dropped, relabelled, cut, stretched and made up, without overlap."""
    made_up = random_entities(length, labels, 0.05 * noise)
    kept = []
    for start, end, label in entities:
        fate = rng.random()
        if fate < 0.2 * noise:
            continue
        if fate < 0.4 * noise:
            label = rng.choice(labels)
        if 0.3 * noise < fate < 0.6 * noise:
            start = max(0, start + rng.choice([-1, 0, 1]))
            end = min(length, end + rng.choice([-1, 0, 1]))
        if start < end:
            kept.append((start, end, label))
    taken, prediction = set(), []
    for start, end, label in kept + made_up:
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            prediction.append((start, end, label))
    return sorted(prediction)


def drawn(entities, length):
    """The entities as one character a token."""
    tokens = ["."] * length
    for start, end, label in entities:
        tokens[start] = label
        tokens[start + 1 : end] = label.lower() * (end - start - 1)
    return "".join(tokens)


def tags(line):
    """The drawing as IOB2 tags, which is what seqeval reads."""
    return ["O" if c == "." else f"B-{c}" if c.isupper() else f"I-{c.upper()}" for c in line]


def span_case(number):
    gold_labels = rng.sample("ABCD", rng.randint(1, 4))
    # Every third case, gold and predictions have label sets of their own.
    predicted_labels = rng.sample("ABCDE", rng.randint(1, 4)) if number % 3 == 0 else gold_labels
    density, noise = rng.choice([0.0, 0.05, 0.15, 0.4]), rng.choice([0.0, 0.5, 1.0, 1.6])
    documents = []
    for _ in range(rng.randint(1, 6)):
        length = rng.choice([1, 4, 12, 25, 40])
        gold = random_entities(length, gold_labels, density)
        predicted = [] if number % 20 == 7 else disturbed(gold, length, predicted_labels, noise)
        gold = [] if number % 20 == 13 else gold
        documents.append([drawn(gold, length), drawn(predicted, length)])
    gold = [tags(line) for line, _ in documents]
    predicted = [tags(line) for _, line in documents]
    case = {"kind": "spans", "documents": documents, "micro": None, "macro_f1": None, "labels": {}}
    labels = sorted({c.upper() for pair in documents for line in pair for c in line if c != "."})
    if labels:
        micro = precision_recall_fscore_support(gold, predicted, average="micro", zero_division=0)
        case["micro"] = [float(value) for value in micro[:3]]
        case["macro_f1"] = float(f1_score(gold, predicted, average="macro", zero_division=0))
        by_label = precision_recall_fscore_support(gold, predicted, average=None, zero_division=0)
        assert len(by_label[0]) == len(labels)
        case["labels"] = {label: [float(by_label[m][i]) for m in range(3)] for i, label in enumerate(labels)}
    return case


def stance_case(number):
    # Every third case lacks a class in gold, every fourth in the predictions.
    gold_classes = rng.sample(CLASSES, 2) if number % 3 == 0 else CLASSES
    predicted_classes = rng.sample(CLASSES, rng.randint(1, 2)) if number % 4 == 0 else CLASSES
    accuracy = rng.choice([0.0, 0.5, 0.8, 1.0])
    documents = []
    for _ in range(rng.randint(1, 8)):
        gold = [rng.choice(gold_classes) for _ in range(rng.randint(1, 5))]
        predicted = [g if rng.random() < accuracy else rng.choice(predicted_classes) for g in gold]
        documents.append(["".join(gold), "".join(predicted)])
    gold = [c for line, _ in documents for c in line]
    predicted = [c for _, line in documents for c in line]
    labels = list(CLASSES)
    by_class = class_measures(gold, predicted, labels=labels, average=None, zero_division=0)
    return {
        "kind": "stance",
        "documents": documents,
        "accuracy": float(accuracy_score(gold, predicted)),
        "macro_f1": float(class_f1_score(gold, predicted, labels=labels, average="macro", zero_division=0)),
        "f_avg": float((by_class[2][0] + by_class[2][1]) / 2),
        "classes": [[float(by_class[m][i]) for m in range(3)] for i in range(3)],
        "balanced_accuracy": float(balanced_accuracy_score(gold, predicted)),
        "mcc": float(matthews_corrcoef(gold, predicted)),
        "cohen_kappa": None if math.isnan(kappa := cohen_kappa_score(gold, predicted)) else float(kappa),
    }


def chunk_scores(measures, labels):
    if not labels:
        return {"micro": None, "macro_f1": None, "labels": {}}
    by_label = measures(None)
    assert len(by_label[0]) == len(labels)
    return {
        "micro": [float(value) for value in measures("micro")[:3]],
        "macro_f1": float(measures("macro")[2]),
        "labels": {label: [float(by_label[m][i]) for m in range(3)] for i, label in enumerate(labels)},
    }


def tag_case(number):
    scheme = list(tag_cases.LETTERS)[number % len(tag_cases.LETTERS)]
    gold, predicted = tag_cases.case(rng, tag_cases.LETTERS[scheme])
    kind = getattr(schemes, scheme)
    default = lambda average: precision_recall_fscore_support(gold, predicted, average=average, zero_division=0)
    strict = lambda average: strict_measures(gold, predicted, average=average, zero_division=0, scheme=kind)
    labels = sorted({label for side in (gold, predicted) for label, *_ in tag_cases.get_entities(side)})
    return {
        "kind": "tags",
        "scheme": scheme,
        "sentences": [[" ".join(one), " ".join(other)] for one, other in zip(gold, predicted)],
        "accuracy": float(tag_cases.accuracy_score(gold, predicted)),
        "default": chunk_scores(default, labels),
        "strict": chunk_scores(strict, unique_labels(gold, predicted, kind)),
    }


def partial_case(number):
    gold, predicted = partial_cases.case(rng, most=5, longest=260 if number % 5 == 0 else 9)
    sides = [[partial_cases.inclusive(side)] for side in (gold, predicted)]
    found = Evaluator(*sides, tags=partial_cases.LABELS, loader="dict").evaluate()
    of = lambda result: [[getattr(result[m], name) for name in ("precision", "recall", "f1")] for m in MEASURES]
    return {
        "kind": "partial",
        "gold": gold,
        "predicted": predicted,
        "nervaluate": of(found["overall"]),
        "labels": {label: of(result) for label, result in sorted(found["entities"].items())},
        "best": [partial_cases.best(gold, predicted, measure) for measure in partial_cases.MEASURES],
    }


def agreement_case(number):
    classes = rng.sample(CLASSES, rng.choice([1, 2, 3, 3, 3]))
    alike = rng.choice([0.0, 0.5, 0.9, 1.0])
    documents = []
    for _ in range(rng.randint(1, 8)):
        first = [rng.choice(classes) for _ in range(rng.randint(1, 6))]
        second = [a if rng.random() < alike else rng.choice(classes) for a in first]
        documents.append(["".join(first), "".join(second)])
    first = [c for line, _ in documents for c in line]
    second = [c for _, line in documents for c in line]
    case = {"kind": "agreement", "documents": documents, "kappa": None, "alpha": None, "alpha_interval": None}
    if len({*first, *second}) > 1:
        place = {"f": 1, "n": 0, "a": -1}
        rows = [[place[c] for c in first], [place[c] for c in second]]
        case["kappa"] = float(cohen_kappa_score(first, second))
        case["alpha"] = float(krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal"))
        case["alpha_interval"] = float(krippendorff.alpha(reliability_data=rows, level_of_measurement="interval"))
    return case


def quantile_case(number):
    size = [1, 2, 3, 10, 37][number % 5]
    # Values repeat in every other case, as they do in a bootstrap of few documents.
    sample = [round(rng.random(), 1) if number % 2 else round(rng.gauss(0, 1), 6) for _ in range(size)]
    levels = [0.0, 0.025, 0.05, 0.25, 0.5, 0.6, 0.975, 1.0]
    return {
        "kind": "quantiles",
        "sample": sample,
        "levels": levels,
        "quantiles": [float(q) for q in np.quantile(sample, levels)],
    }


def pooled_f1(tp, fp, missed, axis=-1):
    tp, fp, missed = (counts.sum(axis=axis) for counts in (tp, fp, missed))
    return 2 * tp / (2 * tp + fp + missed)


def bootstrap_case(documents):
    draw = np.random.default_rng(SEED + documents)
    quality = draw.beta(6, 2, documents)
    gold = draw.integers(3, 25, documents)
    tp = draw.binomial(gold, quality)
    fp = draw.poisson(gold * (1 - quality))
    counts = (tp, fp, gold - tp)
    interval = stats.bootstrap(
        counts,
        pooled_f1,
        paired=True,
        vectorized=True,
        n_resamples=SCIPY_RESAMPLES,
        batch=1_000,
        confidence_level=0.95,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    rows = [[int(count[i]) for count in counts] for i in range(documents)]
    return {"kind": "bootstrap", "documents": rows, "low": float(interval.low), "high": float(interval.high)}


def main():
    warnings.simplefilter("ignore")
    packages = ["krippendorff", "nervaluate", "numpy", "scikit-learn", "scipy", "seqeval"]
    cases = [{"kind": "versions", **{package: version(package) for package in packages}}]
    cases += [span_case(number) for number in range(SPAN_CASES)]
    cases += [stance_case(number) for number in range(STANCE_CASES)]
    cases += [quantile_case(number) for number in range(QUANTILE_CASES)]
    cases += [bootstrap_case(documents) for documents in (8, 20, 60, 150)]
    cases += [agreement_case(number) for number in range(AGREEMENT_CASES)]
    cases += [tag_case(number) for number in range(TAG_CASES)]
    cases += [partial_case(number) for number in range(PARTIAL_CASES)]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = Path(__file__).parent / "metrics.json"
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(cases) - 1} cases, {path.stat().st_size} bytes")


main()
