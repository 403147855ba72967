"""Models of points: equivariant, translations included, however the arrays of a graph are laid out.

What they share with `edge_convolution` (masks, harmonics, cutoffs) is tested there, for one layer.
"""

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
from constrainet.groups import SL, SO, SU, C, O, S, SOplus, Trivial
from constrainet.reps import Scalar, V
from tests.maps.every_layer import random_parameters
from tests.maps.precision import normal, once
from tests.maps.test_edge_convolution import compiled, vectors_of_the_cube

NODES, EDGES = 5, 9
MODELS = {
    "tensors": cm.tensor_field_net,
    "vectors": cm.vector_field_net,
    "scalars": cm.scalar_field_net,
}
one, v = Scalar(O(3)), V(O(3))


def in_double(m, seed=0):
    """Parameters a tenth of the usual size away from their start, in float64."""
    start = m.init(jax.random.key(seed), jnp.float64)
    return jax.tree.map(lambda p, q: p + 0.1 * q, start, random_parameters(m, seed))


def graph(m, seed=0, edges=EDGES):
    """Nodes, positions, senders and receivers; a node without edges, and edges that occur twice."""
    stream = np.random.RandomState(seed)
    rep, space = m.reps_in
    senders = stream.randint(0, NODES, edges)
    receivers = stream.randint(0, NODES - 1, edges)
    arrays = normal(seed, (NODES, rep.dim)), normal(seed + 1, (NODES, space.dim))
    found = [*arrays, senders, receivers]
    if m.num_edge_features:
        found.append(normal(seed + 2, (edges, m.num_edge_features)))
    return [jnp.asarray(each) for each in found]


def declared(model, name):
    """A small model of points that move by a representation of a group."""
    options: dict[str, Any] = {"channels": 2, "num_layers": 1, "num_edge_features": 1}
    if model == "tensors":
        options["degree"] = 1
    if name == "O(3)×S(2)":
        G = O(3) * S(2)
        space, rep = V(G, factor=0), V(G, factor=0) * V(G, factor=1)
        return MODELS[model](rep + Scalar(G), rep + space, space, cutoff=3.0, **options)
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
    return MODELS[model](rep, rep + space, space, **options)


GROUPS = ["O(3)", "SO(3)", "O(2)", "SO⁺(1,3)", "SL(2)", "Cube", "C(4)", "Trivial", "O(3)×S(2)"]
SOME = ["O(3)", "SO⁺(1,3)", "SL(2)", "O(3)×S(2)"]


@pytest.mark.parametrize(
    ("model", "name"),
    [("tensors", name) for name in GROUPS]
    + [(model, name) for model in ("vectors", "scalars") for name in SOME],
)
def test_results_move_with_nodes_and_points_and_translations_do_not_matter(model, name):
    m = declared(model, name)
    params, (nodes, positions, *rest) = in_double(m), graph(m)
    apply = compiled(m.apply, params, nodes, positions, *rest)
    y = apply(params, nodes, positions, *rest)
    assert y.shape == (NODES, m.rep_out.dim) and float(jnp.std(y)) > 0.01
    assert float(jnp.abs(y - apply(params, nodes, 2 * positions, *rest)).max()) > 1e-3
    rep, space = m.reps_in
    group, shift = space.group, jnp.arange(1.0, space.dim + 1)
    for g in [*group.discrete_generators, *(expm(0.7 * A) for A in group.lie_algebra)]:
        found = apply(params, rep.act(g, nodes), space.act(g, positions) + shift, *rest)
        np.testing.assert_allclose(found, m.rep_out.act(g, y), atol=1e-9 * float(abs(y).max()))


@pytest.mark.parametrize("model", MODELS)
def test_errors_in_single_precision_are_those_of_rounding(model):
    m = MODELS[model](one + v, v, channels=8)
    params = m.init(jax.random.key(0))
    nodes, positions, senders, receivers = graph(m)
    frames = np.linalg.qr(normal(5, (100, 3, 3)))[0]
    moved = jnp.einsum("gij,nj->gni", frames, positions) + normal(6, (100, 1, 3))
    turned = jnp.einsum("gij,nj->gni", frames, nodes[:, 1:])
    turned = jnp.concatenate([jnp.broadcast_to(nodes[:, :1], (100, NODES, 1)), turned], axis=-1)

    def apply(nodes, positions):
        arrays = (jnp.asarray(each, jnp.float32) for each in (nodes, positions))
        return m.apply(params, *arrays, senders, receivers)

    y = apply(nodes, positions)
    expected = np.einsum("gij,nj->gni", frames, y)
    found = once(jax.vmap(apply), turned, moved)
    sizes = np.sqrt(np.mean(np.square(y)))
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-5 * sizes


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    """A model of two layers with edge features, its parameters and a graph."""
    options = {"degree": 1} if request.param == "tensors" else {}
    options |= {"channels": 4, "num_layers": 2, "num_edge_features": 2, "aggregate": "mean"}
    m = MODELS[request.param](one + v, one + v, cutoff=4.0, **options)
    return m, in_double(m), graph(m)


