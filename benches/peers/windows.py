"""karat's windows as token ids, so that every runner does the same work, and their batches.

karat's Parquet file says which characters each token of each window stands for. Here the same documents go through
transformers' fast tokenizer; each window must be a run of exactly the tokens that come out, or the comparison stops.
"""

import math
import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as parquet


class Mismatch(Exception):
    """karat and the peers do not read the same text in the same way, so there is nothing to compare."""


@dataclass
class Sequence:
    """What the model reads for one window: `[CLS] window [SEP]`, or `[CLS] window [SEP] hypothesis [SEP]`."""

    document: str
    window: int
    ids: np.ndarray  # [tokens], int64, special tokens included
    type_ids: np.ndarray  # [tokens], int64
    karat: np.ndarray | None = None  # karat's logits, f32: [tokens, classes] for ner, [1, classes] for stance; None where not read

    def __len__(self):
        return len(self.ids)


@dataclass
class Batch:
    """Sequences of similar length, padded to the longest with id 0 (`[PAD]`), which the mask hides."""

    members: list  # positions in the list of sequences
    ids: np.ndarray  # [sequences, longest], int64
    mask: np.ndarray
    type_ids: np.ndarray


def batches_of(sequences, budget):
    """Sorted by length, longest first; a batch is full when its tokens with padding would be more than `budget`."""
    order = sorted(range(len(sequences)), key=lambda i: (-len(sequences[i]), i))
    groups = [[]]
    for i in order:
        group = groups[-1]
        if group and (len(group) + 1) * len(sequences[group[0]]) > budget:
            groups.append([])
        groups[-1].append(i)
    return [_padded(sequences, group) for group in groups]


def padding_share(sequences, batches):
    real = sum(len(s) for s in sequences)
    return 1 - real / sum(batch.ids.size for batch in batches)


def ner_sequences(path, documents, tokenizer):
    """The windows of `karat predict --task ner --logits PATH`, in the order of documents and windows."""
    columns, logits = _read(path)
    rows = {}
    for row, key in enumerate(zip(columns["document"], columns["window"])):
        rows.setdefault(key, []).append(row)
    sequences = []
    for document, tokens in _tokenized(documents, tokenizer):
        windows = sorted(window for name, window in rows if name == document.id)
        for window in windows:
            of_window = sorted(rows[document.id, window], key=lambda row: columns["token"][row])
            spans = [(columns["start"][row], columns["end"][row]) for row in of_window]
            if spans[0][0] is not None or spans[-1][0] is not None or any(start is None for start, _ in spans[1:-1]):
                raise Mismatch(f"document `{document.id}`, window {window}: not one special token before and one after")
            ids = tokens.find(spans[1:-1], f"document `{document.id}`, window {window}")
            ids, type_ids = _framed(tokenizer, ids)
            sequences.append(Sequence(document.id, window, ids, type_ids, logits[of_window]))
    _all_used(sequences, len(rows), "windows")
    return sequences


def ner_by_rule(documents, tokenizer, max_tokens, overlap):
    """The same windows, cut by karat's rule without a look at its file; whether karat ran as many tokens is for the caller to see."""
    sequences = []
    for document in documents:
        ids = _ids(tokenizer, document.text)
        for window, (start, end) in enumerate(_split(len(ids), max_tokens - 2, overlap)):
            sequences.append(Sequence(document.id, window, *_framed(tokenizer, ids[start:end])))
    return sequences


def same(some, others):
    """Whether two lists of sequences hold the same windows with the same tokens."""
    key = lambda s: (s.document, s.window, s.ids.tobytes(), s.type_ids.tobytes())
    return list(map(key, some)) == list(map(key, others))


