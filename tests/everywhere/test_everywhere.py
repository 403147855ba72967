"""One answer everywhere: the golden files are met under every processor, history and hash seed.

Each case is a process of its own. OpenBLAS, with which NumPy and SciPy are built, computes for the
processor that `OPENBLAS_CORETYPE` names, with that one's order of additions and its own rounding.
The hosted workflow compares under every one of these.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.everywhere.declarations import DECLARATIONS, LAYERS
from tests.everywhere.golden import FILE

# what a processor needs to compute as another one does (the names of Linux, and of OpenBLAS)
PROCESSORS = {
    "Prescott": ("pni",),
    "Nehalem": ("sse4_2",),
    "Haswell": ("avx2", "fma"),
    "SkylakeX": ("avx512f", "avx512bw", "avx512dq", "avx512vl"),
}
REPORTED = {"Prescott": {"Prescott", "Katmai"}}
"""OpenBLAS has the same kernels for both; which it reports depends on its version."""


def differing(
    core: str | None, threads: int, seed: int, *options: str, cache: Path | None = None
) -> str:
    """What differs from the golden files in a new process, a line each."""
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": str(threads),
        "PYTHONHASHSEED": str(seed),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "CONSTRAINET_CACHE": str(cache or ""),
        "JAX_PLATFORMS": "cpu",
    }
    if core is not None:
        environment["OPENBLAS_CORETYPE"] = core
    command = [sys.executable, "-m", "tests.everywhere.golden", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    if core is not None:
        assert report["kernels"]
        assert set(report["kernels"]) <= REPORTED.get(core, {core})
    return "\n".join(f"{what} {how}" for what, how in report["differing"].items())


def needs(core: str) -> None:
    """Skips what this processor cannot run."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("these kernels are of other processors")
    flags = Path("/proc/cpuinfo").read_text().split()
    if missing := [flag for flag in PROCESSORS[core] if flag not in flags]:
        pytest.skip(f"this processor lacks {', '.join(missing)}")


@pytest.mark.parametrize(("core", "threads"), [("Prescott", 2), ("SkylakeX", 1)])
def test_answers_are_the_golden_ones_after_other_questions(core, threads):
    needs(core)
    assert differing(core, threads, len(core), "--before") == ""


def test_answers_are_the_golden_ones_from_the_disk_cache_of_another_processor(tmp_path):
    needs("Haswell")
    needs("Nehalem")
    assert differing("Haswell", 1, 1, cache=tmp_path) == ""
    assert list(tmp_path.iterdir())
    assert differing("Nehalem", 2, 2, cache=tmp_path) == ""


def test_golden_answers_are_of_all_methods_and_of_all_layers_for_every_type_of_group():
    known = json.loads(FILE.read_text(encoding="utf-8"))
    met, methods = set(), set()
    for name, declare in DECLARATIONS.items():
        rep_in, rep_out = declare()
        generators = rep_in.group.lie_algebra, rep_in.group.discrete_generators
        kind = tuple(len(each) > 0 for each in generators)
        met |= {(*kind, what) for what in known[name]}
        methods |= set((rep_in >> rep_out).equivariant_basis().method.split(", "))
    assert methods == {"orbits", "isotypic", "nullspace"}
    of_finite_groups = {"PointwiseNonlinearity", "RegularNonlinearity"}
    for is_lie, is_discrete in ((True, False), (True, True), (False, True)):
        layers = {layer for each in LAYERS for layer in each}
        layers -= of_finite_groups if is_lie else set()
        assert {(is_lie, is_discrete, layer) for layer in layers} <= met
