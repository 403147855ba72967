"""One of each construction of representations, over which their axiom suite runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import jax.numpy as jnp
import numpy as np

from constrainet.groups import GL, SE, SL, SO, SU, A, C, D, Group, Hyperoctahedral, O, S, Z
from constrainet.linalg import to_dense
from constrainet.reps import (
    Alt,
    Complexified,
    Det,
    Permutation,
    Quotient,
    Realified,
    Regular,
    Rep,
    Scalar,
    Sign,
    Subrepresentation,
    Sym,
    V,
    decompose,
    from_function,
    from_generators,
    induce,
    irreducible,
    named,
    restrict,
    signed_permutation,
)
from tests.catalogue import ROTATION, conjugated_icosahedral, quaternion_group, unipotent_algebra

PIXELS = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"), axis=-1).reshape(9, 2)


def by_images(rep: Rep) -> Rep:
    """The same representation, from the images of the generators alone."""
    discrete, lie = (np.array([to_dense(m) for m in part]) for part in rep.generator_images)
    n = rep.dim
    return from_generators(rep.group, rho=discrete.reshape(-1, n, n), drho=lie.reshape(-1, n, n))


def move_pair(h: np.ndarray, pair: frozenset) -> frozenset:
    return frozenset(int(np.abs(h[:, i]).argmax()) for i in pair)


def double(g):
    return jnp.kron(g, g)


def cofactors(g):
    return jnp.linalg.inv(g).T * jnp.linalg.det(g)


def turned_turns() -> Rep:
    """A real irreducible of SO(2) × SO(2), which turns under both factors at once."""
    G = SO(2) * SO(2)
    (first, _), _ = decompose(V(G, factor=0) * V(G, factor=1)).irreps
    return first


def quarter_turns() -> Group:
    return Group(discrete_generators=[np.kron(np.eye(2), ROTATION)], name="quarter turns")


CONSTRUCTIONS: dict[str, Callable[[], Rep]] = {
    "Sym²(SO(3))": lambda: Sym(V(SO(3)), 2),
    "Sym³(SU(2))": lambda: Sym(V(SU(2)), 3),
    "Sym²(S(4))": lambda: Sym(V(S(4)), 2),
    "Sym²(V⊕1, SE(2))": lambda: Sym(V(SE(2)) + Scalar(SE(2)), 2),
    "Alt²(SL(3)*)": lambda: Alt(V(SL(3)).T, 2),
    "Alt³(S(4))": lambda: Alt(V(S(4)), 3),
    "Alt²(Sym²(SO(2)))": lambda: Alt(Sym(V(SO(2)), 2), 2),
    "Alt²(V⊗V, product)": lambda: Alt(V(SO(2)) * V(S(2)), 2),
    "Det(GL(2))": lambda: Det(GL(2)),
    "Det(product)": lambda: Det(O(2) * Hyperoctahedral(2)),
    "Sign(Hyperoctahedral(3))": lambda: Sign(Hyperoctahedral(3)),
    "Sign(product)": lambda: Sign(S(3) * Z(4)),
    "Quotient(SE(2))": lambda: Quotient(V(SE(2)), np.eye(3)[:, :2]),
    "Quotient(Heisenberg)": lambda: Quotient(V(unipotent_algebra()), np.eye(3)[:, :1]),
    "sub(S(4))": lambda: Subrepresentation(V(S(4)), np.eye(4)[:, :3] - np.eye(4)[:, 1:]),
    "irrep(SU(3))": lambda: decompose(V(SU(3)) * V(SU(3)).T).irreps[1][0],
    "irrep(quaternion)": lambda: decompose(V(quaternion_group()) ** 2).irreps[1][0],
    "irrep(SO(2)×SO(2))": turned_turns,
    "irrep⊗V(SO(2)×SO(2))": lambda: turned_turns() * V(turned_turns().group, factor=0),
    "ℓ=3": lambda: irreducible(SO(3), 3),
    "2o": lambda: irreducible(O(3), "2o"),
    "j=3/2": lambda: irreducible(SU(2), 1.5),
    "[3,1,1]": lambda: irreducible(S(5), (3, 1, 1)),
    "E2(D(5))": lambda: irreducible(D(5), "E2"),
    "images(SO(3))": lambda: by_images(Sym(V(SO(3)), 2)),
    "images(O(2)*)": lambda: by_images(Det(O(2)) * V(O(2))),
    "images(SL(2)*)": lambda: by_images(V(SL(2)).T),
    "images(SU(2))": lambda: by_images(V(SU(2)) ** 2),
    "images(SE(2))": lambda: by_images(V(SE(2))),
    "images(S(5))": lambda: by_images(irreducible(S(5), (3, 2))),
    "images(icosahedral)": lambda: by_images(V(conjugated_icosahedral())),
    "images(product)": lambda: by_images(V(SO(2)) * V(D(3)) + V(D(3))),
    "function(SL(2))": lambda: from_function(SL(2), double, 4),
    "function(GL(2))": lambda: from_function(GL(2), cofactors, 2),
    "function(product)": lambda: from_function(SO(2) * S(3), double, 25),
    "Permutation(pixels)": lambda: Permutation(D(4), points=PIXELS),
    "Permutation(pairs)": lambda: Permutation(
        S(4), items=[frozenset(p) for p in combinations(range(4), 2)], action=move_pair
    ),
    "Permutation(cosets)": lambda: Permutation(D(3), subgroup=D(1)),
    "signed_permutation": lambda: signed_permutation(Z(2), [[1, 0, 2]], [[-1, -1, 1]]),
    "Permutation(images)": lambda: Permutation(O(2), images=[[1, 0, 2]]),
    "Regular(A(4))": lambda: Regular(A(4)),
    "Regular(product)": lambda: Regular(Z(2) * C(3)),
    "Complexified(D(3))": lambda: Complexified(V(D(3))),
    "Realified(SU(2))": lambda: Realified(V(SU(2))),
    "Realified(product)": lambda: Realified(V(SU(2)) * V(O(2)) + V(SU(2))),
    "restrict(Det)": lambda: restrict(Det(O(2)) * V(O(2)), D(4)),
    "restrict(Sym)": lambda: restrict(Sym(V(SO(4)), 2), quarter_turns()),
    "induce(A(4))": lambda: induce(irreducible_of_a4(), S(4)),
    "induce(SO(2))": lambda: induce(V(SO(2)), O(2)),
    "induce(C(3), character)": lambda: induce(character(), D(3)),
    "named": lambda: named({"mass": Scalar(O(2)), "position": 2 * V(O(2)), "spin": Det(O(2))}),
    "V⊗Sym² of another group": lambda: V(SO(2)) * Sym(V(S(3)), 2) + by_images(V(D(3))),
}


def irreducible_of_a4() -> Rep:
    return decompose(V(A(4))).irreps[1][0]


def character() -> Rep:
    """One of the two of C(3) that are not real, and so not their own duals."""
    return decompose(Complexified(V(C(3)))).irreps[0][0]
