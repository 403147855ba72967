"""What JAX itself once computed wrong: `pyproject.toml` excludes those versions."""

from __future__ import annotations

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np


def test_compiled_sums_of_many_rows_are_right():
    """Issue 39103 of JAX: jaxlib 0.10.2 gets the last rows wrong on the CPU."""

    def squares(rows):
        return jax.vmap(lambda row: jnp.sum((jnp.eye(3) @ row) ** 2))(rows)

    rows = np.random.RandomState(0).normal(size=(32_769, 3)).astype(np.float32)
    expected = np.sum(rows.astype(float) ** 2, axis=1)
    assert np.abs(np.asarray(jax.jit(squares)(rows)) - expected).max() < 1e-4


REDUCTIONS = """
import warnings
warnings.simplefilter("error")
import jax, jax.numpy as jnp, numpy as np
for shape in ((3, 1, 2, 2, 8, 8, 8), (2, 3, 1, 2, 2, 8, 8, 8)):
    a, b = np.random.RandomState(0).normal(size=(2, *shape)).astype(np.float32)
    for axis in range(len(shape)):
        got = np.asarray(jax.jit(lambda a, b: jnp.sum(a * b, axis=axis))(a, b))
        assert np.abs(got - (a * b).sum(axis)).max() < 1e-4, (shape, axis)
"""


def test_reductions_of_seven_and_eight_axes_neither_crash_nor_hang():
    """Issue 39257 of JAX: jaxlib 0.10.2 and 0.11.0 do on the CPU, so a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", REDUCTIONS], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
