"""Parameters carried over between Haiku's modules and maps."""

from __future__ import annotations

import constrainet.nn as cnn


def test_names_that_begin_alike_are_told_apart():
    params = {"linear": {"w": 1}, "linear_1": {"w": 2}, "linear/inner": {"w": 3}}
    assert cnn.from_haiku(params, "linear") == {"w": 1, "inner": {"w": 3}}
