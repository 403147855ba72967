"""Whatever is wrong with an argument, the error begins with the layer, and says what it should be.

What is wrong with inputs and with parameters of another model is in `test_models.py`.
"""

from __future__ import annotations

import re

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SE, SL, SO, O, S
from constrainet.reps import Scalar, V

v, w, skew = V(O(3)), V(SO(3)), V(SE(2))
scalar = Scalar(v.group)
OTHER_GROUPS = "Cannot map between representations of different groups"
NO_OPTION = "should be '"
NO_NUMBER = "`gain` should be a finite number"
NO_FUNCTION = "_init` should be a function of a shape and a dtype"
NO_GROUP = "`channels` should be representations of the model's group, O(3)"

# (layer, arguments, options, the exception, what its message goes on with)
CASES = [
    ("Linear", (v, w), {}, ValueError, OTHER_GROUPS),
    ("Linear", (v,), {}, TypeError, "missing a required argument: 'rep_out'. The arguments are"),
    ("EMLP", (v, v), {"ch": 384}, TypeError, "got an unexpected keyword argument 'ch'. Write `ch"),
    ("EMLP", (v, v), {"group": O(3)}, TypeError, "got an unexpected keyword argument 'group'. Rep"),
    ("Linear", (v, v), {"parametrization": "full"}, ValueError, "`parametrization` " + NO_OPTION),
    ("Linear", (v, v), {"product": "sparse"}, ValueError, "`product` should be 'auto', 'dense' or"),
    ("Linear", (v, v), {"product": []}, ValueError, "`product` should be 'auto', 'dense' or"),
    ("Linear", (skew, skew), {"product": "irreducible"}, ValueError, "`product` should be 'auto'"),
    ("Linear", (v, v), {"kept": "all"}, ValueError, "`kept` should be 'summand' or 'component'"),
    ("Linear", (v, v), {"gain": "1"}, TypeError, NO_NUMBER),
    ("Linear", (v, v), {"gain": np.nan}, TypeError, NO_NUMBER),
    ("Linear", (v, v), {"w_init": 1.0}, TypeError, "`w" + NO_FUNCTION),
    ("Linear", (v, v), {"b_init": 1.0}, TypeError, "`b" + NO_FUNCTION),
    ("BiLinear", (v, w), {}, ValueError, OTHER_GROUPS),
    ("BiLinear", (v, v), {"connections": "all"}, ValueError, "`connections` " + NO_OPTION),
    ("BiLinear", (v, v), {"gain": None}, TypeError, NO_NUMBER),
    ("BiLinear", (v, v), {"w_init": 1.0}, TypeError, "`w" + NO_FUNCTION),
    ("BiLinear", (4000 * scalar, scalar, "full"), {}, ValueError, "`connections='full'` would"),
    ("TensorProduct", (v, v, 3), {}, TypeError, "`rep_out` should be a representation"),
    ("TensorProduct", (v, v, v, "all"), {}, ValueError, "`connections` " + NO_OPTION),
    ("LayerNorm", (v,), {"eps": 0.0}, ValueError, "`eps` should be positive"),
    ("LayerNorm", (v,), {"eps": "small"}, TypeError, "`eps` should be a finite number"),
    ("LayerNorm", (3,), {}, TypeError, "`rep` should be a representation"),
    ("EMLPBlock", (v, w), {}, ValueError, OTHER_GROUPS),
    ("EMLPBlock", (v, v), {"nonlinearity": "relu"}, ValueError, "`nonlinearity` " + NO_OPTION),
    ("EMLPBlock", (v, v), {"parametrization": 3}, ValueError, "`parametrization` " + NO_OPTION),
    ("EMLP", (v, w), {}, ValueError, OTHER_GROUPS),
    ("EMLP", (v, v), {"nonlinearity": ["gated"]}, ValueError, "`nonlinearity` " + NO_OPTION),
    ("EMLP", (v, v), {"channels": "8"}, TypeError, "`channels` should be an int, a rep"),
    ("EMLP", (v, v), {"channels": 0}, ValueError, "`channels` should be positive. Got 0"),
    ("EMLP", (v, v, [8, 2.5, 8]), {}, TypeError, "`channels` should be a whole number. Got 2.5"),
    (
        "EMLP",
        (v, v, [8, 8], 3),
        {},
        ValueError,
        "`channels` should have one entry for each of num_",
    ),
    ("EMLP", (v, v), {"num_layers": -1}, ValueError, "`num_layers` should be at least 0. Got -1"),
    ("EMLP", (v, v, w), {}, ValueError, OTHER_GROUPS),
    ("EMLP", (v, v, v * V(S(3))), {}, ValueError, NO_GROUP),
    ("TensorProductBlock", (v,), {"gain": "1"}, TypeError, NO_NUMBER),
    ("TensorProductBlock", (v,), {"parametrization": 1}, ValueError, "`parametrization` should"),
    ("TensorProductNet", (v, w), {}, ValueError, OTHER_GROUPS),
    ("TensorProductNet", (v, v, [8]), {}, TypeError, "`channels` should be a whole number"),
    ("TensorProductNet", (v, v, v * V(S(3))), {}, ValueError, NO_GROUP),
    ("TensorProductNet", (v, v), {"num_blocks": -1}, ValueError, "`num_blocks` should be at least"),
    ("TensorProductNet", (v, v), {"readout": 2.5}, TypeError, "`readout` should be a whole number"),
    ("MLP", (v, v), {"num_layers": 1.5}, TypeError, "`num_layers` should be a whole number"),
    ("MLP", (v, v), {"channels": 0}, ValueError, "`channels` should be positive. Got 0"),
]