def test_the_order_of_nodes_and_edges_does_not_matter(model):
    m, params, (nodes, positions, senders, receivers, features) = model
    y = once(m.apply, params, nodes, positions, senders, receivers, features)
    order = np.random.RandomState(3).permutation(NODES)
    place, edges = np.argsort(order), np.random.RandomState(4).permutation(EDGES)
    found = once(
        m.apply,
        params,
        nodes[order],
        positions[order],
        place[senders[edges]],
        place[receivers[edges]],
        features[edges],
    )
    np.testing.assert_allclose(found, y[order], atol=1e-12)


def padded(arrays, nodes=8, edges=16):
    """The arrays filled up to one size, and the mask."""
    x, positions, senders, receivers, features = map(np.asarray, arrays)
    more = edges - len(senders)
    return [
        np.pad(x, ((0, nodes - len(x)), (0, 0))),
        np.pad(positions, ((0, nodes - len(x)), (0, 0)), constant_values=7.0),
        np.pad(senders, (0, more), constant_values=nodes - 1),
        np.pad(receivers, (0, more)),
        np.pad(features, ((0, more), (0, 0)), constant_values=np.nan),
        np.arange(edges) < len(senders),
    ]


def test_what_fills_arrays_up_changes_nothing_and_all_graphs_share_one_trace(model):
    m, params, _ = model
    traces = []

    @jax.jit
    def forces(params, nodes, positions, *rest):
        traces.append(nodes)

        def energy(positions):
            return jnp.sum(m.apply(params, nodes, positions, *rest)[:NODES, 0])

        return jax.value_and_grad(energy)(positions)

    for seed, edges in ((0, 9), (1, 4), (2, 0)):
        arrays = graph(m, seed, edges)
        energy, force = forces(params, *padded(arrays))
        expected = m.apply(params, *arrays)[:, 0].sum()
        np.testing.assert_allclose(energy, expected, atol=1e-12)
        assert not np.any(force[NODES:]) and np.any(force) == (edges > 0)
    assert len(traces) == 1


def test_periodic_cells_are_shifts_of_senders(model):
    m, params, (nodes, positions, *rest) = model
    cell = 3.0
    moved = jnp.asarray(np.random.RandomState(0).randint(-2, 3, positions.shape) * cell)
    senders, receivers = rest[:2]
    y = once(m.apply, params, nodes, positions, *rest)
    shifts = -(moved[senders] - moved[receivers])
    found = once(m.apply, params, nodes, positions + moved, *rest, None, shifts)
    np.testing.assert_allclose(found, y, atol=1e-11)


def test_training_through_forces_is_finite_where_points_coincide(model):
    m, params, (nodes, positions, *rest) = model
    positions = positions.at[1].set(positions[0])
    senders, receivers = rest[0].at[0].set(0), rest[1].at[0].set(1)
    graphs = jnp.array([0, 0, 0, 1, 1])

    def energies(positions, params):
        y = m.apply(params, nodes, positions, senders, receivers, *rest[2:])
        return cm.pool_graphs(y[:, 0], graphs, 2)

    def loss(params):
        forces = -jax.grad(lambda x: energies(x, params).sum())(positions)
        return jnp.sum(forces**2)

    found = once(jax.grad(loss), params)
    assert all(np.isfinite(each).all() for each in jax.tree.leaves(found))
    assert any(np.any(each) for each in jax.tree.leaves(found))


