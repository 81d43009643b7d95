"""The peers that are Rust crates, each a program of its own beside this file, and transformers' pipeline, to which one is held."""

import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
import transformers

TARGET = Path(__file__).resolve().parents[2] / "target/peers/release"
CANDLE, RUST_BERT = TARGET / "karat-peer-candle", TARGET / "karat-peer-rust-bert-pipeline"


class Candle:
    """candle in f32: a process for each pass, which tells the seconds of its forward passes alone."""

    name, variant = "candle f32", ""
    sample = 0.4

    def __init__(self, crew, binary, task, model, folder):
        files = [folder / "candle-batches.safetensors", folder / "candle-logits.safetensors"]
        self.crew, self.command = crew, [binary, model, *files, task]

    def prepare(self, batches):
        return batches

    def time(self, batches):
        parts = {"ids": "ids", "mask": "mask", "types": "type_ids"}
        tensors = {f"{part}.{n}": getattr(b, name).astype(np.uint32) for n, b in enumerate(batches) for part, name in parts.items()}
        safetensors.numpy.save_file(tensors, self.command[2])
        threads = {"RAYON_NUM_THREADS": str(self.crew.threads), "CANDLE_NUM_THREADS": str(self.crew.threads)}
        said = _run([*self.command, self.crew.callers], os.environ | threads)
        if said["batches"] != len(batches):
            raise RuntimeError(f"candle ran {said['batches']} batches of {len(batches)}")
        return said["seconds"], said["cpu_seconds"]

    def outputs(self, batches):
        self.time(batches)
        found = safetensors.numpy.load_file(self.command[3])
        return [found[f"logits.{n}"] for n in range(len(batches))]


class RustBertPipeline:
    """rust-bert's NER pipeline: a process for each pass, which tells the seconds of its calls, from texts to entities.

    Calls of at most 8 documents (of 6 windows at most in these corpora) keep to one batch of its 64 windows, so that its misplaced
    labels stay out of the timed passes.
    """

    name = "rust-bert pipeline"
    calls = [1, 4, 8]

    def __init__(self, binary, model, folder, threads):
        self.binary, self.model, self.folder, self.threads = binary, model, folder, threads
        self.vocabulary = folder / "vocab.txt"
        tokens = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        if sorted(tokens.values()) != list(range(len(tokens))):
            raise RuntimeError("ids of the vocabulary have gaps, which vocab.txt cannot say")
        self.vocabulary.write_text("".join(f"{token}\n" for token in sorted(tokens, key=tokens.get)), encoding="utf-8")

    def time(self, documents, call):
        return self._run(documents, call)[:2]

    def entities(self, documents, call):
        """For each document its entities as (start, end, label); `call` 0 gives all documents to one call."""
        lines = map(json.loads, self._run(documents, call)[2].read_text(encoding="utf-8").splitlines())
        return [[(e["start"], e["end"], e["label"]) for e in line["entities"]] for line in lines]

    def _run(self, documents, call):
        given, found = self.folder / "rust-bert-documents.jsonl", self.folder / "rust-bert-entities.jsonl"
        given.write_text("".join(json.dumps({"id": d.id, "text": d.text}) + "\n" for d in documents), encoding="utf-8")
        said = _run([self.binary, self.model, self.vocabulary, given, found, self.threads, call], os.environ)
        return said["seconds"], said["cpu_seconds"], found


class TransformersPipeline:
    """transformers' own pipeline as its users call it: texts in, entities out, long texts in overlapping windows."""

    name = "transformers pipeline"
    calls = [1, 4, 16]  # windows of a batch; its own default is 1

    def __init__(self, model, max_tokens, overlap):
        tokenizer = transformers.AutoTokenizer.from_pretrained(model, model_max_length=max_tokens)
        options = {"dtype": torch.float32, "device": "cpu", "aggregation_strategy": "first", "stride": overlap}
        self.pipeline = transformers.pipeline("token-classification", model=str(model), tokenizer=tokenizer, **options)

    def time(self, documents, call):
        cpu, started = time.process_time(), time.perf_counter()
        self.entities(documents, call)
        return time.perf_counter() - started, time.process_time() - cpu

    def entities(self, documents, call):
        by_length = sorted(range(len(documents)), key=lambda at: len(documents[at].text))
        with torch.inference_mode():
            found = self.pipeline([documents[at].text for at in by_length], batch_size=call)
        ordered = [None] * len(documents)
        for at, of_text in zip(by_length, found, strict=True):
            ordered[at] = [(int(e["start"]), int(e["end"]), e["entity_group"]) for e in of_text]
        return ordered


def _run(command, environment):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} ended with code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)
