"""karat score beside seqeval and nervaluate on one million tokens, made with a seed.

    just bench-metrics [--tokens N] [--rounds N] [--document TOKENS]

The tags are IOB2 of four labels; a quarter of the entities is predicted wrongly in one way or another. Each round runs every
scorer once, in turn. karat's clock covers a whole process: start, reading both files, scoring, intervals from resampled
documents, printing. The peers' clocks cover the scoring calls alone, on lists that are in memory: no reading, no intervals. So karat
is timed twice, with 10,000 resamples, its default, and with 100, the fewest that it takes; and its own clock says how long the counting took
(`--timings`), which is what the peers' calls do. That the micro F1 of all are equal is checked in every round.
"""

import argparse
import json
import random
import re
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

from nervaluate.evaluator import Evaluator
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
from seqeval.metrics.v1 import precision_recall_fscore_support as strict
from seqeval.scheme import IOB2

SEED = 1_000_003
LABELS = ["LOC", "MISC", "ORG", "PER"]


def sentence(rng):
    """Gold and predicted tags of about 20 tokens."""
    gold, predicted = [], []
    while len(gold) < 20:
        if rng.random() > 0.12:
            gold.append("O")
            predicted.append("O" if rng.random() > 0.005 else f"B-{rng.choice(LABELS)}")
            continue
        label, size = rng.choice(LABELS), rng.choice([1, 1, 2, 2, 3])
        entity = [f"B-{label}"] + [f"I-{label}"] * (size - 1)
        gold += entity
        fate = rng.random()
        if fate < 0.08:
            predicted += ["O"] * size
        elif fate < 0.16:
            predicted += [tag[:2] + LABELS[(LABELS.index(label) + 1) % 4] for tag in entity]
        elif fate < 0.24:
            predicted += entity[:-1] + ["O"]
        else:
            predicted += entity
    return gold, predicted


def columns(documents, side):
    lines = []
    for sentences in documents:
        lines.append("-DOCSTART- O\n")
        lines += ["".join(f"token {tag}\n" for tag in one[side]) for one in sentences]
    return "\n".join(lines)


def karat(command, files, metrics, replicates):
    options = ["--metrics", metrics, "--replicates", str(replicates), "--format", "json"]
    line = [str(command), "score", "--task", "ner", "--gold", files[0], "--pred", files[1], "--timings", *options]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    values = {metric["id"]: metric["value"] for metric in json.loads(done.stdout)["metrics"]}
    return values, float(re.search(r"counted in ([0-9.]+) s", done.stderr).group(1))


def main():
    warnings.simplefilter("ignore")
    root = Path(__file__).resolve().parent.parent.parent
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--document", type=int, default=500, help="tokens of a document")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--karat", type=Path, default=root / "target/release/karat")
    options = parser.parse_args()
    rng, documents, tokens = random.Random(SEED), [], 0
    while tokens < options.tokens:
        documents.append([])
        size = 0
        while size < options.document:
            documents[-1].append(sentence(rng))
            size += len(documents[-1][-1][0])
        tokens += size
    gold, predicted = ([one[side] for sentences in documents for one in sentences] for side in (0, 1))
    print(f"{tokens:,} tokens, {len(gold):,} sentences, {len(documents):,} documents, seed {SEED}")
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for side, name in enumerate(["gold.conll", "pred.conll"]):
            path = Path(folder) / name
            path.write_text(columns(documents, side), encoding="utf-8")
            files.append(str(path))
        counted = {}

        def run(peer, metrics, replicates):
            def work():
                values, seconds = karat(options.karat, files, metrics, replicates)
                counted.setdefault(peer, []).append(seconds)
                return values

            return work

        peers = {
            "seqeval": lambda: {"seqeval.f1": precision_recall_fscore_support(gold, predicted, average="micro")[2]},
            "seqeval report": lambda: {"seqeval.f1": classification_report(gold, predicted, output_dict=True)["micro avg"]["f1-score"]},
            "seqeval strict": lambda: {"seqeval-strict.f1": strict(gold, predicted, average="micro", scheme=IOB2)[2]},
            "nervaluate": lambda: {
                "nervaluate.partial.f1": Evaluator(gold, predicted, LABELS, loader="list").evaluate()["overall"]["partial"].f1
            },
        }
        ours = {
            "seqeval": "seqeval",
            "seqeval report": "seqeval",
            "seqeval strict": "seqeval-strict",
            "nervaluate": "nervaluate",
        }
        runs = {}
        for name, peer in peers.items():
            runs[name] = peer
            for replicates in (10_000, 100):
                runs[f"karat {replicates} for {name}"] = run(name, ours[name], replicates)
        seconds = {name: [] for name in runs}
        for _ in range(options.rounds):
            values = {}
            for name, work in runs.items():
                started = time.perf_counter()
                found = work()
                seconds[name].append(time.perf_counter() - started)
                for metric, value in found.items():
                    before = values.setdefault(metric, float(value)) if value is not None else None
                    assert before is None or abs(before - value) < 1e-12, f"{name}: {metric} {value}, not {before}"
        spread = lambda values: f"{statistics.median(values):8.3f} ({min(values):.3f} to {max(values):.3f})"
        for name, times in seconds.items():
            print(f"{name:<28} {spread(times)} s, {tokens / statistics.median(times) / 1e6:6.2f} M tokens/s")
        for name in peers:
            for replicates in (10_000, 100):
                mine = seconds[f"karat {replicates} for {name}"]
                ratios = [peer / own for peer, own in zip(seconds[name], mine)]
                print(f"{name} / karat with {replicates:,} resamples: {spread(ratios)}")
            # karat counted twice a round; the peer is held against the slower time.
            ratios = [peer / max(counted[name][2 * at : 2 * at + 2]) for at, peer in enumerate(seconds[name])]
            print(f"{name} / karat's counting alone: {spread(ratios)}")


main()
