"""Entities with partial credit: nervaluate, and the best matching by trying all."""

import itertools
import json
import random

from agreement import ZERO, Result
from nervaluate.evaluator import Evaluator

LABELS = ["A", "B", "C"]
MEASURES = ["strict", "exact", "partial", "type"]


def entity(rng, labels, length, longest):
    start = rng.randrange(length)
    return (start, start + rng.randint(1, longest), rng.choice(labels))


def flat(entities):
    """The entities that overlap none before them, in the order of positions, as gold must be."""
    kept = []
    for one in sorted(entities):
        if not kept or kept[-1][1] <= one[0]:
            kept.append(one)
    return kept


def case(rng, most, longest=9):
    """Gold that is flat and in any order; predictions near it that may overlap, repeat and stand in any order."""
    labels, length = rng.sample(LABELS, rng.randint(1, 3)), rng.choice([8, 15, 40, 400])
    gold = flat(entity(rng, labels, length, longest) for _ in range(rng.randint(0, most)))
    rng.shuffle(gold)
    predicted = []
    for start, end, label in gold:
        fate = rng.random()
        if fate < 0.15:
            continue
        if fate < 0.35:
            label = rng.choice(LABELS)
        if 0.3 < fate < 0.6:
            start, end = max(0, start + rng.randint(-2, 2)), end + rng.randint(-2, 2)
        if start < end:
            predicted.append((start, end, label))
    predicted += [entity(rng, labels, length, longest) for _ in range(rng.choice([0, 0, 1, 3]))]
    predicted = predicted[:most]
    rng.shuffle(predicted)
    return gold, predicted


def lines(cases, side):
    rows = []
    for number, one in enumerate(cases):
        entities = [{"start": start, "end": end, "label": label} for start, end, label in one[side]]
        rows.append(json.dumps({"id": f"{number:06}", "entities": entities}))
    return "\n".join(rows) + "\n"


def score(karat, cases, metrics):
    files = [karat.file(f"{name}.jsonl", lines(cases, side)) for side, name in enumerate(["gold", "pred"])]
    return karat.score("--gold", files[0], "--pred", files[1], "--metrics", metrics)


def inclusive(entities):
    """As nervaluate has them: the end is the last position."""
    return [{"start": start, "end": end - 1, "label": label} for start, end, label in entities]


def compare_nervaluate(result, number, found, values, ending=""):
    for measure in MEASURES:
        theirs = found["ent_type" if measure == "type" else measure]
        for name in ("precision", "recall", "f1"):
            ours = values[f"nervaluate.{measure}.{name}{ending}"]
            result.number(number, f"{measure}.{name}{ending}", ours, float(getattr(theirs, name)), [ZERO])


def nervaluate(karat, cases, name):
    result = Result(name)
    found = score(karat, cases, "nervaluate")
    for number, ((gold, predicted), document) in enumerate(zip(cases, found["per_document"], strict=True)):
        theirs = Evaluator([inclusive(gold)], [inclusive(predicted)], tags=LABELS, loader="dict").evaluate()
        compare_nervaluate(result, number, theirs["overall"], document["values"])
        for label, of_label in theirs["entities"].items():
            compare_nervaluate(result, number, of_label, document["values"], f".{label}")
        result.cases += 1
    # All cases as one corpus, with the counts.
    sides = [[inclusive(one[side]) for one in cases] for side in (0, 1)]
    theirs = Evaluator(*sides, tags=LABELS, loader="dict").evaluate()
    groups = {"": theirs["overall"]} | {f"{label}.": found_of for label, found_of in theirs["entities"].items()}
    names = {"COR": "correct", "INC": "incorrect", "PAR": "partial", "MIS": "missed", "SPU": "spurious"}
    for column, ours in found["counts"]["nervaluate"].items():
        *group, measure, count = column.split(".")
        of_group = groups["".join(f"{part}." for part in group)]
        expected = getattr(of_group["ent_type" if measure == "type" else measure], names[count])
        result.equal("all", column, ours, expected)
    return result


