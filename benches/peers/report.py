"""What was measured, as Markdown."""

import statistics

import numpy

import agreement
import quiet

# karat's runner, the peer's, and how many times as fast karat's is to be; set for NER on 2,000 generated documents.
BARS = [
    ("karat native f32", "ONNX Runtime f32", 1.15),
    ("karat native f32", "PyTorch f32", 1.5),
    ("karat native int8", "ONNX Runtime dynamic int8", 1.3),
    ("karat native int8", "karat native f32", 2.0),
]
PEAK_BAR = 0.8  # of the measured f32 peak, for karat native f32
OWN = ("karat native f32", "karat native int8")
LOAD_BAR_SECONDS = 1.0
MEMORY_BAR_TIMES, MEMORY_BAR_BYTES = 3, 200_000_000  # peak memory: so many times the f32 weights, plus so many bytes
RESAMPLES, FEWEST = 10_000, 6  # bootstrap over blocks; with fewer of them an interval says nothing
DEFECTS = (
    "rust-bert's pipeline: `TokenClassificationModel::predict` reads the windows of its first batch for every batch, so beyond 64 windows "
    "in one call labels are misplaced; timed calls are kept below that, and what one call with all documents gives is counted apart. "
    "Its windows overlap by a quarter of their length, so it computes more tokens than the others; its rate is over the same count of "
    "real tokens."
)


def rates(task, name, seconds=lambda run: run["seconds"]):
    """Real tokens a second of a runner by block, for the blocks that it ran."""
    blocks = enumerate(task["blocks"])
    return {at: b["tokens"] / seconds(b["runs"][name]) for at, b in blocks if name in b["runs"]}


def whole_process(run):
    return run["karat"]["process_seconds"]


def ratios(ours, theirs):
    """Block by block, where both ran."""
    return [ours[at] / theirs[at] for at in sorted(ours.keys() & theirs.keys())]


def markdown(record):
    parts = [f"### {name}\n\n{_task(name, task, record['settings'])}" for name, task in record["tasks"].items()]
    return "\n\n".join([*parts, _machine(record["machine"])])


def _task(name, task, settings):
    if not task.get("blocks"):
        nothing = "Nothing was timed, because karat's answers differ."
        return "\n\n".join(filter(None, [f"Corpus: {task['corpus']}.", _agreement(task), _not_run(task), nothing]))
    blocks = task["blocks"]
    documents, tokens = (sum(b[what] for b in blocks) for what in ("documents", "tokens"))
    shares = [run["others_share"] for b in blocks for run in b["runs"].values()]
    shares += [b["others_share_beside_peak"] for b in blocks]
    work = (
        f"Corpus: {task['corpus']}. Timed: {len(blocks)} blocks or rounds of {_spread([b['tokens'] for b in blocks], ',.0f')} real "
        f"tokens, {documents:,} documents and {tokens:,} real tokens in all; {settings['threads']} threads each. "
        f"Beside a pass, other programs took {_spread(shares, '.0%')} of the cores"
    )
    work += "." if statistics.median(shares) <= quiet.QUIET else ": **too much to rely on these figures.**"
    parts = (_forward, _whole, _process, _instructions, _agreement, _not_run)
    bars = _bars(task) if name == "ner" else ""
    return "\n\n".join(filter(None, [work, bars, *(part(task) for part in parts)]))


def _names(task, *kinds):
    runs = {name: run for b in task["blocks"] for name, run in b["runs"].items()}
    return [name for name in task["settings"] if name in runs and runs[name]["kind"] in kinds]


def _bars(task):
    names, lines = _names(task, "karat", "forward"), []
    for ours, theirs, bar in BARS:
        what = f"- {ours} at least {bar} × {theirs}: "
        missing = [name for name in (ours, theirs) if name not in names]
        if missing:
            lines.append(f"{what}**not measured**, because {' and '.join(missing)} did not run")
        else:
            lines.append(what + _verdict(ratios(rates(task, ours), rates(task, theirs)), bar, ".2f"))
    if OWN[0] in names:
        what = f"- {OWN[0]} at least {PEAK_BAR:.0%} of the measured f32 peak: "
        lines.append(what + _verdict(_peak_shares(task, OWN[0]), PEAK_BAR, ".1%"))
    return "Bars, set for NER on 2,000 generated documents with two threads (median of blocks):\n" + "\n".join(lines)


