"""What the environment says to a process that computes; the user's own settings win.

One thread: a machine carries as many workers as it has cores, the matrices are small, and the order
of a sum, thus its last digit, depends on how many threads share it. A system of 400 states is
larger than what glibc asks the kernel for anew each time, so it is told to keep that memory: an
exact solution takes half the time.
"""

from __future__ import annotations

from collections.abc import Mapping

# Libraries read these when they are loaded.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Read by glibc when a process starts; others take no notice.
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(8 * 2**20),  # bytes: smaller ones are not mapped anew
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),  # that may lie free at the end of the heap
}


def computing(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that computes and is started from this one."""
    return {**ONE_THREAD, **_KEEP_MEMORY, **environment}
