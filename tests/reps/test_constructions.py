"""The axioms of a representation, over every construction."""

from __future__ import annotations

import copy
import functools
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from constrainet.linalg import to_dense
from constrainet.reps import Rep, Scalar, V
from constrainet.reps.rep import Derived
from tests.reps.constructions import CONSTRUCTIONS
from tests.reps.test_axioms import close, elements, tangents


@functools.cache
def construction(name: str) -> Rep:
    return CONSTRUCTIONS[name]()


EVERY_NAME = pytest.mark.parametrize("name", CONSTRUCTIONS)


@pytest.fixture
def rep(name: str) -> Rep:
    return construction(name)


def slow_invariants(rep: Rep) -> np.ndarray:
    """The projector onto the invariants, by one SVD of what the generators do."""
    G = rep.group
    rows = [rep.rho(h) - np.eye(rep.dim) for h in G.discrete_generators]
    rows += [rep.drho(A) for A in G.lie_algebra]
    _, values, vectors = np.linalg.svd(np.concatenate([np.zeros((1, rep.dim)), *rows]))
    values = np.concatenate([values, np.zeros(rep.dim - len(values))])
    null = vectors[values < 1e-8].conj().T
    return null @ null.conj().T


@EVERY_NAME
def test_rho_is_a_homomorphism(rep: Rep):
    g, h = elements(rep.group, 2)
    assert rep.rho(g).shape == (rep.dim, rep.dim)
    assert np.iscomplexobj(rep.rho(g)) == rep.is_complex
    assert close(rep.rho(g @ h), rep.rho(g) @ rep.rho(h))
    assert close(rep.rho(np.eye(rep.group.dim)), np.eye(rep.dim), 1e-12)


@EVERY_NAME
def test_derived_ones_are_functions_of_their_operands(rep: Rep):
    for derived in (rep, rep + V(rep.group), rep * V(rep.group), rep >> V(rep.group)):
        if isinstance(derived, Derived):
            again = derived.of(derived.group, derived.operands)
            assert again == derived and str(again) == str(derived) and type(again) is type(derived)
            assert derived == derived.T.T


@EVERY_NAME
def test_drho_is_the_derivative_of_rho(rep: Rep):
    for A in tangents(rep.group):
        step = 1e-5
        forward, backward = scipy.linalg.expm(step * A), scipy.linalg.expm(-step * A)
        difference = (rep.rho(forward) - rep.rho(backward)) / (2 * step)
        assert close(rep.drho(A), difference, 1e-6)
        assert close(rep.rho(scipy.linalg.expm(A)), scipy.linalg.expm(rep.drho(A)), 1e-8)


@EVERY_NAME
def test_drho_is_linear_and_keeps_brackets(rep: Rep):
    if pair := tangents(rep.group):
        A, B = pair
        a, b = rep.drho(A), rep.drho(B)
        assert close(rep.drho(2 * A - 3 * B), 2 * a - 3 * b, 1e-12)
        assert close(rep.drho(A @ B - B @ A), a @ b - b @ a, 1e-11)
    else:
        assert not rep.drho(np.zeros((rep.group.dim,) * 2)).any()


@EVERY_NAME
def test_dual_is_the_inverse_transpose(rep: Rep):
    (g,) = elements(rep.group, 1)
    assert rep.T.dim == rep.dim and rep.T.group == rep.group and rep == rep.T.T
    assert str(rep.T.T) == str(rep)
    assert close(rep.T.rho(g), np.linalg.inv(rep.rho(g)).T, 1e-8)
    for A in tangents(rep.group):
        assert close(rep.T.drho(A), -rep.drho(A).T, 1e-12)


@EVERY_NAME
def test_act_is_multiplication_by_rho(rep: Rep):
    (g,) = elements(rep.group, 1)
    for lead in ((), (2, 3), (0,)):
        x = np.random.default_rng(0).normal(size=(*lead, rep.dim))
        assert close(rep.act(g, x), x @ rep.rho(g).T, 1e-12)


