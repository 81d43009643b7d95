"""Times the bundled models on the bundled corpus through karat and its peers, after checking that they agree.

    .venv-peers/bin/python benches/peers/run.py

Prints tables in Markdown and writes reports/peers.json. README.md beside this file says what is measured and how.
Exit code 1: karat's logits differ from PyTorch's by more than 1e-4. Exit code 2: something could not run.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

# Before anything reads them: no look at the network for a model that is a folder, and no bf16 in place of f32.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "STRICT"

import transformers

import agreement
import quiet
import report
import runners
import windows

ROOT = Path(__file__).resolve().parents[2]
BUDGETS = [512, 1024, 2048, 4096]  # tokens of a batch, padding included
PIPELINE_BATCHES = [1, 4, 16]  # windows of a batch; the pipeline's own default is 1
SWEEP_TOKENS = 12_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--karat", type=Path, default=ROOT / "target/release/karat", help="the release build of karat")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data/envoy", help="documents.jsonl, targets.toml and gold/stance.jsonl")
    parser.add_argument("--ner-model", type=Path, default=ROOT / "models/ner-minilm-l6")
    parser.add_argument("--stance-model", type=Path, default=ROOT / "models/nli-minilm-l6")
    parser.add_argument("--tasks", nargs="+", choices=["ner", "stance"], default=["ner", "stance"])
    parser.add_argument("--stance-documents", type=int, default=2, help="how many, spread by length")
    parser.add_argument("--rounds", type=int, default=5, help="each round runs every runner once, in turn")
    patience = "seconds that may go into waiting for a quiet machine and repeating disturbed passes, in all"
    parser.add_argument("--patience", type=float, default=300, help=patience)
    parser.add_argument("--threads", type=int, default=2, help="for each runner")
    parser.add_argument("--max-tokens", type=int, default=512, help="longest sequence, special tokens included")
    parser.add_argument("--overlap", type=int, default=64, help="document tokens that neighbouring windows share")
    parser.add_argument("--output", type=Path, default=ROOT / "reports/peers.json")
    return parser.parse_args()


def main():
    args = arguments()
    runners.f32_only(args.threads)
    record = {"version": 1, "machine": report.machine(args.karat), "settings": report.settings(args), "tasks": {}}
    machine = quiet.Quiet(args.patience)
    with tempfile.TemporaryDirectory() as folder:
        for task in args.tasks:
            record["tasks"][task] = of_task(args, task, Path(folder), machine)
            save(record, args.output)
    print(report.markdown(record))
    return 0 if all(agreement.agrees(task["agreement"]["logits"]["karat"]) for task in record["tasks"].values()) else 1


def save(record, path):
    """After each task, so that what was measured is not lost when a later task fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".json.partial")
    partial.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def of_task(args, task, folder, machine):
    """Everything about one task: the same work for all, agreement, settings, rounds."""
    say(f"{task}: karat once, for its windows and logits")
    model = args.ner_model if task == "ner" else args.stance_model
    documents = windows.read_documents(args.corpus / "documents.jsonl")
    if task == "stance":
        documents = windows.spread_by_length(documents, args.stance_documents)
    corpus = folder / f"{task}.jsonl"
    lines = [json.dumps({"id": d.id, "text": d.text}, ensure_ascii=False) + "\n" for d in documents]
    corpus.write_text("".join(lines), encoding="utf-8")
    options = ["--threads", args.threads, "--max-tokens", args.max_tokens, "--overlap", args.overlap]
    if task == "stance":
        options += ["--targets", windows.targets_of(documents, args.corpus, folder / "targets.toml")]
    karat = runners.Karat(args.karat, task, model, corpus, options)
    predictions, logits = folder / f"{task}-predictions.jsonl", folder / f"{task}-logits.parquet"
    first = karat.run(predictions, logits)

    sequences = same_work(args, task, first, logits, documents, model)
    weights = runners.torch_model(task, model)
    graphs, fused = runners.export(weights, folder)
    crews = [runners.Crew(callers, args.threads // callers) for callers in sorted({1, args.threads})]
    torch_runners = [runners.Torch(weights, crew) for crew in crews]
    onnx_runners = [runners.Onnx(name, path, crew) for name, path in graphs.items() for crew in crews]
    pipeline = None
    if task == "ner":
        pipeline = runners.Pipeline(model, [d.text for d in documents], args.max_tokens, args.overlap)

    say(f"{task}: do they agree?")
    found = agree(sequences, torch_runners, onnx_runners)
    result = {"documents": len(documents), "sequences": len(sequences), "tokens": sum(map(len, sequences)),
              "f32_weights_bytes": report.f32_weights(model), "fused": fused, "agreement": {"logits": found}}
    if pipeline:
        theirs = pipeline.entities(PIPELINE_BATCHES[0])
        result["agreement"]["entities"] = agreement.entities(documents, sequences, predictions, theirs)
    if not agreement.agrees(found["karat"]):
        return result

    say(f"{task}: which batches suit each peer")
    peers, result["sweep"] = at_their_best(sequences, torch_runners, onnx_runners, pipeline, machine)
    result["settings"] = {"karat": f"packed, {args.threads} × 1 thread, no padding"}
    result["settings"] |= {peer["name"]: peer["setting"] for peer in peers}
    again = lambda: karat.run(predictions)
    result["rounds"] = rounds(args.rounds, task, result["tokens"], again, peers, machine)
    return result


def same_work(args, task, summary, logits, documents, model):
    """karat's windows as token ids; refused unless they are as many windows and tokens as karat says it ran."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    if task == "ner":
        sequences = windows.ner_sequences(logits, documents, tokenizer)
    else:
        sequences = windows.stance_sequences(logits, documents, tokenizer, args.max_tokens, args.overlap)
    tokens = sum(map(len, sequences))
    if tokens != summary["tokens"]:
        raise windows.Mismatch(f"karat says that it ran {summary['tokens']} tokens, but its windows have {tokens}")
    return sequences


def agree(sequences, torch_runners, onnx_runners):
    """karat and ONNX Runtime against PyTorch, whose windows run one at a time here, with no padding at all."""
    one_by_one = windows.batches_of(sequences, 1)
    reference = runners.logits_of(torch_runners[0], sequences, one_by_one)
    batches = windows.batches_of(sequences, 2048)
    others = {"karat": [sequence.karat for sequence in sequences]}
    for runner in [*torch_runners, *onnx_runners]:
        name = f"{runner.name}, in batches"
        if name not in others:  # once is enough: how threads are used is not what is asked here
            others[name] = runners.logits_of(runner, sequences, batches)
    return agreement.compare(sequences, reference, others)


def at_their_best(sequences, torch_runners, onnx_runners, pipeline, machine):
    """For PyTorch, ONNX Runtime and the pipeline the setting that was fastest in a short sweep, and what the sweep saw.

    A peer is a dict: its name, its setting, and a pass over all of the work.
    """
    by_length = sorted(sequences, key=len)
    step = max(1, round(sum(map(len, sequences)) / SWEEP_TOKENS))
    sample = by_length[::step]
    peers, sweep = [], []
    for candidates in (torch_runners, onnx_runners):
        tried = runners.best_setting(candidates, sample, BUDGETS, machine)
        sweep += [{"runner": r.name, "threads": str(r.crew), "budget": b, "tokens_per_second": rate} for rate, r, b in tried]
        _, runner, budget = tried[0]
        batches = windows.batches_of(sequences, budget)
        inputs = [runner.ready(batch) for batch in batches]
        padding = windows.padding_share(sequences, batches)
        setting = f"{budget} tokens, {runner.crew}, {padding:.1%} padding"
        of_pass = lambda runner=runner, inputs=inputs: runner.crew.seconds(runner, inputs)
        peers.append({"name": runner.name, "setting": setting, "pass": of_pass})
    if pipeline:
        tried = sorted((machine.measure(lambda: timed(lambda: pipeline.entities(size)))[0], size) for size in PIPELINE_BATCHES)
        tokens = sum(map(len, sequences))
        sweep += [{"runner": pipeline.name, "batch": b, "tokens_per_second": tokens / s} for s, b in tried]
        size = tried[0][1]
        of_pass = lambda: timed(lambda: pipeline.entities(size))
        setting = f"batch_size={size}"
        peers.append({"name": pipeline.name, "setting": setting, "pass": of_pass})
    return peers, sweep


def rounds(count, task, tokens, karat, peers, machine):
    """`count` rounds of every runner in turn, a dict a round; by runner the seconds and others' share of the cores."""
    say(f"{task}: warming up")
    for peer in peers:
        peer["pass"]()
    seen = []
    for number in range(1, count + 1):
        say(f"{task}: round {number} of {count}")
        summary, share = machine.measure(karat)
        if summary["tokens"] != tokens:
            raise windows.Mismatch(f"karat ran {summary['tokens']} tokens in this round, {tokens} before")
        one = {"karat": summary, "seconds": {}, "cpu_seconds": {}, "others_share": {"karat": share}}
        for peer in peers:
            name = peer["name"]
            (one["seconds"][name], one["cpu_seconds"][name]), share = machine.measure(lambda: with_cpu(peer["pass"]))
            one["others_share"][name] = share
        seen.append(one)
    return seen


def with_cpu(work):
    """What `work` returns, and the CPU seconds of this process that it took."""
    before = time.process_time()
    return work(), time.process_time() - before


def timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(what):
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (windows.Mismatch, RuntimeError, OSError) as error:
        say(f"error: {error}")
        sys.exit(2)
