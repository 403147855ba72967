"""Parameters carried over between Haiku's modules and maps."""

from __future__ import annotations

import haiku as hk
import numpy as np

import constrainet.nn as cnn
from tests.maps.every_layer import declared, inputs, random_parameters
from tests.maps.precision import once


def test_names_that_begin_alike_are_told_apart():
    params = {"linear": {"w": 1}, "linear_1": {"w": 2}, "linear/inner": {"w": 3}}
    assert cnn.from_haiku(params, "linear") == {"w": 1, "inner": {"w": 3}}


def test_a_layer_on_graphs_computes_what_its_map_does():
    layer, args, options, m = declared("EdgeConvolution")
    params, graph, mask = random_parameters(m), inputs(m, 4), np.arange(4) < 3
    model = hk.without_apply_rng(
        hk.transform(lambda *graph, mask: getattr(cnn, layer)(*args, **options)(*graph, mask=mask))
    )
    found = model.apply(cnn.to_haiku(params, "edge_convolution"), *graph, mask=mask)
    expected = once(m.apply, params, *graph, None, mask)
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
