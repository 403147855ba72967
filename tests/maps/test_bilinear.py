"""Products of components: equivariant, quadratic, of the right size, and within their budget."""

from __future__ import annotations

import functools
import itertools
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, C, D, Lorentz, O, S, Z
from constrainet.linalg import Monomial
from constrainet.maps import BilinearMap, bilinear_map
from constrainet.maps.bilinear import couplings
from constrainet.reps import Rep, Scalar, V
from constrainet.solve import Component, decompose
from tests.catalogue import conjugated_rotations, phases, quaternion_group
from tests.maps.precision import element, normal, once
from tests.solve.oracles import slow_rho


def spaces() -> dict[str, tuple[Rep, Rep]]:
    """Sources and targets, by group."""
    v, lorentz, se2, s4 = V(SO(3)), V(Lorentz()), V(SE(2)), V(S(4))
    su2, torus, q8 = V(SU(2)), SO(2) * SO(2), V(quaternion_group())
    left, right = V(torus, factor=0), V(torus, factor=1)
    return {
        "SO(3)": (2 * Scalar(SO(3)) + 3 * v, Scalar(SO(3)) + 2 * v + v * v),
        "SO(2)": (3 * V(SO(2)), 2 * Scalar(SO(2)) + V(SO(2)) ** 2),
        "O(3)": (3 * V(O(3)), V(O(3)) ** 2 + Scalar(O(3))),
        "Lorentz": (2 * lorentz + lorentz.T, Scalar(lorentz.group) + lorentz * lorentz.T),
        "SE(2)": (2 * se2 + Scalar(se2.group), se2 * se2 + Scalar(se2.group) + se2),
        "SL(2)": (2 * V(SL(2)), V(SL(2)) ** 2 + Scalar(SL(2))),
        "S(4)": (2 * s4, s4 + s4 * s4),
        "Z(5)": (2 * V(Z(5)), 2 * V(Z(5)) + Scalar(Z(5))),
        "C(5)": (2 * V(C(5)), V(C(5)) + V(C(5)) ** 2),
        "D(4)": (2 * V(D(4)), V(D(4)) ** 2 + V(D(4))),
        "quaternion": (2 * q8 + Scalar(q8.group), q8 * q8),
        "SU(2)": (2 * su2 + su2.T, su2 * su2 + Scalar(su2.group)),
        "phases": (V(phases()) + V(phases()).T, V(phases()) ** 2 + Scalar(phases())),
        "conjugated-SO(3)": (2 * V(conjugated_rotations()), V(conjugated_rotations()) ** 2),
        "SO(3)*S(3)": (v * V(S(3)) + 2 * v, V(S(3)) + v * V(S(3))),
        "SO(3)*D(5)": (v * V(D(5)) + v, v * v + V(D(5)) + Scalar(SO(3))),
        "SO(2)*SO(2)": (left * right + left + right, right * left + Scalar(torus)),
    }


SPACES = spaces()
EVERY_SPACE = pytest.mark.parametrize("name", SPACES)
BUDGET = 10**5


@cache
def a_map(name: str) -> BilinearMap:
    return bilinear_map(*SPACES[name], BUDGET)


def is_complex(name: str) -> bool:
    return any(rep.is_complex for rep in SPACES[name])


def lifted(name: str) -> tuple[Rep, Rep]:
    """Both sides as representations of one group."""
    rep_in, rep_out = SPACES[name]
    one = Scalar((rep_in * rep_out).group)
    return one * rep_in, one * rep_out


