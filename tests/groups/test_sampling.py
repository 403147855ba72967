"""Random elements: in the group, well distributed, bounded, and determined by the key alone."""

from __future__ import annotations

import pickle
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from constrainet.groups import (
    GL,
    SO,
    SU,
    A,
    C,
    D,
    Group,
    Hyperoctahedral,
    Icosahedral,
    Lorentz,
    RubiksCube,
    S,
    Z,
    double_precision,
)
from constrainet.groups.haar import exponential
from constrainet.groups.random_elements import (
    ConfinedWalk,
    MonomialWalk,
    UniformChainElement,
    UniformElement,
)
from constrainet.groups.stabiliser_chain import monomial_chain
from constrainet.linalg import Monomial, moved
from tests.catalogue import GROUPS, ORDERS

EVERY_GROUP = pytest.mark.parametrize("name", GROUPS)
NUM_SAMPLES = 6000

COMPACT = [
    name
    for name, make in GROUPS.items()
    if name in ORDERS or make().is_unitary or name in ("conjugated-SO(3)",)
]


@cache
def samples(name: str) -> np.ndarray:
    return np.asarray(GROUPS[name]().samples(jax.random.key(0), NUM_SAMPLES))


def invariant_projector(images_algebra: list[np.ndarray], images: list[np.ndarray], n: int):
    """The projector onto the invariants along the sum of all other irreducible subspaces."""
    stack = np.concatenate([np.zeros((1, n)), *images_algebra, *(g - np.eye(n) for g in images)])
    dual = np.concatenate(
        [
            np.zeros((1, n)),
            *(a.conj().T for a in images_algebra),
            *(g.conj().T - np.eye(n) for g in images),
        ]
    )
    right, left = (scipy.linalg.null_space(m, rcond=1e-9) for m in (stack, dual))
    return right @ np.linalg.solve(left.conj().T @ right, left.conj().T)


def kron_samples(g: np.ndarray) -> np.ndarray:
    """g ⊗ conj(g) for each sample."""
    n = g.shape[1] ** 2
    return np.einsum("kij,kab->kiajb", g, g.conj()).reshape(-1, n, n)


@pytest.mark.parametrize("name", COMPACT)
def test_samples_of_compact_groups_have_the_moments_of_the_haar_measure(name):
    G = GROUPS[name]()
    g, d = samples(name), G.dim
    scales = np.abs(G.lie_algebra).max(axis=(1, 2), keepdims=True, initial=0)
    algebra, discrete = list(G.lie_algebra / scales), list(G.discrete_generators)
    # six standard deviations of the mean
    tolerance = 6 * np.abs(g).std(axis=0).max() / NUM_SAMPLES**0.5 + 6 / NUM_SAMPLES**0.5
    first = invariant_projector(algebra, discrete, d)
    assert np.abs(g.mean(axis=0) - first).max() < tolerance * np.abs(g).max()
    if d > 5:
        return
    eye = np.eye(d)
    second = invariant_projector(
        [np.kron(a, eye) + np.kron(eye, a.conj()) for a in algebra],
        [np.kron(h, h.conj()) for h in discrete],
        d * d,
    )
    products = kron_samples(g)
    assert np.abs(products.mean(axis=0) - second).max() < tolerance * np.abs(products).max()


@pytest.mark.parametrize("name", [k for k, n in ORDERS.items() if n <= 200 and k != "phases"])
def test_samples_of_finite_groups_are_uniform(name):
    flat = np.round(samples(name).reshape(NUM_SAMPLES, -1), 3) + 0.0
    counts = np.unique(flat, axis=0, return_counts=True)[1]
    order = ORDERS[name]
    assert len(counts) == order
    # the chi-squared statistic has mean order - 1 and variance twice that
    expected = NUM_SAMPLES / order
    statistic = np.sum((counts - expected) ** 2) / expected
    assert abs(statistic - (order - 1)) < 6 * (2 * (order - 1)) ** 0.5 + 1e-9


@pytest.mark.parametrize("n", [3, 4])
def test_samples_of_rotations_have_the_character_moments_of_the_haar_measure(n):
    # ∫ tr(g)⁴ counts invariants of V⊗⁴ (reference/dimensions.md): SO(3) 3, SO(4) 4
    g = np.asarray(SO(n).samples(jax.random.key(1), 40_000))
    moments = [np.mean(np.trace(g, axis1=1, axis2=2) ** k) for k in (1, 2, 3, 4)]
    assert moments == pytest.approx({3: [0, 1, 1, 3], 4: [0, 1, 0, 4]}[n], abs=0.2)
    assert np.allclose(np.linalg.det(g), 1, atol=1e-5)


