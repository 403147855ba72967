"""Forty families of random groups for `fuzz.py`, as plain matrices.

A group is a tuple of factors, and a factor is the matrices of its generators in natural
coordinates, with the average over the group (`fuzz_oracles.py`) where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from math import gcd

import numpy as np
from scipy.linalg import block_diag, expm

from constrainet import groups as cg
from fuzz_oracles import SO2, SO3, SU2, U1, Factor, Sample, factor, turn, weyl, with_coset

Rng = np.random.RandomState
ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])
BOOST = np.array([[0.0, 1.0], [1.0, 0.0]])

Family = Callable[[Rng], Factor | list[Factor]]


# --- random pieces -------------------------------------------------------------------------------


def units(n: int, *pairs) -> np.ndarray:
    """The sum of ±E_ij for the triples (i, j, sign) given."""
    matrix = np.zeros((n, n))
    for i, j, sign in pairs:
        matrix[i, j] += sign
    return matrix


def rotations(n: int) -> list[np.ndarray]:
    return [units(n, (i, j, 1), (j, i, -1)) for i, j in combinations(range(n), 2)]


def skew_frame(rng: Rng, n: int) -> np.ndarray:
    """A random basis of condition 1 to 300."""
    q1, q2 = (np.linalg.qr(rng.randn(n, n))[0] for _ in range(2))
    return q1 @ np.diag(300.0 ** (rng.rand() * np.linspace(0, 1, n))) @ q2


def closed(matrices: list[np.ndarray]) -> np.ndarray:
    """An orthonormal basis of the Lie algebra generated, by taking brackets until none is new."""
    n = len(matrices[0])
    basis = np.zeros((0, n * n))
    queue = list(matrices)
    while queue:
        x = queue.pop().ravel()
        norm = np.linalg.norm(x)
        for _ in range(2):
            x = x - basis.T @ (basis @ x)
        if norm > 0 and np.linalg.norm(x) > 1e-8 * norm:
            x /= np.linalg.norm(x)
            new = x.reshape(n, n)
            queue += [new @ b.reshape(n, n) - b.reshape(n, n) @ new for b in basis]
            basis = np.vstack([basis, x])
    return basis.reshape(-1, n, n)


def permutation(images) -> np.ndarray:
    """The matrix that sends e_j to e_images[j]."""
    return np.eye(len(images))[np.argsort(images)]


def quaternion(q) -> np.ndarray:
    """Left multiplication by a + bi + cj + dk on R⁴."""
    a, b, c, d = q
    return np.array([[a, -b, -c, -d], [b, a, -d, c], [c, d, a, -b], [d, -c, b, a]], float)


# --- the families: the catalogue -----------------------------------------------------------------

AVERAGES = {
    "SO(2)": SO2,
    "SO(3)": SO3,
    "O(2)": with_coset(SO2, np.diag([1.0, -1.0]), fixed=True),
    "O(3)": with_coset(SO3, -np.eye(3)),
    "SU(2)": SU2,
    "SU(3)": weyl(3, special=True),
    "U(1)": U1,
    "U(2)": weyl(2, special=False),
    "SL(2)": SU2,  # by the unitary trick, and so is Sp(1)
    "Sp(1)": SU2,
}


def from_package(group: cg.Group) -> Factor:
    return factor(group.lie_algebra, group.discrete_generators, AVERAGES.get(group.name), group)


def one_of(*named: tuple[Callable[..., cg.Group], Sequence]) -> Family:
    """The family of the groups `make(size)`, for pairs of a maker and the sizes it may get."""

    def draw(rng: Rng) -> Factor:
        make, sizes = named[rng.randint(len(named))]
        size = sizes[rng.randint(len(sizes))]
        return from_package(make(*size) if isinstance(size, tuple) else make(size))

    return draw


SIGNATURES = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1)]

CATALOGUE: dict[str, Family] = {
    "special orthogonal": one_of((cg.SO, range(1, 7))),
    "orthogonal": one_of((cg.O, range(1, 6))),
    "indefinite orthogonal": one_of(*((make, SIGNATURES) for make in (cg.SO, cg.O, cg.SOplus))),
    "unitary": one_of((cg.SU, range(2, 5)), (cg.U, range(1, 4))),
    "linear": one_of((cg.SL, range(2, 5)), (cg.GL, range(1, 4))),
    "symplectic": one_of((cg.Sp, range(1, 4))),
    "Euclidean": one_of((cg.SE, range(1, 5))),
    "scaling or trivial": one_of((cg.Scaling, range(1, 5)), (cg.Trivial, range(1, 5))),
    "cyclic shifts": one_of((cg.Z, range(1, 13))),
    "symmetric": one_of((cg.S, range(1, 7)), (cg.A, range(1, 7))),
    "polygons": one_of((cg.C, range(1, 17)), (cg.D, range(1, 17))),
    "polyhedra": one_of((cg.Hyperoctahedral, range(1, 5)), (cg.Cube, [()]), (cg.Icosahedral, [()])),
    "lattices": one_of((cg.P4, range(3, 5)), (cg.P4M, range(3, 5))),
}
FINITE = ["cyclic shifts", "symmetric", "polygons", "polyhedra"]
COMPACT = ["special orthogonal", "orthogonal", "unitary"]


def one_from(rng: Rng, names: Sequence[str], largest: int = 4) -> Factor:
    """A member of one of the families named, on few coordinates."""
    while True:
        chosen = FAMILIES[names[rng.randint(len(names))]](rng)
        if isinstance(chosen, Factor) and chosen.dim <= largest:
            return chosen


# --- the families: made of others ----------------------------------------------------------------


def finite_times_finite(rng):
    return [one_from(rng, FINITE) for _ in range(rng.randint(2, 4))]


def lie_times_finite(rng):
    return [one_from(rng, [*COMPACT, "linear"]), one_from(rng, FINITE)]


def lie_times_lie(rng):
    others = ["indefinite orthogonal", "Euclidean", "symplectic"]
    return [one_from(rng, COMPACT), one_from(rng, [*COMPACT, *others])]


def semidirect(rng):
    """Translations of Z(p) with multipliers; Rⁿ with a finite or a compact group."""
    if rng.randint(2):
        p = [3, 4, 5, 7, 8, 9, 11][rng.randint(7)]
        unit = [a for a in range(1, p) if gcd(a, p) == 1][rng.randint(2)]
        shift, scale = (np.arange(p) + 1) % p, unit * np.arange(p) % p
        return factor(discrete=[permutation(shift), permutation(scale)])
    H = one_from(rng, [*COMPACT[:2], *FINITE[2:]], 3)
    n = H.dim
    lie = [block_diag(A, 0) for A in H.lie] + [units(n + 1, (i, n, 1)) for i in range(n)]
    return factor(lie, [block_diag(h, 1) for h in H.discrete])


def wreath(rng):
    n = rng.randint(2, 4)
    base = one_from(rng, [*COMPACT, *FINITE], 3)
    return from_package(cg.wreath(base.group, n if base.dim < 3 else 2))


def diagonal_or_embedded(rng):
    base = one_from(rng, FINITE + COMPACT, 3)
    if rng.randint(2):
        return from_package(cg.diagonal(base.group, 2))
    n = base.dim
    return from_package(cg.embed(base.group, n + 2, rng.permutation(n + 2)[:n]))


def in_skew_basis(names: Sequence[str]) -> Family:
    def draw(rng: Rng) -> Factor:
        base = one_from(rng, names, 5)
        return replace(base, frame=skew_frame(rng, base.dim), group=None)

    return draw


def finite_subgroup(rng):
    """Generated by two random elements of a finite group."""
    elements = one_from(rng, [*FINITE, "lattices"], 9).elements
    return factor(discrete=elements[rng.randint(len(elements), size=2)])


def stabiliser_subgroup(rng):
    """The elements of SO(n) or SO(1, n) that leave one or two random vectors alone."""
    base = [cg.SO(3), cg.SO(4), cg.SO(5), cg.SOplus(1, 3)][rng.randint(4)].lie_algebra
    vectors = rng.randint(-3, 4, size=(rng.randint(1, 3), base.shape[-1]))
    moved = np.einsum("aij,vj->via", base, vectors).reshape(-1, len(base))
    _, values, rows = np.linalg.svd(moved)
    kept = rows[(values > 1e-9).sum() :]
    return factor(np.tensordot(kept, base, 1) if len(kept) else np.zeros((1, *base.shape[1:])))


# --- the families: random finite groups ----------------------------------------------------------


def random_permutations(rng):
    n = rng.randint(3, 9)
    cut = rng.randint(1, n)  # two sets, the first generator moves each in itself
    parts = [np.concatenate([rng.permutation(cut), cut + rng.permutation(n - cut)])]
    parts += [rng.permutation(n) for _ in range(rng.randint(2))]
    return factor(discrete=[permutation(p) for p in parts])


def cayley_table(rng):
    """A random group of at most 24 elements by its table, elements named at random."""
    while True:
        base = one_from(rng, [*FINITE, "finite quaternionic", "semidirect"], 9)
        if base.is_finite and len(base.elements) <= 24:
            break
    elements = base.elements[rng.permutation(len(base.elements))]
    products = np.einsum("aij,bjk->abik", elements, elements)
    distances = np.abs(products[:, :, None] - elements[None, None]).max(axis=(3, 4))
    return from_package(cg.Group.from_cayley_table(distances.argmin(axis=2)))


def signed_permutations(rng):
    n, count = rng.randint(2, 5), rng.randint(1, 3)
    signs = rng.choice([-1.0, 1.0], size=(count, n))
    return factor(discrete=[permutation(rng.permutation(n)) * s for s in signs])


def complex_monomials(rng):
    n, order, count = rng.randint(1, 4), rng.randint(2, 7), rng.randint(1, 3)
    phases = np.exp(2j * np.pi * rng.randint(order, size=(count, n)) / order)
    return factor(discrete=[permutation(rng.permutation(n)) * p for p in phases])


def quaternion_units(rng):
    """Q8, dicyclic groups and the binary tetrahedral group, on R⁴."""
    if rng.randint(3) == 0:
        pair = (0.5, 0.5, 0.5, 0.5), (0, 1, 0, 0)
    else:  # Q8 is dicyclic too
        angle = np.pi / rng.randint(2, 7)
        pair = (np.cos(angle), np.sin(angle), 0, 0), (0, 0, 1, 0)
    return factor(discrete=[quaternion(q) for q in pair])


# --- the families: Lie algebras ------------------------------------------------------------------


def reductive(rng):
    """A block sum of small classical algebras in a random orthonormal basis."""
    makers = [cg.SO(2), cg.SO(3), cg.SOplus(1, 1), cg.SL(2), cg.GL(2), cg.Scaling(1), cg.Trivial(1)]
    blocks = [maker.lie_algebra for maker in makers]
    chosen = [blocks[i] for i in rng.randint(len(blocks), size=2)]
    dims = [b.shape[-1] for b in chosen]
    lie = [block_diag(A, np.zeros((dims[1],) * 2)) for A in chosen[0]]
    lie += [block_diag(np.zeros((dims[0],) * 2), A) for A in chosen[1]]
    n = sum(dims)
    q = np.linalg.qr(rng.randn(n, n))[0]
    return factor(q @ np.reshape(lie, (-1, n, n)) @ q.T, np.eye(n)[None] if not lie else ())


def nilpotent(rng):
    """Strictly upper triangular matrices, the Heisenberg group, a Jordan block."""
    n = rng.randint(2, 5)
    kind = rng.randint(3)
    if kind == 0:
        return factor([units(n, (i, j, 1)) for i, j in combinations(range(n), 2)])
    if kind == 1:
        return factor([units(n, (0, j, 1)) for j in range(1, n)] + [units(n, (n - 2, n - 1, 1))])
    return factor([np.eye(n, k=1)])


def solvable(rng):
    """Triangular matrices with weights on the diagonal; the group of x -> ax + b."""
    n = rng.randint(2, 4)
    weights = np.diag(rng.randint(-2, 3, size=n)).astype(float)
    ends = [units(n, (i, j, 1)) for i, j in combinations(range(n), 2)]
    return factor([weights, *[e for e in ends if rng.rand() < 0.7]])


def galilei(rng):
    """Rotations, boosts and translations of space and time, on (x, t, 1)."""
    n = rng.randint(1, 4)
    turns = [block_diag(A, np.zeros((2, 2))) for A in rotations(n)]
    boosts = [units(n + 2, (i, n, 1)) for i in range(n)]
    return factor([*turns, *boosts, *(units(n + 2, (i, n + 1, 1)) for i in range(n + 1))])


def affine(rng):
    """Similarities of Rⁿ: scalings, rotations and, perhaps, translations."""
    n = rng.randint(1, 4)
    if rng.randint(2):
        return factor([np.eye(n), *rotations(n)])
    lie = [block_diag(A, 0) for A in [np.eye(n), *rotations(n)]]
    return factor(lie + [units(n + 1, (i, n, 1)) for i in range(n)])


def quaternionic(rng):
    """Unit quaternions on R⁴ from one side or both, and on H² as R⁸."""
    left = np.array([quaternion(q) for q in np.eye(4)[1:]])
    flip = np.diag([1.0, -1, -1, -1])
    kind = rng.randint(3)
    if kind == 0:
        return factor(left)
    if kind == 1:
        return factor([*left, *(flip @ left @ flip)])
    return factor([np.kron(np.eye(2), A) for A in left] + [np.kron(ROTATION, np.eye(4))])


def random_subalgebra(rng):
    """What one or two sparse matrices of small integers generate, closed under brackets."""
    n = rng.randint(2, 4)
    seeds = rng.randint(-1, 2, size=(rng.randint(1, 3), n, n)) * (rng.rand(n, n) < 0.6)
    lie = closed([*seeds.astype(float)])
    return factor(lie if len(lie) else np.zeros((1, n, n)))


# --- the families: infinite discrete groups ------------------------------------------------------


def shears(rng):
    """Integer matrices: SL(n, Z) by elementary ones, or a part of them."""
    n = rng.randint(2, 4)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    chosen = [pairs[k] for k in rng.permutation(len(pairs))[: rng.randint(1, len(pairs) + 1)]]
    return factor(discrete=[np.eye(n) + units(n, (i, j, 1)) for i, j in chosen], is_infinite=True)


def hyperbolic(rng):
    """Arnold's cat map and boosts, alone or with a reflection of the eigenvectors."""
    h = [np.array([[2.0, 1], [1, 1]]), expm(rng.uniform(0.1, 1.5) * BOOST)][rng.randint(2)]
    return factor(discrete=[h, -np.eye(2)] if rng.randint(2) else [h], is_infinite=True)