def _verdict(values, bar, form):
    median = statistics.median(values)
    verdict = f"met by {median / bar - 1:.1%}" if median >= bar else f"**missed by {1 - median / bar:.1%}**"
    return f"{_spread(values, form)}, {verdict}"


def _forward(task):
    names = _names(task, "karat", "forward")
    own = [name for name in OWN if name in names]
    columns = ["forward pass", "real tokens/s, all its blocks", "by block (min–max)", *(f"{name} ÷ it" for name in own)]
    lines = _head([*columns, "of f32 peak", "blocks", "setting"])
    for name in names:
        by_block = rates(task, name)
        cells = [name, f"{_total(task, name):,.0f}", _spread(list(by_block.values()), ",.0f")]
        cells += ["1" if one == name else _ratio(ratios(rates(task, one), by_block)) for one in own]
        cells += [_spread(_peak_shares(task, name), ".0%") if "f32" in name else "", _share(task, name), task["settings"][name]]
        lines.append(f"| {' | '.join(cells)} |")
    peaks = [b["peak_operations_per_second"] / 1e9 for b in task["blocks"]]
    best = next(iter(task["peak"]["tried_operations_per_second"]))
    lines.append(
        f"\nA ratio is taken within a block, then its median (least–greatest; in brackets 95 % bootstrap over blocks). The f32 peak is "
        f"the fastest plain product that PyTorch, NumPy or ONNX Runtime reach, measured in every block: {_spread(peaks, ',.0f')} GFLOP/s "
        f"(at first best: {best}). The model's products, attention's included, are {_operations(task):.1f} MFLOP a token."
    )
    return "\n".join(lines)


def _whole(task):
    names = _names(task, "karat", "text to entities")
    lines = _head(["end to end", "real tokens/s, all its blocks", "by block (min–max)", f"{OWN[0]} ÷ it", "blocks", "what"])
    ours = rates(task, OWN[0], whole_process)
    for name in names:
        is_karat = name.startswith("karat")
        by_block = rates(task, name, whole_process) if is_karat else rates(task, name)
        total = _total(task, name, whole_process) if is_karat else _total(task, name)
        what = f"texts to entities, loaded before; {task['settings'][name]}"
        if is_karat:
            share = _spread(ratios(by_block, rates(task, name)), ".0%")
            what = f"whole process: start, loading, files in, predictions out; {share} of its forward rate"
        ratio = "1" if name == OWN[0] else _ratio(ratios(ours, by_block))
        lines.append(f"| {name} | {total:,.0f} | {_spread(list(by_block.values()), ',.0f')} | {ratio} | {_share(task, name)} | {what} |")
    return "\n".join(lines + ([f"\n{DEFECTS}"] if "rust-bert pipeline" in names else []))


def _process(task):
    parts = []
    for name in _names(task, "karat"):
        summaries = [b["runs"][name]["karat"] for b in task["blocks"] if name in b["runs"]]
        load = [s["seconds"]["load"] for s in summaries]
        peak = max(s["peak_bytes"] for s in summaries)
        weights = task["f32_weights_bytes"]
        bar = MEMORY_BAR_TIMES * weights + MEMORY_BAR_BYTES
        parts.append(
            f"{name}: loading {_spread(load, '.3f')} s (bar: {LOAD_BAR_SECONDS} s, "
            f"{_met(statistics.median(load) <= LOAD_BAR_SECONDS)}), peak memory {peak / 1e6:.0f} MB (bar: {MEMORY_BAR_TIMES} × {weights / 1e6:.0f} MB of f32 weights + "
            f"{MEMORY_BAR_BYTES / 1e6:.0f} MB = {bar / 1e6:.0f} MB, {_met(peak <= bar)})"
        )
    cpu = {name: rates(task, name, lambda run: run["cpu_seconds"]).values() for name in task["settings"]}
    used = "; ".join(f"{name} {1e6 / statistics.median(values):.0f}" for name, values in cpu.items() if values)
    what = "karat's of its whole process, peers' with threads that wait by spinning"
    return f"{'. '.join(parts)}. CPU seconds a million tokens ({what}): {used}."


