"""What a measurement was made on: the processor and the versions; nothing that names the machine."""

import json
import os
import platform
import struct
import subprocess
import tomllib
from pathlib import Path

import numpy
import onnxruntime
import torch
import transformers

WANTED = {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8"}
HERE = Path(__file__).resolve().parent


def machine(karat):
    info = _cpuinfo()
    version = subprocess.run([karat, "--version"], capture_output=True, text=True).stdout.split()
    return {
        "cpu": f"{info.get('model name', platform.machine())}, family {info.get('cpu family')} model {info.get('model')}",
        "cores": len(os.sched_getaffinity(0)),
        "instructions": sorted(flags() & WANTED),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_average": os.getloadavg()[0],
        "versions": {
            "karat": version[-1] if version else "unknown",
            "Python": platform.python_version(),
            "PyTorch": torch.__version__,
            "transformers": transformers.__version__,
            "ONNX Runtime": onnxruntime.__version__,
            "NumPy": numpy.__version__,
            "candle": _locked("candle", "candle-core"),
            "rust-bert": _locked("rust-bert-pipeline", "rust-bert"),
        },
        "pytorch": {
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "onednn_fpmath_mode": os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE"),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        },
    }


def flags():
    return set(_cpuinfo().get("flags", "").split())


def f32_weights(model):
    """Bytes of the model's weights when all are f32, from the header of its safetensors file."""
    with open(model / "model.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    shapes = [tensor["shape"] for name, tensor in header.items() if name != "__metadata__"]
    return sum(4 * int(numpy.prod(shape)) for shape in shapes)


def _cpuinfo():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        return dict(part for line in lines if len(part := [p.strip() for p in line.split(":", 1)]) == 2)


def _locked(folder, crate):
    lock = tomllib.loads((HERE / folder / "Cargo.lock").read_text(encoding="utf-8"))
    return next(package["version"] for package in lock["package"] if package["name"] == crate)
