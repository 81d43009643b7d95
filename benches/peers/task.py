"""One task on one corpus: the same work for all, agreement, each peer at its best, then blocks or rounds of all runners in turn."""

import contextlib
import json
import sys
from dataclasses import dataclass

import transformers

import agreement
import corpora
import crates
import graphs
import instructions
import machines
import peak
import runners
import windows

BUDGETS = [512, 1024, 2048, 4096]  # tokens of a batch, padding included
FIRST = "karat native f32"


@dataclass
class Block:
    number: int
    documents: list
    sequences: list
    file: object  # the documents as JSON lines

    @property
    def tokens(self):
        return sum(map(len, self.sequences))


@dataclass
class Entry:
    """One runner as it is timed: what makes its input outside of the clock, and what runs it, for seconds and CPU seconds."""

    name: str
    kind: str  # "forward", "karat" (whose forward seconds are its own word) or "text to entities"
    setting: str
    share: float  # of the blocks that it runs
    prepare: object
    time: object
    chosen: str = ""  # the form that the sweep chose


class Task:
    """What of_task does, step by step. `record` is what goes into the JSON file."""

    def __init__(self, args, name, folder, machine):
        self.args, self.name, self.folder, self.machine = args, name, folder, machine
        self.model = args.ner_model if name == "ner" else args.stance_model
        self.config = json.loads((self.model / "config.json").read_text(encoding="utf-8"))
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(self.model)
        self.record = {"not_run": {}, "f32_weights_bytes": machines.f32_weights(self.model)}
        if args.corpus == "generated":
            self.corpus = corpora.generated(args.generator, folder / "generated.jsonl", args)
        else:
            self.corpus = corpora.bundled(args.bundled, name, args.rounds, args.stance_documents)

    def run(self, save):
        self.checked = self.block(-1, self.corpus.checked)
        self.karats = self.agree_karats()
        candidates = self.forward_candidates()
        if not self.agree(candidates):
            return
        entries = self.karat_entries() + self.at_their_best(candidates)
        self.look_at_instructions(entries)
        entries += self.pipeline_entries()
        self.record["settings"] = {entry.name: entry.setting for entry in entries}
        self.blocks(entries, save)

    # The same work for all

    def block(self, number, documents):
        file = corpora.write_documents(documents, self.folder / f"{self.name}-block.jsonl")
        sequences = []
        if number >= 0 and self.name == "ner":
            sequences = windows.ner_by_rule(documents, self.tokenizer, self.args.max_tokens, self.args.overlap)
        elif number >= 0:
            sequences = self.checked.sequences
        return Block(number, documents, sequences, file)

    def sequences_of(self, logits):
        """karat's windows as token ids, from the file of its logits."""
        if self.name == "ner":
            return windows.ner_sequences(logits, self.checked.documents, self.tokenizer)
        return windows.stance_sequences(logits, self.checked.documents, self.tokenizer, self.args.max_tokens, self.args.overlap)

    def agree_karats(self):
        """Every form of karat once on the checked documents; those that cannot run are named. FIRST must."""
        args, options = self.args, ["--task", self.name, "--model", self.model, "--threads", self.args.threads]
        options += ["--max-tokens", args.max_tokens, "--overlap", args.overlap]
        if self.name == "stance":
            options += ["--targets", corpora.targets_of(self.corpus.checked, args.bundled, self.folder / "targets.toml")]
        forms = [(args.karat, "native", precision) for precision in ("f32", "int8")]
        if args.karat_rust_bert:
            forms += [(args.karat_rust_bert, "rust-bert", precision) for precision in ("f32", "bf16")]
        running = []
        for binary, engine, precision in forms:
            karat = runners.Karat(f"karat {engine} {precision}", binary, engine, precision, options)
            if self.left_out(karat.name) and karat.name != FIRST:
                continue
            say(f"{self.name}: {karat.name} once, for its windows and logits")
            predictions, logits = self.folder / f"{engine}-{precision}.jsonl", self.folder / f"{engine}-{precision}.parquet"
            try:
                summary = karat.run(self.checked.file, predictions, logits)
            except RuntimeError as error:
                if karat.name == FIRST:
                    raise
                self.not_run(karat.name, str(error))
                continue
            karat.sequences, karat.predictions = self.sequences_of(logits), predictions
            if summary["tokens"] != sum(map(len, karat.sequences)):
                raise windows.Mismatch(f"{karat.name} says that it ran {summary['tokens']} tokens, which its windows do not have")
            running.append(karat)
        self.checked.sequences = running[0].sequences
        others = [karat.sequences for karat in running[1:]]
        if self.name == "ner":
            others.append(windows.ner_by_rule(self.checked.documents, self.tokenizer, args.max_tokens, args.overlap))
        if not all(windows.same(self.checked.sequences, other) for other in others):
            raise windows.Mismatch("karat's windows are not the same in every precision and by its rule")
        return running

    # Agreement

    def forward_candidates(self):
        """Every form of every peer of the forward pass, on each crew, whose name is not left out."""
        threads = self.args.threads
        crews = [runners.Crew(callers, threads // callers) for callers in sorted({1, threads})]
        weights = runners.torch_model(self.name, self.model)
        vnni = "avx512_vnni" in self.args.flags or "avx_vnni" in self.args.flags
        onnx, self.record["fused"] = graphs.variants(weights, self.folder, crews, vnni)
        candidates = runners.torch_variants(weights, crews) + onnx
        if self.args.candle.exists():
            candidates += [crates.Candle(crew, self.args.candle, self.name, self.model, self.folder) for crew in crews]
        else:
            self.not_run(crates.Candle.name, "its program is not built")
        self.reference = candidates[0]
        return [c for c in candidates if not self.left_out(c.name)]

    def agree(self, candidates):
        """All against PyTorch, whose windows run one at a time here, with no padding at all. False when karat's f32 differs.

        Whatever else says that it is f32 and is not within the limit is not timed.
        """
        say(f"{self.name}: do they agree?")
        sequences = self.checked.sequences
        reference = runners.logits_of(self.reference, sequences, windows.batches_of(sequences, 1))
        batches = windows.batches_of(sequences, 2048)
        others = {karat.name: [sequence.karat for sequence in karat.sequences] for karat in self.karats}
        for runner in candidates:
            if label(runner) not in others:  # once is enough: how threads are used is not what is asked here
                say(f"  {label(runner)}")
                others[label(runner)] = runners.logits_of(runner, sequences, batches)
        found = agreement.compare(sequences, reference, others)
        documents, tokens = len(self.checked.documents), sum(map(len, sequences))
        self.record["agreement"] = {"documents": documents, "tokens": tokens, "logits": found}
        bad = {name for name, one in found.items() if "f32" in name and not agreement.agrees(one)}
        for name in sorted(bad - {FIRST}):
            self.not_run(name, f"its f32 logits differ by {found[name]['max_abs_difference']:.1e}")
        candidates[:] = [runner for runner in candidates if label(runner) not in bad]
        self.karats = [karat for karat in self.karats if karat.name not in bad]
        return FIRST not in bad

    # Each at its best

    def at_their_best(self, candidates):
        """For each peer the form, batches and threads that were fastest in a short sweep; the record keeps what the sweep saw."""
        by_length = sorted(self.checked.sequences, key=len)
        entries, seen = [], self.record.setdefault("sweep", [])
        for name in dict.fromkeys(runner.name for runner in candidates):
            say(f"{self.name}: which batches suit {name}")
            tried = []
            for runner in (r for r in candidates if r.name == name):
                sample = by_length[:: max(1, round(sum(map(len, by_length)) / self.args.sweep_tokens / runner.sample))]
                for budget in BUDGETS:
                    inputs = runner.prepare(windows.batches_of(sample, budget))
                    seconds, _ = self.machine.measure(lambda: min(runner.time(inputs)[0] for _ in range(2)))
                    tried.append((sum(map(len, sample)) / seconds, runner, budget))
            tried.sort(key=lambda one: -one[0])
            seen += [{"runner": label(r), "threads": str(r.crew), "budget": b, "tokens_per_second": rate} for rate, r, b in tried]
            entries.append(self.forward_entry(*tried[0][1:]))
            entries[-1].chosen = label(tried[0][1])
        return entries

    def forward_entry(self, runner, budget):
        padding = windows.padding_share(self.checked.sequences, windows.batches_of(self.checked.sequences, budget))
        setting = ", ".join(filter(None, [runner.variant, f"{budget} tokens", str(runner.crew), f"{padding:.1%} padding"]))
        prepare = lambda block: runner.prepare(windows.batches_of(block.sequences, budget))
        share = self.args.slow_share if isinstance(runner, crates.Candle) else 1.0
        return Entry(runner.name, "forward", setting, share, prepare, runner.time)

    def karat_entries(self):
        output = self.folder / "predictions.jsonl"
        time = lambda karat: lambda block: self.karat_pass(karat, block, output)
        return [Entry(karat.name, "karat", karat.setting, 1.0, lambda block: block, time(karat)) for karat in self.karats]

    def karat_pass(self, karat, block, output):
        summary = karat.run(block.file, output)
        if summary["tokens"] != block.tokens:
            ran = f"{karat.name} ran {summary['tokens']} tokens of block {block.number}"
            raise windows.Mismatch(f"{ran}, but its windows have {block.tokens}")
        return summary

    def pipeline_entries(self):
        """From text to entities, for NER alone; their entities are held against karat's first."""
        made = []
        if self.name == "ner" and not self.left_out(crates.TransformersPipeline.name):
            made.append(crates.TransformersPipeline(self.model, self.args.max_tokens, self.args.overlap))
        if self.name == "ner" and not self.left_out(crates.RustBertPipeline.name):
            with self.named(crates.RustBertPipeline.name):
                made.append(crates.RustBertPipeline(self.args.rust_bert_pipeline, self.model, self.folder, self.args.threads))
                made[-1].time(self.checked.documents[:1], 1)
        entries = []
        for pipeline in made:
            if pipeline.name in self.record["not_run"]:
                continue
            say(f"{self.name}: {pipeline.name}, its entities and how many documents or windows at once")
            self.entities(pipeline, pipeline.calls[0], pipeline.name)
            if isinstance(pipeline, crates.RustBertPipeline):
                self.entities(pipeline, 0, f"{pipeline.name}, all documents in one call")
            sample = corpora.spread_by_length(self.checked.documents, 16)
            tried = sorted((self.machine.measure(lambda: pipeline.time(sample, call)[0])[0], call) for call in pipeline.calls)
            self.record["sweep"] += [{"runner": pipeline.name, "call": call, "sample_seconds": seconds} for seconds, call in tried]
            best = tried[0][1]
            time = lambda block, pipeline=pipeline, best=best: pipeline.time(block.documents, best)
            what = "windows in a batch" if isinstance(pipeline, crates.TransformersPipeline) else "documents in a call"
            setting = f"f32, {best} {what}, sorted by length"
            entries.append(Entry(pipeline.name, "text to entities", setting, self.args.slow_share, lambda block: block, time))
        return entries

    def entities(self, pipeline, call, name):
        theirs = pipeline.entities(self.checked.documents, call)
        documents, sequences = self.checked.documents, self.checked.sequences
        found = agreement.entities(documents, sequences, self.karats[0].predictions, theirs)
        self.record["agreement"].setdefault("entities", {})[name] = found

    def look_at_instructions(self, entries):
        """For each peer of the forward pass what its own library says of the kernels that it takes."""
        found = {}
        for entry in entries:
            form = entry.chosen
            if form.startswith("PyTorch") or form.startswith("ONNX") and "int8" in form:
                stem = "fused" if form.endswith("fused") else "plain"
                graph = self.folder / f"{stem}{'.int8' if 'int8' in form else ''}.onnx"
                found[entry.name] = {"form": form} | instructions.look(form, self.model, self.name, graph)
        self.record["instructions"] = found

    # Blocks

    def blocks(self, entries, save):
        record, parts = self.record, self.corpus.parts
        say(f"{self.name}: the machine's f32 peak")
        machine_peak = peak.Peak(self.config, self.args.threads)
        record["peak"] = {"tried_operations_per_second": machine_peak.tried}
        record["shares"] = {entry.name: entry.share for entry in entries}
        record["blocks"] = []
        for number, documents in enumerate(parts):
            block = self.block(number, documents)
            operations = sum(peak.operations(self.config, len(s), self.name) for s in block.sequences)
            one = {"documents": len(documents), "sequences": len(block.sequences), "tokens": block.tokens, "operations": operations}
            rate, share = self.machine.measure(machine_peak.measure)
            one |= {"peak_operations_per_second": rate, "others_share_beside_peak": share, "runs": {}}
            turn = number % len(entries)
            for entry in entries[turn:] + entries[:turn]:
                if takes_part(number, len(parts), entry.share):
                    say(f"{self.name}: block {number + 1} of {len(parts)}, {entry.name}")
                    one["runs"][entry.name] = self.timed(entry, block)
            record["blocks"].append(one)
            save()

    def timed(self, entry, block):
        inputs = entry.prepare(block)
        value, share = self.machine.measure(lambda: entry.time(inputs))
        if entry.kind == "karat":
            # karat's steps overlap, and each is the mean over its threads. Peers' clocks run on while a thread has nothing left to do,
            # so karat's waiting counts as forward too.
            cpu, seconds = value["process_cpu_seconds"], value["seconds"]["forward"] + value["seconds"].get("wait", 0.0)
            return {"kind": entry.kind, "seconds": seconds, "cpu_seconds": cpu, "others_share": share, "karat": value}
        return {"kind": entry.kind, "seconds": value[0], "cpu_seconds": value[1], "others_share": share}

    # What does not run is said

    def left_out(self, name):
        chosen = any(word in name for word in self.args.without)
        if chosen:
            self.record["not_run"][name] = "left out by --without"
        return chosen

    def not_run(self, name, reason):
        self.record["not_run"][name] = " ".join(reason.split())
        say(f"  {name} is not run: {self.record['not_run'][name]}")

    @contextlib.contextmanager
    def named(self, name):
        try:
            yield
        except (RuntimeError, OSError) as error:
            self.not_run(name, str(error))


def takes_part(number, count, share):
    """Evenly spread over the blocks, the middle of each stretch, and at least one of them."""
    wanted = max(1, round(count * share))
    return number in {int((i + 0.5) * count / wanted) for i in range(wanted)}


def label(runner):
    return f"{runner.name}, {runner.variant}".rstrip(", ")


def say(what):
    print(what, file=sys.stderr, flush=True)