def test_graphs_without_edges_or_nodes_have_results(model):
    m, params, (nodes, positions, senders, receivers, features) = model
    none = senders[:0], receivers[:0], features[:0]
    y = m.apply(params, nodes, positions, *none)
    assert np.isfinite(y).all() and np.any(y, axis=1).all()
    alone = m.apply(params, nodes[:1], positions[:1], *none)
    np.testing.assert_allclose(alone, y[:1], atol=1e-12)
    assert m.apply(params, nodes[:0], positions[:0], *none).shape == (0, 4)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"senders": jnp.zeros(EDGES)}, TypeError, "takes senders that are whole numbers. Got fl"),
        ({"receivers": jnp.full(EDGES, 5)}, ValueError, "takes receivers from 0 to 4, because"),
        ({"senders": jnp.zeros(3, int)}, ValueError, "takes receivers of shape (3,), because th"),
        ({"positions": jnp.ones((NODES, 2))}, ValueError, "because space = V has dimension 3"),
        ({"positions": jnp.ones((EDGES, 3))}, ValueError, "positions of shape (5, 3), one for ea"),
        ({"positions": 1j * jnp.ones((NODES, 3))}, TypeError, "takes real positions"),
        ({"mask": jnp.ones(3, bool)}, ValueError, "takes mask of shape (9,)"),
        ({"shifts": jnp.ones((3, 3))}, ValueError, "takes shifts of shape (9, 3)"),
        ({"shifts": jnp.ones((9, 3), int)}, TypeError, "takes shifts that are floating point"),
        ({"edge_features": None}, TypeError, "because num_edge_features = 2. Got none"),
        ({"vectors": 1}, TypeError, "takes nodes, positions, senders, receivers, edge_features"),
    ],
)
def test_arrays_that_are_no_graph_are_refused(changed, error, message):
    m = cm.scalar_field_net(one + v, one, channels=2, num_layers=1, num_edge_features=2)
    names = ("nodes", "positions", "senders", "receivers", "edge_features")
    arrays = dict(zip(names, graph(m), strict=True)) | changed
    with pytest.raises(error, match=re.escape(message)):
        m.apply(m.init(jax.random.key(0)), **arrays)


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        ("tensors", {"num_layers": 0}, ValueError, "`num_layers` should be positive"),
        ("tensors", {"channels": 0}, ValueError, "`channels` should be positive"),
        ("tensors", {"channels": 8 * V(SO(3))}, ValueError, "different groups"),
        ("tensors", {"channels": 8 * v}, NoEquivariantMapError, "is equivariant"),
        ("tensors", {"aggregate": "max"}, ValueError, "`aggregate` should be 'sum' or 'mean'"),
        ("tensors", {"rep_out": V(SO(3))}, ValueError, "different groups"),
        ("vectors", {"channels": 8 * v}, TypeError, "`channels` should be a whole number"),
        ("vectors", {"num_vectors": 0}, ValueError, "`num_vectors` should be positive"),
    ],
)
def test_declarations_that_make_no_sense_are_refused(model, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        MODELS[model](**{"rep_in": one, "rep_out": one} | options)


def test_only_tensors_are_complex():
    G = SO(3) * SU(2)
    space, spinor = V(G, factor=0), V(G, factor=1)
    m = cm.tensor_field_net(spinor, spinor, space, channels=2, num_layers=1, degree=1)
    nodes, positions, *ends = graph(m)
    assert jnp.iscomplexobj(m.apply(m.init(jax.random.key(0)), nodes + 1j, positions, *ends))
    with pytest.raises(ValueError, match="takes real representations"):
        cm.vector_field_net(spinor, spinor, space)


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
def test_graphs_pool_their_nodes(aggregate):
    nodes, graphs = normal(0, (6, 2)), np.array([0, 2, 2, 0, 0, 2])
    mask = np.array([True, True, True, True, False, True])
    nodes[4] = np.nan
    y = cm.pool_graphs(nodes, graphs, 4, aggregate, mask)
    reduce = np.sum if aggregate == "sum" else np.mean
    expected = np.zeros((4, 2))
    expected[0], expected[2] = reduce(nodes[[0, 3]], axis=0), reduce(nodes[[1, 2, 5]], axis=0)
    np.testing.assert_allclose(y, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"graphs": np.array([0.0, 1.0])}, TypeError, "takes graphs that are whole numbers"),
        ({"graphs": np.array([0, 3])}, ValueError, "takes graphs from 0 to 1, because there are"),
        ({"graphs": np.array([0])}, ValueError, "graphs of shape (2,), because there are 2 nodes"),
        ({"mask": np.ones(2)}, TypeError, "takes mask that are booleans"),
        ({"num_graphs": 2.0}, TypeError, "`pool_graphs(num_graphs=...)` should be a whole number"),
        ({"aggregate": "max"}, ValueError, "`pool_graphs(aggregate=...)` should be 'sum' or"),
        ({"nodes": 1.0}, ValueError, "takes nodes of shape (number, ...). Got a number"),
    ],
)
def test_what_is_no_batch_of_graphs_is_refused(changed, error, message):
    arguments = {"nodes": np.ones(2), "graphs": np.array([0, 1]), "num_graphs": 2} | changed
    with pytest.raises(error, match=re.escape(message)):
        cm.pool_graphs(**arguments)
