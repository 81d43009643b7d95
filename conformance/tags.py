"""seqeval in both modes, and conlleval itself, on random and on malformed tags."""

import random
import re
import shutil
import subprocess

from agreement import NAN, ZERO, Result
from seqeval import scheme as schemes
from seqeval.metrics import accuracy_score, f1_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as default_measures
from seqeval.metrics.v1 import precision_recall_fscore_support as strict_measures
from seqeval.metrics.v1 import unique_labels

LETTERS = {"IOB1": "BI", "IOB2": "BI", "IOE1": "IE", "IOE2": "IE", "IOBES": "BIES", "BILOU": "BILU"}
LABELS = ["PER", "LOC", "ORG-A", "ORG-B", "misc", "Ä"]


def encoded(rng, length, letters, labels):
    """A sequence that begins well-formed for the scheme, entities of random length."""
    sequence, end = [], {"BI": "I", "IE": "E", "BIES": "E", "BILU": "L"}[letters]
    while len(sequence) < length:
        if rng.random() < 0.5:
            sequence.append("O")
            continue
        size, label = rng.choice([1, 1, 2, 3]), rng.choice(labels)
        single = {"BIES": "S", "BILU": "U", "IE": "E", "BI": "B"}[letters]
        first = "I" if letters == "IE" else "B"
        word = single if size == 1 else first + "I" * (size - 2) + end
        sequence += [f"{letter}-{label}" for letter in word]
    return sequence[:length]


def sequence(rng, length, letters, labels, chaos):
    """A sequence in which a share of the tags is drawn anew, from all of the scheme's tags."""
    return [
        tag if rng.random() >= chaos else rng.choice(["O", f"{rng.choice(letters)}-{rng.choice(labels)}"])
        for tag in encoded(rng, length, letters, labels)
    ]


def case(rng, letters):
    labels = rng.sample(LABELS, rng.randint(1, 4))
    chaos, noise = rng.choice([0.0, 0.1, 0.5, 1.0]), rng.choice([0.0, 0.1, 0.3, 1.0])
    gold, predicted = [], []
    for _ in range(rng.randint(1, 4)):
        length = rng.choice([1, 2, 5, 9, 14])
        empty = rng.random() < 0.05
        one = ["O"] * length if empty else sequence(rng, length, letters, labels, chaos)
        other = sequence(rng, length, letters, labels, chaos)
        gold.append(one)
        predicted.append([b if rng.random() < noise else a for a, b in zip(one, other)])
    return gold, predicted


def columns(cases):
    """All cases in one file of three columns, a document each."""
    lines = []
    for gold, predicted in cases:
        lines.append("-DOCSTART- O O\n")
        for one, other in zip(gold, predicted):
            lines += [f"w {a} {b}" for a, b in zip(one, other)] + [""]
    return "\n".join(lines) + "\n"


def compare(result, number, values, prefix, measures, labels):
    """One case's measures: micro, macro F1, and each label; `measures(average)` is the reference."""
    micro = measures("micro")
    for at, name in enumerate(["precision", "recall", "f1"]):
        result.number(number, name, values[f"{prefix}{name}"], float(micro[at]), [ZERO])
    macro = float(measures("macro")[2]) if labels else float("nan")
    result.number(number, "f1.macro", values[f"{prefix}f1.macro"], macro, [NAN])
    by_label = measures(None)
    for at, name in enumerate(["precision", "recall", "f1"]):
        for place, label in enumerate(labels):
            result.number(number, f"{name}.{label}", values[f"{prefix}{name}.{label}"], float(by_label[at][place]))


def default(karat, cases, name):
    result = Result(name)
    found = karat.score("--both", karat.file("tags.conll", columns(cases)), "--metrics", "seqeval")
    for number, ((gold, predicted), document) in enumerate(zip(cases, found["per_document"], strict=True)):
        labels = sorted({label for side in (gold, predicted) for label, *_ in get_entities(side)})
        values = document["values"]

        def measures(average, gold=gold, predicted=predicted):
            return default_measures(gold, predicted, average=average, zero_division=0)

        compare(result, number, values, "seqeval.", measures, labels)
        result.number(number, "accuracy", values["seqeval.accuracy"], accuracy_score(gold, predicted))
        result.cases += 1
    # All cases as one corpus.
    gold, predicted = ([sentence for case in cases for sentence in case[side]] for side in (0, 1))
    whole = {metric["id"]: metric["value"] for metric in found["metrics"]}
    result.number("all", "f1", whole["seqeval.f1"], float(f1_score(gold, predicted)))
    result.number("all", "f1.macro", whole["seqeval.f1.macro"], float(f1_score(gold, predicted, average="macro")))
    return result