def irrational_rotations(rng):
    """Rotations by an angle that is no fraction of π: what they generate is dense in a torus."""
    angles = rng.choice([1.0, np.sqrt(2), 0.1, 2 * np.pi / 100003, 1e-4], size=rng.randint(1, 3))
    return factor(discrete=[block_diag(*(turn(t) for t in angles))], is_infinite=True)


def contractions(rng):
    n = rng.randint(1, 4)
    values = rng.choice([2.0, 0.5, 3.0, -1.0, 1.0, 1.001], size=n)
    return factor(discrete=[np.diag(values), permutation(rng.permutation(n))])


def looks_approximate(rng):
    """Exact, though with small or uneven numbers: a long shear, a slow turn, a Jordan algebra.

    Uneven ones are even in natural coordinates, where singular values tell what is zero.
    """
    kind = rng.randint(4)
    if kind == 0:
        shear = factor(discrete=[[[1.0, 1], [0, 1]]], is_infinite=True)
        return replace(shear, frame=np.diag([10.0 ** rng.randint(-4, 4), 1]))
    if kind == 1:
        return factor(
            discrete=[turn(10.0 ** -rng.randint(2, 5)), np.diag([1.0, -1.0])], is_infinite=True
        )
    if kind == 2:
        return factor([[[1.0, 1], [0, 1]]])
    return replace(factor([ROTATION]), frame=np.diag([1, 10.0 ** (-rng.randint(1, 5) / 2)]))


