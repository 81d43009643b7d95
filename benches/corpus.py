"""A corpus of any size for measuring speed: documents recombined from data/envoy, with its length mix.

    python3 benches/corpus.py --documents 2000 --seed 7 --out generated.jsonl
    python3 benches/corpus.py --documents 2000 --seed 7 --check

Every run of as many documents as data/envoy has takes the length of each of its articles once, in a random order. A document is
built of paragraphs with as many sentences, and the line ends, of paragraphs drawn from random articles; each sentence is drawn from
all sentences. Whole sentences only, so a document's length is met to some words. The same seed gives the same bytes, and
fewer documents are the beginning of more. Documents go out one by one, so that memory does not grow with their number.

This is a speed corpus, not an accuracy corpus: it has no gold, and its texts make no sense. Whatever reports on it must say
"recombined from data/envoy, length mix of data/envoy". `--check` holds lengths against data/envoy's and looks for equal
documents; exit code 1 says that it found something wrong. Standard library only.
"""

import argparse
import hashlib
import json
import os
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ORIGIN = "recombined from data/envoy, length mix of data/envoy"
QUANTILES = [0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0]
TRIES = 4  # sentences that are tried before a document ends short of its length
BOUND = 0.05  # most that a quantile of the lengths in words may differ, as a share of data/envoy's
# A sentence ends with its mark and what closes around it, before white space that does not end the line.
SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*(?=[^\S\r\n]+\S)")
PARAGRAPH = re.compile(r"([^\r\n]+)([\r\n]*)")


@dataclass
class Source:
    lengths: list  # of the articles, in words by white space
    articles: list  # for each article its paragraphs as (sentences, line end)
    sentences: list  # (sentence, words), of all articles, each once


def read(path):
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines if line.strip()]
    articles, sentences = [], {}
    for text in texts:
        articles.append([])
        for line, end in PARAGRAPH.findall(text):
            found = sentences_of(line)
            sentences |= dict.fromkeys(found)
            articles[-1].append((len(found), end or "\n"))
    words = [(sentence, len(sentence.split())) for sentence in sentences]
    return Source([len(text.split()) for text in texts], articles, words)


def sentences_of(line):
    ends = [match.end() for match in SENTENCE.finditer(line)]
    parts = [line[a:b].strip() for a, b in zip([0, *ends], [*ends, len(line)])]
    return [part for part in parts if part]


def documents(source, count, seed):
    """`count` documents as (id, text)."""
    rng = random.Random(seed)
    # Only random() gives the same numbers in every version of Python.
    draw = lambda values: values[int(rng.random() * len(values))]
    lengths = []
    for number in range(1, count + 1):
        if not lengths:
            lengths = sorted(source.lengths, key=lambda _: rng.random())
        yield f"generated-{number:06}", text(source, draw, lengths.pop())


def text(source, draw, length):
    """Paragraphs until `length` words are missed by less than with one sentence more, of the few that are tried."""
    parts, words = [], 0
    while True:
        sentences, end = draw(draw(source.articles))
        for place in range(sentences):
            tried = (draw(source.sentences) for _ in range(TRIES))
            sentence, size = next((s for s in tried if words + s[1] - length <= length - words), (None, 0))
            if sentence is None:
                return "".join(parts).rstrip() + "\n"
            parts += [" " if place else "", sentence]
            words += size
        parts.append(end)


def write(source, count, seed, path):
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w", encoding="utf-8", newline="") as file:
        for id, text in documents(source, count, seed):
            file.write(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n")
    os.replace(partial, path)


def check(source, count, seed):
    """Prints the lengths of both. False when a quantile is out of bounds or two documents are equal."""
    if count < len(source.lengths):
        raise SystemExit(f"error: a check needs at least {len(source.lengths)} documents")
    digests, lengths = set(), []
    for _, text in documents(source, count, seed):
        digests.add(hashlib.sha256(text.encode()).digest())
        lengths.append(len(text.split()))
    print(f"{count:,} documents, {sum(lengths):,} words; {ORIGIN}; words of a document:")
    good = True
    for quantile in QUANTILES:
        theirs, ours = (at(values, quantile) for values in (source.lengths, lengths))
        apart = abs(ours - theirs) / theirs
        good &= apart <= BOUND
        verdict = "" if apart <= BOUND else " TOO FAR"
        print(f"quantile {quantile:4.2f}: data/envoy {theirs:6.0f}, generated {ours:6.0f}, apart {apart:.1%}{verdict}")
    equal = count - len(digests)
    print(f"documents that equal another: {equal}")
    return good and equal == 0


def at(values, quantile):
    ordered = sorted(values)
    place = quantile * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def main():
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, help="JSON lines of id and text")
    parser.add_argument("--check", action="store_true", help="hold the lengths against data/envoy's; writes nothing by itself")
    parser.add_argument("--source", type=Path, default=root / "data/envoy/documents.jsonl")
    options = parser.parse_args()
    if options.documents < 1 or not (options.out or options.check):
        parser.error("--documents of 1 or more, and --out or --check")
    source = read(options.source)
    if options.out:
        write(source, options.documents, options.seed, options.out)
        print(f"{options.out}: {options.documents:,} documents, seed {options.seed}; {ORIGIN}", file=sys.stderr)
    return 0 if not options.check or check(source, options.documents, options.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
