"""A signal is heard whenever it comes."""

from __future__ import annotations

import subprocess
import sys

from tests.support.serving import ROOT
from tests.support.waiting import PATIENCE

# Another thread takes turns with the one that waits, at every other step; a signal comes at any of them.
OFTEN = """
import random, signal, sys, threading
from crm.cli.leaving import Leaving

def take_turns():
    while True:
        pass

sys.setswitchinterval(1e-5)
threading.Thread(target=take_turns, daemon=True).start()
for time in range(300):
    leaving = Leaving()
    signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.001))
    while not leaving.wait(0.00001):
        pass
print("heard each time")
"""


# The loop takes a lock and gives it back, as the web server's does, and is told to end at any step.
BETWEEN = """
import random, signal, sys, threading
from waitress import wasyncore
from crm.cli.leaving import LeavingLoop

lock = threading.Lock()

class Busy(wasyncore.dispatcher):
    def readable(self):
        lock.acquire()
        try:
            pass
        finally:
            lock.release()
        return False
    writable = readable

class Ticking(LeavingLoop):
    def readable(self):
        for _ in range(50):
            channels[-1].readable()
        return True

for time in range(500):
    channels = {-1: Busy(map={})}
    leaving = Ticking(channels)
    signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.001))
    try:
        wasyncore.loop(timeout=0.00001, map=channels)
    except SystemExit:
        assert not lock.locked(), "it ended between taking the lock and giving it back"
    leaving.close()
print("heard each time")
"""


def test_a_signal_at_any_moment_is_heard() -> None:
    """Where the handler waits for what the interrupted thread holds, this hangs."""
    command = [sys.executable, "-c", OFTEN]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "heard each time\n", done.stderr


def test_the_web_servers_loop_ends_between_two_steps_and_never_within_one() -> None:
    command = [sys.executable, "-c", BETWEEN]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "heard each time\n", done.stderr


def test_who_was_asked_once_stays_asked() -> None:
    asked = "import signal; from crm.cli.leaving import Leaving; leaving = Leaving(); assert not leaving.wait(0); "
    asked += "signal.raise_signal(signal.SIGINT); assert leaving.wait(0) and leaving.wait(0)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, timeout=PATIENCE).returncode == 0
