"""Whether the runners give the same answers, which comes before how fast they give them."""

import json
from collections import Counter

import numpy as np

LIMIT = 1e-4  # most that karat's logits may differ from PyTorch's, in f32


def compare(sequences, reference, others):
    """For each of `others` (name → logits by sequence): greatest difference to `reference`, and rows with another argmax."""
    rows = sum(len(r) for r in reference)
    found = {}
    for name, logits in others.items():
        if [a.shape for a in logits] != [r.shape for r in reference]:
            raise RuntimeError(f"{name}: logits have other shapes than the reference's")
        deltas = [np.abs(a - r).max(initial=0.0) for a, r in zip(logits, reference)]
        worst = int(np.argmax(deltas))
        differ = sum(int((a.argmax(-1) != r.argmax(-1)).sum()) for a, r in zip(logits, reference))
        found[name] = {
            "max_abs_difference": float(max(deltas)),
            "at": {"document": sequences[worst].document, "window": sequences[worst].window},
            "argmax_differs": differ,
            "rows": rows,
        }
    return found


def agrees(found):
    """False also for a difference that is not a number."""
    return found["max_abs_difference"] <= LIMIT


def entities(documents, sequences, predictions, pipeline):
    """karat's entities against the pipeline's, by document: the same span and label, or only one side's.

    Documents of one window must agree, and what differs there is listed with its text. Longer ones are only counted: karat
    decides a token where it has most context, the pipeline cuts other windows and merges their overlaps by score.
    """
    windows = Counter(sequence.document for sequence in sequences)
    with open(predictions, encoding="utf-8") as lines:
        karat = {o["id"]: o["entities"] for o in map(json.loads, filter(str.strip, lines))}
    counts = {kind: Counter() for kind in ("one_window", "longer")}
    differences = []
    for document, theirs in zip(documents, pipeline):
        kind = "longer" if windows[document.id] > 1 else "one_window"
        ours = {(e["start"], e["end"], e["label"]) for e in karat[document.id]}
        theirs = set(theirs)
        found = {"same": ours & theirs, "only_karat": ours - theirs, "only_pipeline": theirs - ours}
        counts[kind].update({"documents": 1} | {name: len(spans) for name, spans in found.items()})
        for side in ("only_karat", "only_pipeline") if kind == "one_window" else ():
            for start, end, label in sorted(found[side]):
                place = {"document": document.id, "start": start, "end": end}
                differences.append({"side": side, "label": label, "text": document.text[start:end]} | place)
    return {kind: dict(count) for kind, count in counts.items()} | {"differences": differences}