# each kind of representation once, because compiling takes its time
@pytest.mark.parametrize(
    "name",
    [
        "Sym³(SU(2))",
        "Det(product)",
        "Sign(product)",
        "irrep⊗V(SO(2)×SO(2))",
        "2o",
        "images(SL(2)*)",
        "images(product)",
        "function(GL(2))",
        "function(product)",
        "Permutation(pixels)",
        "Regular(product)",
        "Complexified(D(3))",
        "Realified(product)",
        "restrict(Det)",
        "induce(A(4))",
        "named",
        "V⊗Sym² of another group",
    ],
)
def test_act_with_jax_is_compiled_and_vectorised(rep: Rep):
    pair = elements(rep.group, 2)
    x = np.random.default_rng(0).normal(size=(2, rep.dim))
    expected = np.stack([rep.rho(g) @ y for g, y in zip(pair, x, strict=True)])
    g, y = jnp.asarray(np.stack(pair)), jnp.asarray(x, jnp.float32)
    result = jax.jit(jax.vmap(rep.act))(g, y)
    assert result.dtype == (jnp.complex64 if rep.is_complex else jnp.float32)
    assert close(np.asarray(result), expected, 1e-4)
    assert close(np.asarray(jax.jit(rep.rho)(g[0])), rep.rho(pair[0]), 1e-4)


@EVERY_NAME
def test_generator_images_are_those_of_the_generators(rep: Rep):
    discrete, infinitesimal = rep.generator_images
    G = rep.group
    assert (len(discrete), len(infinitesimal)) == (len(G.discrete_generators), len(G.lie_algebra))
    for image, h in zip(discrete, G.discrete_generators, strict=True):
        assert close(to_dense(image), rep.rho(h), 1e-11)
    for image, A in zip(infinitesimal, G.lie_algebra, strict=True):
        assert close(to_dense(image), rep.drho(A), 1e-11)


@EVERY_NAME
def test_predicates_are_those_of_the_matrices(rep: Rep):
    matrices = [rep.rho(g) for g in elements(rep.group, 4)]
    assert rep.is_unitary == all(close(m @ m.conj().T, np.eye(rep.dim)) for m in matrices)
    if rep.is_permutation:
        assert all(np.isin(np.round(m, 9), [0, 1]).all() for m in matrices)


@EVERY_NAME
def test_solver_finds_the_invariants(rep: Rep):
    basis = rep.equivariant_basis()
    assert np.iscomplexobj(basis.to_dense()) <= rep.is_complex
    dense = basis.to_dense()
    assert close(dense @ dense.conj().T, slow_invariants(rep), 1e-8)


@EVERY_NAME
def test_solver_finds_the_maps_to_other_representations(rep: Rep):
    """The other one is of as many of the group's factors as there are, or trivial."""
    other = V(rep.group) if rep.dim * rep.group.dim < 150 else Scalar(rep.group)
    for maps in (rep >> other, other >> rep):
        dense = maps.equivariant_basis().to_dense()
        assert close(dense @ dense.conj().T, slow_invariants(maps), 1e-8)


@EVERY_NAME
def test_copies_are_equal(name, rep: Rep):
    again = CONSTRUCTIONS[name]()
    for other in (copy.copy(rep), copy.deepcopy(rep), pickle.loads(pickle.dumps(rep)), again):
        assert other == rep and hash(other) == hash(rep) and str(other) == str(rep)
        (g,) = elements(rep.group, 1)
        assert np.array_equal(other.rho(g), rep.rho(g))
    assert rep != V(rep.group) and rep != 2 * rep


def test_all_different():
    reps = [construction(name) for name in CONSTRUCTIONS]
    assert len(set(reps)) == len(reps)


@pytest.mark.parametrize("name", ["images(SO(3))", "Permutation(images)", "induce(SO(2))"])
def test_called_back_representations_are_differentiable_in_the_vector(name, rep: Rep):
    (g,) = elements(rep.group, 1)
    gradient = jax.jit(jax.grad(lambda x: rep.act(jnp.asarray(g), x)[0]))(jnp.ones(rep.dim))
    assert close(np.asarray(gradient), rep.rho(g)[0], 1e-5)


@pytest.mark.parametrize(
    "name", ["images(SO(3))", "images(SL(2)*)", "images(icosahedral)", "images(S(5))"]
)
def test_samples_in_single_precision_have_images(name, rep: Rep):
    for g in np.asarray(rep.group.samples(jax.random.key(0), 5)):
        h = rep.rho(g)
        assert close(rep.rho(np.linalg.inv(g)) @ h, np.eye(rep.dim), 1e-4)


def test_whole_numbers_are_taken_as_floats():
    rep = construction("E2(D(5))")
    mirror = np.diag([1, -1])
    assert close(rep.rho(mirror), mirror, 1e-12)
    assert close(rep.act(mirror, [3, 4]), np.array([3, -4]), 1e-12)
