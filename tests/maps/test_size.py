"""A model that is too large says so: for its task, or for the memory there is."""

from __future__ import annotations

import re
import warnings

import jax
import jax.numpy as jnp
import pytest

import constrainet.maps as cm
from constrainet.errors import ProblemTooLargeError
from constrainet.groups import SO, O, S, Z
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


@pytest.mark.parametrize(
    "make",
    [
        lambda v: cm.emlp(v, v, channels=10**5),
        lambda v: cm.tensor_product_net(v, v, channels=10**5),
        lambda v: cm.linear(10**6 * v, 10**5 * v),
    ],
    ids=["EMLP", "TensorProductNet", "Linear"],
)
def test_weights_that_do_not_fit_are_refused_before_they_are_made(make):
    with pytest.raises(ProblemTooLargeError, match="weights of shape"):
        make(V(SO(3)))


@pytest.mark.parametrize("space", [V(Z(10**5)), V(S(200)) ** 2], ids=["Z", "S"])
def test_problems_that_do_not_fit_are_refused(space):
    with pytest.raises(ProblemTooLargeError):
        (space >> space).equivariant_basis()


def test_products_over_permutations_have_shared_coordinates():
    """As point clouds need them; their generators are kept as index arrays."""
    G = SO(3) * S(12)
    layer = cm.linear(V(SO(3)) ** 2 * V(S(12)), V(SO(3)) ** 2 * V(S(12)))
    params = layer.init(jax.random.key(0))
    g, x = G.sample(jax.random.key(1)), jax.random.normal(jax.random.key(2), (layer.rep_out.dim,))
    moved = layer.apply(params, layer.reps_in[0].act(g, x))
    assert jnp.allclose(moved, layer.rep_out.act(g, layer.apply(params, x)), atol=1e-4)
