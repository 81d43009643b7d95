"""One process of karat for many cases, and the comparison of two numbers."""

import json
import math
import subprocess
from collections import Counter

TOLERANCE = 1e-12


class Karat:
    """The command, and a folder for its files."""

    def __init__(self, command, folder):
        self.command, self.folder = command, folder

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def score(self, *options, task="ner"):
        """The JSON of `karat score`."""
        command = [str(self.command), "score", "--task", task, *options]
        command += ["--format", "json", "--per-document", "--replicates", "100"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return json.loads(done.stdout)


class Result:
    """What a family's comparison found."""

    def __init__(self, name):
        self.name, self.cases, self.numbers = name, 0, 0
        self.failures, self.documented = [], Counter()

    def number(self, case, what, ours, theirs, nothing=()):
        """Compares one number. `nothing` are the values that the reference may give where karat says null, each documented."""
        self.numbers += 1
        if ours is None:
            reason = next((why for value, why in nothing if same(value, theirs)), None)
            if reason is None:
                self.failures.append(f"{self.name}: case {case}: {what}: karat null, reference {theirs}")
            else:
                self.documented[reason] += 1
        elif theirs is None or not abs(ours - theirs) <= TOLERANCE:
            self.failures.append(f"{self.name}: case {case}: {what}: karat {ours}, reference {theirs}")

    def equal(self, case, what, ours, theirs):
        """Compares two counts."""
        self.numbers += 1
        if ours != theirs:
            self.failures.append(f"{self.name}: case {case}: {what}: karat {ours}, reference {theirs}")

    def line(self, width):
        documented = "; ".join(f"{count:,} {why}" for why, count in sorted(self.documented.items()))
        return (
            f"{self.name:<{width}}  {self.cases:>6,} cases  {self.numbers:>9,} numbers  {len(self.failures):>3,} disagreements"
            f"  {sum(self.documented.values()):>7,} documented" + (f" ({documented})" if documented else "")
        )


def same(a, b):
    return b is not None and (a == b or (math.isnan(a) and math.isnan(b)))


# Where nothing is there, karat gives null with a reason, and the references a number. Each has a test in the sources that shows
# it: `nothing_at_all_is_undefined…` of src/metrics/spans.rs and src/metrics/semeval2013/mod.rs, and
# `a_constant_has_no_correlation_and_one_class_throughout_no_kappa` of src/metrics/classes.rs.
ZERO = (0.0, "null for 0 of nothing")
NAN = (math.nan, "null for NaN")
