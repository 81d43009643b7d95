"""What is run: the bundled corpus, whole in every round, or a generated one, dealt into blocks of the same length mix."""

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass

BUNDLED = "the bundled corpus data/envoy, whole in every round"


@dataclass
class Document:
    id: str
    text: str


@dataclass
class Corpus:
    origin: str  # in words, for whoever reads the figures
    parts: list  # of documents: each block or round runs one of them
    checked: list  # the documents on which answers are compared before anything is timed


def bundled(path, task, rounds, stance_documents):
    """Every round runs all documents; for stance the few that `spread_by_length` takes."""
    documents = read_documents(path / "documents.jsonl")
    origin = BUNDLED
    if task == "stance" and stance_documents < len(documents):
        documents = spread_by_length(documents, stance_documents)
        origin = f"{len(documents)} documents at quantiles of length of the bundled corpus data/envoy, all in every round"
    return Corpus(origin, [documents] * rounds, documents)


def generated(generator, path, options):
    """Each document is in one block; `options.blocks` of `options.deal` are run, and answers compared on `options.checked`."""
    command = [sys.executable, generator, "--documents", options.documents, "--seed", options.seed, "--out", path]
    said = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stderr
    documents = read_documents(path)
    parts = deal(documents, options.deal)[: options.blocks]
    origin = f"{options.documents:,} documents {said.rsplit('; ', 1)[1].strip()}, seed {options.seed}"
    if len(parts) < options.deal:
        origin += f"; only {len(parts)} of {options.deal} blocks were run"
    return Corpus(origin, parts, spread_by_length(documents, options.checked))


def deal(documents, count):
    """The documents in `count` blocks of nearly the same lengths: sorted, then dealt to and fro. Each keeps the corpus's order."""
    order = sorted(range(len(documents)), key=lambda at: (len(documents[at].text), at))
    blocks = [[] for _ in range(count)]
    for place, at in enumerate(order):
        lap, seat = divmod(place, count)
        blocks[seat if lap % 2 == 0 else count - 1 - seat].append(at)
    return [[documents[at] for at in sorted(block)] for block in blocks]


def read_documents(path):
    with open(path, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines if line.strip()]
    return [Document(o["id"], o["text"]) for o in objects]


def write_documents(documents, path):
    lines = [json.dumps({"id": d.id, "text": d.text}, ensure_ascii=False) + "\n" for d in documents]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def targets_of(documents, corpus, path):
    """Writes the targets that the gold has for any of the documents to `path`, which it returns."""
    ids = {document.id for document in documents}
    with open(corpus / "gold/stance.jsonl", encoding="utf-8") as file:
        asked = {line["target"] for line in map(json.loads, file) if line["id"] in ids}
    phrases = tomllib.loads((corpus / "targets.toml").read_text(encoding="utf-8"))
    lines = [f"{json.dumps(id)} = {json.dumps(phrase)}\n" for id, phrase in phrases.items() if id in asked]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def spread_by_length(documents, count):
    """`count` documents that stand for the lengths of all, such as the quartiles for two; in the corpus's order."""
    if count >= len(documents):
        return documents
    by_length = sorted(documents, key=lambda d: len(d.text))
    taken = {by_length[int((i + 0.5) * len(by_length) / count)].id for i in range(count)}
    return [d for d in documents if d.id in taken]