def best(gold, predicted, measure):
    """COR and INC or PAR of the best matching, by trying all: most right pairs, then most pairs."""
    can = lambda a, b: a[:2] == b[:2] or max(a[0], b[0]) < min(a[1], b[1])
    right = {
        "strict": lambda a, b: a == b,
        "exact": lambda a, b: a[:2] == b[:2],
        "partial": lambda a, b: a[:2] == b[:2],
        "type": lambda a, b: a[2] == b[2],
    }[measure]
    few, many = (gold, predicted) if len(gold) <= len(predicted) else (predicted, gold)
    greatest = (0, 0)
    for chosen in itertools.permutations(range(len(many)), len(few)):
        pairs = [(few[at], many[place]) for at, place in enumerate(chosen) if can(few[at], many[place])]
        greatest = max(greatest, (sum(1 for a, b in pairs if right(a, b)), len(pairs)))
    return greatest[0], greatest[1] - greatest[0]


def compare_best(result, number, gold, predicted, values, ending=""):
    for measure in MEASURES:
        cor, other = best(gold, predicted, measure)
        credit = cor + (other / 2 if measure == "partial" else 0)
        shares = [credit / len(predicted) if predicted else 0.0, credit / len(gold) if gold else 0.0]
        f1 = 2 * credit / (len(gold) + len(predicted)) if gold or predicted else 0.0
        for name, theirs in zip(("precision", "recall", "f1"), [*shares, f1]):
            result.number(number, f"{measure}.{name}{ending}", values[f"semeval2013.{measure}.{name}{ending}"], theirs, [ZERO])
    return result


def optimal(karat, cases):
    result = Result("semeval2013, by trying all matchings")
    found = score(karat, cases, "semeval2013")
    again = score(karat, [(gold[::-1], predicted[::-1]) for gold, predicted in cases], "semeval2013")
    result.equal("all", "the order of the entities", again["metrics"], found["metrics"])
    sums = {}
    for number, ((gold, predicted), document) in enumerate(zip(cases, found["per_document"], strict=True)):
        compare_best(result, number, gold, predicted, document["values"])
        for label in sorted({one[2] for one in gold + predicted}):
            sides = [[one for one in side if one[2] == label] for side in (gold, predicted)]
            compare_best(result, number, *sides, document["values"], f".{label}")
        for measure in MEASURES:
            cor, other = best(gold, predicted, measure)
            counts = [cor, other, len(gold) - cor - other, len(predicted) - cor - other]
            names = ["COR", "PAR" if measure == "partial" else "INC", "MIS", "SPU"]
            for name, count in zip(names, counts):
                sums[f"{measure}.{name}"] = sums.get(f"{measure}.{name}", 0) + count
        result.cases += 1
    for column, count in sums.items():
        result.equal("all", column, found["counts"]["semeval2013"][column], count)
    return result


def exact_is_strict(karat, cases):
    """With the best matching, the strict measure is exact span F1."""
    result = Result("semeval2013 strict = exact F1")
    found = score(karat, cases, "exact,semeval2013")
    for number, document in enumerate(found["per_document"]):
        for name in ("precision", "recall", "f1"):
            values = document["values"]
            result.equal(number, name, values[f"semeval2013.strict.{name}"], values[name])
        result.cases += 1
    return result


def families(karat, options):
    rng = random.Random(options.seed + 100)
    small = [case(rng, most=5) for _ in range(options.cases)]
    large = [case(rng, most=40) for _ in range(options.cases)]
    # Entities of more than a hundred positions, of which less than a hundredth may be covered.
    long = [case(rng, most=6, longest=260) for _ in range(options.cases)]
    return [
        nervaluate(karat, large, "nervaluate"),
        nervaluate(karat, long, "nervaluate, long entities"),
        optimal(karat, small),
        exact_is_strict(karat, large),
    ]
