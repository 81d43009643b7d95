"""The programs that are compared on the forward pass. Each is made ready outside of the clock, then timed over whole passes."""

import concurrent.futures
import copy
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
import transformers

HEADS = {
    "ner": transformers.AutoModelForTokenClassification,
    "stance": transformers.AutoModelForSequenceClassification,
}


class Karat:
    """`karat predict`, a new process for each pass: what it reports of itself, and what is seen of it from outside."""

    def __init__(self, name, binary, engine, precision, options):
        self.name, self.engine, self.precision = name, engine, precision
        self.command = [binary, "predict", "--engine", engine, "--precision", precision, "--format", "json", *options]
        self.setting = "packed, no padding; its own batches" if engine == "native" else "its own batches"

    def run(self, documents, output, logits=None):
        """One process. The JSON object that karat prints, with what is seen from outside added."""
        command = [*self.command, "--input", documents, "--output", output, *(["--logits", logits] if logits else [])]
        record = measured(command)
        summary = json.loads(record["stdout"])
        if (summary["version"], summary["engine"], summary["precision"]) != (1, self.engine, self.precision):
            raise RuntimeError(f"not the engine that is compared here: {summary}")
        seen = {"process_seconds": record["seconds"], "process_cpu_seconds": record["cpu_seconds"]}
        return summary | seen | {"peak_bytes": record["peak_bytes"]}


def measured(command):
    """What measure.py says of one process, which must end well."""
    helper = [sys.executable, "-I", "-S", Path(__file__).with_name("measure.py"), *command]
    helped = subprocess.run(list(map(str, helper)), capture_output=True, text=True)
    if helped.returncode != 0:
        raise RuntimeError(f"measure.py failed: {helped.stderr}")
    record = json.loads(helped.stdout)
    if record["code"] != 0:
        raise RuntimeError(f"{Path(command[0]).name} ended with code {record['code']}: {helped.stderr.strip()}")
    return record


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


class InProcess:
    """What runs in this process: `ready` makes a batch into what `forward` takes, and only `forward` is timed."""

    sample = 1  # share of the sweep's tokens that it is tried on

    def __init__(self, name, variant, crew):
        self.name, self.variant, self.crew = name, variant, crew

    def prepare(self, batches):
        return [self.ready(batch) for batch in batches]

    def time(self, inputs):
        """Seconds of the forward passes of all batches, and nothing else, and this process's CPU seconds meanwhile."""
        for _ in self.crew.pool.map(self.forward, inputs[-self.crew.callers :]):
            pass  # warms up, with the shortest batches
        cpu, started = time.process_time(), time.perf_counter()
        for _ in self.crew.pool.map(self.forward, inputs):
            pass
        return time.perf_counter() - started, time.process_time() - cpu

    def outputs(self, batches):
        return [self.forward(self.ready(batch)) for batch in batches]


class Torch(InProcess):
    """PyTorch through transformers: SDPA attention, inference mode, on batches made beforehand."""

    def __init__(self, name, variant, crew, model, autocast=False):
        super().__init__(name, variant, crew)
        self.model, self.autocast = model, autocast

    def ready(self, batch):
        arrays = {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def forward(self, inputs):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            return self.model(**inputs).logits.float().numpy()


def torch_model(task, folder):
    options = {"dtype": torch.float32, "attn_implementation": "sdpa"}
    return HEADS[task].from_pretrained(folder, **options).eval()


def torch_variants(weights, crews):
    """Every form of PyTorch that is tried, on each crew: f32; bf16 weights or autocast; dynamic int8 by each engine of the wheel."""
    forms = [("PyTorch f32", "", weights, False)]
    forms.append(("PyTorch bf16", "weights cast", copy.deepcopy(weights).to(torch.bfloat16), False))
    forms.append(("PyTorch bf16", "autocast", weights, True))
    engines = [engine for engine in ("x86", "onednn") if engine in torch.backends.quantized.supported_engines]
    forms += [("PyTorch dynamic int8", f"engine {engine}", dynamic_int8(weights, engine), False) for engine in engines]
    return [Torch(name, variant, crew, model, auto) for name, variant, model, auto in forms for crew in crews]


def dynamic_int8(weights, engine):
    """A copy whose linear layers have int8 weights, one scale a channel, and quantize their input at each call."""
    torch.backends.quantized.engine = engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a newer package will take this over
        from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

        return quantize_dynamic(copy.deepcopy(weights), {torch.nn.Linear: per_channel_dynamic_qconfig})


def logits_of(runner, sequences, batches):
    """A runner's logits for each sequence, padding cut off, in the order of `sequences`."""
    logits = [None] * len(sequences)
    for batch, out in zip(batches, runner.outputs(batches), strict=True):
        for row, i in enumerate(batch.members):
            logits[i] = np.array(out[row, : len(sequences[i])] if out.ndim == 3 else out[row : row + 1])
    return logits


def f32_only(threads):
    """PyTorch with `threads` threads and f32 left as f32; call it before anything is computed."""
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_float32_matmul_precision("highest")
    if torch.get_float32_matmul_precision() != "highest":
        raise RuntimeError("PyTorch would multiply f32 matrices in a reduced precision")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
