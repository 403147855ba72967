"""All tests here run with float64 enabled, and say which precision they use."""

from __future__ import annotations

import jax
import pytest

from tests.maps.precision import in_double_precision


@pytest.fixture(autouse=True, scope="module")
def double_precision():
    with in_double_precision():
        yield
    # JAX would go on to take constants for int64 that single precision makes int32
    jax.clear_caches()
