"""What was measured, as Markdown, and what it was measured on."""

import json
import os
import platform
import statistics
import struct
import subprocess

import numpy
import onnxruntime
import torch
import transformers

import agreement

BARS = {"PyTorch + transformers": 1.3, "ONNX Runtime": 1.0, "ONNX Runtime, fused": 1.0}  # karat is to be so many times as fast
WHOLE = "transformers pipeline"  # goes from text to entities; the other peers run the forward pass alone
QUIET = 0.05  # share of the cores that other programs may take
LOAD_BAR_SECONDS = 1.0
MEMORY_BAR_TIMES, MEMORY_BAR_BYTES = 3, 200_000_000  # peak memory: so many times the f32 weights, plus so many bytes


def machine(karat):
    """The processor and the versions; nothing that names the machine."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        info = dict(part for line in lines if len(part := [p.strip() for p in line.split(":", 1)]) == 2)
    flags = set(info.get("flags", "").split())
    version = subprocess.run([karat, "--version"], capture_output=True, text=True).stdout.split()
    return {
        "cpu": f"{info.get('model name', platform.machine())}, family {info.get('cpu family')} model {info.get('model')}",
        "cores": len(os.sched_getaffinity(0)),
        "instructions": sorted(flags & {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8"}),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_average": os.getloadavg()[0],
        "versions": {
            "karat": version[-1] if version else "unknown",
            "Python": platform.python_version(),
            "PyTorch": torch.__version__,
            "transformers": transformers.__version__,
            "ONNX Runtime": onnxruntime.__version__,
            "NumPy": numpy.__version__,
        },
        "pytorch": {
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "onednn_fpmath_mode": os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE"),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        },
    }


def settings(args):
    kept = ("rounds", "threads", "max_tokens", "overlap", "stance_documents")
    names = {"ner_model": args.ner_model.name, "stance_model": args.stance_model.name, "corpus": args.corpus.name}
    return {name: getattr(args, name) for name in kept} | names


def f32_weights(model):
    """Bytes of the model's weights when all are f32, from the header of its safetensors file."""
    with open(model / "model.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    shapes = [tensor["shape"] for name, tensor in header.items() if name != "__metadata__"]
    return sum(4 * int(numpy.prod(shape)) for shape in shapes)


def rates(task):
    """Real tokens a second, round by round: karat's forward pass, karat from text to entities, and each peer."""
    tokens, rounds = task["tokens"], task["rounds"]
    stages = ("tokenize", "forward", "decode")
    found = {
        "forward": [tokens / r["karat"]["seconds"]["forward"] for r in rounds],
        "text to entities": [tokens / sum(r["karat"]["seconds"][stage] for stage in stages) for r in rounds],
    }
    for name in rounds[0]["seconds"]:
        found[name] = [tokens / r["seconds"][name] for r in rounds]
    return found


def markdown(record):
    parts = [f"### {name}\n\n{_task(task, record['settings'])}" for name, task in record["tasks"].items()]
    return "\n\n".join([*parts, _machine(record["machine"])])


def _task(task, settings):
    work = f"{task['documents']} documents, {task['sequences']:,} sequences, {task['tokens']:,} real tokens; "
    work += f"{settings['threads']} threads each, f32"
    if "rounds" not in task:
        return "\n\n".join([work + ".", _agreement(task), "Nothing was timed, because the answers differ."])
    work += f", rounds: {len(task['rounds'])}. Other programs took {task['others_share']:.0%} of the cores meanwhile"
    work += "." if task["others_share"] <= QUIET else ": **too much to rely on these figures.**"
    return "\n\n".join([work, _table(task), _process(task), _agreement(task)])


def _table(task):
    found = rates(task)
    peers = list(task["rounds"][0]["seconds"])
    whole = [name for name in peers if name == WHOLE]
    lines = ["| runner | real tokens/s (min–max) | karat ÷ runner (min–max) | bar | batches and threads |", "|---|---|---|---|---|"]
    for kind, names in (("forward", [n for n in peers if n != WHOLE]), ("text to entities", whole)):
        if names:
            ours = found[kind]
            lines.append(f"| **karat native**, {kind} | {_spread(ours, ',.0f')} | 1 | | {task['settings']['karat']} |")
        for name in names:
            ratios = [a / b for a, b in zip(ours, found[name])]
            bar = BARS.get(name)
            verdict = "" if bar is None else f"{bar}: {_met(statistics.median(ratios) >= bar)}"
            rate, ratio = _spread(found[name], ",.0f"), _spread(ratios, ".2f")
            lines.append(f"| {name}, {kind} | {rate} | {ratio} | {verdict} | {task['settings'][name]} |")
    return "\n".join(lines)


def _process(task):
    summaries = [r["karat"] for r in task["rounds"]]
    load = [s["seconds"]["load"] for s in summaries]
    peak = max(s["peak_bytes"] for s in summaries)
    weights = task["f32_weights_bytes"]
    bar = MEMORY_BAR_TIMES * weights + MEMORY_BAR_BYTES
    cpu = {"karat's whole process": [s["process_cpu_seconds"] for s in summaries]}
    for name in task["rounds"][0]["cpu_seconds"]:
        cpu[name] = [r["cpu_seconds"][name] for r in task["rounds"]]
    cpu = "; ".join(f"{name} {_spread(seconds, '.2f')}" for name, seconds in cpu.items())
    return (
        f"karat's process: loading {_spread(load, '.3f')} s (bar: {LOAD_BAR_SECONDS} s, "
        f"{_met(statistics.median(load) <= LOAD_BAR_SECONDS)}); peak memory {peak / 1e6:.0f} MB (bar: "
        f"{MEMORY_BAR_TIMES} × {weights / 1e6:.0f} MB of f32 weights + {MEMORY_BAR_BYTES / 1e6:.0f} MB = {bar / 1e6:.0f} MB, "
        f"{_met(peak <= bar)}); whole process {_spread([s['process_seconds'] for s in summaries], '.2f')} s. "
        f"CPU seconds of a pass: {cpu}."
    )


def _agreement(task):
    lines = ["Agreement with PyTorch, one window at a time:"]
    for name, found in task["agreement"]["logits"].items():
        bar = f" (limit {agreement.LIMIT:g}: {_met(agreement.agrees(found))})" if name == "karat" else ""
        lines.append(
            f"- {name}: logits differ by at most {found['max_abs_difference']:.1e}{bar}; "
            f"argmax differs in {found['argmax_differs']} of {found['rows']:,} rows"
        )
    if entities := task["agreement"].get("entities"):
        for kind, name in (("one_window", "of one window"), ("longer", "of several windows, which the two cut and merge otherwise")):
            if count := entities[kind]:
                lines.append(
                    f"- pipeline, {count['documents']} documents {name}: {count['same']} entities are the same, "
                    f"{count['only_karat']} are only karat's, {count['only_pipeline']} only the pipeline's"
                )
        for d in entities["differences"]:
            lines.append(f"  - {d['side'].replace('_', ' ')}: {d['label']} `{d['text']}` at {d['document']}:{d['start']}")
    return "\n".join(lines)


def _machine(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    torch_precision = machine["pytorch"]["float32_matmul_precision"]
    return (
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB, "
        f"{' '.join(machine['instructions'])}; load average at the start {machine['load_average']:.1f}. {versions}. "
        f"PyTorch's float32 matmul precision is '{torch_precision}' (no bf16, no TF32)."
    )


def _spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def _met(met):
    return "met" if met else "**missed**"
