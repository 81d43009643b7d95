"""Peak memory and speed of `karat predict` on 1, 4 and 16 times as many documents: files in, a folder of Parquet out.

    python3 benches/memory.py                                  # as `just bench-memory` does, after a build
    python3 benches/memory.py --model 250 --floor 60000 --rounds 3

Two models: one that goes forward, and a floor, which is quick enough for counts at which anything that grows would show. Documents
are those of benches/corpus.py. Each size is a process of its own, whose peak is the most that was resident of it. "wall" is the
whole process from the inside, with the pass that looks at all documents first; "forward" is what the threads spent going forward,
divided by their number. Prints Markdown; exit code 1 says that a bar was missed. Standard library only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMES = [1, 4, 16]
FLAT = 1.10  # the most that the peak of the largest may be of that of the smallest
OVERHEAD = 1.10  # the most that wall may be of forward


def predicted(options, model, documents, folder):
    """One process; what karat says of itself, with its peak in bytes."""
    output = Path(folder) / "out"
    command = [options.binary, "predict", "--task", "ner", "--model", model, "--input", documents]
    command += ["--output", f"{output}/", "--threads", options.threads, "--format", "json"]
    if options.logits:
        command += ["--logits", f"{output}/logits/"]
    helper = [sys.executable, "-I", "-S", HERE / "peers" / "measure.py", *command]
    helped = subprocess.run(list(map(str, helper)), stdout=subprocess.PIPE, check=True, text=True)
    record = json.loads(helped.stdout)
    if record["code"] != 0:
        sys.exit(f"karat ended with code {record['code']}")
    written = sum(path.stat().st_size for path in output.rglob("*.parquet"))
    shutil.rmtree(output)
    return json.loads(record["stdout"]) | {"peak_bytes": record["peak_bytes"], "written_bytes": written}


def of_model(options, model, smallest):
    """The rows of a model, the median of each by wall time, and whether the bars are met."""
    rows = []
    for times in TIMES:
        count = times * smallest
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            documents = Path(folder) / "documents.jsonl"
            corpus = [sys.executable, HERE / "corpus.py", "--documents", count, "--seed", options.seed, "--out", documents]
            subprocess.run(list(map(str, corpus)), check=True, stdout=subprocess.DEVNULL)
            rounds = [predicted(options, model, documents, folder) for _ in range(options.rounds)]
            rounds.sort(key=lambda row: row["seconds"]["wall"])
            peak = max(row["peak_bytes"] for row in rounds)
            rows.append(rounds[len(rounds) // 2] | {"peak_bytes": peak, "read_bytes": documents.stat().st_size})
    return rows


def table(rows):
    print("| documents | read | written | peak memory | documents/s | wall s | forward s | wall ÷ forward | other steps |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        seconds, mb = row["seconds"], lambda name: f"{row[name] / 1e6:,.1f} MB"
        ratio = f"{seconds['wall'] / seconds['forward']:.3f}" if seconds["forward"] else "–"
        steps = ["load", "check", "read", "tokenize", "decode", "write", "wait"]
        shares = ", ".join(f"{step} {seconds[step] / seconds['wall']:.1%}" for step in steps)
        cells = [f"{row['documents']:,}", mb("read_bytes"), mb("written_bytes"), f"{row['peak_bytes'] / 2**20:.1f} MiB"]
        cells += [f"{row['documents'] / seconds['wall']:,.1f}", f"{seconds['wall']:.1f}", f"{seconds['forward']:.1f}"]
        print("| " + " | ".join([*cells, ratio, shares]) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/karat")
    parser.add_argument("--model", type=int, default=250, metavar="N", help="documents of the smallest size, models/ner-minilm-l6; 0: leave out")
    parser.add_argument("--floor", type=int, default=10_000, metavar="N", help="the same for models/gazetteer")
    parser.add_argument("--rounds", type=int, default=1, help="processes of each size; times are those of the median one")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--logits", action="store_true", help="write logits too")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scratch", help="a folder with room for documents and predictions")
    options = parser.parse_args()
    missed = []
    for model, smallest in [("models/ner-minilm-l6", options.model), ("models/gazetteer", options.floor)]:
        if smallest == 0:
            continue
        print(f"\n**{model}**, {options.threads} threads, load average {os.getloadavg()[0]:.1f} before\n", flush=True)
        rows = of_model(options, model, smallest)
        table(rows)
        growth = rows[-1]["peak_bytes"] / rows[0]["peak_bytes"]
        print(f"\nPeak memory at {TIMES[-1]} times the documents: {growth:.2f} times that at 1; bar {FLAT}.")
        if growth > FLAT:
            missed.append(f"{model}: peak memory")
        seconds = rows[-1]["seconds"]
        if seconds["forward"] > 0:
            ratio = seconds["wall"] / seconds["forward"]
            print(f"End to end takes {ratio:.3f} times as long as forward alone; bar {OVERHEAD}.")
            if ratio > OVERHEAD:
                missed.append(f"{model}: end to end")
    print(f"\nMissed: {', '.join(missed)}." if missed else "\nBoth bars are met.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
