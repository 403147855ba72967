"""A model far larger than its task says so, with its size and the remedy."""

from __future__ import annotations

import re
import warnings

import jax
import pytest

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.reps import Det, Scalar, Sym, V

G = O(3)
SOURCE = Scalar(G) + V(G) + V(G) ** 2 + Sym(V(G), 2) + Det(G)
TARGET = V(G) * Det(G)


def size(m: cm.Map) -> int:
    return sum(x.size for x in jax.tree.leaves(jax.eval_shape(m.init, jax.random.key(0))))


def test_copies_of_many_kinds_make_a_model_that_says_how_large_it_is():
    with pytest.warns(UserWarning, match="parameters for 20 numbers in and 3 out") as caught:
        m = cm.tensor_product_net(SOURCE, TARGET, channels=96)
    (warning,) = caught
    text = str(warning.message)
    assert f"has {size(m):,} parameters" in text and size(m) > 500_000
    assert f"channels=96 copies of each of {len(m.hidden[0].summands)} kinds of tensors" in text
    assert f"make {m.hidden[0].dim:,} hidden coordinates" in text
    # the remedy is one
    fewer = int(re.search(r"`channels=(\d+)`", text)[1])  # pyright: ignore[reportOptionalSubscript]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        smaller = cm.tensor_product_net(SOURCE, TARGET, channels=fewer)
        assert 30_000 < size(smaller) < 300_000
        cm.tensor_product_net(SOURCE, TARGET, channels=m.hidden[0])  # which was asked for


def test_models_of_the_usual_size_say_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cm.tensor_product_net(5 * Scalar(G) + 5 * V(G), V(G) ** 2)
        cm.tensor_product_net(80 * V(G), V(G), channels=80)
