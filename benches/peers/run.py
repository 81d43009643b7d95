"""Times the bundled models through karat and its peers, after checking that they agree.

    .venv-peers/bin/python benches/peers/run.py [--corpus envoy|generated]

Prints tables in Markdown and writes reports/peers.json. README.md beside this file says what is measured and how.
Exit code 1: karat's f32 logits differ from PyTorch's by more than 1e-4. Exit code 2: something could not run.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

# Before anything reads them: no look at the network for a model that is a folder, and no bf16 in place of f32.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "STRICT"

import agreement
import crates
import machines
import peak
import quiet
import report
import runners
import task
import windows

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", choices=["envoy", "generated"], default="envoy", help="bundled, or as many documents as you like")
    parser.add_argument("--tasks", nargs="+", choices=["ner", "stance"], help="default: both on envoy; generated takes ner alone")
    parser.add_argument("--threads", type=int, default=2, help="for each runner")
    parser.add_argument("--max-tokens", type=int, default=512, help="longest sequence, special tokens included")
    parser.add_argument("--overlap", type=int, default=64, help="document tokens that neighbouring windows share")
    patience = "seconds that may go into waiting for a quiet machine and repeating disturbed passes, in all"
    parser.add_argument("--patience", type=float, default=300, help=patience)
    parser.add_argument("--slow-share", type=float, default=0.25, help="of the blocks or rounds that candle and the pipelines run")
    parser.add_argument("--sweep-tokens", type=int, default=12_000, help="on which batches and threads of each peer are chosen")
    parser.add_argument("--without", nargs="+", default=[], metavar="WORD", help="leave out runners with a word in their name")
    parser.add_argument("--output", type=Path, default=ROOT / "reports/peers.json")
    bundled = parser.add_argument_group("the bundled corpus")
    bundled.add_argument("--rounds", type=int, default=5, help="each round runs every runner once over the corpus, in turn")
    bundled.add_argument("--stance-documents", type=int, default=2, help="how many, spread by length")
    generated = parser.add_argument_group("the generated corpus")
    generated.add_argument("--documents", type=int, default=2000)
    generated.add_argument("--seed", type=int, default=7)
    generated.add_argument("--deal", type=int, default=20, help="blocks of one length mix that the documents are dealt into")
    generated.add_argument("--blocks", type=int, help="run only so many of them")
    generated.add_argument("--checked", type=int, default=40, help="documents on which answers are compared, spread by length")
    programs = parser.add_argument_group("programs and data")
    programs.add_argument("--karat", type=Path, default=ROOT / "target/release/karat", help="the release build of karat")
    programs.add_argument("--karat-rust-bert", type=Path, help="a karat with the engine `rust-bert`, to time that engine too")
    programs.add_argument("--candle", type=Path, default=crates.CANDLE)
    programs.add_argument("--rust-bert-pipeline", type=Path, default=crates.RUST_BERT)
    programs.add_argument("--bundled", type=Path, default=ROOT / "data/envoy")
    programs.add_argument("--generator", type=Path, default=ROOT / "benches/corpus.py")
    programs.add_argument("--ner-model", type=Path, default=ROOT / "models/ner-minilm-l6")
    programs.add_argument("--stance-model", type=Path, default=ROOT / "models/nli-minilm-l6")
    args = parser.parse_args()
    if args.corpus == "generated" and "stance" in (args.tasks or []):
        parser.error("the generated corpus has no targets, so it takes the task ner alone")
    args.tasks = args.tasks or (["ner"] if args.corpus == "generated" else ["ner", "stance"])
    return args


def main():
    args = arguments()
    runners.f32_only(args.threads)
    peak.check()
    args.flags = machines.flags()
    record = {"version": 2, "machine": machines.machine(args.karat), "settings": settings(args), "tasks": {}}
    machine = quiet.Quiet(args.patience)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for name in args.tasks:
            one = task.Task(args, name, Path(folder), machine)
            one.record["corpus"] = one.corpus.origin
            record["tasks"][name] = one.record
            one.run(lambda: save(record, args.output))
            save(record, args.output)
            good &= agreement.agrees(one.record["agreement"]["logits"][task.FIRST])
    print(report.markdown(record))
    return 0 if good else 1


def settings(args):
    kept = ["corpus", "threads", "max_tokens", "overlap", "rounds", "stance_documents", "documents", "seed", "deal", "blocks", "checked"]
    kept += ["slow_share", "patience", "sweep_tokens", "without"]
    models = {"ner_model": args.ner_model.name, "stance_model": args.stance_model.name}
    return {name: getattr(args, name) for name in kept} | models


def save(record, path):
    """After each block, so that what was measured is not lost when a later one fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".json.partial")
    partial.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (windows.Mismatch, RuntimeError, OSError) as error:
        task.say(f"error: {error}")
        sys.exit(2)
