"""Batches of features."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.groups import S
from constrainet.maps import Features, frame
from constrainet.maps.features import LINE, WHOLE_LINES_FROM
from constrainet.reps import Scalar, V
from tests.maps.precision import normal


def test_large_batches_are_filled_up_to_whole_lines_and_nobody_sees_it():
    rep = V(S(3)) ** 2 + Scalar(S(3))
    coordinates = frame(rep).coordinates(rep)
    for lead in ((WHOLE_LINES_FROM + 1,), (3, 50), (WHOLE_LINES_FROM - 1,), (LINE * 10,), (), (0,)):
        x = normal(0, (*lead, rep.dim))
        features = Features.of(coordinates, x)
        count = int(np.prod(lead))
        assert features.batch == (count if count < WHOLE_LINES_FROM else -(-count // LINE) * LINE)
        assert features.components[0].shape[2] == features.rows.shape[1] == features.batch
        back = Features(coordinates, features.batch, x.dtype, components=features.components)
        np.testing.assert_allclose(back.array(lead), x, atol=1e-12)


def test_what_fills_up_has_derivatives_and_they_do_not_count():
    rep = V(S(3))
    coordinates = frame(rep).coordinates(rep)

    def total(x, scale):
        features = Features.of(coordinates, x * scale)
        rows = jnp.sqrt(features.rows)  # without a derivative at zero
        return Features(coordinates, features.batch, x.dtype, rows=rows).array(x.shape[:-1]).sum()

    x = np.abs(normal(1, (130, 3)))
    slopes, slope = jax.grad(total, (0, 1))(x, 1.0)
    np.testing.assert_allclose(slopes, 0.5 / np.sqrt(x), rtol=1e-12)
    np.testing.assert_allclose(slope, np.sqrt(x).sum() / 2, rtol=1e-12)