@pytest.mark.parametrize(
    ("layer", "arguments", "options", "exception", "message"),
    CASES,
    ids=[f"{layer}-{i}" for i, (layer, *_) in enumerate(CASES)],
)
def test_errors_of_arguments_begin_with_the_layer(layer, arguments, options, exception, message):
    make = getattr(cnn, layer)

    def inside_another():
        with hk.name_scope("model"):
            make(*arguments, **options)

    with pytest.raises(exception, match=rf"^`{layer}\(model/\w+\)`: {re.escape(message)}"):
        hk.transform(inside_another).init(jax.random.key(0))


def test_blocks_let_their_layers_say_what_does_not_fit():
    for kind, rep in (("norm", V(SL(3))), ("regular", v)):
        make = lambda rep=rep, kind=kind: cnn.EMLPBlock(rep, rep, nonlinearity=kind)(jnp.ones(3))  # noqa: E731
        with pytest.raises(
            ValueError, match=rf"^`EMLPBlock\(emlp_block\)`: `{kind.title()}Nonlinearity` n"
        ):
            hk.transform(make).init(jax.random.key(0))


@pytest.mark.parametrize(
    "layer", [lambda **k: cnn.Linear(v, v, **k), lambda **k: cnn.BiLinear(v, v * v, **k)]
)
def test_initialisers_that_return_what_does_not_fit_are_refused(layer):
    def build(init):
        model = hk.transform(lambda x: layer(w_init=init)(x))
        return model.init(jax.random.key(0), jnp.ones(3, np.float32))

    name = r"`(Bi)?Linear\((bi_)?linear\)`"
    for wrong in (lambda shape, dtype: jnp.ones(7, dtype), lambda shape, dtype: None):
        with pytest.raises(ValueError, match=rf"parameter 'w' of {name} should return an array"):
            build(wrong)
    for dtype in (np.complex64, np.int32):
        with pytest.raises(TypeError, match=rf"'w' of {name} should be real, .*Its initialiser sh"):
            build(lambda shape, _, dtype=dtype: jnp.ones(shape, dtype))


def test_parameters_of_whole_numbers_or_that_are_no_arrays_are_refused():
    model = hk.without_apply_rng(hk.transform(lambda x: cnn.Linear(v, v)(x)))
    whole = {"linear": {"w": np.ones((3, 3), int), "b": np.ones(3)}}
    with pytest.raises(TypeError, match=r"'w' of `Linear\(linear\)` should be real.* Got int"):
        model.apply(whole, jnp.ones(3))
    with pytest.raises(ValueError, match=r"`Linear\(linear\)` needs a parameter 'w'"):
        model.apply({"linear": {"w": [[1.0]], "b": [1.0]}}, jnp.ones(3))
    mlp = hk.without_apply_rng(hk.transform(lambda x: cnn.MLP(v, v)(x)))
    with pytest.raises(ValueError, match=r"`MLP\(mlp\)`: Unable to retrieve parameter 'w'"):
        mlp.apply({}, jnp.ones(3))


def test_products_of_arrays_of_different_shapes_are_refused():
    model = hk.transform(lambda x, y: cnn.TensorProduct(v, v, v * v)(x, y))
    with pytest.raises(ValueError, match=r"`TensorProduct\(.*\)` takes arrays of equal shapes"):
        model.init(jax.random.key(0), jnp.ones((2, 3)), jnp.ones((1, 3)))


def test_functions_refuse_the_pair_that_haiku_makes_of_one():
    model = hk.transform(lambda x: cnn.Linear(v, v)(x))
    with pytest.raises(TypeError, match=r"`convert\(forward=...\)` should be a function"):
        cnn.convert(model, {}, jnp.ones(3), "basis")
    with pytest.raises(TypeError, match=r"`fold\(apply=...\)` should be a function"):
        cnn.fold(model, {}, jnp.ones((2, 3)))


def test_what_cannot_be_folded_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"`fold\(x=...\)` should be an array"):
        cnn.fold(lambda params, x: x, {}, [[1.0]])
    with pytest.raises(ValueError, match=r"`fold\(apply=...\)` should return one array, or"):
        cnn.fold(lambda params, x: (x, x), {}, jnp.ones((2, 3)))
    folded = cnn.fold(lambda params, x: x * params["a"], {"a": jnp.ones(3)}, jnp.ones((2, 3)))
    for wrong in (jnp.ones((2, 4)), jnp.ones((2, 3), int)):
        with pytest.raises(ValueError, match=r"takes arrays of shape \(..., 3\) and type float"):
            folded(wrong)
    np.save(tmp_path / "array.npy", np.ones(3))
    np.savez(tmp_path / "damaged.npz", function=np.ones(3, np.uint8))
    for name in ("array.npy", "damaged.npz"):
        with pytest.raises(ValueError, match=r"`load_folded\(path=...\)` should name .*holds no"):
            cnn.load_folded(tmp_path / name)
