"""The references' own test vectors, taken from their source archives at run time; nothing of them is kept here."""

import importlib.util
import json
import sys
import tarfile
import types

import tags
from agreement import Result
from nervaluate import strategies
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

MEASURES = {"StrictEvaluation": "strict", "ExactEvaluation": "exact", "PartialEvaluation": "partial", "EntityTypeEvaluation": "type"}


class Recorder(types.ModuleType):
    """Stands in for pytest while a test file is imported: keeps parameters, runs nothing."""

    def __init__(self):
        super().__init__("pytest")
        self.mark = self

    def parametrize(self, _names, values):
        def keep(function):
            function.values = values
            return function

        return keep

    def fixture(self, function):
        function.is_fixture = True
        return function

    def __getattr__(self, name):
        return lambda *_, **__: lambda function: function


def load(path):
    """A test file as a module."""
    before, sys.modules["pytest"] = sys.modules.get("pytest"), Recorder()
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.modules.pop("pytest")
        if before:
            sys.modules["pytest"] = before


def scheme_vectors(karat, path):
    """Each vector is a sequence and its entities: gold and predictions are the same, so every count must be their number."""
    result = Result("seqeval's own scheme vectors")
    for name, function in vars(load(path)).items():
        parts = name.split("_")
        if parts[0] != "test" or parts[2:3] != ["tokens"] or parts[1].upper() not in tags.LETTERS:
            continue
        scheme = parts[1].upper()
        options = ["--metrics", "seqeval-strict", "--scheme", scheme.lower()]
        for sequence, expected in function.values:
            if not sequence:
                result.documented["vectors left out, since a file needs a token"] += 1
                continue
            text = tags.columns([([sequence], [sequence])])
            found = karat.score("--both", karat.file("tags.conll", text), *options)
            ours = {k.rsplit(".", 1)[0]: v for k, v in found["counts"]["seqeval-strict"].items() if k.endswith(".tp") and v}
            theirs = {}
            for entity in expected:
                label = entity[0]
                theirs[label] = theirs.get(label, 0) + 1
            result.equal(f"{scheme} {' '.join(sequence)}", "entities", ours, theirs)
            result.cases += 1
    return result


def strategy_vectors(karat, path):
    """The inputs that nervaluate's tests of strategies give, with the results that they assert."""
    seen, originals = [], {}
    for name in MEASURES:
        original = originals[name] = getattr(strategies, name).evaluate

        def record(self, true, pred, *rest, original=original, measure=MEASURES[name]):
            found = original(self, true, pred, *rest)
            seen.append((measure, self.min_overlap_percentage, list(true), list(pred), found[0]))
            return found

        getattr(strategies, name).evaluate = record
    module = load(path)
    functions = {name: one for name, one in vars(module).items() if isinstance(one, types.FunctionType)}
    fixtures = {name: function() for name, function in functions.items() if hasattr(function, "is_fixture")}
    try:
        for suite in [value for name, value in vars(module).items() if name.startswith("Test")]:
            for name in [name for name in dir(suite) if name.startswith("test_")]:
                function = getattr(suite(), name)
                wanted = function.__code__.co_varnames[1 : function.__code__.co_argcount]
                function(**{fixture: fixtures[fixture] for fixture in wanted})
    finally:
        for name, original in originals.items():
            getattr(strategies, name).evaluate = original
    result = Result("nervaluate's own strategy vectors")
    for number, (measure, overlap, true, pred, found) in enumerate(seen):
        gold = sorted((one.start, one.end) for one in true)
        if any(a[1] >= b[0] for a, b in zip(gold, gold[1:])):
            result.documented["vectors left out, since karat's gold may not nest"] += 1
            continue
        assert overlap == 1.0
        ours = counts(karat, true, pred)
        names = {"COR": "correct", "MIS": "missed", "SPU": "spurious"}
        names["PAR" if measure == "partial" else "INC"] = "partial" if measure == "partial" else "incorrect"
        for count, theirs in names.items():
            result.equal(number, f"{measure}.{count}", ours[f"{measure}.{count}"], getattr(found, theirs))
        result.cases += 1
    return result


def counts(karat, true, pred):
    rows = [[{"start": e.start, "end": e.end + 1, "label": e.label} for e in side] for side in (true, pred)]
    files = [karat.file(f"{name}.jsonl", json.dumps({"id": "a", "entities": row}) + "\n") for name, row in zip("gp", rows)]
    return karat.score("--gold", files[0], "--pred", files[1], "--metrics", "nervaluate")["counts"]["nervaluate"]


def ground_truth(karat, folder):
    """seqeval's own file: what conlleval prints for it, and seqeval's strict scores."""
    result = Result("seqeval's ground truth")
    path = folder / "data/ground_truth.txt"
    found = karat.score("--both", str(path), "--metrics", "seqeval,seqeval-strict", "--scheme", "iob2")
    values = {metric["id"]: metric["value"] for metric in found["metrics"]}
    facts = {"accuracy": 84.08, "precision": 68.83, "recall": 80.83, "f1": 74.35}
    for name, expected in facts.items():
        ours = values[f"seqeval.{name}"]
        result.equal("file", f"{name} {ours} and {expected}", round(100 * ours, 2), expected)
    sentences = [block.split("\n") for block in path.read_text(encoding="utf-8").strip().split("\n\n")]
    gold, predicted = ([[row.split(" ")[column] for row in block] for block in sentences] for column in (-2, -1))
    for average, name in (("micro", "f1"), ("macro", "f1.macro")):
        theirs = f1_score(gold, predicted, average=average, mode="strict", scheme=IOB2)
        result.number("file", f"strict {name}", values[f"seqeval-strict.{name}"], float(theirs))
    result.cases = 1
    return result


def families(karat, options):
    if options.sources is None:
        print("no --sources: conlleval and the references' own vectors are not compared")
        return []
    folders = {}
    for archive in sorted(options.sources.glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            files.extractall(karat.folder, filter="data")
        folders[archive.name.split("-")[0]] = karat.folder / archive.name.removesuffix(".tar.gz") / "tests"
    seqeval, nervaluate = folders["seqeval"], folders["nervaluate"]
    return [
        ground_truth(karat, seqeval),
        scheme_vectors(karat, seqeval / "test_scheme.py"),
        strategy_vectors(karat, nervaluate / "test_strategies.py"),
        *tags.conlleval_families(karat, seqeval / "conlleval.pl", options),
    ]
