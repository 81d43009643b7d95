"""How much of the machine's f32 matrix peak a rate of tokens is: operations counted, and the peak measured.

    python benches/peers/peak.py        (counts one length against a count by hand, and prints the peak that it finds)
"""

import os
import time

import numpy as np
import onnx
import onnxruntime
import torch

SQUARES = [1024, 2048, 4096]
ROWS = [512, 2048, 8192]  # tokens of a batch
KEPT = 3  # shapes that are measured again and again


def operations(config, length, task):
    """Operations of one sequence's matrix products, 2·m·n·k each, attention's included, whether or not a runner leaves some out.

    For each layer: queries, keys, values and the output are 4 products of [length, h] by [h, h]; the feed-forward part two of h by i;
    scores and the weighted sum of values two of [length, length] by h over all heads together.
    """
    h, i = config["hidden_size"], config["intermediate_size"]
    classes = len(config["id2label"])
    layer = 2 * length * (4 * h * h + 2 * h * i) + 2 * (2 * length * length * h)
    head = 2 * length * h * classes if task == "ner" else 2 * h * h + 2 * h * classes
    return config["num_hidden_layers"] * layer + head


def check():
    """The count for 128 tokens of MiniLM-L6 with 9 classes, against one that was made by hand."""
    config = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6, "id2label": dict.fromkeys(range(9))}
    # 6 × (4 × 37,748,736 projections + 2 × 150,994,944 feed-forward + 2 × 12,582,912 attention) + 884,736 for the head
    by_hand = 2_869_788_672
    found = operations(config, 128, "ner")
    if found != by_hand:
        raise RuntimeError(f"operations of 128 tokens are counted as {found:,}, by hand {by_hand:,}")


class Peak:
    """The greatest rate of a plain f32 product that PyTorch, NumPy or ONNX Runtime reaches, over squares and the model's shapes."""

    def __init__(self, config, threads):
        h, i = config["hidden_size"], config["intermediate_size"]
        shapes = [(n, n, n) for n in SQUARES]
        shapes += [(m, k, n) for m in ROWS for k, n in ((h, h), (h, 3 * h), (h, i), (i, h))]
        makers = [_torch, _onnxruntime] + ([_numpy] if threads == torch.get_num_threads() == _numpy_threads() else [])
        tried = []
        for shape in shapes:
            for maker in makers:
                name, work = maker(shape, threads)
                tried.append((_rate(work, shape, 0.05), f"{name} {'×'.join(map(str, shape))}", work, shape))
        tried.sort(key=lambda one: -one[0])
        self.tried = {name: rate for rate, name, _, _ in tried}
        self.kept = tried[:KEPT]

    def measure(self):
        """Operations a second of the best of the few that were best at first."""
        return max(_rate(work, shape, 0.25) for _, _, work, shape in self.kept)


def _rate(work, shape, seconds):
    """The fastest of as many products as fit into so many seconds, at least 3."""
    work()
    best, until, count = float("inf"), time.perf_counter() + seconds, 0
    while count < 3 or time.perf_counter() < until:
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
        count += 1
    return 2 * shape[0] * shape[1] * shape[2] / best


def _matrices(shape):
    rng = np.random.default_rng(7)
    m, k, n = shape
    return rng.standard_normal((m, k), dtype=np.float32), rng.standard_normal((k, n), dtype=np.float32)


def _torch(shape, _):
    a, b = map(torch.from_numpy, _matrices(shape))
    out = torch.empty(shape[0], shape[2])
    return "PyTorch", lambda: torch.mm(a, b, out=out)


def _numpy(shape, _):
    a, b = _matrices(shape)
    out = np.empty((shape[0], shape[2]), dtype=np.float32)
    return "NumPy", lambda: np.matmul(a, b, out=out)


def _numpy_threads():
    """OpenBLAS takes a thread for each core that it may use."""
    return len(os.sched_getaffinity(0))


def _onnxruntime(shape, threads):
    a, b = _matrices(shape)
    f32 = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [onnx.helper.make_tensor_value_info("a", f32, list(a.shape))],
        [onnx.helper.make_tensor_value_info("c", f32, [shape[0], shape[2]])],
        [onnx.numpy_helper.from_array(b, "b")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return "ONNX Runtime", lambda: session.run(["c"], {"a": a})


if __name__ == "__main__":
    check()
    torch.set_num_threads(_numpy_threads())
    minilm = {"hidden_size": 384, "intermediate_size": 1536}
    peak = Peak(minilm, _numpy_threads())
    for name, rate in list(peak.tried.items())[:12]:
        print(f"{rate / 1e9:8.1f} GFLOP/s  {name}")
    print(f"{peak.measure() / 1e9:8.1f} GFLOP/s  again, the best of the first {KEPT}")