def test_samples_of_orthogonal_groups_take_both_determinants():
    g = samples("O(3)")
    assert np.mean(np.linalg.det(g) > 0) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("n", [2, 3])
def test_samples_of_special_unitary_groups_have_determinant_one(n):
    g = np.asarray(SU(n).samples(jax.random.key(1), 1000))
    assert np.allclose(np.linalg.det(g), 1, atol=1e-5)


FORMS = {
    "O(3)": np.eye(3),
    "U(2)": np.eye(2),
    "SU(3)": np.eye(3),
    "O(2,1)": np.diag([1, 1, -1]),
    "SO(1,2)": np.diag([1, -1, -1]),
    "SOplus(1,3)": np.diag([1, -1, -1, -1]),
    "Lorentz": np.diag([1, -1, -1, -1]),
    "Sp(2)": np.kron([[0, 1], [-1, 0]], np.eye(2)),
}


def violation(g: np.ndarray, form: np.ndarray) -> float:
    """The largest entry of gᴴ form g - form, relative to ‖g‖²."""
    errors = np.abs(g.conj().swapaxes(1, 2) @ form @ g - form).max(axis=(1, 2))
    return float(np.max(errors / np.linalg.norm(g, 2, axis=(1, 2)) ** 2))


@pytest.mark.parametrize("name", FORMS)
def test_samples_preserve_the_form(name):
    assert violation(samples(name), FORMS[name]) < 1e-5


@pytest.mark.parametrize("name", ["O(3)", "SU(3)", "Lorentz", "Sp(2)"])
def test_samples_preserve_the_form_in_double_precision(name):
    with double_precision():
        g = np.asarray(GROUPS[name]().samples(jax.random.key(2), 20))
    assert g.dtype == GROUPS[name]().dtype
    assert violation(g, FORMS[name]) < 1e-13


def test_samples_of_a_walk_preserve_the_form():
    G = Lorentz()
    H = Group(lie_algebra=G.lie_algebra, discrete_generators=G.discrete_generators)
    g = np.asarray(H.samples(jax.random.key(2), 200))
    assert violation(g, FORMS["Lorentz"]) < 5e-5
    with double_precision():
        g = np.asarray(H.samples(jax.random.key(2), 200))
    assert violation(g, FORMS["Lorentz"]) < 1e-12
    # it reaches all four components, and does not stay near the identity
    signs = {(int(np.sign(m[0, 0])), int(np.sign(np.linalg.det(m)))) for m in g}
    assert len(signs) == 4 and np.linalg.norm(g, 2, axis=(1, 2)).max() > 3


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("SO(1,2)", {(1, 1), (-1, -1)}),
        ("Lorentz", {(1, 1), (1, -1), (-1, 1), (-1, -1)}),
        ("SOplus(1,3)", {(1, 1)}),
    ],
)
def test_samples_reach_exactly_the_components_of_the_group(name, signs):
    g = samples(name)
    # the diagonal blocks of an element are never singular, and their signs name the component
    first, second = (np.sign(np.linalg.det(b)) for b in (g[:, :1, :1], g[:, 1:, 1:]))
    assert {(int(a), int(b)) for a, b in zip(first, second, strict=True)} == signs


def test_samples_of_linear_groups_have_their_determinants():
    sl, gl = np.linalg.det(samples("SL(3)")), np.linalg.det(samples("GL(2)"))
    assert np.allclose(sl, 1, atol=1e-4)
    assert gl.min() < -1.1 and gl.max() > 1.1


def test_samples_of_the_euclidean_group_are_rigid_motions():
    g = samples("SE(3)")
    rotation = g[:, :3, :3]
    assert np.array_equal(g[:, 3], np.tile([0, 0, 0, 1], (NUM_SAMPLES, 1)))
    assert np.allclose(rotation @ rotation.swapaxes(1, 2), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.det(rotation), 1, atol=1e-5)
    assert np.abs(g[:, :3, 3]).max() <= 3 and np.std(g[:, :3, 3]) == pytest.approx(0.99, abs=0.1)


def test_samples_of_scalings_are_positive_multiples_of_the_identity():
    g = samples("Scaling(2)")
    factors = g[:, 0, 0]
    assert np.allclose(g, factors[:, None, None] * np.eye(2), rtol=1e-5)
    assert factors.min() < 0.6 and factors.max() > 1.6 and np.all(factors > 0)


