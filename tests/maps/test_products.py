"""Products of components: equivariant, quadratic, complete, and of the right size."""

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
from constrainet.maps import SharedFrame, TensorProductMap, frame
from constrainet.reps import Rep, Scalar, V
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


@cache
def a_map(name: str, connections: str = "channelwise") -> TensorProductMap:
    return quadratic(*SPACES[name], connections)


def quadratic(rep: Rep, target: Rep, connections: str = "channelwise") -> TensorProductMap:
    return TensorProductMap(rep, None, target, connections)


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
    common = frame(*lifted(name))
    components, numbers = common.components, range(len(common.components))
    found = 0
    pairs = [
        (left, right)
        for left, right in itertools.combinations_with_replacement(numbers, 2)
        if components[left].dim * components[right].dim <= 100
    ]
    for (left, right), couplings in common.couplings(pairs, numbers).items():
        size = components[left].dim * components[right].dim
        for i, paths in couplings.items():
            result = components[i]
            assert paths.shape == (
                len(paths),
                result.dim,
                *(components[j].dim for j in (left, right)),
            )
            found += len(paths)
            flat = paths.reshape(len(paths), result.dim * size)
            np.testing.assert_allclose(flat @ flat.conj().T, np.eye(len(paths)), atol=1e-9)
            matrices = paths.reshape(len(paths), result.dim, size)
            before, after = images(common, left, right), images(common, i)
            for generator in before.keys() | after.keys():
                right_image = before.get(generator, trivial(generator, size))
                left_image = after.get(generator, trivial(generator, result.dim))
                moved, turned = matrices @ right_image, left_image @ matrices
                np.testing.assert_allclose(moved, turned, rtol=0, atol=1e-9)
    assert found


def images(common: SharedFrame, *places: int) -> dict:
    """The generators' images on the tensor product of components, by symmetry and place.

    Only those are there that do not act trivially; others are the identity, or zero.
    """
    atoms = [atom for i in places for atom in common.components[i].atoms]
    basis = functools.reduce(np.kron, (common.bases[i] for i in places))
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
    return {key: basis.conj().T @ image @ basis for key, image in found.items()}


def dense(matrix) -> np.ndarray:
    return matrix.to_dense() if isinstance(matrix, Monomial) else matrix


def trivial(generator: tuple, dim: int) -> np.ndarray:
    """How a generator acts where it is not mentioned."""
    return np.eye(dim) if generator[1] == "discrete" else np.zeros((dim, dim))


def test_the_only_product_of_two_vectors_that_is_a_vector_is_the_cross_product():
    m = quadratic(2 * V(SO(3)), V(SO(3)))
    assert m.num_weights == 1
    a, b = normal(0, (2, 5, 3))
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))
    cross = np.cross(a, b) / np.sqrt(6)
    np.testing.assert_allclose(y * np.sign(y[0, 0] / cross[0, 0]), cross, atol=1e-12)


def test_the_only_product_of_two_vectors_that_is_a_scalar_is_the_inner_product():
    m = quadratic(2 * V(O(3)), Scalar(O(3)))
    a, b = normal(0, (2, 5, 3))
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))[:, 0]
    inner = np.sum(a * b, axis=1) / np.sqrt(3)
    np.testing.assert_allclose(y * np.sign(y[0] / inner[0]), inner, atol=1e-12)


def test_the_product_of_lorentz_vectors_is_in_the_metric():
    G = Lorentz()
    m = quadratic(2 * V(G), Scalar(G))
    a, b = normal(0, (2, 5, 4))
    metric = np.diag([1.0, -1, -1, -1])
    y = once(m.apply, np.ones(1), np.concatenate([a, b], axis=1))[:, 0]
    inner = np.einsum("bi,ij,bj->b", a, metric, b) / 2
    np.testing.assert_allclose(y * np.sign(y[0] / inner[0]), inner, atol=1e-12)


def test_without_paths_the_result_is_zero():
    m = quadratic(V(O(3)), V(O(3)))
    assert m.num_weights == 0
    np.testing.assert_array_equal(m.apply(jnp.zeros(0), jnp.ones((4, 3))), np.zeros((4, 3)))


@pytest.mark.parametrize("name", ["SO(3)", "SO(2)", "S(4)", "D(4)", "SU(2)", "SO(2)*SO(2)"])
def test_scales_give_outputs_of_variance_one(name):
    rep, target = SPACES[name]
    rep_in, dtype = 4 * rep, np.complex64 if is_complex(name) else np.float32
    m = quadratic(rep_in, target)
    batches, samples = 256, 64
    weights = normal(0, (batches, m.num_weights), dtype) * np.float32(m.scales)
    x = normal(1, (batches, samples, rep_in.dim), dtype)
    y = once(jax.vmap(m.apply), weights, x)
    squares = np.mean(np.abs(y) ** 2, axis=(0, 1))
    reached = squares > 0
    assert 0.8 < np.mean(squares[reached]) < 1.2


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
    nothing = quadratic(n * V(SO(3)), m * V(SO(3)))
    y = nothing.apply(jnp.zeros(0), jnp.ones((2, 3 * n)))
    assert nothing.num_weights == 0
    assert y.shape == (2, 3 * m)


