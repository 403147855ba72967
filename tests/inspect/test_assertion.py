"""`assert_equivariant`: what passes, what fails, and what it says is wrong."""

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SL, SO, O, S
from constrainet.inspect import LayerWatch, assert_equivariant
from constrainet.inspect.assertion import element_name
from constrainet.reps import Scalar, V

KEY = jax.random.key(0)


class BrokenLinear(hk.Module):
    """An equivariant layer in which somebody has changed one weight."""

    def __init__(self, rep_in, rep_out, name=None):
        super().__init__(name=name)
        self.rep_in, self.rep_out = rep_in, rep_out

    def __call__(self, x):
        y = cnn.Linear(self.rep_in, self.rep_out)(x)
        return y.at[..., -1].add(0.1 * x[..., -2])


def built(make, rep_in):
    model = hk.without_apply_rng(hk.transform(lambda x: make()(x)))
    params = model.init(KEY, jnp.ones((2, rep_in.dim)))
    return jax.jit(lambda x: model.apply(params, x))


def failure(f, rep_in, rep_out, **options):
    with pytest.raises(AssertionError) as caught:
        assert_equivariant(f, rep_in, rep_out, KEY, **options)
    return str(caught.value)


@pytest.mark.parametrize("group", [O(3), S(4)], ids=str)
def test_layers_pass(group):
    rep_in, rep_out = 2 * Scalar(group) + 2 * V(group), V(group) + V(group) ** 2
    error = assert_equivariant(
        built(lambda: cnn.Linear(rep_in, rep_out), rep_in), rep_in, rep_out, KEY
    )
    assert error.is_equivariant


def test_a_broken_layer_is_caught():
    rep_in, rep_out = 2 * Scalar(SO(3)) + 2 * V(SO(3)), V(SO(3))
    message = failure(built(lambda: BrokenLinear(rep_in, rep_out), rep_in), rep_in, rep_out)
    assert message.startswith(
        "`f` is not equivariant from 2V⁰⊕2V to V under SO(3): at g = [["
    ) or message.startswith(
        "`f` is not equivariant from 2V⁰⊕2V to V under SO(3): along A = SO(3).lie_algebra["
    )
    assert "of their size. Allowed: 1.2e-04; rounding alone makes" in message
    assert "in float32.\nLikely cause: a function of single coordinates" in message


def test_a_broken_layer_is_found_in_its_model():
    rep = 4 * Scalar(SO(3)) + 4 * V(SO(3))

    def forward(x):
        x = cnn.Linear(rep, rep, name="first")(x)
        x = BrokenLinear(rep, rep, name="second")(x)
        return cnn.Linear(rep, V(SO(3)), name="third")(x)

    model = hk.without_apply_rng(hk.transform(forward))
    x = jnp.ones((2, rep.dim))
    params = model.init(KEY, x)
    watch = LayerWatch(KEY)
    with hk.intercept_methods(watch):
        watched = model.apply(params, x)
    np.testing.assert_array_equal(watched, model.apply(params, x))
    verdicts = {layer.name: layer.error.is_equivariant for layer in watch.layers}
    assert verdicts == {"first": True, "second/linear": True, "second": False, "third": True}
    assert "second " in str(watch) and str(watch).count("NOT equivariant") == 1


def test_a_watch_without_a_key_only_describes():
    watch = LayerWatch()
    assert str(watch).startswith("no layers")
    model = hk.without_apply_rng(
        hk.transform(
            lambda x: cnn.GatedNonlinearity(V(SO(3)))(
                cnn.Linear(V(SO(3)), V(SO(3)) + Scalar(SO(3)))(x)
            )
        )
    )
    x = jnp.ones((2, 3))
    params = model.init(KEY, x)
    with hk.intercept_methods(watch):
        model.apply(params, x)
    assert [layer.name for layer in watch.layers] == ["linear", "gated_nonlinearity"]
    assert all(layer.error is None for layer in watch.layers)
    assert watch.layers[0].description.data["layer"] == "Linear"


def test_a_moved_bias_is_named():
    message = failure(lambda x: x + jnp.array([0.0, 0.0, 1.0]), V(SO(3)), V(SO(3)))
    assert "Likely cause: a constant that the group moves: f(0) is not invariant" in message


def test_a_missing_reflection_is_named():
    message = failure(lambda x: jnp.cross(x[..., :3], x[..., 3:]), 2 * V(O(3)), V(O(3)))
    assert "equivariant under the connected part of the group but not under" in message
    assert "discrete_generators[0]" in message


def test_a_dual_in_place_of_a_vector_is_named():
    message = failure(np.eye(2), V(SL(2)), V(SL(2)).T)
    assert "a representation in place of its dual: f is equivariant with the dual of" in message


def test_a_smaller_group_is_named():
    message = failure(np.diag([1.0, 1.0, 2.0]), V(SO(3)), V(SO(3)))
    assert "f is equivariant under a smaller group: only lie_algebra[" in message


def test_randomness_is_named():
    random = np.random.default_rng(0)
    message = failure(lambda x: x * random.normal(), V(SO(3)), V(SO(3)))
    assert "it gives different results for one input" in message


def test_rounding_is_named():
    message = failure(np.eye(3, dtype=np.float32) * 1.0, V(SO(3)), V(SO(3)), rtol=1e-9)
    assert "Likely cause: rounding, since the error is small" in message
    assert "Allowed: 1.0e-09" in message


def test_permutations_are_named_by_what_they_move():
    matrix = np.eye(4)
    matrix[0, 1] = 1
    assert "g = the permutation " in failure(matrix, V(S(4)), V(S(4))) or (
        "discrete_generators[" in failure(matrix, V(S(4)), V(S(4)))
    )
    assert element_name(S(4), np.eye(4)) == "the identity"
    assert element_name(S(4), np.eye(4)[[1, 0, 2, 3]]) == "g = the permutation 0→1, 1→0"
    assert "(6, 6)" in element_name(SO(6), np.eye(6))


def test_a_tolerance_can_be_given():
    matrix = np.eye(3) + 1e-4
    failure(matrix, V(SO(3)), V(SO(3)))
    error = assert_equivariant(matrix, V(SO(3)), V(SO(3)), KEY, rtol=1e-2)
    assert not error.is_equivariant and error.largest < 1e-2
