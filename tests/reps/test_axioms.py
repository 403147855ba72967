"""The axioms of a representation, over every group of the catalogue."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from constrainet.groups import SO, SU, Group, S
from constrainet.linalg import to_dense
from constrainet.reps import Rep, Scalar, V, common_spaces
from tests.catalogue import GROUPS
from tests.solve import oracles

SHAPES = {
    "V": lambda v: v,
    "V*": lambda v: v.T,
    "V⊗V*": lambda v: v * v.T,
    "V*²⊕2V⊕1": lambda v: v.T**2 + 2 * v + Scalar(v.group),
    "(V⊕1)⊗V": lambda v: (v + Scalar(v.group)) * v,
    "V→V²": lambda v: v >> v**2,
    "scalar": lambda v: Scalar(v.group),
}

LARGEST = 150


@functools.cache
def group(name: str) -> Group:
    return GROUPS[name]()


def cases():
    for name in GROUPS:
        for shape, build in SHAPES.items():
            rep = build(V(group(name)))
            if rep.dim <= LARGEST:
                yield pytest.param(rep, id=f"{name} {shape}")


EVERY_REP = pytest.mark.parametrize("rep", list(cases()))
EVERY_GROUP = pytest.mark.parametrize("name", GROUPS)


def normalised(algebra: np.ndarray) -> np.ndarray:
    sizes = np.abs(algebra).max(axis=(1, 2), keepdims=True, initial=0)
    return algebra / np.where(sizes == 0, 1, sizes)


def elements(G: Group, count: int, seed: int = 0) -> list[np.ndarray]:
    """Words in the generators and in exponentials of the algebra, in float64."""
    rng = np.random.default_rng(seed)
    algebra = normalised(G.lie_algebra)
    found = []
    for _ in range(count):
        g = np.eye(G.dim, dtype=G.dtype)
        for _ in range(3):
            if len(G.discrete_generators):
                g = G.discrete_generators[rng.integers(len(G.discrete_generators))] @ g
            if len(algebra):
                g = (
                    scipy.linalg.expm(np.tensordot(rng.normal(size=len(algebra)), algebra, 1) / 3)
                    @ g
                )
        found.append(g)
    return found


def tangents(G: Group, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    algebra = normalised(G.lie_algebra)
    if not len(algebra):
        return []
    return [np.tensordot(rng.normal(size=len(algebra)), algebra, 1) for _ in range(2)]


def close(a, b, tolerance=1e-9):
    scale = max(1.0, np.abs(b).max(initial=0))
    return np.shape(a) == np.shape(b) and np.abs(a - b).max(initial=0) <= tolerance * scale


@EVERY_REP
def test_rho_is_a_homomorphism_and_follows_the_definition(rep: Rep):
    g, h = elements(rep.group, 2)
    assert rep.rho(g).shape == (rep.dim, rep.dim)
    assert isinstance(rep.rho(g), np.ndarray) and rep.rho(g).dtype == rep.group.dtype
    assert close(rep.rho(g @ h), rep.rho(g) @ rep.rho(h))
    assert close(rep.rho(np.eye(rep.group.dim)), np.eye(rep.dim))
    assert close(rep.rho(g), oracles.slow_rho(rep, g))


@EVERY_REP
def test_drho_is_the_derivative_of_rho(rep: Rep):
    for A in tangents(rep.group):
        step = 1e-5
        forward, backward = scipy.linalg.expm(step * A), scipy.linalg.expm(-step * A)
        difference = (rep.rho(forward) - rep.rho(backward)) / (2 * step)
        assert close(rep.drho(A), difference, 1e-6)
        assert close(rep.drho(A), oracles.slow_drho(rep, A), 1e-12)
        assert close(rep.rho(scipy.linalg.expm(A)), scipy.linalg.expm(rep.drho(A)), 1e-8)


@EVERY_REP
def test_drho_is_linear_and_keeps_brackets(rep: Rep):
    pair = tangents(rep.group)
    if not pair:
        assert close(rep.drho(np.zeros((rep.group.dim,) * 2)), np.zeros((rep.dim, rep.dim)))
        return
    A, B = pair
    a, b = rep.drho(A), rep.drho(B)
    assert close(rep.drho(2 * A - 3 * B), 2 * a - 3 * b, 1e-12)
    assert close(rep.drho(A @ B - B @ A), a @ b - b @ a, 1e-11)


@EVERY_REP
def test_dual_is_the_inverse_transpose(rep: Rep):
    (g,) = elements(rep.group, 1)
    assert rep.T.dim == rep.dim and rep.T.group == rep.group
    assert rep == rep.T.T
    assert close(rep.T.rho(g), np.linalg.inv(rep.rho(g)).T, 1e-8)
    for A in tangents(rep.group):
        assert close(rep.T.drho(A), -rep.drho(A).T, 1e-12)


@EVERY_REP
def test_act_is_multiplication_by_rho(rep: Rep):
    (g,) = elements(rep.group, 1)
    matrix = rep.rho(g)
    rng = np.random.default_rng(0)
    for lead in ((), (3,), (2, 1), (0,)):
        x = rng.normal(size=(*lead, rep.dim))
        result = rep.act(g, x)
        assert isinstance(result, np.ndarray)
        assert close(result, x @ matrix.T, 1e-12)


@EVERY_REP
def test_generator_images_are_rho_of_the_generators(rep: Rep):
    discrete, infinitesimal = rep.generator_images
    G = rep.group
    assert (len(discrete), len(infinitesimal)) == (len(G.discrete_generators), len(G.lie_algebra))
    for image, h in zip(discrete, G.discrete_generators, strict=True):
        assert close(to_dense(image), rep.rho(h), 1e-11)
        assert close(to_dense(image.H), rep.rho(h).conj().T, 1e-11)
    for image, A in zip(infinitesimal, G.lie_algebra, strict=True):
        assert close(to_dense(image), rep.drho(A), 1e-12)
        assert close(to_dense(image.H), rep.drho(A).conj().T, 1e-12)


@EVERY_REP
def test_predicates_are_those_of_the_matrices(rep: Rep):
    found = elements(rep.group, 4)
    matrices = [oracles.slow_rho(rep, g) for g in found]
    if rep.is_unitary:
        assert all(close(m @ m.conj().T, np.eye(rep.dim)) for m in matrices)
    if rep.is_permutation:
        assert all(np.isin(np.round(m, 9), [0, 1]).all() for m in matrices)
    assert rep.is_complex == (any(np.iscomplexobj(m) for m in matrices) and rep.is_complex)
    if not rep.group.is_complex:
        assert not rep.is_complex


@EVERY_REP
def test_normal_form_is_the_representation_with_its_coordinates_permuted(rep: Rep):
    """ρ restricted to a term's places is the Kronecker product of its atoms' images."""
    (space,) = common_spaces(rep)
    assert space.dim == rep.dim
    assert np.array_equal(np.sort(space.order), np.arange(rep.dim))
    # one generator at a time, placed by its symmetry
    G = rep.group
    for place, factor in enumerate(G.factors):
        for i, h in enumerate(factor.discrete_generators):
            blocks = [h if p == place else np.eye(f.dim) for p, f in enumerate(G.factors)]
            matrix = oracles.slow_rho(rep, scipy.linalg.block_diag(*blocks))
            expected = []
            for term in space.terms:
                images = [
                    to_dense(atom.discrete[i]) if atom.symmetry.label == place else np.eye(atom.dim)
                    for atom in term.atoms
                ]
                expected += [functools.reduce(np.kron, images, np.eye(1))] * term.multiplicity
            permuted = matrix[np.ix_(space.order, space.order)]
            assert close(permuted, scipy.linalg.block_diag(*expected), 1e-11)


# --- with JAX ------------------------------------------------------------------------------------

WITH_JAX = pytest.mark.parametrize(
    "rep",
    [
        pytest.param(build(V(group(name))), id=f"{name} {shape}")
        for name in ("SO(3)", "SU(2)", "SL(2)", "S(4)", "SO(3)*S(3)", "SE(2)")
        for shape, build in SHAPES.items()
        if shape in ("V⊗V*", "V*²⊕2V⊕1")
    ],
)


@WITH_JAX
def test_act_with_jax_is_pure_and_vectorises(rep: Rep):
    pair = elements(rep.group, 2)
    x = np.random.default_rng(0).normal(size=(2, rep.dim))
    expected = np.stack([rep.rho(g) @ y for g, y in zip(pair, x, strict=True)])
    g, y = jnp.asarray(np.stack(pair)), jnp.asarray(x, jnp.float32)
    result = jax.jit(jax.vmap(rep.act))(g, y)
    assert isinstance(result, jax.Array)
    assert result.dtype == (jnp.complex64 if rep.group.is_complex else jnp.float32)
    assert close(np.asarray(result), expected, 1e-4)
    assert close(np.asarray(jax.jit(rep.act)(g[0], y)), x @ rep.rho(pair[0]).T, 1e-4)


@WITH_JAX
def test_rho_with_jax_traces(rep: Rep):
    (g,) = elements(rep.group, 1)
    matrix = jax.jit(rep.rho)(jnp.asarray(g))
    assert isinstance(matrix, jax.Array)
    assert close(np.asarray(matrix), rep.rho(g), 1e-4)
    for A in tangents(rep.group)[:1]:
        assert close(np.asarray(jax.jit(rep.drho)(jnp.asarray(A))), rep.drho(A), 1e-4)


def test_act_is_differentiable():
    rep = V(SO(3)) ** 2 + V(SO(3))
    (g,) = elements(rep.group, 1)
    x = jnp.ones(rep.dim)
    gradient = jax.jit(jax.grad(lambda x: rep.act(jnp.asarray(g), x)[0]))(x)
    assert close(np.asarray(gradient), rep.rho(g)[0], 1e-5)


def test_samples_of_the_group_act():
    rep = V(SO(3)) * V(S(3)) + Scalar(SO(3))
    g, h = np.asarray(rep.group.samples(jax.random.key(0), 2), float)
    assert close(rep.rho(g @ h), rep.rho(g) @ rep.rho(h), 1e-5)


def test_act_on_a_large_tensor_power_forms_no_matrix():
    rep = V(SU(3)) ** 10
    (g,) = elements(rep.group, 1)
    x = np.zeros(rep.dim)
    x[0] = 1
    column = functools.reduce(np.multiply.outer, [g[:, 0]] * 10).ravel()
    assert close(rep.act(g, x), column)
    image = rep.generator_images[1][0]
    assert image.shape == (rep.dim, rep.dim)
    assert (image @ x).shape == x.shape