@EVERY_SPACE
def test_bilinear_maps_are_equivariant_quadratic_and_not_zero(name):
    rep_in, _ = SPACES[name]
    dtype = complex if is_complex(name) else float
    m = a_map(name)
    assert m.num_weights > 0
    weights, x = normal(0, m.num_weights, dtype), normal(1, (2, rep_in.dim), dtype)
    source, target = lifted(name)
    g = element(source.group)
    moved = x @ slow_rho(source, g).T
    y, y_moved, y_doubled = once(m.apply, weights, np.stack([x, moved, -2 * x]))
    expected = y @ slow_rho(target, g).T
    assert y.dtype == dtype
    assert np.linalg.norm(y) > 0.1
    np.testing.assert_allclose(y_moved, expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    np.testing.assert_allclose(y_doubled, 4 * y, rtol=1e-11, atol=1e-11 * np.abs(y).max())


@EVERY_SPACE
def test_couplings_are_orthonormal_and_equivariant(name):
    rep_in, rep_out = lifted(name)
    components = decompose(rep_in.space, rep_out.space).components
    found = 0
    for left, right in itertools.combinations_with_replacement(components, 2):
        if left.dim * right.dim > 100:
            continue
        for result, paths in zip(components, couplings(left, right, components), strict=True):
            assert paths.shape[1:] == (result.dim, left.dim, right.dim)
            found += len(paths)
            flat = paths.reshape(len(paths), result.dim * left.dim * right.dim)
            np.testing.assert_allclose(flat @ flat.conj().T, np.eye(len(paths)), atol=1e-9)
            matrices = paths.reshape(len(paths), result.dim, left.dim * right.dim)
            before, after = images(left, right), images(result)
            for generator in before.keys() | after.keys():
                right_image = before.get(generator, trivial(generator, left.dim * right.dim))
                left_image = after.get(generator, trivial(generator, result.dim))
                moved, turned = matrices @ right_image, left_image @ matrices
                np.testing.assert_allclose(moved, turned, rtol=0, atol=1e-9)
    assert found


def images(*components: Component) -> dict:
    """The generators' images on the tensor product of components, by symmetry and place.

    Only those are there that do not act trivially; others are the identity, or zero.
    """
    atoms = [atom for component in components for atom in component.atoms]
    found = {}
    for symmetry in {atom.symmetry for atom in atoms}:
        for i in range(len(symmetry.discrete)):
            parts = [
                dense(atom.discrete[i]) if atom.symmetry == symmetry else np.eye(atom.dim)
                for atom in atoms
            ]
            found[symmetry, "discrete", i] = functools.reduce(np.kron, parts)
        for i in range(len(symmetry.infinitesimal)):
            total = 0
            for place, acting in enumerate(atoms):
                if acting.symmetry == symmetry:
                    parts = [np.eye(atom.dim) for atom in atoms]
                    parts[place] = acting.infinitesimal[i]
                    total = total + functools.reduce(np.kron, parts)
            found[symmetry, "Lie", i] = total
    return found


def dense(matrix) -> np.ndarray:
    return matrix.to_dense() if isinstance(matrix, Monomial) else matrix


def trivial(generator: tuple, dim: int) -> np.ndarray:
    """How a generator acts where it is not mentioned."""
    return np.eye(dim) if generator[1] == "discrete" else np.zeros((dim, dim))


def test_the_only_product_of_two_vectors_that_is_a_vector_is_the_cross_product():
    m = BilinearMap(2 * V(SO(3)), V(SO(3)), BUDGET)
    assert m.num_weights == 1
    a, b = normal(0, (2, 5, 3))
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))
    cross = np.cross(a, b) / np.sqrt(6)
    np.testing.assert_allclose(y * np.sign(y[0, 0] / cross[0, 0]), cross, atol=1e-12)


def test_the_only_product_of_two_vectors_that_is_a_scalar_is_the_inner_product():
    m = BilinearMap(2 * V(O(3)), Scalar(O(3)), BUDGET)
    a, b = normal(0, (2, 5, 3))
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))[:, 0]
    inner = np.sum(a * b, axis=1) / np.sqrt(3)
    np.testing.assert_allclose(y * np.sign(y[0] / inner[0]), inner, atol=1e-12)


def test_the_product_of_lorentz_vectors_is_in_the_metric():
    G = Lorentz()
    m = BilinearMap(2 * V(G), Scalar(G), BUDGET)
    a, b = normal(0, (2, 5, 4))
    metric = np.diag([1.0, -1, -1, -1])
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))[:, 0]
    inner = np.einsum("bi,ij,bj->b", a, metric, b) / 2
    np.testing.assert_allclose(y * np.sign(y[0] / inner[0]), inner, atol=1e-12)


