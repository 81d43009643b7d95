"""Holds karat's metrics against the reference implementations, number by number, through the command `karat score`.

    just conformance [--cases N] [--seed N] [--karat PATH]

A case is a document; many cases stand in one file, `--per-document` gives the values of each, and the reference scores each
case by itself. Every number must be equal to 1e-12. Where karat says null, the reference's value must be one that is documented
for "nothing there". Prints one line a family; exit code 1 where a number differs otherwise.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import agreement
import spans
import stances
import suites
import tags


def main():
    warnings.simplefilter("ignore")
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=10_000, help="cases a family")
    parser.add_argument("--seed", type=int, default=20131604)
    parser.add_argument("--karat", type=Path, default=root / "target/release/karat")
    parser.add_argument("--sources", type=Path, help="folder with the references' source archives, for their own vectors")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        karat = agreement.Karat(options.karat, Path(folder))
        results = [*tags.families(karat, options), *spans.families(karat, options), *stances.families(karat, options)]
        results += suites.families(karat, options)
    width = max(len(result.name) for result in results)
    print(f"seed {options.seed}")
    for result in results:
        print(result.line(width))
    failures = [failure for result in results for failure in result.failures[:5]]
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if any(result.failures for result in results) else 0)


main()
