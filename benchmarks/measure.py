"""What the workers of both libraries share: one case, one process, one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from cases import CASES


def peak_mebibytes() -> float:
    """The largest resident memory that this process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, KiB elsewhere


def measure(
    namespace: Callable[[Any], dict[str, Any]],
    groups: dict[str, Any],
    describe: Callable[[Any, Any], dict[str, Any]],
) -> None:
    """Measure the case named on the command line and print the result.

    Args:
        namespace: the meaning of `T`, `V` and `uniform` for a group.
        groups: the meaning of the names of groups.
        describe: from the map's representation and its basis, the dimension, rank, residual and
            whatever else is worth keeping; it runs after the clock and the memory are read.
    """
    case = next(case for case in CASES if case.name == sys.argv[1])
    start = time.perf_counter()
    group = eval(case.group, groups) if case.group else None
    names = groups | namespace(group) | {"G": group}
    rep = eval(case.rep_in, names) >> eval(case.rep_out or case.rep_in, names)
    built = time.perf_counter()
    basis = rep.equivariant_basis()
    seconds = time.perf_counter() - built
    peak = peak_mebibytes()
    result = {"seconds": seconds, "seconds_before": built - start, "mebibytes": peak}
    print(json.dumps(result | describe(rep, basis)))
