"""Stance against scikit-learn, and F_avg against its definition.

The official scorer of SemEval-2016 Task 6 is a Perl script that stands in no registry. Its formula is written here anew, from the
task's paper and without a library: (F of favor + F of against) / 2 over all items, a lacking F being 0. That is an independent
reading of the definition and not the scorer.
"""

import json
import random

from agreement import NAN, Result
from sklearn import metrics

CLASSES = ["favor", "against", "neutral"]
TARGETS = ["deal", "talks", "envoy", "plan"]


def case(rng):
    gold_classes = rng.sample(CLASSES, rng.randint(1, 3))
    predicted_classes = rng.sample(CLASSES, rng.randint(1, 3))
    alike = rng.choice([0.0, 0.4, 0.8, 1.0])
    items = []
    for _ in range(rng.choice([1, 2, 4, 12, 40])):
        gold = rng.choice(gold_classes)
        predicted = gold if rng.random() < alike else rng.choice(predicted_classes)
        items.append((rng.choice(TARGETS), gold, predicted))
    return items


def lines(cases, side):
    """Targets must differ within a document, so each item's has a number; the numbers stand behind a name."""
    rows = []
    for number, items in enumerate(cases):
        for place, item in enumerate(items):
            rows.append({"id": f"{number:06}", "target": f"{item[0]}-{place}", "stance": item[side]})
    return "".join(json.dumps(row) + "\n" for row in rows)


def f_avg(pairs):
    def f1(wanted):
        right = sum(1 for gold, predicted in pairs if gold == predicted == wanted)
        in_gold = sum(1 for gold, _ in pairs if gold == wanted)
        found = sum(1 for _, predicted in pairs if predicted == wanted)
        if right == 0:
            return 0.0
        precision, recall = right / found, right / in_gold
        return 2 * precision * recall / (precision + recall)

    return (f1("favor") + f1("against")) / 2


def classes(karat, cases):
    learn, average = Result("stance, scikit-learn"), Result("F_avg, by its definition")
    files = [karat.file(f"{name}.jsonl", lines(cases, side)) for name, side in (("gold", 1), ("pred", 2))]
    found = karat.score("--gold", files[0], "--pred", files[1], task="stance")
    for number, (items, document) in enumerate(zip(cases, found["per_document"], strict=True)):
        gold, predicted = [item[1] for item in items], [item[2] for item in items]
        values = document["values"]
        options = {"labels": CLASSES, "zero_division": 0}
        expected = {
            "accuracy": metrics.accuracy_score(gold, predicted),
            "macro_f1": metrics.f1_score(gold, predicted, average="macro", **options),
            "balanced_accuracy": metrics.balanced_accuracy_score(gold, predicted),
            "mcc": metrics.matthews_corrcoef(gold, predicted),
            "cohen_kappa": metrics.cohen_kappa_score(gold, predicted),
        }
        by_class = metrics.precision_recall_fscore_support(gold, predicted, average=None, **options)
        for at, name in enumerate(["precision", "recall", "f1"]):
            expected |= {f"{name}.{CLASSES[place]}": by_class[at][place] for place in range(3)}
        for name, value in expected.items():
            learn.number(number, name, values[name], float(value), [NAN] if name == "cohen_kappa" else [])
        average.number(number, "f_avg", values["f_avg"], f_avg(list(zip(gold, predicted))))
        learn.cases += 1
        average.cases += 1
    return [learn, average]


def targets(karat, cases):
    """A case is a file here: the mean over targets, each target once a document."""
    result = Result("F_avg by target, by its definition")
    gold, pred = [], []
    for number, items in enumerate(cases):
        seen = {}
        for target, one, other in items:
            place = seen[target] = seen.get(target, -1) + 1
            # The targets of a case have names of their own, so that one process scores all cases.
            row = {"id": f"{number:06}-{place:02}", "target": f"{number:06}.{target}"}
            gold.append(json.dumps(row | {"stance": one}))
            pred.append(json.dumps(row | {"stance": other}))
    files = [karat.file(f"{name}.jsonl", "\n".join(rows) + "\n") for name, rows in (("gold", gold), ("pred", pred))]
    found = karat.score("--gold", files[0], "--pred", files[1], "--metrics", "targets", task="stance")
    values = {metric["id"]: metric["value"] for metric in found["metrics"]}
    means = []
    for number, items in enumerate(cases):
        for target in sorted({item[0] for item in items}):
            theirs = f_avg([item[1:] for item in items if item[0] == target])
            result.number(number, target, values[f"f_avg.target.{number:06}.{target}"], theirs)
            means.append(theirs)
        result.cases += 1
    result.number("all", "f_avg.targets", values["f_avg.targets"], sum(means) / len(means))
    return result


def families(karat, options):
    rng = random.Random(options.seed + 200)
    cases = [case(rng) for _ in range(options.cases)]
    # A file for each few cases: every target is a column for every document.
    by_target = Result("F_avg by target, by its definition")
    for start in range(0, options.cases, 100):
        part = targets(karat, cases[start : start + 100])
        by_target.cases += part.cases
        by_target.numbers += part.numbers
        by_target.failures += part.failures
    return [*classes(karat, cases), by_target]