def stance_sequences(path, documents, tokenizer, max_tokens, overlap):
    """The windows of `karat predict --task stance --logits PATH`, one sequence for each hypothesis and window.

    The file holds no tokens, so the windows are cut anew by karat's rule; the caller compares the count of tokens with
    karat's own, and the logits would differ if a window did.
    """
    columns, logits = _read(path)
    rows = {}
    for row, name in enumerate(columns["document"]):
        rows.setdefault(name, []).append(row)
    hypothesis_ids = {h: _ids(tokenizer, h) for h in set(columns["hypothesis"])}
    sequences = []
    for document, tokens in _tokenized(documents, tokenizer):
        of_document = rows.get(document.id, [])
        longest = max((len(hypothesis_ids[columns["hypothesis"][row]]) for row in of_document), default=0)
        windows = _split(len(tokens.ids), max_tokens - 3 - longest, overlap)
        cut = {columns["window"][row] for row in of_document}
        if cut != set(range(len(windows))):
            raise Mismatch(f"document `{document.id}`: karat has {len(cut)} windows, its rule gives {len(windows)}")
        for row in of_document:
            start, end = windows[columns["window"][row]]
            hypothesis = hypothesis_ids[columns["hypothesis"][row]]
            ids, type_ids = _framed(tokenizer, tokens.ids[start:end], hypothesis)
            sequences.append(Sequence(document.id, columns["window"][row], ids, type_ids, logits[[row]]))
    _all_used(sequences, len(columns["document"]), "rows")
    return sequences


@dataclass
class _Tokens:
    """A document's tokens as transformers' fast tokenizer cuts them."""

    text: str
    ids: list
    offsets: list  # (start, end), half-open, in characters

    def find(self, spans, what):
        """The ids of the tokens that stand at `spans`."""
        starts = [i for i, (start, _) in enumerate(self.offsets) if spans and start == spans[0][0]]
        for first in starts:
            there = self.offsets[first : first + len(spans)]
            if len(there) == len(spans) and all(map(self._same, there, spans)):
                return self.ids[first : first + len(spans)]
        raise Mismatch(f"{what}: its tokens are not those of transformers' tokenizer")

    def _same(self, theirs, ours):
        """karat gives a combining mark that the normaliser drops to the token before it; the pipeline to none."""
        dropped = self.text[theirs[1] : ours[1]]
        return theirs[0] == ours[0] and theirs[1] <= ours[1] and all(unicodedata.category(c)[0] == "M" for c in dropped)


def _read(path):
    table = parquet.read_table(path)
    lists = table.column("logits").combine_chunks()
    values = lists.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    logits = values.reshape(table.num_rows, -1)
    return table.drop_columns(["logits"]).to_pydict(), logits


def _tokenized(documents, tokenizer):
    for document in documents:
        encoding = tokenizer(document.text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        yield document, _Tokens(document.text, encoding["input_ids"], encoding["offset_mapping"])


def _ids(tokenizer, text):
    return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]


def _framed(tokenizer, ids, hypothesis=None):
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    framed = [cls, *ids, sep]
    types = [0] * len(framed)
    if hypothesis is not None:
        framed += [*hypothesis, sep]
        types += [1] * (len(hypothesis) + 1)
    return np.array(framed, dtype=np.int64), np.array(types, dtype=np.int64)


def _split(tokens, size, overlap):
    """karat's windows over a document's tokens: of nearly equal length, their starts spread evenly."""
    if tokens == 0:
        return []
    if tokens <= size:
        return [(0, tokens)]
    count = math.ceil((tokens - overlap) / (size - overlap))
    length = math.ceil((tokens + (count - 1) * overlap) / count)
    starts = [i * (tokens - length) // (count - 1) for i in range(count)]
    return [(start, start + length) for start in starts]


def _padded(sequences, members):
    longest = max(len(sequences[i]) for i in members)
    ids, mask, type_ids = (np.zeros((len(members), longest), dtype=np.int64) for _ in range(3))
    for row, i in enumerate(members):
        length = len(sequences[i])
        ids[row, :length] = sequences[i].ids
        mask[row, :length] = 1
        type_ids[row, :length] = sequences[i].type_ids
    return Batch(members, ids, mask, type_ids)


def _all_used(sequences, expected, what):
    if len(sequences) != expected:
        raise Mismatch(f"karat's file has {expected} {what}, but only {len(sequences)} are of the corpus's documents")
