"""Digests: equal content and nothing else gives equal digests, in every process."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from constrainet.linalg import Monomial, digest

ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.complex128, np.int64, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
)


@given(ARRAYS)
def test_digest_of_copies_is_equal(array):
    assert digest(array) == digest(array.copy())
    assert digest(array) == digest(array.copy(order="F"))
    assert digest(array) == digest(np.repeat(array[..., None], 2, -1)[..., 0])  # strided
    assert len(digest(array)) == 32


@given(hnp.arrays(np.float64, (3,), elements=st.floats(-1e3, 1e3)), st.integers(0, 2))
def test_digest_sees_the_last_bit_of_an_entry(array, place):
    other = array.copy()
    other[place] = np.nextafter(other[place], np.inf)
    assert (digest(array) == digest(other)) == np.array_equal(array, other)


def test_digest_counts_negative_zero_as_zero():
    assert digest(np.array([0.0, 1.0])) == digest(np.array([-0.0, 1.0]))
    zero, other = np.array([0j]), np.array([complex(-0.0, -0.0)])
    assert digest(zero) == digest(other)
    assert digest(Monomial([0], [complex(1, -0.0)])) == digest(Monomial([0], [1 + 0j]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros(4), np.zeros((2, 2))),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros(2), np.zeros(2, complex)),
        (np.zeros(2), np.zeros(2, np.int64)),
        (np.zeros((0, 2)), np.zeros((0, 3))),
        (np.zeros(1), 0.0),
        (1, 1.0),
        (1, True),
        ("1", 1),
        ("a", b"a"),
        (None, "None"),
        ((1, 2), (12,)),
        (("a", "b"), ("ab",)),
        (((1,), 2), (1, (2,))),
        ((), None),
        (Monomial([0, 1]), np.eye(2)),
        (Monomial([0, 1]), Monomial([1, 0])),
        (Monomial([0, 1]), Monomial([0, 1], [1, -1])),
    ],
)
def test_digest_tells_apart(a, b):
    assert digest(a) != digest(b)


def test_digest_depends_on_the_order_and_grouping_of_parts():
    assert digest(1, 2) != digest(2, 1)
    assert digest(1, 2) != digest((1, 2))
    assert digest(np.zeros(1), np.zeros(2)) != digest(np.zeros(2), np.zeros(1))


def test_digest_takes_only_plain_values():
    for part in ({1}, {1: 2}, object(), np.float32(1)):
        with pytest.raises(TypeError, match="`digest` takes arrays and plain values"):
            digest(part)


def test_digest_is_the_same_under_every_hash_seed():
    code = (
        "import numpy as np; from constrainet.linalg import Monomial, digest;"
        "print(digest('x', 1.5, None, (np.arange(6.).reshape(2, 3), Monomial([1, 0], [1, -1])),"
        " b'y').hex())"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    here = digest("x", 1.5, None, (np.arange(6.0).reshape(2, 3), Monomial([1, 0], [1, -1])), b"y")
    assert results == {here.hex() + "\n"}
