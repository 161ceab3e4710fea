"""Work that a hostile file could make endless, done in a process of its own with limits on time and memory.

The parent calls :func:`call`; the child's module ends with :func:`serve`. Both speak JSON, never pickles.
"""

import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from crm.core.errors import Refused
from crm.core.settings import ROOT

log = logging.getLogger(__name__)

Job = dict[str, Any]

_INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


class OutOfBounds(Exception):
    """The child took more time or memory than it may, or died of something else."""


def call(module: str, job: Job, *, cpu_seconds: int, seconds: float, memory_bytes: int) -> Job:
    """What the module makes of the job, in a fresh process that inherits no secrets.

    ``cpu_seconds`` are its own working time, ``seconds`` ours of waiting, ``memory_bytes`` its address space.
    Raises :class:`Refused` where the module does, and :class:`OutOfBounds`.
    """
    order = {"job": job, "cpu_seconds": cpu_seconds, "memory_bytes": memory_bytes}
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(order).encode(),
            capture_output=True,
            cwd=ROOT,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OutOfBounds(f"{module} took more than {seconds} seconds") from None
    if done.returncode:
        log.warning("%s ended with %s: %s", module, done.returncode, done.stderr.decode(errors="replace")[-2000:])
        raise OutOfBounds(f"{module} ended with {done.returncode}")
    answer: Job = json.loads(done.stdout)
    if "refused" in answer:
        raise Refused(answer["refused"])
    result: Job = answer["result"]
    return result


def serve(work: Callable[[Job], Job]) -> None:
    """The child's side: take the order from standard input, bind oneself to its limits, and answer."""
    order = json.load(sys.stdin)
    _bind(resource.RLIMIT_CPU, order["cpu_seconds"])
    _bind(resource.RLIMIT_AS, order["memory_bytes"])
    _bind(resource.RLIMIT_CORE, 0)
    try:
        answer: Job = {"result": work(order["job"])}
    except Refused as refused:
        answer = {"refused": str(refused.words)}
    json.dump(answer, sys.stdout)


def _bind(what: int, most: int) -> None:
    _soft, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
