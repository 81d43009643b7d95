"""Damage a model slightly: set the smallest weights of its encoder to zero. Needs nothing but Python.

python prune.py --from models/ner-minilm-l6 --out pruned --share 0.4

`just gate-trial` uses it to see a regression found. The f16 matrices of the encoder lose the given share of their entries,
the smallest in each matrix; embeddings, biases, norms and the head stay.
"""
import argparse
import array
import json
import shutil
import struct
import sys
from pathlib import Path


def pruned(values, share):
    """The smallest in magnitude become zero. Without its sign bit an f16 orders as an integer does."""
    sizes = sorted(value & 0x7FFF for value in values)
    threshold = sizes[int(share * (len(sizes) - 1))]
    return array.array("H", (0 if value & 0x7FFF <= threshold else value for value in values))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--from", dest="model", type=Path, required=True)
    args.add_argument("--out", type=Path, required=True)
    args.add_argument("--share", type=float, default=0.4)
    args = args.parse_args()
    if sys.byteorder != "little":
        sys.exit("this script reads weights as they lie, which needs a little-endian machine")
    shutil.copytree(args.model, args.out)
    content = bytearray((args.model / "model.safetensors").read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    header, begin, count = json.loads(content[8 : 8 + length]), 8 + length, 0
    for name, tensor in header.items():
        if ".encoder." in name and name.endswith("weight") and len(tensor["shape"]) == 2 and tensor["dtype"] == "F16":
            start, end = (begin + offset for offset in tensor["data_offsets"])
            values = array.array("H", bytes(content[start:end]))
            content[start:end] = pruned(values, args.share).tobytes()
            count += 1
    (args.out / "model.safetensors").write_bytes(content)
    print(f"{count} matrices of {args.model} pruned by {args.share:.0%} into {args.out}")


if __name__ == "__main__":
    main()