def test_copies_that_meet_are_different_ones_while_there_are_any():
    m = quadratic(4 * V(O(3)), 6 * Scalar(O(3)))
    assert m.num_weights == 6
    for copy in range(4):
        alone = np.where(np.arange(12) // 3 == copy, 1.0, 0.0)
        assert not np.any(m.apply(jnp.ones(6), jnp.asarray(alone))), "a copy meets itself"
    pairs = [
        np.repeat(np.eye(4)[i] + np.eye(4)[j], 3) for i, j in itertools.combinations(range(4), 2)
    ]
    met = np.any(np.asarray(m.apply(jnp.ones(6), jnp.asarray(pairs))), axis=0)
    assert met.all(), "every result is a product of two copies"


@EVERY_SPACE
def test_full_connections_are_complete(name):
    rep_in, rep_out = lifted(name)
    m = TensorProductMap(rep_in, None, rep_out, "full")
    dtype = complex if is_complex(name) else float
    x = normal(2, (rep_in.dim**2, rep_in.dim), dtype)
    weights = np.eye(m.num_weights, dtype=dtype)
    values = once(jax.vmap(m.apply, (0, None)), weights, x).reshape(m.num_weights, -1)
    # Sym²(V) → W: of the maps of V ⊗ V, what is left when they are made symmetric
    maps = (rep_out * rep_in.T * rep_in.T).equivariant_basis().to_dense().T
    maps = maps.reshape(len(maps), rep_out.dim, rep_in.dim, rep_in.dim)
    symmetric = (maps + maps.transpose(0, 1, 3, 2)).reshape(len(maps), -1)
    expected = np.linalg.matrix_rank(symmetric, tol=1e-6)
    assert m.num_weights == expected == np.linalg.matrix_rank(values, tol=1e-6)


@pytest.mark.parametrize("name", ["SO(3)", "SO(2)", "S(4)", "SU(2)", "SE(2)", "quaternion"])
def test_full_products_of_two_arguments_are_complete(name):
    rep_in, rep_out = lifted(name)
    other = rep_in.summands[-1][0]
    m = TensorProductMap(rep_in, other, rep_out, "full")
    dtype = complex if is_complex(name) else float
    count = 2 * rep_in.dim * other.dim
    x, y = normal(2, (count, rep_in.dim), dtype), normal(3, (count, other.dim), dtype)
    weights = np.eye(m.num_weights, dtype=dtype)
    values = once(jax.vmap(m.apply, (0, None, None)), weights, x, y).reshape(m.num_weights, -1)
    expected = (rep_out * rep_in.T * other.T).equivariant_basis().rank
    assert m.num_weights == expected == np.linalg.matrix_rank(values, tol=1e-6)


def test_connections_that_are_unknown_or_too_many_are_refused():
    with pytest.raises(ValueError, match=r"should be 'channelwise' or 'full'\. Got 'all'"):
        quadratic(V(O(3)), Scalar(O(3)), "all")
    with pytest.raises(ValueError, match=r"would take .* products of copies"):
        quadratic(3000 * V(O(3)), Scalar(O(3)), "full")


def test_groups_that_differ_are_refused():
    with pytest.raises(ValueError, match="different groups, SO\\(3\\) and O\\(3\\)"):
        quadratic(V(SO(3)), V(O(3)))


def test_tables_without_smaller_components_are_multiplied():
    n, copies, count = 6, 16, 5
    tables = copies * V(S(n)) ** 2
    m = TensorProductMap(tables, tables, tables)
    # the tables that are symmetric, with zeros on the diagonal and as sums of rows: one irreducible
    conditions = [np.eye(n * n)[i * n + i] for i in range(n)]
    conditions += [
        np.eye(n * n)[i * n + j] - np.eye(n * n)[j * n + i] for i in range(n) for j in range(i)
    ]
    conditions += [np.kron(np.eye(n)[i], np.ones(n)) for i in range(n)]
    conditions = np.array(conditions)
    projector = np.eye(n * n) - np.linalg.pinv(conditions) @ conditions
    assert round(np.trace(projector)) == 9
    a = normal(0, (count, n * n)) @ projector
    x = np.tile(a, copies)  # whichever copies meet
    products = once(jax.vmap(m.apply, (0, None, None)), np.eye(m.num_weights), x, x)
    inside = products.reshape(m.num_weights, count, copies, n * n).sum(axis=2) @ projector
    inside = inside.reshape(m.num_weights, -1)
    square = a.reshape(count, n, n) @ a.reshape(count, n, n)
    target = (square.reshape(count, -1) @ projector).ravel()
    found = np.linalg.lstsq(inside.T, target, rcond=1e-9)[0]
    assert np.linalg.norm(target) > 1
    np.testing.assert_allclose(found @ inside, target, atol=1e-9)
