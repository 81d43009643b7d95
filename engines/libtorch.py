"""Brings libtorch 2.4 from the package registry into the tree, for the engine `rust-bert`.

    python engines/libtorch.py [cpu|cuda]        (`just libtorch`, `just libtorch cuda`)

Takes the wheels that libtorch-cpu.txt or libtorch-cuda.txt pin, which pip checks by their digests; unpacks from them into
.libtorch/cpu or .libtorch/cuda what linking and running need, side by side as the libraries look for each other; and writes
.libtorch/cargo.toml, by which cargo finds them. What is there already is not fetched again; wheels of an interrupted try are taken
up, and removed in the end.
"""

import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent / ".libtorch"
# The CPU library is the wheel's, which comes with CUDA: it asks for these two of NVIDIA's packages, and the others stay out.
CUDA_ONLY = ("libtorch_cuda", "libc10_cuda", "libcaffe2_nvrtc", "libcusparseLt", "libtorch_cuda_linalg")
PYTHON_ONLY = ("libtorch_python", "libtorch_global_deps", "libshm")
CARGO = """# Written by `just libtorch`: the libtorch that cargo builds the engine `rust-bert` with.
[env]
LIBTORCH = {{ value = ".libtorch/{kind}/torch", relative = true }}
LIBTORCH_CXX11_ABI = "0"
"""


def wanted(path, kind):
    """True for a file of a wheel that linking or running needs."""
    parts = path.split("/")
    if path.startswith("torch/include/"):
        return True
    if path.startswith("torch/lib/"):
        return not parts[-1].startswith(PYTHON_ONLY if kind == "cuda" else CUDA_ONLY + PYTHON_ONLY)
    return parts[0] == "nvidia" and parts[2:3] == ["lib"] and ".so" in parts[-1]


def fetch(kind, wheels):
    """Downloads the pinned wheels; pip refuses one whose digest is another and keeps those that are there."""
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version", "3.11", "--dest", wheels, "-r", HERE / f"libtorch-{kind}.txt"]
    for tag in ("manylinux1_x86_64", "manylinux2014_x86_64"):
        command += ["--platform", tag]
    subprocess.run(command, check=True)


def unpack(kind, wheels, folder):
    """The wanted files of all wheels, in a folder that appears whole."""
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(partial, [name for name in archive.namelist() if wanted(name, kind)])
    partial.rename(folder)


def megabytes(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    if kind not in ("cpu", "cuda") or len(sys.argv) > 2:
        sys.exit(__doc__)
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        sys.exit("libtorch is pinned for Linux on x86-64 only; elsewhere set LIBTORCH to a libtorch 2.4 of your own")
    folder, wheels = ROOT / kind, ROOT / f"wheels-{kind}"
    if not folder.is_dir():
        fetch(kind, wheels)
        print(f"unpacking {megabytes(wheels):,.0f} MB of wheels into .libtorch/{kind}")
        unpack(kind, wheels, folder)
    shutil.rmtree(wheels, ignore_errors=True)
    (ROOT / "cargo.toml").write_text(CARGO.format(kind=kind))
    print(f"libtorch 2.4.1 for {kind.upper()}: .libtorch/{kind}, {megabytes(folder):,.0f} MB")


if __name__ == "__main__":
    main()
