"""Runs one command and tells what it took, seen from outside.

    python measure.py COMMAND [ARGUMENT…]

Prints one JSON object: the command's exit code, its standard output, wall-clock and CPU seconds and peak resident memory. This is a
process of its own, and a small one, because Linux counts the memory of the process that starts a child into the child's peak.
"""

import json
import os
import subprocess
import sys
import time

started = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
stdout = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - started
record = {
    "code": os.waitstatus_to_exitcode(status),
    "seconds": seconds,
    "cpu_seconds": usage.ru_utime + usage.ru_stime,
    "peak_bytes": usage.ru_maxrss * 1024,
    "stdout": stdout.decode("utf-8", "replace"),
}
print(json.dumps(record))