@EVERY_GROUP
def test_samples_are_finite_invertible_and_bounded(name):
    G = GROUPS[name]()
    g = samples(name)[:500].astype(complex)
    norms = np.linalg.norm(g, 2, axis=(1, 2)), np.linalg.norm(np.linalg.inv(g), 2, axis=(1, 2))
    assert max(n.max() for n in norms) < (1.001 if G.is_unitary else 20)


def test_samples_of_a_confined_walk_respect_its_bound():
    G = Group(lie_algebra=GL(2).lie_algebra, discrete_generators=[[[1, 3], [0, 1]]])
    even = G.in_even_units
    walk = even._sampler_used
    assert isinstance(walk, ConfinedWalk)
    g = moved(np.asarray(G.samples(jax.random.key(0), 500)), G.units)
    norms = np.linalg.norm(g, axis=(1, 2)), np.linalg.norm(np.linalg.inv(g), axis=(1, 2))
    assert max(n.max() for n in norms) <= 1.001 * walk.bound
    largest = np.linalg.norm(even.discrete_generators[0], 2)
    assert walk.bound == pytest.approx(4 * 2**0.5 * largest)


def test_samples_of_a_unipotent_group_are_its_elements():
    g = samples("jordan")
    assert np.array_equal(g[:, 1], np.tile([0.0, 1.0], (NUM_SAMPLES, 1)))
    assert np.allclose(g[:, 0, 1], np.round(g[:, 0, 1]), atol=1e-4)
    assert len(np.unique(np.round(g[:, 0, 1]))) > 3


def test_samples_of_the_weyl_group_keep_its_roots():
    reflections = GROUPS["weyl-E6"]().discrete_generators
    roots = {tuple(np.round(np.linalg.eigh(g)[1][:, 0], 4)) for g in reflections}
    frontier = [np.array(r) for r in roots]
    lines = np.array(frontier)
    while frontier:
        new = []
        for image in (reflections @ np.array(frontier).T).swapaxes(1, 2).reshape(-1, 8):
            if np.abs(lines @ image).max() < 0.99:
                lines = np.concatenate([lines, image[None]])
                new.append(image)
        frontier = new
    assert len(lines) == 36
    g = samples("weyl-E6")[:50]
    overlaps = np.abs(np.einsum("ri,kij,sj->krs", lines, g, lines))
    assert np.allclose(overlaps.max(axis=1), 1, atol=1e-3)


def test_samples_of_rubiks_cube_are_elements():
    chain = monomial_chain(RubiksCube().discrete_matrices, 48)
    for g in samples("RubiksCube")[:50]:
        assert Monomial.from_dense(g).images in chain


def test_samples_of_the_alternating_group_are_even():
    assert np.allclose(np.linalg.det(np.asarray(A(6).samples(jax.random.key(0), 100))), 1)


# --- the choice of a sampler -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("generators", "kind"),
    [
        (RubiksCube().discrete_generators, UniformChainElement),
        (Hyperoctahedral(5).discrete_generators, UniformChainElement),
        (S(40).discrete_generators, UniformChainElement),
        (Icosahedral().discrete_generators, UniformElement),
        (D(7).discrete_generators, UniformElement),
        (GROUPS["phases"]().discrete_generators, UniformElement),
        (S(70).discrete_generators, MonomialWalk),
        (GROUPS["weyl-E6"]().discrete_generators, ConfinedWalk),
        (GROUPS["jordan"]().discrete_generators, ConfinedWalk),
    ],
    ids=["rubik", "signed", "S(40)", "icosahedral", "D(7)", "phases", "S(70)", "weyl", "jordan"],
)
def test_custom_groups_get_the_best_sampler_that_applies(generators, kind):
    assert type(Group(discrete_generators=generators)._sampler_used) is kind


def test_samples_of_a_monomial_walk_spread_over_the_group():
    G = Group(discrete_generators=S(70).discrete_generators)
    g = np.asarray(G.samples(jax.random.key(0), 300))
    assert np.array_equal(g.sum(axis=1), np.ones((300, 70)))
    # 1/70 on average; the standard deviation of each entry's mean is 0.007
    assert np.abs(g.mean(axis=0) - 1 / 70).max() < 0.06
    # a uniform permutation has one fixed point on average
    assert np.mean(np.trace(g, axis1=1, axis2=2)) == pytest.approx(1, abs=0.35)