def _instructions(task):
    lines = ["What peers say of their matrix products, in one pass outside of the timing:"]
    for name, said in task.get("instructions", {}).items():
        if "error" in said:
            lines.append(f"- {said['form']}: could not be seen ({' '.join(said['error'])})")
        elif "amx_tiles_asked" in said:
            asked = {True: "asks Linux for AMX's tiles, which its int8 kernels take", False: "does not ask for AMX's tiles"}
            lines.append(f"- {said['form']}: {asked.get(said['amx_tiles_asked'], 'whether it asks for AMX cannot be told')}")
        else:
            kernels = ", ".join(f"{kernel} ({count}×)" for kernel, count in said["onednn_kernels"].items())
            lines.append(f"- {said['form']}: {'oneDNN ' + kernels if kernels else 'none by oneDNN (MKL or FBGEMM)'}")
    return "\n".join(lines) if len(lines) > 1 else ""


def _agreement(task):
    found = task["agreement"]
    lines = [f"Agreement with PyTorch f32, one window at a time, on {found['documents']} documents, {found['tokens']:,} tokens:"]
    for name, one in found["logits"].items():
        bar = f" (limit {agreement.LIMIT:g}: {_met(agreement.agrees(one))})" if "f32" in name else ""
        lines.append(
            f"- {name}: logits differ by at most {one['max_abs_difference']:.1e}{bar}; "
            f"argmax differs in {one['argmax_differs']:,} of {one['rows']:,} rows ({one['argmax_differs'] / one['rows']:.2%})"
        )
    for name, one in found.get("entities", {}).items():
        kinds = {"one_window": "of one window", "longer": "of several windows, which the two cut and merge otherwise"}
        for kind, which in kinds.items():
            if count := one[kind]:
                lines.append(
                    f"- {name} beside karat, {count['documents']} documents {which}: {count['same']} entities are the same, "
                    f"{count['only_karat']} are only karat's, {count['only_pipeline']} only the pipeline's"
                )
        for d in one["differences"][:5]:
            lines.append(f"  - {d['side'].replace('_', ' ')}: {d['label']} `{d['text']}` at {d['document']}:{d['start']}")
        if len(one["differences"]) > 5:
            lines.append(f"  - and {len(one['differences']) - 5} more in the JSON file")
    return "\n".join(lines)


def _not_run(task):
    return "\n".join(["Not run:", *(f"- {name}: {why}" for name, why in task["not_run"].items())]) if task["not_run"] else ""


def _machine(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    torch = machine["pytorch"]
    return (
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB, "
        f"{' '.join(machine['instructions'])}; load average at the start {machine['load_average']:.1f}. {versions}. "
        f"PyTorch's CPU capability is {torch['cpu_capability']}, its float32 matmul precision "
        f"'{torch['float32_matmul_precision']}' (f32 stays f32)."
    )


def _total(task, name, seconds=lambda run: run["seconds"]):
    ran = [b for b in task["blocks"] if name in b["runs"]]
    return sum(b["tokens"] for b in ran) / sum(seconds(b["runs"][name]) for b in ran)


def _peak_shares(task, name):
    """Operations a second over the peak of the same block."""
    ran = [b for b in task["blocks"] if name in b["runs"]]
    return [b["operations"] / b["runs"][name]["seconds"] / b["peak_operations_per_second"] for b in ran]


def _operations(task):
    return sum(b["operations"] for b in task["blocks"]) / sum(b["tokens"] for b in task["blocks"]) / 1e6


def _head(columns):
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _share(task, name):
    ran = sum(name in b["runs"] for b in task["blocks"])
    return "all" if ran == len(task["blocks"]) else f"{ran} of {len(task['blocks'])}"


def _ratio(values):
    text = _spread(values, ".2f")
    if len(values) < FEWEST:
        return text
    draws = numpy.random.default_rng(7).choice(values, (RESAMPLES, len(values)))
    low, high = numpy.quantile(numpy.median(draws, axis=1), [0.025, 0.975])
    return f"{text} [{low:.2f}, {high:.2f}]"


def _spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def _met(met):
    return "met" if met else "**missed**"
