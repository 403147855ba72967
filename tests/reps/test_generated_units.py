"""Representations from images in rotated and skew bases, in any units, redundant and recombined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import ortho_group, unitary_group

from constrainet.groups import (
    GL,
    SE,
    SL,
    SO,
    SU,
    C,
    Group,
    Icosahedral,
    Lorentz,
    O,
    S,
    SOplus,
    Sp,
    U,
    conjugate,
    subgroup,
)
from constrainet.linalg import moved, to_dense
from constrainet.reps import Rep, V, from_generators, induce, restrict

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])


def heisenberg() -> Group:
    algebra = np.zeros((3, 3, 3))
    algebra[[0, 1, 2], [0, 1, 0], [1, 2, 2]] = 1
    return Group(lie_algebra=algebra, name="Heisenberg")


def galilei() -> Group:
    """Rotations, boosts, and translations of space and time, on (x, t, 1)."""
    algebra = np.zeros((10, 5, 5))
    algebra[:3, :3, :3] = SO(3).lie_algebra
    for i in range(3):
        algebra[3 + i, i, 3] = algebra[6 + i, i, 4] = 1
    algebra[9, 3, 4] = 1
    return Group(lie_algebra=algebra, name="Galilei")


MAKE: dict[str, Callable[[], Group]] = {
    "SE(2)": lambda: SE(2),
    "SE(3)": lambda: SE(3),
    "SU(3)": lambda: SU(3),
    "U(3)": lambda: U(3),
    "SO(4)": lambda: SO(4),
    "SL(3)": lambda: SL(3),
    "Heisenberg": heisenberg,
    "Galilei": galilei,
    "Lorentz": Lorentz,
    "SOplus(1,3)": lambda: SOplus(1, 3),
    "O(3)": lambda: O(3),
    "GL(2)": lambda: GL(2),
    "Sp(2)": lambda: Sp(2),
    "Icosahedral": Icosahedral,
    "S(4)": lambda: S(4),
}


def rotated(rng, G: Group) -> np.ndarray:
    rotations = unitary_group if G.is_complex else ortho_group
    return rotations.rvs(G.dim, random_state=rng)


def skew(rng, G: Group) -> np.ndarray:
    return rotated(rng, G) * np.geomspace(1, 5, G.dim) @ rotated(rng, G)


def uneven(rng, G: Group) -> np.ndarray:
    return np.diag(10 ** rng.uniform(-4, 4, G.dim))


def changed(G: Group, basis: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    inverse = np.linalg.inv(basis)
    return basis @ G.lie_algebra @ inverse, [
        basis @ to_dense(h) @ inverse for h in G.discrete_matrices
    ]


def generated(group_side, image_side, sizes: float | np.ndarray = 1.0) -> tuple[Group, Rep]:
    (algebra, discrete), (lie, images) = group_side, image_side
    G = Group(lie_algebra=algebra * sizes, discrete_generators=discrete or None)
    return G, from_generators(G, drho=lie * sizes if len(lie) else None, rho=images or None)


def check(name: str, G: Group, rep: Rep, back: np.ndarray, forth: np.ndarray) -> None:
    """Compares images with those under conjugation, in the coordinates of the catalogue."""
    original = MAKE[name]()
    rng = np.random.default_rng(7)
    words = [to_dense(h) for h in original.discrete_matrices]
    words += [expm(0.7 * rng.normal() * A) for A in original.lie_algebra]
    for i, j in rng.integers(len(words), size=(4, 2)):
        g = words[i] @ words[j]
        image = rep.rho(forth @ g @ np.linalg.inv(forth))
        assert np.allclose(np.linalg.inv(back) @ image @ back, g, atol=1e-7 * np.abs(g).max())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("basis", [rotated, skew, uneven], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", MAKE)
def test_right_images_are_accepted_in_any_basis_of_the_group(name, basis, seed):
    G, rng = MAKE[name](), np.random.default_rng(seed)
    forth, one = basis(rng, G), np.eye(G.dim)
    sizes = 10 ** rng.uniform(-14, 14, (len(G.lie_algebra), 1, 1))
    H, rep = generated(changed(G, forth), changed(G, one), sizes)
    check(name, H, rep, one, forth)


@pytest.mark.parametrize("basis", [rotated, skew, uneven], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", MAKE)
def test_right_images_are_accepted_in_any_basis_of_their_own(name, basis):
    G, rng = MAKE[name](), np.random.default_rng(3)
    back, one = basis(rng, G), np.eye(G.dim)
    H, rep = generated(changed(G, one), changed(G, back))
    check(name, H, rep, back, one)
    if len(G.lie_algebra):
        A = G.lie_algebra[0]
        assert np.allclose(np.linalg.inv(back) @ rep.drho(A) @ back, A, atol=1e-9)


@pytest.mark.parametrize("name", MAKE)
def test_right_images_of_redundant_and_recombined_generators_are_accepted(name):
    G, rng = MAKE[name](), np.random.default_rng(4)
    forth, back = rotated(rng, G), rotated(rng, G)
    (algebra, discrete), (lie, images) = changed(G, forth), changed(G, back)
    if len(algebra):
        mix = rng.normal(size=(len(algebra) + 2, len(algebra)))
        algebra, lie = np.tensordot(mix, algebra, 1), np.tensordot(mix, lie, 1)
    if discrete:
        discrete = [*discrete, discrete[0] @ discrete[-1], np.eye(G.dim)]
        images = [*images, images[0] @ images[-1], np.eye(G.dim)]
    H, rep = generated((algebra, discrete), (lie, images))
    check(name, H, rep, back, forth)


@pytest.mark.parametrize("factor", [1.001, 1.01, -1])
@pytest.mark.parametrize("basis", [rotated, skew, uneven], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", [name for name in MAKE if MAKE[name]().lie_algebra.any()])
def test_wrong_images_are_refused_in_any_basis(name, basis, factor):
    """A bracket of a rotation, shear or stretch with another generator shows the factor."""
    G, rng = MAKE[name](), np.random.default_rng(5)
    algebra, discrete = changed(G, basis(rng, G))
    lie, images = changed(G, np.eye(G.dim))
    lie = lie.copy()
    # the brackets of which A0 is a part, and those that A0 is a part of
    lie[0] = factor * lie[0] if name != "Heisenberg" else lie[0] + np.diag([0, factor, 0])
    with pytest.raises(ValueError, match="should get the images under a homomorphism"):
        generated((algebra, discrete), (lie, images))


@pytest.mark.parametrize(
    ("generators", "images"),
    [
        ([2 * np.eye(2)], [2 * np.eye(2)]),
        ([2 * np.eye(2)], [[[3.0]]]),
        ([1e-3 * np.eye(2)], [[[1e10]]]),
        ([np.diag([1, 0.5])], [[[3.0]]]),
        ([np.diag([2, 0.5])], [ROTATION]),
        ([[[1, 1], [0, 0.5]]], [[[1, 1], [0, 0.5]]]),
        ([[[2, 1], [1, 1]]], [[[2, 1], [1, 1]]]),
        ([2 * np.eye(2), ROTATION], [[[2.0]], [[1j]]]),
        ([2 * np.eye(2), 4 * np.eye(2)], [[[-2.0]], [[4.0]]]),
        ([np.diag([1, 2]), np.diag([2, 1])], [np.diag([1, 2]), np.diag([3, 1])]),
        ([[[1, 1e6], [0, 1]]], [[[1, 1], [0, 1]]]),
    ],
)
def test_contractions_and_other_infinite_discrete_groups(generators, images):
    G = Group(discrete_generators=np.asarray(generators, float))
    rep = from_generators(G, rho=images)
    first, last = np.asarray(images[0]), np.asarray(images[-1])
    g, h = G.discrete_generators[0], G.discrete_generators[-1]
    assert np.allclose(rep.rho(g @ h), first @ last, rtol=1e-9)
    assert np.allclose(rep.rho(np.linalg.inv(g) @ h @ h), np.linalg.inv(first) @ last @ last)
    assert G.contains(g @ h) and not G.is_finite


@pytest.mark.parametrize(
    ("generators", "images", "relation"),
    [
        ([2 * np.eye(2), 4 * np.eye(2)], [[[2.0]], [[5.0]]], "h0 h0 h1⁻¹ = 1"),
        ([2 * np.eye(2), ROTATION], [[[2.0]], [[2.0]]], "h1⁻¹ h1⁻¹ = h1 h1"),
        (
            [np.diag([1, 2]), np.diag([2, 1])],
            [[[1, 1], [0, 1]], [[1, 0], [1, 1]]],
            "h0 h1 h0⁻¹ = h1|h1 h0 = h0 h1",
        ),
        ([1e-3 * np.eye(2), 1e-6 * np.eye(2)], [[[1e-10]], [[2e-20]]], "in the group, but"),
    ],
)
def test_contractions_with_wrong_images(generators, images, relation):
    with pytest.raises(ValueError, match=rf"(?s)under a homomorphism.*({relation}).*differ by"):
        from_generators(Group(discrete_generators=generators), rho=images)


def test_word_that_is_not_listed_is_no_word_that_is():
    """Powers of a contraction converge, and each has an image of its own."""
    shrink = np.diag([1, 0.5])
    rep = from_generators(Group(discrete_generators=[shrink]), rho=[[[3.0]]])
    for n in range(1, 60):
        try:
            assert np.allclose(rep.rho(np.linalg.matrix_power(shrink, n)), 3.0**n)
        except ValueError as error:
            assert n > 10 and "has to be found among the products" in str(error)


def test_closure_of_the_lie_algebra_is_not_guessed():
    algebra = SO(3).lie_algebra.copy()
    algebra[1] = algebra[0] + 1e-8 * algebra[1]
    with pytest.raises(ValueError, match=r"cannot be closed.*neither inside"):
        from_generators(Group(lie_algebra=algebra[:2]), drho=algebra[:2])


def test_images_in_single_precision_are_refused():
    turn = C(3).discrete_generators
    with pytest.raises(ValueError, match=r"from_generators\(rho=...\).*dtype float32"):
        from_generators(C(3), rho=turn.astype(np.float32))
    assert from_generators(C(4), rho=C(4).discrete_generators.astype(np.float32)).dim == 2


# --- one answer to whether an element is in a group ---------------------------------------------


def turn(angle: float) -> Group:
    c, s = np.cos(angle), np.sin(angle)
    return Group(discrete_generators=[[[c, -s], [s, c]]])


@pytest.mark.parametrize("error", [5e-4, 1e-6, 1e-9])
@pytest.mark.parametrize("G", [C(4), C(8), conjugate(C(4), np.diag([1e4, 1]))], ids=repr)
def test_what_is_no_element_is_refused_by_all(G, error):
    H = conjugate(turn(np.pi / 2 + error), np.diag([1 / G.units[0], 1 / G.units[1]]))
    (g,) = H.discrete_generators
    assert not G.contains(g)
    with pytest.raises(ValueError, match="lies outside the group"):
        restrict(V(G), H)
    with pytest.raises(ValueError, match="should be elements of"):
        subgroup(G, discrete_generators=[g])
    with pytest.raises(ValueError, match="lies outside the group"):
        induce(V(H), G)


@pytest.mark.parametrize("name", MAKE)
def test_what_is_an_element_is_taken_by_all(name):
    G = MAKE[name]()
    forth = uneven(np.random.default_rng(6), G)
    H = conjugate(G, forth)
    words = [to_dense(h) for h in H.discrete_matrices]
    words += [forth @ expm(0.3 * A) @ np.linalg.inv(forth) for A in G.lie_algebra]
    g = words[0] @ words[-1]
    part = subgroup(H, lie_algebra=H.lie_algebra[:1], discrete_generators=[g])
    assert H.contains(g) and restrict(V(H), part).dim == G.dim
    if len(G.lie_algebra):
        outside = Group(
            lie_algebra=[moved(np.eye(G.dim) + G.lie_algebra[0].T @ G.lie_algebra[0], 1 / H.units)]
        )
        if name != "GL(2)":
            with pytest.raises(ValueError, match=r"Lie generator 0 .* lies outside"):
                restrict(V(H), outside)


@pytest.mark.parametrize("name", ["GL(2)", "SL(2)", "SE(3)", "Galilei", "contractions"])
@pytest.mark.parametrize("stretch", [1.0, 1e4])
def test_images_that_stretch_are_compared_by_the_size_of_their_factors(name, stretch):
    """Squares of vectors in even units and a generic basis, of a group in other units."""
    contractions = Group(
        discrete_generators=[np.diag([0.5, 1.001, 3]), np.roll(np.eye(3), 1, axis=0)]
    )
    make = {**MAKE, "GL(2)": lambda: GL(2), "SL(2)": lambda: SL(2)}
    group = make[name]() if name in make else contractions
    n = group.dim
    units, eye = np.geomspace(1, stretch, n), np.eye(n)
    q = ortho_group.rvs(n**2, random_state=0)
    discrete = [to_dense(h) for h in group.discrete_generators]
    rep = from_generators(
        conjugate(group, np.diag(units)),
        rho=[q @ np.kron(h, h) @ q.T for h in discrete] or None,
        drho=[q @ (np.kron(A, eye) + np.kron(eye, A)) @ q.T for A in group.lie_algebra] or None,
    )
    g = expm(0.1 * group.lie_algebra.sum(axis=0)) @ np.linalg.multi_dot([eye, eye, *discrete])
    expected = q @ np.kron(g, g) @ q.T
    assert np.abs(rep.rho(moved(g, units)) - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("stretch", [1.0, 30.0, 1000.0])
def test_half_turns_in_skew_coordinates_are_refused(stretch):
    """They close after two periods only, however long vectors grow on the way."""
    skew = np.diag([1.0, stretch]) @ np.linalg.qr(np.array([[1.0, 2.0], [0.3, -1.0]]))[0]
    image = np.linalg.inv(skew) @ ROTATION @ skew
    assert from_generators(SO(2), drho=[image]).dim == 2
    with pytest.raises(ValueError, match=r"exp\(6.283 A0\) = 1 in the group"):
        from_generators(SO(2), drho=[image / 2])


@pytest.mark.parametrize("seed", range(4))
def test_rounding_in_combinations_of_redundant_generators_is_no_unit(seed):
    """Sp(3) and all brackets, in other units: the vectors in even units are the vectors."""
    rng = np.random.RandomState(seed)
    algebra = Sp(3).lie_algebra
    a, b = algebra[rng.randint(len(algebra), size=(2, 3))]
    algebra = np.concatenate([algebra, a @ b - b @ a])
    units = 10 ** rng.uniform(-2, 2, 6)
    group = Group(lie_algebra=[moved(A, units) for A in algebra])
    q = ortho_group.rvs(6, random_state=seed)
    rep = from_generators(group, drho=[q @ A @ q.T for A in algebra])
    (found,) = (V(group) >> rep).equivariant_basis().to_dense().T.reshape(-1, 6, 6)
    expected = q / units
    expected /= np.linalg.norm(expected)
    assert np.abs(found - np.sign(np.vdot(found, expected)) * expected).max() < 1e-10