FAMILIES: dict[str, Family] = CATALOGUE | {
    "finite × finite": finite_times_finite,
    "Lie × finite": lie_times_finite,
    "Lie × Lie": lie_times_lie,
    "semidirect": semidirect,
    "wreath": wreath,
    "diagonal or embedded": diagonal_or_embedded,
    "finite, skew basis": in_skew_basis(FINITE),
    "Lie, skew basis": in_skew_basis([*COMPACT[:2], "linear", "indefinite orthogonal"]),
    "subgroups of finite groups": finite_subgroup,
    "stabilisers": stabiliser_subgroup,
    "random permutations": random_permutations,
    "Cayley tables": cayley_table,
    "signed permutations": signed_permutations,
    "complex monomial": complex_monomials,
    "finite quaternionic": quaternion_units,
    "random reductive": reductive,
    "nilpotent": nilpotent,
    "solvable": solvable,
    "Galilei": galilei,
    "similarities": affine,
    "quaternionic Lie": quaternionic,
    "random Lie algebras": random_subalgebra,
    "shears": shears,
    "hyperbolic": hyperbolic,
    "dense in a torus": irrational_rotations,
    "contractions": contractions,
    "exact, looks approximate": looks_approximate,
}


def draw(family: str, rng: Rng) -> Sample:
    """A random group of a family."""
    drawn = FAMILIES[family](rng)
    factors = tuple(drawn) if isinstance(drawn, list) else (drawn,)
    names = [f.group.name if f.group else f"{family} on {f.dim}" for f in factors]
    return Sample(" × ".join(names), factors)