def strict(karat, cases, scheme):
    result = Result(f"seqeval-strict {scheme}")
    kind = getattr(schemes, scheme)
    options = ["--metrics", "seqeval-strict", "--scheme", scheme.lower()]
    found = karat.score("--both", karat.file("tags.conll", columns(cases)), *options)
    for number, ((gold, predicted), document) in enumerate(zip(cases, found["per_document"], strict=True)):

        def measures(average, gold=gold, predicted=predicted):
            return strict_measures(gold, predicted, average=average, zero_division=0, scheme=kind)

        labels = unique_labels(gold, predicted, kind)
        compare(result, number, document["values"], "seqeval-strict.", measures, labels)
        result.cases += 1
    return result


def conlleval(karat, script, cases, name="conlleval"):
    """conlleval itself: its rates to the two digits that it prints, one process a case, and its counts on all cases as one file."""
    result = Result(name)
    text = columns(cases)
    found = karat.score("--both", karat.file("tags.conll", text), "--metrics", "seqeval")
    for number, (one, document) in enumerate(zip(cases, found["per_document"], strict=True)):
        compare_rates(result, number, run_conlleval(script, columns([one]))[1], document["values"])
        result.cases += 1
    counts, rates = run_conlleval(script, text)
    compare_rates(result, "all", rates, {metric["id"]: metric["value"] for metric in found["metrics"]})
    sums = found["counts"]["seqeval"]
    tp, fp, missed = (sum(v for k, v in sums.items() if k.endswith(f".{kind}")) for kind in ("tp", "fp", "missed"))
    for what, ours, theirs in zip(["tokens", "gold", "predicted", "right"], [sums["tokens"], tp + missed, tp + fp, tp], counts):
        result.equal("all", what, ours, theirs)
    return result


def run_conlleval(script, text):
    """Tokens, gold, predicted and right chunks; and accuracy, precision, recall, F1 in per cent."""
    # It would count the line that begins a document as a token, and it wants one space between columns.
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("-DOCSTART-"))
    said = subprocess.run(["perl", str(script)], input=text, capture_output=True, text=True, check=True).stdout
    counts, rates = said.split("\n")[:2]
    return [int(count) for count in re.findall(r"\d+", counts)], [float(rate) for rate in re.findall(r"\d+\.\d+", rates)]


def compare_rates(result, number, rates, values):
    for what, theirs in zip(["accuracy", "precision", "recall", "f1"], rates, strict=True):
        ours = 100 * (values[f"seqeval.{what}"] or 0.0)
        result.equal(number, f"{what} {ours} and {theirs}", abs(ours - theirs) <= 0.005 + 1e-9, True)


def families(karat, options):
    results = []
    share = -(-options.cases // len(LETTERS))
    mixed = []
    for place, (scheme, letters) in enumerate(LETTERS.items()):
        rng = random.Random(options.seed + place)
        cases = [case(rng, letters) for _ in range(options.cases)]
        mixed += cases[:share]
        results.append(strict(karat, cases, scheme))
    # Every letter in one sequence, as no scheme has it.
    rng = random.Random(options.seed + len(LETTERS))
    results.insert(0, default(karat, mixed, "seqeval, six schemes"))
    results.insert(1, default(karat, [wild(rng) for _ in range(options.cases)], "seqeval, any tags"))
    return results


def wild(rng):
    labels = [*rng.sample(LABELS, 2), "-x", "y-"]
    tag = lambda: rng.choice(["O", "O", f"{rng.choice('BIESLU')}-{rng.choice(labels)}", rng.choice("BIES")])
    lengths = [rng.choice([1, 3, 8, 15]) for _ in range(rng.randint(1, 3))]
    return tuple([[tag() for _ in range(length)] for length in lengths] for _ in range(2))


def conlleval_families(karat, script, options):
    """conlleval on the tags that it reads: with B, I, O and with I, E, O."""
    if shutil.which("perl") is None:
        print("conlleval is a Perl script, and there is no perl: not compared")
        return []
    rng = random.Random(options.seed + 50)
    cases = [case(rng, rng.choice(["BI", "IE"])) for _ in range(options.cases)]
    return [conlleval(karat, script, cases)]
