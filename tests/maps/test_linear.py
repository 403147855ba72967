"""Linear maps as JAX functions, against a projector from one dense SVD of the constraints."""

from __future__ import annotations

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, A, C, D, Group, Lorentz, O, S, Z
from constrainet.maps import EquivariantMap, equivariant_map
from constrainet.reps import Rep, Scalar, V
from tests.catalogue import conjugated_rotations, jordan_block, phases, quaternion_group
from tests.maps.precision import normal, once
from tests.solve.oracles import svd_projector


def quaternions() -> Group:
    """SU(2) as real matrices on R⁴: the irreducible is of quaternionic type."""
    real = [np.block([[A.real, -A.imag], [A.imag, A.real]]) for A in SU(2).lie_algebra]
    return Group(lie_algebra=real, name="SU(2) on R4")


def pairs() -> dict[str, tuple[Rep, Rep]]:
    """Sources and targets, by what is special about them."""
    v, so2, c5, q8 = V(SO(3)), V(SO(2)), V(C(5)), V(quaternion_group())
    su2, r4, sl2 = V(SU(2)), V(quaternions()), V(SL(2))
    torus, two = SO(2) * SO(2), O(2) * D(4)
    left, right = V(torus, factor=0), V(torus, factor=1)
    scalar = Scalar(SO(3))
    v3, s3, d5 = V(SO(3)), V(S(3)), V(D(5))
    return {
        "real": (2 * scalar + 2 * v, v * v),
        "real-tensors": (v * v + v, v**3),
        "repeated": (3 * v, 2 * v),
        "permuted": (v + 2 * scalar + v + v * v, v * v + v + scalar + 2 * v + scalar),
        "single": (v, v),
        "complex-type": (2 * so2 + Scalar(SO(2)), so2**3),
        "complex-type-C5": (so_far := 2 * c5 + c5 * c5, so_far),
        "quaternionic-Q8": (2 * q8 + Scalar(q8.group), q8 + 2 * q8),
        "quaternionic-R4": (2 * r4, r4 * Scalar(r4.group) + r4 * r4),
        "complex-SU2": (su2 + su2.T, su2 * su2 + 2 * su2),
        "complex-SU3": (V(SU(3)) * V(SU(3)), V(SU(3)).T + V(SU(3))),
        "phases": (V(phases()) * 2, V(phases()) + Scalar(phases())),
        "dual-SL2": (sl2 + sl2.T, sl2 * sl2.T + 2 * sl2.T),
        "dual-Lorentz": (V(Lorentz()) + V(Lorentz()).T, 2 * V(Lorentz()).T),
        "not-orthogonal": (V(conjugated_rotations()), V(conjugated_rotations()).T),
        "affine": (2 * V(SE(2)) + Scalar(SE(2)), V(SE(2)) + V(SE(2)).T),
        "jordan": (V(jordan_block()) ** 2, V(jordan_block()).T + V(jordan_block())),
        "permutations": (V(S(4)) ** 2, V(S(4)) + Scalar(S(4))),
        "cyclic": (V(Z(5)) + V(Z(5)) ** 2, 2 * V(Z(5))),
        "signs": (V(D(4)) + V(D(4)) ** 2, V(D(4)) ** 2),
        "alternating": (V(A(4)) * 2, V(A(4))),
        "product": (v3 * s3 + v3, s3 * v3 + s3),
        "product-of-products": (v3 * d5, v3 * d5 + d5 * v3),
        "product-smaller-source": (v3 + Scalar(SO(3)), v3 * s3 + s3),
        "product-smaller-target": (v3 * s3 + s3, v3 + Scalar(SO(3))),
        "torus": (left * right + left, right * left + right),
        "quaternions-squared": (q8 * r4, q8 * r4),
        "complex-times-real": (su2 * V(O(2)), V(O(2)) * su2 + su2),
        "two-real": (V(two, factor=0) * V(two, factor=1), V(two)),
    }


PAIRS = pairs()
EVERY_PAIR = pytest.mark.parametrize("name", PAIRS)


@cache
def oracle(name: str) -> tuple[np.ndarray, int]:
    """The projector onto the equivariant matrices, row by row, and their dimension."""
    rep_in, rep_out = PAIRS[name]
    return svd_projector(rep_out * rep_in.T)


def products(name: str) -> dict[str, EquivariantMap]:
    both = EquivariantMap(*PAIRS[name]).multiplications
    return {product: equivariant_map(*PAIRS[name], product) for product in both}