def test_without_paths_the_result_is_zero():
    m = BilinearMap(V(O(3)), V(O(3)), BUDGET)
    assert m.num_weights == 0
    np.testing.assert_array_equal(m.apply(jnp.zeros(0), jnp.ones((4, 3))), np.zeros((4, 3)))


@pytest.mark.parametrize("name", ["SO(3)", "SO(2)", "S(4)", "D(4)", "SU(2)", "SO(2)*SO(2)"])
def test_scales_give_outputs_of_variance_one(name):
    rep, target = SPACES[name]
    rep_in, dtype = 4 * rep, np.complex64 if is_complex(name) else np.float32
    m = bilinear_map(rep_in, target, BUDGET)
    batches, samples = 256, 64
    weights = normal(0, (batches, m.num_weights), dtype) * np.float32(m.scales)
    x = normal(1, (batches, samples, rep_in.dim), dtype)
    y = once(jax.vmap(m.apply), weights, x)
    squares = np.mean(np.abs(y) ** 2, axis=(0, 1))
    reached = squares > 0
    assert 0.8 < np.mean(squares[reached]) < 1.2


def reachable(rep: Rep, target: Rep) -> int:
    """How many coordinates of the target some quadratic map reaches."""
    m = BilinearMap(rep, target, 10**9)
    y = m.apply(jnp.asarray(normal(5, m.num_weights, np.float32)), normal(6, rep.dim, np.float32))
    return int(np.sum(np.abs(y) > 1e-6))


@pytest.mark.parametrize("name", ["SO(3)", "S(4)", "SO(3)*S(3)"])
def test_budgets_are_kept_up_to_one_path_to_each_component(name):
    rep_in, rep_out = SPACES[name]
    least = BilinearMap(rep_in, rep_out, 0)
    previous = least
    for budget in (10, 100, 1000, BUDGET):
        m = BilinearMap(rep_in, rep_out, budget)
        spent = spent_on_paths(m)
        assert spent <= budget + spent_on_paths(least)
        assert m.num_weights >= previous.num_weights
        previous = m
    y = least.apply(jnp.ones(least.num_weights), normal(6, rep_in.dim, np.float32))
    assert np.sum(np.abs(y) > 1e-6) == reachable(rep_in, rep_out)


def spent_on_paths(m: BilinearMap) -> int:
    paths = [
        (c.size // len(c)) * (place.stop - place.start)
        for pair in m._pairs
        for c, place in pair.results.values()
    ]
    return sum(paths)


def test_a_budget_that_is_large_enough_changes_nothing():
    rep_in, rep_out = SPACES["SO(3)"]
    assert BilinearMap(rep_in, rep_out, BUDGET).num_weights == a_map("SO(3)").num_weights
    assert spent_on_paths(a_map("SO(3)")) <= BUDGET


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,), (2, 0)], ids=str)
def test_apply_takes_any_leading_axes(lead):
    m = a_map("SO(3)")
    weights, x = normal(0, m.num_weights, np.float32), normal(1, (*lead, 11), np.float32)
    y = m.apply(weights, x)
    assert y.shape == (*lead, 13 + 3)
    for found, row in zip(y.reshape(-1, 16), x.reshape(-1, 11)[:2], strict=False):
        np.testing.assert_allclose(found, m.apply(weights, row), atol=1e-5)


@pytest.mark.parametrize(("n", "m"), [(0, 1), (1, 0), (0, 0)])
def test_spaces_without_dimensions_have_no_products(n, m):
    nothing = BilinearMap(n * V(SO(3)), m * V(SO(3)), BUDGET)
    y = nothing.apply(jnp.zeros(0), jnp.ones((2, 3 * n)))
    assert nothing.num_weights == 0
    assert y.shape == (2, 3 * m)


def test_copies_that_meet_are_different_ones_wherever_they_can_be():
    m = BilinearMap(4 * V(O(3)), 12 * Scalar(O(3)), BUDGET)
    (pair,) = m._pairs
    left, right = pair.copies
    assert (left != right).all()
    assert len(set(zip(left.tolist(), right.tolist(), strict=True))) == 12


def test_groups_that_differ_are_refused():
    with pytest.raises(ValueError, match="different groups, SO\\(3\\) and O\\(3\\)"):
        BilinearMap(V(SO(3)), V(O(3)), BUDGET)
