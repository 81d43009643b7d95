"""Keeps measurements away from other programs' work, as far as patience allows, and says how far that was."""

import os
import time

QUIET = 0.05  # share of the cores that other programs may take beside a pass


class Others:
    """The share of the cores that other programs took since this was made, in 0..=1."""

    def __init__(self):
        self.started, self.busy, self.own = time.perf_counter(), _busy_seconds(), _own_seconds()

    def share(self):
        seconds = _busy_seconds() - self.busy - (_own_seconds() - self.own)
        return max(0.0, seconds / (time.perf_counter() - self.started) / os.cpu_count())


class Quiet:
    """Waits for a quiet machine before a pass, and repeats a pass that was disturbed.

    What decides is the other programs' share alone, never the pass's own time. `patience` is how many seconds may go into
    waiting and repeating, over all passes together; when it is used up, passes are taken as they come.
    """

    def __init__(self, patience):
        self.patience = patience

    def measure(self, work):
        """The value of `work()` from its least disturbed pass, and the share that other programs took beside it."""
        best = None
        while True:
            self._wait()
            others, started = Others(), time.perf_counter()
            value = work()
            share = others.share()
            if best is None or share < best[1]:
                best = value, share
            if share <= QUIET or self.patience <= 0:
                return best
            self.patience -= time.perf_counter() - started

    def _wait(self):
        time.sleep(0.5)  # idle threads of the runner before may spin for a while
        while self.patience > 0:
            others = Others()
            time.sleep(1.0)
            if others.share() <= QUIET:
                return
            self.patience -= 1.0


def _busy_seconds():
    """CPU seconds of all cores that were neither idle nor waiting; what a hypervisor took away counts too."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_seconds():
    return sum(os.times()[:4])  # this process and its children that have ended
