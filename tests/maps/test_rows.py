"""Products of rows against the dense trilinear form, differentiated and batched in every way."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.maps.rows import RowProducts
from tests.maps.precision import normal, once

SIZES = (7, 5, 6)


def form_and_tensor(seed: int, entries: int, dtype=float) -> tuple[RowProducts, np.ndarray]:
    rng = np.random.default_rng(seed)
    places = np.stack([rng.integers(0, size, entries) for size in SIZES])
    coefficients = normal(seed, entries, dtype)
    tensor = np.zeros(SIZES, dtype)
    np.add.at(tensor, tuple(places), coefficients)
    return RowProducts(places, coefficients, SIZES), tensor


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("entries", [0, 1, 12, 60])
def test_products_and_their_derivatives_are_those_of_the_tensor(entries, dtype):
    form, tensor = form_and_tensor(entries, entries, dtype)
    y, z = normal(1, (5, 3), dtype), normal(2, (6, 3), dtype)

    def dense(y, z):
        return jnp.einsum("ijk,jb,kb->ib", tensor, y, z)

    def everything(f, y, z):
        def loss(y, z):
            return jnp.sum(jnp.abs(f(y, z)) ** 2)

        gradients = jax.grad(loss, (0, 1))(y, z)
        twice = jax.grad(lambda y, z: jnp.sum(jnp.abs(jax.grad(loss)(y, z)) ** 2), (0, 1))(y, z)
        forward = jax.jvp(f, (y, z), (2 * y, y[:1] + z))[1]
        return f(y, z), gradients, twice, forward

    found = once(lambda y, z: everything(form, y, z), y, z)
    expected = once(lambda y, z: everything(dense, y, z), y, z)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * max(1, np.abs(b).max()))


@pytest.mark.parametrize("axes", [(0, None), (None, 1), (2, 0)], ids=str)
def test_products_are_batched_along_any_axes(axes):
    form, tensor = form_and_tensor(3, 30)
    shapes = [(5, 3), (6, 3)]
    arguments = [
        normal(i, np.insert(shape, axis, 4) if axis is not None else shape)
        for i, (shape, axis) in enumerate(zip(shapes, axes, strict=True))
    ]
    found = once(jax.vmap(form, axes), *arguments)
    expected = jax.vmap(lambda y, z: jnp.einsum("ijk,jb,kb->ib", tensor, y, z), axes)(*arguments)
    np.testing.assert_allclose(found, expected, atol=1e-12)
