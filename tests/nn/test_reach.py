"""Models reach all of their output that can be reached, or say which part they do not."""

from __future__ import annotations

import re
import warnings
from functools import cached_property

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SL, SO, C, O, S
from constrainet.maps.perceptron import _reach as emlp_reach
from constrainet.maps.product_net import TensorProductNet
from constrainet.maps.product_net import _reach as net_reach
from constrainet.reps import Alt, Rep, Scalar, V, irreducible
from tests.catalogue import GROUPS, small_rep
from tests.maps.precision import normal, once, random_like

# there are no invariants of vectors, and no duals, of groups that can scale or turn them;
# and where one of the factors acts on the input, the others' representations are not reached
OUT_OF_REACH = {
    **{"U(1)": (1, 1), "U(2)": (2, 1), "GL(1)": (1, 1), "GL(2)": (2, 1), "Scaling(2)": (2, 1)},
    **{"Z(3)*S(4)": (6, 0), "SO(3)*S(3)": (4, 0), "D(3)*Z(2)*C(3)": (6, 0), "SU(2)*O(2)": (4, 0)},
}

o3 = O(3)
v, scalar = V(o3), Scalar(o3)


def built(make):
    """The model that `make` makes, without being called; warnings are errors."""
    return hk.without_apply_rng(hk.transform(make)).apply({})


def vanishing(make, rep_in: Rep, rep_out: Rep) -> tuple[int, int]:
    """How many coordinates of a model's output are zero, and how many constant, in its frame."""
    frames = []

    def call(x):
        model = make()
        frames.append(model.frame)
        return model(x)

    model = hk.without_apply_rng(hk.transform(call))
    x = normal(0, (3, rep_in.dim), complex if rep_in.is_complex else float)
    params = random_like(jax.eval_shape(model.init, jax.random.key(0), x))
    y = once(model.apply, params, x)
    zero = constant = 0
    for z in frames[0].coordinates(rep_out).analyse(jnp.asarray(y.T)).values():
        z = np.asarray(z)
        if np.abs(z).max() < 1e-9 * max(1, np.abs(y).max()):
            zero += z[..., 0].size
        elif np.abs(z - z[..., :1]).max() < 1e-9 * np.abs(z).max():
            constant += z[..., 0].size
    return zero, constant


@pytest.mark.parametrize("name", GROUPS)
def test_outputs_depend_on_the_input_wherever_symmetry_allows(name):
    rep_out = small_rep(name)
    rep_in = 3 * rep_out.summands[1][0]
    expected = OUT_OF_REACH.get(name, (0, 0))
    models = [
        lambda: cnn.EMLP(rep_in, rep_out, channels=24, num_layers=2),
        lambda: cnn.TensorProductNet(rep_in, rep_out, channels=3),
    ]
    # products of all that the 48 stickers of Rubik's cube hold take long
    for make in models[: 1 if name == "RubiksCube" else 2]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = vanishing(make, rep_in, rep_out)
        messages = {str(warning.message) for warning in caught}
        assert found == expected
        assert len(messages) == (1 if any(expected) else 0)
        assert all(" is always zero" in each or " are always zero" in each for each in messages)


@pytest.mark.parametrize("group", [O(3), SO(3), S(4), C(4), SL(2)], ids=str)
def test_probes_tell_what_models_do(group):
    w, one = V(group), Scalar(group)
    rep_out = one + w + w * w
    for rep_in in (w, 2 * w):
        for hidden in (2 * w, 2 * one + 2 * w, 3 * rep_out):
            for blocks in (0, 1, 2):
                reach = net_reach(rep_in, hidden, rep_out, blocks)
                make = lambda h=hidden, b=blocks, r=rep_in: cnn.Layer(Unchecked(r, rep_out, h, b))  # noqa: E731
                assert vanishing(make, rep_in, rep_out) == reach.rows
    assert emlp_reach(w, (2 * w,), w, False, "norm").rows == (0, 0)


class Unchecked(TensorProductNet):
    """A network through hidden layers of any kind."""

    @cached_property
    def hidden(self):
        return [self.channels]


REFUSED = [
    (
        lambda: cnn.TensorProductNet(2 * scalar + 2 * v, v + scalar, 3 * scalar + 3 * v**2),
        "From 2V⁰⊕2V through 3V⁰⊕3V² to V⊕V⁰, V is always zero. Add V to `channels`.",
    ),
    (
        lambda: cnn.EMLP(2 * v + scalar, v**2, 2 * scalar + 2 * v, num_layers=1),
        "a part of dimension 3 of V² and a part of dimension 5 of V² are always zero. Add V² to",
    ),
    (
        lambda: cnn.EMLP(2 * v, v, [2 * v, 3 * scalar], num_layers=2),
        "From 2V through 2V, 3V⁰ to V, V is always zero. Add V to `channels`.",
    ),
    (
        lambda: cnn.TensorProductNet(2 * v, scalar, 4 * v),
        "V⁰ is constant, whatever the input. Add V⁰ to `channels`.",
    ),
    (
        lambda: cnn.TensorProductNet(v, Alt(v, 2)),
        "would always be zero: neither linear maps nor products of so many layers lead there from "
        "V. Add summands to the input, or layers, or tensors to `channels`.",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=range(len(REFUSED)))
def test_hidden_layers_that_do_not_lead_to_the_output_are_refused(make, message):
    with pytest.raises(NoEquivariantMapError, match=re.escape(message)) as caught:
        built(make)
    assert re.match(r"`(EMLP|TensorProductNet)\(\w+\)`: ", str(caught.value))


def test_parts_that_symmetry_makes_zero_or_constant_are_warned_of():
    pseudo = Alt(v, 2)
    with pytest.warns(
        UserWarning, match=r"Λ²\(V\)\S* is always zero: neither linear maps nor prod"
    ):
        built(lambda: cnn.TensorProductNet(v, scalar + pseudo, channels=2))
    built(lambda: cnn.TensorProductNet(2 * v, scalar + pseudo, channels=2))
    w = V(SL(2))
    with pytest.warns(UserWarning, match="V⁰ is constant, whatever the input: neither"):
        built(lambda: cnn.EMLP(w, w + Scalar(w.group), channels=8))


def test_hidden_layers_that_the_library_chooses_are_completed():
    first, third = irreducible(SO(2), 1), irreducible(SO(2), 3)
    (hidden,) = built(lambda: cnn.TensorProductNet(first, third, channels=3).hidden)
    assert hidden == cnn.matched_rep(3, first, third) + 3 * V(SO(2)) ** 2
    w, high = V(SO(3)), irreducible(SO(3), 5)
    hidden = built(lambda: cnn.EMLP(w, high, channels=[200, 240, 200]).hidden)
    assert hidden == [cnn.uniform_rep(n, w.group) + 5 * high for n in (200, 240, 200)]
    hidden = built(lambda: cnn.EMLP(w, w, channels=100).hidden)
    assert hidden == 3 * [cnn.uniform_rep(100, w.group)]
