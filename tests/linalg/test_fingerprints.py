"""Fingerprints tell arrays apart that differ by more than rounding, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from constrainet.linalg import fingerprint

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "vector": RANDOM.normal(size=7),
    "matrix": RANDOM.normal(size=(30, 20)),
    "complex": RANDOM.normal(size=5) + 1j * RANDOM.normal(size=5),
    "small": 1e-3 * RANDOM.normal(size=9),
    "number": np.array(2.5),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_fingerprint_is_kept_by_rounding_and_changed_by_anything_else(name):
    array = ARRAYS[name]
    digits = fingerprint(array)
    assert len(digits) == 12
    assert int(digits, 16) >= 0
    noise = RANDOM.normal(size=(50, *array.shape)) * np.linalg.norm(array) * 1e-13
    assert {fingerprint(array + each) for each in noise} == {digits}
    others = [-array, 1.01 * array, array[None]]
    if array.ndim:
        others += [array + 1e-2 * np.abs(array).max()]
        others += [array[::-1], array.conj() if np.iscomplexobj(array) else 1j * array]
    assert len({digits, *map(fingerprint, others)}) == 1 + len(others)


def test_fingerprint_of_nothing_is_that_of_zero():
    assert fingerprint(np.zeros(3)) == fingerprint(np.full(3, 1e-12)) != fingerprint(np.zeros(4))
    assert fingerprint(np.zeros((0, 3))) == fingerprint(np.ones((0, 3)))
