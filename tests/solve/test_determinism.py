"""Equal bits in every process, whatever Python's hash seed and the order of the questions."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import hashlib, sys
import numpy as np
from constrainet.groups import SE, SO, SU, D, S, Icosahedral
from constrainet.reps import Scalar, V
from tests.catalogue import phases, quaternion_group
def cases():
    for G in (SO(3), SU(2), D(4), Icosahedral(), SE(2), S(4), phases(), quaternion_group()):
        v = V(G)
        yield v ** 2 >> v ** 2
        yield v + 3 * Scalar(G) + v.T >> v ** 2 + 2 * v
    a, b = V(SO(3)), V(S(3))
    yield a * b + b + a ** 2 >> b * a + a
order = list(cases())
if sys.argv[1] == "reversed":
    results = [rep.equivariant_basis().to_dense() for rep in order[::-1]][::-1]
else:
    results = [rep.equivariant_basis().to_dense() for rep in order]
print([hashlib.sha256(np.ascontiguousarray(r).tobytes()).hexdigest() for r in results])
print([rep.key.hex() for rep in order])
"""


def test_results_are_equal_bit_for_bit_under_every_hash_seed():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, order],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, order in (("0", "forward"), ("1", "forward"), ("2", "reversed"))
    }
    assert len(outputs) == 1