@EVERY_PAIR
def test_products_agree_with_a_dense_projection_of_a_matrix_or_its_coefficients(name):
    rep_in, rep_out = PAIRS[name]
    P, rank = oracle(name)
    dtype = complex if np.iscomplexobj(P) else float
    w, x = normal(0, (rep_out.dim, rep_in.dim), dtype), normal(1, (3, rep_in.dim), dtype)
    matrix = (P @ w.reshape(-1)).reshape(w.shape)
    for product, m in products(name).items():
        assert (m.product, m.rank, m.shape) == (product, rank, w.shape)
        coefficients = np.asarray(m.coefficients(w), dtype)
        assert coefficients.shape == (rank,)

        def both(w, coefficients, x, m=m):
            weights = m.weights(w)
            return weights, m.weights_from_coefficients(coefficients), m.apply(weights, x)

        weights, same, y = once(both, w, coefficients, x)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, x @ matrix.T, rtol=0, atol=1e-10)
        for found, expected in zip(values(same), values(weights), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@EVERY_PAIR
def test_projecting_twice_is_projecting_once(name):
    rep_in, rep_out = PAIRS[name]
    P, _ = oracle(name)
    w = normal(3, (rep_out.dim, rep_in.dim), complex if np.iscomplexobj(P) else float)
    m = equivariant_map(rep_in, rep_out)
    once = m.matrix(m.coefficients(w))
    np.testing.assert_allclose(once, (P @ w.reshape(-1)).reshape(w.shape), rtol=0, atol=1e-10)
    np.testing.assert_allclose(m.matrix(m.coefficients(once)), once, rtol=0, atol=1e-12)


def values(weights) -> list[np.ndarray]:
    parts = weights.values() if isinstance(weights, dict) else [weights]
    return [np.asarray(part) for part in parts]


def test_multiplications_count_what_schur_leaves():
    scalars_and_vectors = 5 * Scalar(SO(3)) + 7 * V(SO(3))
    m = EquivariantMap(scalars_and_vectors, scalars_and_vectors)
    # nothing for the change of coordinates: 5·5 + 3·7·7 against 26·26
    assert m.multiplications == {"dense": 676, "irreducible": 172}


def test_auto_takes_the_cheaper_product():
    G = SO(3)
    assert EquivariantMap(64 * V(G), 64 * V(G)).product == "irreducible"
    assert EquivariantMap(V(S(4)) ** 2, V(S(4))).product == "dense"


@pytest.mark.parametrize("lead", [(), (1,), (4,), (2, 3), (0,), (2, 0)], ids=str)
@pytest.mark.parametrize("product", ["dense", "irreducible"])
def test_apply_takes_any_leading_axes(product, lead):
    m = equivariant_map(2 * V(SO(3)), V(SO(3)) ** 2 + V(SO(3)), product)
    weights = m.weights(jnp.asarray(normal(0, m.shape, np.float32)))
    x = normal(1, (*lead, 6), np.float32)
    y = m.apply(weights, jnp.asarray(x))
    assert y.shape == (*lead, 12)
    rows = [m.apply(weights, jnp.asarray(row)) for row in x.reshape(-1, 6)[:2]]
    for found, expected in zip(y.reshape(-1, 12), rows, strict=False):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("product", ["dense", "irreducible"])
@pytest.mark.parametrize("dims", [(0, 2), (2, 0), (0, 0)], ids=str)
def test_spaces_without_dimensions_have_maps_without_entries(dims, product):
    n, m = dims
    rep = V(SO(3))
    nothing = EquivariantMap(n * rep, m * rep, product)
    y = nothing.apply(nothing.weights(jnp.zeros(nothing.shape)), jnp.ones((4, 3 * n)))
    assert nothing.rank == 0
    np.testing.assert_array_equal(y, np.zeros((4, 3 * m)))


@pytest.mark.parametrize("product", ["dense", "irreducible"])
def test_without_equivariant_maps_the_result_is_zero(product):
    m = EquivariantMap(V(SO(3)), 2 * Scalar(SO(3)), product)
    y = m.apply(m.weights(jnp.ones((2, 3))), jnp.ones((4, 3)))
    np.testing.assert_array_equal(y, np.zeros((4, 2)))


def test_a_product_that_does_not_apply_is_refused():
    with pytest.raises(ValueError, match=r"one of \['dense'\], which apply to V -> V\. Got 'irr"):
        EquivariantMap(V(SE(2)), V(SE(2)), "irreducible")
    with pytest.raises(ValueError, match=r"`product` should be 'auto' or one of .* Got 'sparse'"):
        EquivariantMap(V(SO(3)), V(SO(3)), "sparse")


def test_groups_that_differ_are_refused():
    with pytest.raises(ValueError, match="different groups, SO\\(3\\) and SO\\(4\\)"):
        EquivariantMap(V(SO(3)), V(SO(4)))


def test_maps_are_remembered_by_content():
    assert equivariant_map(V(SO(3)), 2 * V(SO(3))) is equivariant_map(V(SO(3)), 2 * V(SO(3)))
    assert equivariant_map(V(SO(3)), V(SO(3))) is not equivariant_map(V(O(3)), V(O(3)))
