"""The programs that are compared. Each is made ready outside of the clock, then asked for whole passes over the same work."""

import concurrent.futures
import contextlib
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import transformers
from onnxruntime.transformers import optimizer

HEADS = {
    "ner": transformers.AutoModelForTokenClassification,
    "stance": transformers.AutoModelForSequenceClassification,
}


class Karat:
    """`karat predict`, a new process for each pass: what it reports of itself, and what is seen of it from outside."""

    def __init__(self, binary, task, model, documents, options):
        self.command = [binary, "predict", "--task", task, "--model", model, "--input", documents, "--format", "json"]
        self.command += options

    def run(self, output, logits=None):
        """One process. The JSON object that karat prints, with what is seen from outside added."""
        command = [*self.command, "--output", output, *(["--logits", logits] if logits else [])]
        helper = [sys.executable, "-I", "-S", Path(__file__).with_name("measure.py"), *command]
        helped = subprocess.run(list(map(str, helper)), capture_output=True, text=True)
        if helped.returncode != 0:
            raise RuntimeError(f"measure.py failed: {helped.stderr}")
        record = json.loads(helped.stdout)
        if record["code"] != 0:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with code {record['code']}:\n{helped.stderr}")
        summary = json.loads(record["stdout"])
        if (summary["version"], summary["engine"], summary["precision"]) != (1, "native", "f32"):
            raise RuntimeError(f"not the engine that is compared here: {summary}")
        seen = {"process_seconds": record["seconds"], "process_cpu_seconds": record["cpu_seconds"]}
        return summary | seen | {"peak_bytes": record["peak_bytes"]}


class Torch:
    """PyTorch through transformers: f32, SDPA attention, inference mode, on batches made beforehand."""

    name = "PyTorch + transformers"

    def __init__(self, model, crew):
        self.model, self.crew = model, crew

    def ready(self, batch):
        """A batch in the form that `forward` takes, made outside of the clock."""
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def forward(self, inputs):
        with torch.inference_mode():
            return self.model(**inputs).logits.numpy()


def torch_model(task, folder):
    options = {"dtype": torch.float32, "attn_implementation": "sdpa"}
    return HEADS[task].from_pretrained(folder, **options).eval()


class Onnx:
    """ONNX Runtime on one exported graph."""

    def __init__(self, name, path, crew):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = crew.threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.name, self.crew = name, crew
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def ready(self, batch):
        return {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}

    def forward(self, inputs):
        return self.session.run(["logits"], inputs)[0]


class Crew:
    """How a peer uses its threads: `callers` batches at a time, each with `threads` threads.

    One caller with all threads is what a plain loop does. As many callers with one thread each is what karat does.
    """

    def __init__(self, callers, threads):
        self.callers, self.threads = callers, threads
        start = lambda: torch.set_num_threads(threads)
        self.pool = concurrent.futures.ThreadPoolExecutor(callers, initializer=start)

    def __str__(self):
        return f"{self.callers} × {self.threads} thread{'s' if self.threads > 1 else ''}"

    def seconds(self, runner, inputs):
        """The forward passes of all batches, and nothing else, in seconds."""
        started = time.perf_counter()
        for _ in self.pool.map(runner.forward, inputs):
            pass
        return time.perf_counter() - started


class Pipeline:
    """transformers' own pipeline as its users call it: texts in, entities out, long texts in overlapping windows."""

    name = "transformers pipeline"

    def __init__(self, model, texts, max_tokens, overlap):
        tokenizer = transformers.AutoTokenizer.from_pretrained(model, model_max_length=max_tokens)
        options = {"dtype": torch.float32, "device": "cpu", "aggregation_strategy": "first", "stride": overlap}
        self.pipeline = transformers.pipeline("token-classification", model=str(model), tokenizer=tokenizer, **options)
        self.texts = texts

    def entities(self, batch_size):
        """For each text its entities as (start, end, label)."""
        with torch.inference_mode():
            found = self.pipeline(self.texts, batch_size=batch_size)
        return [[(int(e["start"]), int(e["end"]), e["entity_group"]) for e in of_text] for of_text in found]


def export(model, folder):
    """Two graphs of a PyTorch model's weights: as PyTorch exports it, and with ONNX Runtime's transformer fusions.

    The export takes eager attention, whose nodes the fusions know; attention is then one fused node. Returns the paths by
    name and what was fused; ONNX Runtime's own graph optimisations come on top of both when a session is made.
    """

    class LogitsOnly(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids, mask, types):
            return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits

    names = ["input_ids", "attention_mask", "token_type_ids"]
    per_token = {0: "sequences", 1: "tokens"}
    ids = torch.randint(1000, 2000, (2, 16))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    plain, fused = folder / "plain.onnx", folder / "fused.onnx"
    model.set_attn_implementation("eager")
    try:
        with torch.no_grad(), _quiet():
            torch.onnx.export(
                LogitsOnly().eval(),
                (ids, mask, torch.zeros_like(ids)),
                str(plain),
                input_names=names,
                output_names=["logits"],
                dynamic_axes={name: per_token for name in names} | {"logits": {0: "sequences"}},
                opset_version=17,
                dynamo=False,  # the exporter whose graphs the fusions below were made for
            )
    finally:
        model.set_attn_implementation("sdpa")
    config = model.config
    sizes = {"num_heads": config.num_attention_heads, "hidden_size": config.hidden_size}
    with _quiet():
        graph = optimizer.optimize_model(str(plain), model_type="bert", opt_level=0, **sizes)
    graph.save_model_to_file(str(fused))
    statistics = {name: count for name, count in graph.get_fused_operator_statistics().items() if count}
    return {"ONNX Runtime": plain, "ONNX Runtime, fused": fused}, statistics


@contextlib.contextmanager
def _quiet():
    """Without the exporters' warnings about themselves."""
    with warnings.catch_warnings(), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        warnings.simplefilter("ignore")
        yield


def logits_of(runner, sequences, batches):
    """A runner's logits for each sequence, padding cut off, in the order of `sequences`."""
    logits = [None] * len(sequences)
    for batch in batches:
        out = runner.forward(runner.ready(batch))
        for row, i in enumerate(batch.members):
            logits[i] = out[row, : len(sequences[i])] if out.ndim == 3 else out[row : row + 1]
            logits[i] = np.array(logits[i])
    return logits


def best_setting(runners, sequences, batches_of, budgets):
    """Tokens a second by runner and batch budget: one pass to warm up and the better of two. Returns all, best first."""
    tokens = sum(map(len, sequences))
    tried = []
    for budget in budgets:
        batches = batches_of(sequences, budget)
        for runner in runners:
            inputs = [runner.ready(batch) for batch in batches]
            times = [runner.crew.seconds(runner, inputs) for _ in range(3)]
            tried.append((tokens / min(times[1:]), runner, budget))
    return sorted(tried, key=lambda one: -one[0])


def f32_only(threads):
    """PyTorch with `threads` threads and no reduced precision anywhere; call it before anything is computed."""
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_float32_matmul_precision("highest")
    if torch.get_float32_matmul_precision() != "highest":
        raise RuntimeError("PyTorch would multiply f32 matrices in a reduced precision")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
