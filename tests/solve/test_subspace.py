"""A solved subspace as a pair of linear maps: types, shapes, precision, adjointness."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.errors import ProblemTooLargeError
from constrainet.groups import SE, SO, SU, Group, S, Trivial
from constrainet.reps import Scalar, V
from tests.catalogue import phases, quaternion_group


def mixed():
    a, b = V(SO(3)), V(S(4))
    return a * b + 2 * a >> b * a


REPS = {
    "orbits": lambda: V(S(4)) ** 2 >> V(S(4)),
    "signed": lambda: V(Group(discrete_generators=[np.diag([1.0, -1.0])])) ** 2,
    "phases": lambda: V(phases()) >> V(phases()),
    "isotypic": lambda: 2 * V(SO(3)) ** 2 + V(SO(3)) >> V(SO(3)) ** 2,
    "quaternionic": lambda: 2 * V(quaternion_group()) >> V(quaternion_group()),
    "complex": lambda: V(SU(3)) ** 2 >> V(SU(3)).T + V(SU(3)) ** 2,
    "nullspace": lambda: V(SE(2)) ** 2 >> V(SE(2)) ** 2,
    "product": mixed,
    "rank 0": lambda: V(SO(3)),
    "rank 0 orbits": lambda: V(Group(discrete_generators=[-np.eye(2)])),
    "scalar": lambda: 2 * Scalar(SO(3)) >> 3 * Scalar(SO(3)),
    "dim 0": lambda: 0 * V(SO(3)) >> V(SO(3)),
    "trivial": lambda: V(Trivial(2)) >> V(Trivial(2)),
}


@pytest.fixture(params=REPS, name="basis")
def basis_fixture(request):
    return REPS[request.param]().equivariant_basis()


def random(shape, is_complex=False):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if is_complex else x


def test_basis_shape_rank_and_residual(basis):
    size, rank = basis.shape
    assert rank == basis.rank and isinstance(rank, int) and isinstance(size, int)
    assert isinstance(basis.method, str) and isinstance(basis.residual, float)
    assert 0 <= basis.residual <= 1e-10
    assert basis.gap > 1e2 and basis.seconds >= 0 and basis.nbytes >= 0


def test_basis_to_dense_is_orthonormal_float64(basis):
    dense = basis.to_dense()
    assert dense.shape == basis.shape
    assert dense.dtype == (complex if basis.is_complex else float)
    assert np.abs(dense.conj().T @ dense - np.eye(basis.rank)).max(initial=0) < 1e-12


@pytest.mark.parametrize("lead", [(), (1,), (5,), (2, 3), (0,), (2, 0, 3)])
@pytest.mark.parametrize("is_complex", [False, True])
def test_basis_is_a_matrix_with_batches(basis, lead, is_complex):
    dense = basis.to_dense()
    c = random((*lead, basis.rank), is_complex)
    x = random((*lead, basis.shape[0]), is_complex)
    expanded, coefficients = basis.expand(c), basis.coefficients(x)
    assert expanded.shape == x.shape and coefficients.shape == c.shape
    assert np.allclose(expanded, c @ dense.T, atol=1e-12)
    assert np.allclose(coefficients, x @ dense.conj(), atol=1e-12)
    assert np.allclose(basis.project(x), x @ dense.conj() @ dense.T, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_basis_keeps_numpy_and_its_precision(basis, dtype):
    for result in (
        basis.expand(np.ones(basis.rank, dtype)),
        basis.coefficients(np.ones(basis.shape[0], dtype)),
    ):
        assert type(result) is np.ndarray
        wanted = np.result_type(dtype, np.complex64) if basis.is_complex else dtype
        assert result.dtype == wanted


WITH_JAX = pytest.mark.parametrize(
    "name", ["orbits", "signed", "phases", "quaternionic", "complex", "nullspace", "product"]
)


@pytest.mark.parametrize(
    ("dtype", "wrap"),
    [
        pytest.param(jnp.float32, lambda f: f, id="float32-eager"),
        *[
            pytest.param(dtype, jax.jit, id=f"{dtype.__name__}-jit")
            for dtype in (jnp.float32, jnp.bfloat16, jnp.complex64)
        ],
    ],
)
@WITH_JAX
def test_basis_keeps_jax_and_its_precision(name, dtype, wrap):
    basis = REPS[name]().equivariant_basis()
    dense = basis.to_dense()
    c, x = random((2, basis.rank)), random((2, basis.shape[0]))
    expanded = wrap(basis.expand)(jnp.asarray(c, dtype))
    coefficients = wrap(basis.coefficients)(jnp.asarray(x, dtype))
    for result, expected in ((expanded, c @ dense.T), (coefficients, x @ dense.conj())):
        assert isinstance(result, jax.Array)
        assert result.dtype == (jnp.complex64 if basis.is_complex else dtype)
        assert np.allclose(
            np.asarray(result, complex), expected, atol=0.2 if dtype == jnp.bfloat16 else 1e-5
        )


@pytest.mark.parametrize("name", ["orbits", "quaternionic", "nullspace"])
def test_basis_is_differentiable_and_vectorises(name):
    basis = REPS[name]().equivariant_basis()
    c = jnp.asarray(random(basis.rank), jnp.float32)
    gradient = jax.jit(jax.grad(lambda c: jnp.sum(basis.expand(c) ** 2) / 2))(c)
    assert np.allclose(gradient, c, atol=1e-5)  # the columns are orthonormal
    many = jnp.stack([c, 2 * c])
    expanded = jax.jit(jax.vmap(basis.expand))(many)
    assert np.allclose(expanded, many @ basis.to_dense().T, atol=1e-5)


def test_basis_takes_whole_numbers_and_lists(basis):
    whole = np.arange(basis.rank)
    expected = basis.expand(whole.astype(float))
    for c in (whole, whole.tolist(), whole.astype(np.int8)):
        result = basis.expand(c)
        assert result.dtype == expected.dtype and np.allclose(result, expected)
    size = basis.shape[0]
    flags = np.arange(size) % 2 == 0
    assert np.allclose(basis.coefficients(flags), basis.coefficients(flags.astype(float)))


def test_basis_takes_whole_numbers_of_jax():
    basis = REPS["orbits"]().equivariant_basis()
    assert basis.expand(jnp.arange(basis.rank)).dtype == jnp.float32


def test_basis_refuses_other_lengths(basis):
    size, rank = basis.shape
    for shape in ((rank + 1,), (2, rank + 1), ()):
        with pytest.raises(ValueError, match=rf"`expand\(coefficients=...\)` .* \(..., {rank}\)"):
            basis.expand(np.zeros(shape))
    for shape in ((size + 1,), (size, size + 2), ()):
        with pytest.raises(ValueError, match=rf"`coefficients\(vectors=...\)` .* \(..., {size}\)"):
            basis.coefficients(np.zeros(shape))


def test_basis_refuses_other_lengths_under_jit():
    basis = REPS["isotypic"]().equivariant_basis()
    with pytest.raises(ValueError, match="should have shape"):
        jax.jit(basis.expand)(jnp.zeros(basis.rank + 1))


def test_basis_does_not_change_its_arguments(basis):
    c, x = random(basis.rank), random(basis.shape[0])
    before = c.copy(), x.copy()
    basis.expand(c), basis.coefficients(x)
    assert np.array_equal(c, before[0]) and np.array_equal(x, before[1])


def test_to_dense_that_does_not_fit_is_refused(monkeypatch):
    basis = (V(S(16)) ** 2 >> V(S(16)) ** 2).equivariant_basis()
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", str(2**20))
    with pytest.raises(ProblemTooLargeError, match=r"dense basis of shape \(65,536, 15\)") as info:
        basis.to_dense()
    assert info.value.limit == 2**20 and info.value.required >= 8 * 65536 * 15
    assert basis.expand(np.ones(15)).shape == (65536,)  # without forming it


# --- the projector -------------------------------------------------------------------------------


@pytest.fixture(params=REPS, name="rep")
def rep_fixture(request):
    return REPS[request.param]()


def test_projector_is_hermitian_and_idempotent(rep):
    projector = rep.equivariant_projector()
    dense = projector.to_dense()
    assert dense.shape == projector.shape == (rep.dim, rep.dim)
    assert np.allclose(dense, dense.conj().T, atol=1e-12)
    assert np.allclose(dense @ dense, dense, atol=1e-12)
    assert np.trace(dense).real == pytest.approx(rep.equivariant_basis().rank)
    basis = rep.equivariant_basis().to_dense()
    assert np.allclose(dense, basis @ basis.conj().T, atol=1e-12)


@pytest.mark.parametrize("is_complex", [False, True])
def test_projector_applies_to_vectors_and_matrices(rep, is_complex):
    projector = rep.equivariant_projector()
    dense = projector.to_dense()
    for shape in ((rep.dim,), (rep.dim, 3), (rep.dim, 1)):
        x = random(shape, is_complex)
        assert np.allclose(projector @ x, dense @ x, atol=1e-12)


def test_projector_applies_to_jax_arrays():
    projector = REPS["quaternionic"]().equivariant_projector()
    y = jnp.asarray(random(projector.shape[0]), jnp.float32)
    result = jax.jit(lambda y: projector @ y)(y)
    assert isinstance(result, jax.Array) and result.dtype == jnp.float32
    assert np.allclose(result, projector.to_dense() @ y, atol=1e-5)


def test_projector_refuses_other_shapes_and_sides():
    projector = (V(S(3)) >> V(S(3))).equivariant_projector()
    with pytest.raises(ValueError, match=r"\(..., 9\)"):
        projector @ np.zeros(8)
    with pytest.raises(TypeError):
        np.zeros(9) @ projector


def test_projector_that_does_not_fit_is_refused(monkeypatch):
    projector = (V(S(16)) ** 2 >> V(S(16)) ** 2).equivariant_projector()
    monkeypatch.setenv("CONSTRAINET_MEMORY_LIMIT", str(2**30))
    with pytest.raises(ProblemTooLargeError, match="A projector of size 65,536"):
        projector.to_dense()
    assert (projector @ np.ones(65536)).shape == (65536,)