@pytest.mark.parametrize("make", [lambda: Z(300), lambda: S(300), lambda: A(300)])
def test_large_permutation_groups_are_sampled_at_once(make):
    g = np.asarray(make().sample(jax.random.key(0)))
    assert np.array_equal(g.sum(axis=0), np.ones(300)) and np.array_equal(
        g.sum(axis=1), np.ones(300)
    )


def test_group_uses_a_sampler_it_is_given():
    G = Group(lie_algebra=SO(2).lie_algebra, sampler=lambda key: jnp.eye(2))
    assert np.array_equal(G.sample(jax.random.key(0)), np.eye(2))


@pytest.mark.parametrize("size", [0.0, 1.0, 3.1])
def test_exponential_agrees_with_scipy(size):
    a = np.random.default_rng(0).normal(size=(4, 4))
    a *= size / np.linalg.norm(a)
    with double_precision():
        assert np.allclose(exponential(jnp.asarray(a)), scipy.linalg.expm(a), atol=1e-12)


# --- keys, jit and vmap ----------------------------------------------------------------------


@EVERY_GROUP
def test_sample_is_determined_by_the_key(name):
    for G in (GROUPS[name](), pickle.loads(pickle.dumps(GROUPS[name]()))):
        g = G.samples(jax.random.key(0), NUM_SAMPLES)
        assert g.shape == (NUM_SAMPLES, G.dim, G.dim)
        assert g.dtype == (jnp.complex64 if G.is_complex else jnp.float32)
        assert np.array_equal(g, samples(name))


JITTED = ["SO(3)", "SU(2)", "Lorentz", "S(4)", "Icosahedral", "RubiksCube", "P4M(3)", "weyl-E6"]


@pytest.mark.parametrize("name", JITTED)
def test_sample_is_the_same_under_jit_and_vmap(name):
    G = GROUPS[name]()  # its caches are first filled while JAX is tracing
    keys = jax.random.split(jax.random.key(3), 4)
    compiled = jax.jit(jax.vmap(G.sample))(keys)
    assert np.allclose(compiled, jnp.stack([G.sample(k) for k in keys]), atol=1e-5)


def test_samples_are_those_of_split_keys():
    several = SO(3).samples(jax.random.key(3), 4)
    single = [SO(3).sample(key) for key in jax.random.split(jax.random.key(3), 4)]
    assert np.allclose(several, jnp.stack(single), atol=1e-5)


def test_sample_takes_raw_keys():
    typed, raw = jax.random.key(7), jax.random.PRNGKey(7)
    for key in (raw, np.asarray(raw)):
        assert np.array_equal(SO(3).sample(key), SO(3).sample(typed))
    assert np.array_equal(SO(3).samples(raw, 3), SO(3).samples(typed, 3))
    under_jit = jax.jit(SO(3).sample)(raw)
    assert np.allclose(under_jit, SO(3).sample(typed), atol=1e-6)


@pytest.mark.parametrize(
    "key",
    [
        0,
        None,
        "key",
        np.zeros(2),
        np.zeros((2, 2), np.uint32),
        jnp.zeros(2),
        np.zeros(3, np.uint32),
    ],
    ids=["int", "none", "text", "float", "matrix", "jax", "long"],
)
def test_sample_refuses_what_is_no_key(key):
    with pytest.raises(TypeError, match=r"should be a JAX random key. Got .*jax.random.key\(0\)"):
        SO(3).sample(key)
    with pytest.raises(TypeError, match="should be a JAX random key"):
        SO(3).samples(key, 2)


def test_sample_refuses_several_keys():
    with pytest.raises(ValueError, match=r"single JAX random key.*shape \(3,\)"):
        SO(3).sample(jax.random.split(jax.random.key(0), 3))


@pytest.mark.parametrize("G", [SO(3), SU(2), C(5), SO(3) * S(2)], ids=repr)
def test_samples_may_be_none(G):
    g = G.samples(jax.random.key(0), 0)
    assert g.shape == (0, G.dim, G.dim) and g.dtype == G.sample(jax.random.key(0)).dtype


def test_samples_refuses_bad_numbers():
    with pytest.raises(ValueError, match=r"`Group.samples\(n=...\)`.*Got -1"):
        SO(3).samples(jax.random.key(0), -1)
    with pytest.raises(TypeError, match=r"`Group.samples\(n=...\)` should be a whole number"):
        SO(3).samples(jax.random.key(0), 2.5)
