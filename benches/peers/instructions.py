"""Which instructions a peer's matrix products use, seen from one pass in a process of its own, outside of all timing.

    python instructions.py FORM MODEL TASK GRAPH     (FORM: PyTorch f32, PyTorch bf16, PyTorch dynamic int8, or ONNX Runtime …)

Prints one JSON object. oneDNN names the kernels that it took, because ONEDNN_VERBOSE is set. Linux says whether the process has asked for
AMX's tiles, without which no AMX instruction runs: ONNX Runtime asks where its int8 kernels are to use them. PyTorch asks in any case.
"""

import collections
import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

ARCH_PRCTL, ARCH_GET_XCOMP_PERM, TILES = 158, 0x1022, 1 << 18


def look(form, model, task, graph):
    """What one pass of `form` says, as found by a child process; what went wrong, if it did."""
    command = [sys.executable, __file__, form, model, task, graph]
    environment = os.environ | {"ONEDNN_VERBOSE": "1"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[-1:]}
    kernels = collections.Counter()
    for line in done.stdout.splitlines():
        fields = line.split(",")
        # onednn_verbose,v1,primitive,exec,cpu,inner_product,brgemm:avx10_1_512_amx,…
        if fields[0] == "onednn_verbose" and "exec" in fields:
            kind, kernel = fields[fields.index("exec") + 2 : fields.index("exec") + 4]
            if kind in ("matmul", "inner_product"):
                kernels[f"{kind} {kernel}"] += 1
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return said if form.startswith("ONNX") else {"onednn_kernels": dict(kernels)}


def tiles_asked():
    """Whether this process has asked Linux for AMX's tiles; None where that cannot be told."""
    granted = ctypes.c_uint64(0)
    failed = ctypes.CDLL(None, use_errno=True).syscall(ARCH_PRCTL, ARCH_GET_XCOMP_PERM, ctypes.byref(granted))
    return None if failed else bool(granted.value & TILES)


def main():
    form, model, task, graph = sys.argv[1:]
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "STRICT"
    import numpy as np

    ids = np.tile(np.arange(1000, 1128, dtype=np.int64), (4, 1))
    if form.startswith("ONNX"):
        import onnxruntime

        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        session.run(["logits"], inputs)
    else:
        import runners
        import windows

        runners.f32_only(1)
        forms = runners.torch_variants(runners.torch_model(task, Path(model)), [runners.Crew(1, 1)])
        runner = next(f for f in forms if f"{f.name}, {f.variant}".rstrip(", ") == form)
        runner.forward(runner.ready(windows.Batch([], ids, np.ones_like(ids), np.zeros_like(ids))))
    print(json.dumps({"amx_tiles_asked": tiles_asked()}))


if __name__ == "__main__":
    main()
