"""The measured error: right where the answer is known, and of rounding size where it should be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SE, SL, SO, SU, D, Lorentz, O, S, Z
from constrainet.inspect import assert_equivariant, equivariance_error
from constrainet.inspect.equivariance import samples
from constrainet.reps import Scalar, V, named

KEY = jax.random.key(0)

GROUPS = {
    "SO(3)": lambda: SO(3),
    "O(3)": lambda: O(3),
    "Lorentz": Lorentz,
    "SL(2)": lambda: SL(2),
    "SU(2)": lambda: SU(2),
    "SE(2)": lambda: SE(2),
    "S(5)": lambda: S(5),
    "D(4)": lambda: D(4),
    "SO(3)*Z(4)": lambda: SO(3) * Z(4),
}


def equivariant_matrix(rep_in, rep_out):
    projector = (rep_in >> rep_out).equivariant_projector()
    noise = np.random.default_rng(0).normal(size=rep_in.dim * rep_out.dim)
    return (projector @ noise).reshape(rep_out.dim, rep_in.dim)


@pytest.mark.parametrize("name", GROUPS)
def test_an_equivariant_matrix_has_errors_of_float64_rounding(name):
    rep = V(GROUPS[name]()) ** 2 + V(GROUPS[name]())
    error = equivariance_error(equivariant_matrix(rep, rep), rep, rep, KEY)
    assert error.largest < 1e-12
    assert 0 < error.rounding < 1e-13
    assert error.is_equivariant
    assert np.finfo(error.dtype).eps < 1e-15
    assert len(error.discrete) == len(rep.group.discrete_generators)
    assert len(error.infinitesimal) == len(rep.group.lie_algebra)


@pytest.mark.parametrize("name", ["O(3)", "SU(2)", "S(5)", "SO(3)*Z(4)"])
def test_a_random_matrix_has_large_errors(name):
    rep = V(GROUPS[name]()) ** 2
    matrix = np.random.default_rng(0).normal(size=(rep.dim, rep.dim))
    error = equivariance_error(matrix, rep, rep, KEY)
    assert error.worst > 0.1
    assert not error.is_equivariant
    assert all(size > 0.01 for size in (*error.discrete, *error.infinitesimal))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_the_error_is_that_of_the_functions_precision(dtype):
    rep = V(SO(3)) ** 2
    matrix = equivariant_matrix(rep, rep).astype(dtype)
    error = equivariance_error(matrix, rep, rep, KEY)
    assert error.dtype == dtype
    assert error.is_equivariant
    # in float64 the rounding of the basis counts, too, which is a hundred times that of a product
    assert 1e-2 < error.largest / np.finfo(dtype).eps < (1000 if dtype == np.float64 else 100)


def test_the_error_of_a_small_perturbation_is_its_size():
    matrix = np.eye(3)
    matrix[0, 1] = 1e-6
    error = equivariance_error(matrix, V(SO(3)), V(SO(3)), KEY)
    assert 1e-7 < error.mean < error.worst < 1e-5


def test_functions_are_differentiated_along_the_generators():
    group = SO(3)

    def cross(x):
        return jnp.cross(x[..., :3], x[..., 3:])

    error = equivariance_error(cross, 2 * V(group), V(group), KEY)
    assert len(error.infinitesimal) == 3
    assert max(error.infinitesimal) < 1e-5
    error = equivariance_error(cross, 2 * V(group), V(group), KEY, infinitesimal=False)
    assert error.infinitesimal == ()


def test_invariant_functions_have_small_infinitesimal_errors():
    error = equivariance_error(
        lambda x: jnp.sum(x**2, axis=-1, keepdims=True), V(O(3)), Scalar(O(3)), KEY
    )
    assert error.is_equivariant
    assert max(error.infinitesimal) < 1e-5


def test_one_bad_direction_shows_in_its_generators_only():
    # rotations about z, and no others
    matrix = np.diag([1.0, 1.0, 2.0])
    error = equivariance_error(matrix, V(SO(3)), V(SO(3)), KEY)
    about_z = np.abs(SO(3).lie_algebra[:, 2]).max(axis=1) == 0
    for size, is_about_z in zip(error.infinitesimal, about_z, strict=True):
        assert (size < 1e-12) == is_about_z


def test_the_element_is_the_one_of_the_worst_error():
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    error = equivariance_error(matrix, V(SO(3)), V(SO(3)), KEY, num_elements=5)
    g = error.element
    np.testing.assert_allclose(g @ g.T, np.eye(3), atol=1e-12)
    assert np.abs(matrix @ g - g @ matrix).max() > 0.1


def test_elements_are_in_double_precision_and_the_configuration_is_left_alone():
    before = jax.config.jax_enable_x64
    g = samples(SO(3), KEY, 4)
    assert g.dtype == np.float64
    np.testing.assert_allclose(
        g @ g.swapaxes(1, 2), np.broadcast_to(np.eye(3), g.shape), atol=1e-13
    )
    assert jax.config.jax_enable_x64 == before
    assert jnp.ones(1).dtype == jnp.float32


def test_the_result_depends_on_the_key_alone():
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    first, second = (equivariance_error(matrix, V(SO(3)), V(SO(3)), KEY) for _ in range(2))
    assert (first.worst, first.mean, first.rounding) == (second.worst, second.mean, second.rounding)
    other = equivariance_error(matrix, V(SO(3)), V(SO(3)), jax.random.key(1))
    assert other.worst != first.worst


def test_jitted_functions_and_jax_matrices_are_measured_alike():
    matrix = jnp.asarray(equivariant_matrix(V(S(4)), V(S(4))), jnp.float32)
    as_matrix = equivariance_error(matrix, V(S(4)), V(S(4)), KEY)
    as_function = equivariance_error(jax.jit(lambda x: x @ matrix.T), V(S(4)), V(S(4)), KEY)
    assert as_matrix.dtype == as_function.dtype == np.float32
    assert as_matrix.is_equivariant and as_function.is_equivariant


def test_complex_functions_are_given_complex_inputs():
    seen = []

    def identity(x):
        seen.append(x.dtype)
        return x

    error = equivariance_error(identity, V(SU(2)), V(SU(2)), KEY)
    assert error.is_equivariant and error.dtype == np.complex64
    assert set(map(str, seen)) == {"complex64"}


def test_zero_is_equivariant():
    error = equivariance_error(np.zeros((3, 3)), V(SO(3)), V(SO(3)), KEY)
    assert error.largest == 0 and error.is_equivariant


def test_unstable_functions_are_not_excused_by_their_instability():
    random = np.random.default_rng(0)
    error = equivariance_error(lambda x: x * random.normal(), V(SO(3)), V(SO(3)), KEY)
    assert error.tolerance <= 1e-2
    assert not error.is_equivariant


def test_derivative_that_is_no_number_is_an_error():
    """Values are finite and equivariant; the square root has no derivative at 0."""
    rep = V(SO(3))
    error = equivariance_error(lambda x: x + jnp.sqrt(0 * jnp.sum(x**2)), rep, rep, KEY)
    assert error.worst < 1e-5 and error.largest == np.inf
    assert not error.is_equivariant
    with pytest.raises(AssertionError, match=r"lie_algebra\[0\]"):
        assert_equivariant(lambda x: x + jnp.sqrt(0 * jnp.sum(x**2)), rep, rep, KEY)


def test_the_report_says_everything():
    text = str(equivariance_error(np.eye(3), V(O(3)), V(O(3)), KEY))
    assert text.startswith("equivariant under O(3), in float64")
    for line in ("random elements", "discrete generators", "Lie generators", "rounding alone"):
        assert line in text
    assert str(equivariance_error(np.ones((3, 3)), V(O(3)), V(O(3)), KEY)).startswith("NOT equiv")


def test_callers_mistakes_are_named():
    v = V(SO(3))
    with pytest.raises(ValueError, match=r"should have shape \(3, 3\).*Got \(3, 4\)"):
        equivariance_error(np.ones((3, 4)), v, v, KEY)
    with pytest.raises(ValueError, match=r"because `rep_out` is V\. Got \(136, 2\)"):
        equivariance_error(lambda x: x[..., :2], v, v, KEY)
    with pytest.raises(ValueError, match="should return finite numbers"):
        equivariance_error(lambda x: x * jnp.nan, v, v, KEY)
    with pytest.raises(TypeError, match=r"should be a matrix or a function\. Got str"):
        equivariance_error("matrix", v, v, KEY)
    with pytest.raises(TypeError, match=r"`equivariance_error\(rep_in=...\)`"):
        equivariance_error(np.eye(3), 3, v, KEY)
    with pytest.raises(ValueError, match=r"num_inputs=...\)` should be positive. Got 0"):
        equivariance_error(np.eye(3), v, v, KEY, num_inputs=0)
    with pytest.raises(TypeError, match="should be a JAX random key"):
        equivariance_error(np.eye(3), v, v, SO(3))
    with pytest.raises(ValueError, match="jax_enable_x64"):
        equivariance_error(lambda x: x, v, v, KEY, dtype=np.float64)


def test_functions_are_compiled_for_one_batch_size():
    sizes = []
    v = V(O(3))
    f = jax.jit(lambda x: sizes.append(x.shape) or 2 * x)
    assert equivariance_error(f, v, v, KEY, infinitesimal=False).is_equivariant
    assert sizes == [((1 + 16 + len(v.group.discrete_generators)) * 8, 3)]


def test_functions_that_jax_cannot_trace_are_measured():
    rep = named({"a": V(S(3)), "b": Scalar(S(3))})

    def f(parts):
        return {"b": np.asarray(parts["a"]).max(-1, keepdims=True), "a": np.sin(parts["a"])}

    assert equivariance_error(f, rep, rep, KEY).is_equivariant


# --- named parts ---------------------------------------------------------------------------------

BODY = named({"mass": 2 * Scalar(SO(3)), "position": 4 * V(SO(3))})
FORCE = named({"force": V(SO(3)), "energy": Scalar(SO(3))})
KEY = jax.random.key(0)


def pull(body):
    position = body["position"].reshape(-1, 4, 3)
    force = (body["mass"][:, :1, None] * position).sum(axis=1)
    return {"energy": (position**2).sum(axis=(1, 2))[:, None], "force": force}


def test_functions_of_dictionaries_are_measured():
    error = assert_equivariant(pull, BODY, FORCE, KEY)
    on_arrays = assert_equivariant(lambda x: FORCE.pack(pull(BODY.unpack(x))), BODY, FORCE, KEY)
    assert error.worst == on_arrays.worst and len(error.infinitesimal) == 3
    assert_equivariant(lambda body: pull(body)["force"], BODY, V(SO(3)), KEY)
    assert_equivariant(
        lambda v: {"force": v, "energy": v @ v.T @ v[:, :1] * 0}, V(SO(3)), FORCE, KEY
    )


def test_functions_of_dictionaries_that_are_not_equivariant_fail():
    with pytest.raises(AssertionError, match="`f` is not equivariant"):
        assert_equivariant(
            lambda b: {**pull(b), "force": b["position"][:, :3] ** 2}, BODY, FORCE, KEY
        )


def test_functions_of_arrays_remain_so_for_named_parts():
    assert_equivariant(lambda x: x, BODY, BODY, KEY)
    assert_equivariant(lambda x: x, BODY, 2 * Scalar(SO(3)) + 4 * V(SO(3)), KEY)
    assert_equivariant(lambda x: x[:, :2], BODY, 2 * Scalar(SO(3)), KEY)
    assert_equivariant(np.eye(14), BODY, BODY, KEY)


def test_mistakes_in_functions_of_dictionaries_are_theirs():
    with pytest.raises(KeyError, match="velocity"):
        assert_equivariant(lambda b: b["velocity"], BODY, V(SO(3)), KEY)
    with pytest.raises(ValueError, match=r"`pack\(values\)` should have the names"):
        assert_equivariant(lambda b: {"force": b["position"][:, :3]}, BODY, FORCE, KEY)
