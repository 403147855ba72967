"""Messages along edges: equivariant, and the same however the arrays of a graph are laid out."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.errors import NoEquivariantMapError
from constrainet.groups import SL, SO, SU, C, Cube, O, S, SOplus, Trivial
from constrainet.inspect import LayerWatch
from constrainet.reps import Scalar, V, decompose
from tests.maps.every_layer import random_parameters
from tests.maps.precision import NO_OPTIMISATION, normal, once

NODES, EDGES = 5, 9
one, v = Scalar(O(3)), V(O(3))


def in_double(m):
    """Parameters of which none is zero, in float64."""
    return jax.tree.map(lambda p: jnp.asarray(p, jnp.float64), random_parameters(m))


def graph(m, seed=0):
    """Arrays of a graph with edges that occur twice, and a node without edges."""
    stream = np.random.RandomState(seed)
    rep, space = m.reps_in
    senders = stream.randint(0, NODES, EDGES)
    receivers = stream.randint(0, NODES - 1, EDGES)
    found = [normal(seed, (NODES, rep.dim)), normal(seed + 1, (EDGES, space.dim))]
    found += [senders, receivers]
    if m.num_edge_features:
        found.append(normal(seed + 2, (EDGES, m.num_edge_features)))
    return [jnp.asarray(each) for each in found]


def compiled(function, *args):
    """`jax.jit(function)` for arrays of these shapes, compiled in less time."""
    return jax.jit(function).lower(*args).compile(compiler_options=NO_OPTIMISATION)


def vectors_of_the_cube():
    """How the rotations of a cube move points, as part of how they permute its faces."""
    return next(irrep for irrep, _ in decompose(V(Cube())).irreps if irrep.dim == 3)


def declared(name):
    """A convolution whose representations mix scalars, vectors and tensors."""
    options: dict[str, Any] = {"channels": 8, "num_basis": 3}
    if name == "O(3)×S(2)":
        G = O(3) * S(2)
        space, rep = V(G, factor=0), V(G, factor=0) * V(G, factor=1)
        return cm.edge_convolution(rep, rep + space, space, 1, cutoff=3.0, **options)
    space = {
        "O(3)": v,
        "SO(3)": V(SO(3)),
        "O(2)": V(O(2)),
        "SO⁺(1,3)": V(SOplus(1, 3)),
        "SL(2)": V(SL(2)),
        "Cube": vectors_of_the_cube(),
        "C(4)": V(C(4)),
        "Trivial": V(Trivial(2)),
    }[name]
    if name not in ("SO⁺(1,3)", "SL(2)", "SO(3)"):
        options["cutoff"] = 3.0
    rep = Scalar(space.group) + space
    return cm.edge_convolution(
        rep, rep + space, space, num_edge_features=int(name == "SO(3)"), **options
    )


@pytest.mark.parametrize(
    "name",
    ["O(3)", "SO(3)", "O(2)", "SO⁺(1,3)", "SL(2)", "Cube", "C(4)", "Trivial", "O(3)×S(2)"],
)
def test_results_move_with_nodes_and_vectors(name):
    m = declared(name)
    params, (nodes, vectors, *rest) = in_double(m), graph(m)
    apply = compiled(m.apply, params, nodes, vectors, *rest)
    y = apply(params, nodes, vectors, *rest)
    assert y.shape == (NODES, m.rep_out.dim) and float(jnp.std(y)) > 0.01
    rep, space = m.reps_in
    group = space.group
    for g in [*group.discrete_generators, *(expm(0.7 * A) for A in group.lie_algebra)]:
        found = apply(params, rep.act(g, nodes), space.act(g, vectors), *rest)
        np.testing.assert_allclose(found, m.rep_out.act(g, y), atol=1e-10 * float(abs(y).max()))


@pytest.fixture(scope="module")
def molecule():
    """A convolution, its parameters and a graph, with edge features and the mean."""
    m = cm.edge_convolution(
        one + v, one + v, cutoff=3.0, channels=(8, 8), num_edge_features=2, aggregate="mean"
    )
    return m, in_double(m), graph(m)


def test_the_order_of_nodes_and_edges_does_not_matter(molecule):
    m, params, (nodes, vectors, senders, receivers, features) = molecule
    y = m.apply(params, nodes, vectors, senders, receivers, features)
    order, edges = np.random.RandomState(3).permutation(NODES), np.random.RandomState(4)
    place, edges = np.argsort(order), edges.permutation(EDGES)
    found = m.apply(
        params,
        nodes[order],
        vectors[edges],
        place[senders[edges]],
        place[receivers[edges]],
        features[edges],
    )
    np.testing.assert_allclose(found, y[order], atol=1e-12)


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
def test_results_are_sums_and_means_of_the_results_of_single_edges(aggregate):
    m = cm.edge_convolution(one + v, v, cutoff=3.0, channels=4, aggregate=aggregate)
    params, (nodes, vectors, senders, receivers) = in_double(m), graph(m)
    alone = [
        m.apply(params, nodes, vectors[i : i + 1], senders[i : i + 1], receivers[i : i + 1])
        for i in range(EDGES)
    ]
    expected = np.sum(alone, axis=0)
    if aggregate == "mean":
        expected /= np.maximum(np.bincount(receivers, minlength=NODES), 1)[:, None]
    y = m.apply(params, nodes, vectors, senders, receivers)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    assert not np.any(y[-1]) and np.all(np.any(y[np.unique(receivers)], axis=1))


def padded(arrays, nodes=8, edges=16, filler=np.nan):
    """The arrays filled up to one size, and the mask."""
    x, vectors, senders, receivers, features = map(np.asarray, arrays)
    more = edges - len(vectors)
    return [
        np.pad(x, ((0, nodes - len(x)), (0, 0))),
        np.pad(vectors, ((0, more), (0, 0)), constant_values=filler),
        np.pad(senders, (0, more)),
        np.pad(receivers, (0, more)),
        np.pad(features, ((0, more), (0, 0)), constant_values=filler),
        np.arange(edges) < len(vectors),
    ]


def test_what_fills_arrays_up_changes_neither_values_nor_derivatives(molecule):
    m, params, arrays = molecule
    filled = padded(arrays)

    def size(params, vectors, arrays):
        return jnp.sum(m.apply(params, arrays[0], vectors, *arrays[2:]) ** 2)

    y, short = (once(m.apply, params, *each) for each in (filled, arrays))
    np.testing.assert_allclose(y[:NODES], short, atol=1e-12)
    assert not np.any(y[NODES:])
    long, short = (once(jax.grad(size, (0, 1)), params, each[1], each) for each in (filled, arrays))
    assert not np.any(long[1][EDGES:])
    np.testing.assert_allclose(long[1][:EDGES], short[1], atol=1e-10)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-9), long[0], short[0])


def test_graphs_of_one_padded_size_are_traced_once(molecule):
    m, params, _ = molecule
    traces = []

    @jax.jit
    def apply(params, *arrays):
        traces.append(arrays)
        return m.apply(params, *arrays)

    for seed, edges in ((0, 9), (1, 4), (2, 0)):
        x, *rest = graph(m, seed)
        arrays = padded([x, *(each[:edges] for each in rest)], filler=0.0)
        y = apply(params, *arrays)
        expected = m.apply(params, *arrays)
        np.testing.assert_allclose(y, expected, atol=1e-12)
    assert len(traces) == 1


@pytest.mark.parametrize(("space", "cutoff"), [(v, None), (v, 2.0), (V(SOplus(1, 3)), None)])
def test_two_derivatives_are_finite_for_an_edge_of_length_zero(space, cutoff):
    rep = Scalar(space.group) + space
    m = cm.edge_convolution(rep, Scalar(space.group), space, cutoff=cutoff, channels=4)
    params, (nodes, *_) = in_double(m), graph(m)

    def energy(x):
        return jnp.sum(m.apply(params, nodes, x[None], jnp.array([0]), jnp.array([1])))

    def derivatives(x):
        return energy(x), jax.grad(energy)(x), jax.hessian(energy)(x)

    found = once(derivatives, jnp.zeros(space.dim))
    assert all(np.isfinite(each).all() for each in found)
    assert found[0] != 0


def test_messages_and_two_derivatives_vanish_at_the_cutoff():
    m = cm.edge_convolution(one, one, cutoff=2.0, channels=4)
    params, nodes = in_double(m), jnp.ones((2, 1))

    def message(r):
        vector = jnp.array([[0.6, 0.0, 0.8]]) * r
        return m.apply(params, nodes, vector, jnp.array([0]), jnp.array([1]))[1, 0]

    def derivatives(r):
        return jnp.array([message(r), jax.grad(message)(r), jax.grad(jax.grad(message))(r)])

    found = once(jax.vmap(derivatives), jnp.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(found[1:], 0, atol=1e-9)
    assert np.abs(found[0]).min() > 1e-3


def test_graphs_without_edges_or_nodes_give_zeros(molecule):
    m, params, (nodes, vectors, senders, receivers, features) = molecule
    y = m.apply(params, nodes, vectors[:0], senders[:0], receivers[:0], features[:0])
    assert y.shape == (NODES, 4) and not np.any(y)
    none = m.apply(params, nodes[:0], vectors[:0], senders[:0], receivers[:0], features[:0])
    assert none.shape == (0, 4)


def test_complex_features_of_nodes_take_real_vectors():
    G = SO(3) * SU(2)
    m = cm.edge_convolution(V(G, factor=1), V(G, factor=1), V(G, factor=0), 1, channels=4)
    params = random_parameters(m)
    nodes = jnp.asarray(normal(0, (2, 2)) + 1j)
    y = m.apply(params, nodes, jnp.ones((1, 3)), jnp.array([0]), jnp.array([1]))
    assert jnp.iscomplexobj(y) and np.any(y[1])


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"senders": jnp.zeros(EDGES)}, TypeError, "takes senders that are whole numbers. Got fl"),
        ({"receivers": jnp.full(EDGES, 5)}, ValueError, "takes receivers from 0 to 4, because"),
        ({"senders": jnp.full(EDGES, -1)}, ValueError, "5 nodes. Got -1"),
        ({"senders": jnp.zeros(3, int)}, ValueError, "takes senders of shape (9,), because there"),
        ({"vectors": jnp.ones((EDGES, 2))}, ValueError, "because space = V has dimension 3"),
        ({"vectors": 1j * jnp.ones((EDGES, 3))}, TypeError, "takes real vectors"),
        ({"nodes": jnp.ones((NODES, 3))}, ValueError, "because rep_in = V⁰⊕V has dimension 4"),
        ({"nodes": jnp.ones((2, NODES, 4))}, ValueError, "takes nodes of shape (number, 4)"),
        ({"mask": jnp.ones(3, bool)}, ValueError, "takes mask of shape (9,)"),
        ({"mask": jnp.ones(EDGES)}, TypeError, "takes mask that are booleans"),
        ({"edge_features": None}, TypeError, "because num_edge_features = 2. Got none"),
        ({"edge_features": jnp.ones((EDGES, 3))}, ValueError, "edge_features of shape (9, 2)"),
        ({"edge_features": jnp.ones((EDGES, 2), int)}, TypeError, "that are floating point"),
        ({"edges": 1}, TypeError, "takes nodes, vectors, senders, receivers, edge_features, mask"),
    ],
)
def test_arrays_that_are_no_graph_are_refused(molecule, changed, error, message):
    m, params, arrays = molecule
    names = ("nodes", "vectors", "senders", "receivers", "edge_features")
    with pytest.raises(error, match=re.escape(message)):
        m.apply(params, **dict(zip(names, arrays, strict=True)) | changed)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"aggregate": "max"}, ValueError, "`aggregate` should be 'sum' or 'mean'"),
        ({"cutoff": 0}, ValueError, "`cutoff` should be positive"),
        ({"channels": [8, 0]}, ValueError, "`channels` should be positive"),
        ({"channels": 2.5}, TypeError, "`channels` should be a whole number"),
        ({"num_basis": 0}, ValueError, "`num_basis` should be positive"),
        ({"num_edge_features": -1}, ValueError, "`num_edge_features` should be at least 0"),
        ({"degree": -1}, ValueError, "degree=...)` should be at least 0"),
        ({"space": 3}, TypeError, "`space` should be a representation"),
        ({"rep_out": "v"}, TypeError, "`rep_out` should be a representation"),
        ({"rep_out": V(SO(3))}, ValueError, "different groups"),
        ({"rep_in": one, "degree": 0, "rep_out": v}, NoEquivariantMapError, "Raise `degree`"),
    ],
)
def test_declarations_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        cm.edge_convolution(**{"rep_in": one + v, "rep_out": one + v} | options)


def test_what_a_group_lacks_is_said():
    G = O(3) * S(3)
    with pytest.raises(ValueError, match=r"`space` should say how points move"):
        cm.edge_convolution(V(G), V(G))
    four = V(SOplus(1, 3))
    with pytest.raises(ValueError, match=r"`cutoff` should be None, because vectors have no len"):
        cm.edge_convolution(four, four, cutoff=1.0)


def test_a_layer_on_graphs_is_described_and_its_parts_are_measured(molecule):
    m, params, _ = molecule
    watch = LayerWatch(jax.random.key(0))
    watch.watch(m, params)
    assert [each.name for each in watch.layers if each.error is None] == ["edge_convolution"]
    assert all(each.error.is_equivariant for each in watch.layers[:-1])
