"""Subgroups: by generators, and of the elements that leave a vector alone."""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any

import numpy as np
import scipy.linalg

from constrainet.errors import AmbiguousRankError
from constrainet.groups.arguments import check_lie_algebra
from constrainet.groups.group import Group, check_group
from constrainet.groups.permutations import PermutationGroup
from constrainet.groups.points import DoubtError, PermutationAction, orbits
from constrainet.linalg import Matrix, canonical_basis, null_space, to_dense
from constrainet.tolerances import EXACT, RANK

MAX_ENTRIES = 2**27
"""Integers kept for the elements that lead to the points of an orbit: one GiB."""

NUM_STEPS = 200
"""Exponentials by which one point of an orbit is moved to another, at most."""


def subgroup(
    group: Group,
    *,
    lie_algebra: Any = None,
    discrete_generators: Any = None,
    name: str | None = None,
) -> Group:
    """The subgroup that some elements of a group, and of its Lie algebra, generate.

    Args:
        group: the group G.
        lie_algebra: matrices of the Lie algebra of G, as for `Group`.
        discrete_generators: elements of G, as for `Group`.
        name: for `repr` and messages.

    Returns:
        The subgroup, on the same space.

    Raises:
        TypeError: if `group` is no group, or the generators are no numbers.
        ValueError: if a generator is not in the group or its Lie algebra, or that cannot be
            decided, or as for `Group`.

    Examples:
        >>> from constrainet.groups import SO, subgroup
        >>> rotations = SO(3)
        >>> subgroup(rotations, lie_algebra=rotations.lie_algebra[:1], name="about z")
        about z
        >>> subgroup(rotations, discrete_generators=[[[-1, 0, 0], [0, 1, 0], [0, 0, 1]]])
        Traceback (most recent call last):
        ...
        ValueError: `subgroup(discrete_generators=...)` should be elements of SO(3). Got at index
        0 a matrix that is none. For a group that is no subgroup use `Group(...)`.
    """
    group = check_group("subgroup", group)
    algebra = None if lie_algebra is None else check_lie_algebra(lie_algebra)
    made = Group(
        lie_algebra=np.zeros((0, group.dim, group.dim)) if algebra is None else algebra,
        discrete_generators=discrete_generators,
        name=name or f"subgroup of {group.name}",
    )
    for index, a in enumerate(made.lie_algebra):
        if a not in group.algebra:
            raise ValueError(
                f"`subgroup(lie_algebra=...)` should be in the Lie algebra of {group.name}. Got at "
                f"index {index} a matrix that is not. For a group that is no subgroup use "
                "`Group(...)`."
            )
    for index, g in enumerate(made.discrete_matrices):
        if not group.contains(g):
            raise ValueError(
                f"`subgroup(discrete_generators=...)` should be elements of {group.name}. Got at "
                f"index {index} a matrix that is none. For a group that is no subgroup use "
                "`Group(...)`."
            )
    return made


def stabiliser(group: Group, vector: Any, *, name: str | None = None) -> Group:
    """The subgroup of the elements that leave a vector alone: g v = v.

    For finite groups it is found from the orbit of the vector. For groups with a Lie algebra, the
    A with A v = 0 generate its identity component, and its other components can be told where the
    orbit of the vector is a sphere, as for O(n) and SO(n), or an affine space that the unipotent
    elements alone run through, as for SE(n): such orbits are simply connected (or circles), so
    that each component is reached through a discrete generator.

    Args:
        group: the group G.
        vector: shape (G.dim,).
        name: for `repr` and messages; that of a direct product is made of its factors'.

    Returns:
        The stabiliser, on the same space.

    Raises:
        TypeError: if `group` is no group.
        ValueError: if the vector has another shape, is not finite, or the orbit is of another
            kind, so that the components of the stabiliser cannot be told.

    Examples:
        >>> import numpy as np
        >>> from constrainet.groups import Icosahedral, O, stabiliser
        >>> stabiliser(Icosahedral(), [0, 0, 1]).order
        2
        >>> G = stabiliser(O(3), [0, 0, 1])
        >>> len(G.lie_algebra), G.contains(np.diag([-1.0, 1, 1]))
        (1, True)
    """
    group = check_group("stabiliser", group)
    v = np.asarray(vector)
    if v.shape != (group.dim,) or v.dtype.kind not in "biufc" or not np.isfinite(v).all():
        raise ValueError(
            f"`stabiliser(vector=...)` should be finite numbers of shape ({group.dim},), because "
            f"{group.name} acts on that many coordinates. Got {vector!r}."
        )
    v = v.astype(complex if np.iscomplexobj(v) else float)
    if len(group.factors) > 1:
        stops = np.cumsum([factor.dim for factor in group.factors])[:-1]
        parts = zip(group.factors, np.split(v, stops), strict=True)
        return reduce(mul, (stabiliser(factor, part) for factor, part in parts))
    name = name or f"stabiliser in {group.name}"
    if (even := group.in_even_units) is not group:
        found = stabiliser(even, group.units * v, name=name)
        return group if found is even else found.in_units(1 / group.units)
    scale = np.linalg.norm(v)
    v = v / scale if scale else v
    misses = [np.linalg.norm(to_dense(h) @ v - v) for h in group.discrete_matrices]
    if max(misses, default=0) <= EXACT and not _moves(group.algebra.basis, v):
        return group
    return (_finite_stabiliser if group.is_finite else _lie_stabiliser)(group, v, name)


def _finite_stabiliser(group: Group, v: np.ndarray, name: str) -> Group:
    """By Schreier's lemma, until there are as many elements as the orbit leaves.

    With u_p an element that sends v to the point p of its orbit, the elements u_{sp}⁻¹ s u_p, for
    all generators s, generate the stabiliser.
    """
    action = group.permutation_action
    if action is None:
        raise ValueError(f"`stabiliser(group=...)` should be finite here. Got {group.name}.")
    orbit, moves, cosets = _orbit_with_cosets(group, v, action)
    target = group.order // len(orbit)
    rng = np.random.RandomState(0)
    found: list[np.ndarray] = []
    known = PermutationGroup(np.empty((0, action.num_points), np.intp))
    while known.order < target:
        s, p = rng.randint(len(moves)), rng.randint(len(orbit))
        product = action.images[s][cosets[p]]
        element = np.argsort(cosets[moves[s, p]])[product]
        if element not in known:
            found.append(element)
            known = PermutationGroup(np.array(found))
    matrices = [action.matrix(images[: group.dim]) for images in found]
    empty = np.zeros((0, group.dim, group.dim), group.dtype)
    return Group(discrete_generators=matrices or empty, name=name)


def _orbit_with_cosets(
    group: Group, v: np.ndarray, action: PermutationAction
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The orbit, how the generators permute it, and an element that leads to each of its points."""
    is_complex = group.is_complex or np.iscomplexobj(v)

    def step(matrix: Matrix, rows: np.ndarray) -> np.ndarray:
        real, imaginary = np.split(rows, 2, axis=1)
        moved = np.asarray(matrix @ (real + 1j * imaginary).T).T
        return np.hstack([np.real(moved), np.imag(moved)])

    steps = [
        (lambda rows, m=m: step(m, rows))
        if is_complex
        else (lambda rows, m=m: np.asarray(m @ rows.T).T)
        for m in group.discrete_matrices
    ]
    start = np.concatenate([np.real(v), np.imag(v)]) if is_complex else v
    try:
        orbit, moves = orbits(start[None], steps)
    except DoubtError as doubt:
        raise ValueError(
            f"`stabiliser(vector=...)` should have an orbit of fewer points. {group.name} moves it "
            f"to {doubt}."
        ) from None
    if len(orbit) * action.num_points > MAX_ENTRIES:
        raise ValueError(
            f"`stabiliser(vector=...)` should have an orbit of fewer points. {group.name} moves it "
            f"to {len(orbit)} points, for each of which an element is kept."
        )
    cosets = np.tile(np.arange(action.num_points), (len(orbit), 1))
    reached = np.arange(len(orbit)) == 0
    frontier = np.array([0])
    while frontier.size:
        fresh = []
        for images, generator in zip(moves, action.images, strict=True):
            sources = frontier[~reached[images[frontier]]]
            new = images[sources]
            reached[new] = True
            cosets[new] = generator[cosets[sources]]
            fresh.append(new)
        frontier = np.concatenate(fresh)
    return orbit, moves, cosets


def _lie_stabiliser(group: Group, v: np.ndarray, name: str) -> Group:
    """The stabiliser of a vector whose orbit is known to be a circle or simply connected."""
    algebra = group.algebra
    velocities = np.array([a @ v for a in algebra.basis]).reshape(algebra.dim, group.dim)
    tangent = _real_rank(velocities)
    if not (_runs_through_a_sphere(group, v, tangent) or _is_unipotent_orbit(group, v, tangent)):
        raise ValueError(
            f"`stabiliser(vector=...)` cannot tell the components of the stabiliser in {group.name}"
            ": the orbit is neither a sphere nor run through by unipotent elements. If you know "
            "its generators, use `subgroup(G, lie_algebra=..., discrete_generators=...)`."
        )
    rows = np.hstack([np.real(velocities), np.imag(velocities)]).T
    try:
        coefficients, _ = null_space(rows / max(np.linalg.norm(rows, 2), EXACT), RANK)
    except AmbiguousRankError as error:
        raise ValueError(
            f"`stabiliser(vector=...)` cannot be decided in {group.name}: singular values "
            f"{error.above:.1e} and {error.below:.1e}. Give the vector with more digits."
        ) from None
    isotropy = np.tensordot(canonical_basis(coefficients).T, algebra.basis, axes=1)
    components = []
    for h in map(to_dense, group.discrete_matrices):
        back = _exponentials(algebra.basis, h @ v, v)
        components.append(back @ h)
    shape = (-1, group.dim, group.dim)
    return Group(
        lie_algebra=isotropy.reshape(shape), discrete_generators=components or None, name=name
    )


def _runs_through_a_sphere(group: Group, v: np.ndarray, tangent: int) -> bool:
    """Whether the orbit of v is the whole sphere of an invariant inner product, or ellipsoid.

    The identity component of such a group is transitive, as its orbits are open in the sphere. For
    real dimension 2 it is SO(2), whose stabiliser is trivial; spheres of higher dimension are
    simply connected, so that the stabiliser in the identity component is connected.
    """
    return group.is_compact and tangent == group.dim * (1 + group.is_complex) - 1 > 0


def _is_unipotent_orbit(group: Group, v: np.ndarray, tangent: int) -> bool:
    """Whether an ideal of nilpotent matrices runs through the orbit of the identity component.

    Then the orbit is that of a unipotent group, the image of a vector space under a polynomial
    bijection, hence simply connected. The ideal is the radical of the form Re tr(AB), if its
    elements are nilpotent together.

    References:
        Borel, "Linear Algebraic Groups" (1991), Proposition 4.10 (orbits of unipotent groups).
    """
    basis = group.algebra.basis
    form = np.real(np.einsum("iab,jba->ij", basis, basis))
    scale = np.sqrt(np.einsum("iab,iab->i", np.abs(basis), np.abs(basis)))
    try:
        radical, _ = null_space(form / np.outer(scale, scale), RANK)
    except AmbiguousRankError:
        return False
    ideal = np.tensordot((radical / scale[:, None]).T, basis, axes=1)
    # nilpotent together: products of d of them vanish
    space = np.eye(group.dim)
    for _ in range(group.dim):
        space = np.hstack([a @ space for a in ideal]) if len(ideal) else 0 * space
        u, values, _ = np.linalg.svd(space, full_matrices=False)
        space = u[:, values > RANK]
        if space.shape[1] == 0:
            break
    if space.shape[1]:
        return False
    return tangent == _real_rank(np.array([a @ v for a in ideal]).reshape(len(ideal), group.dim))


def _exponentials(basis: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A product of exponentials of the algebra that sends one point of an orbit to another."""
    rng = np.random.RandomState(0)
    g = np.eye(len(start))
    scales = np.linalg.norm(basis, axis=(1, 2))
    units = basis / scales[:, None, None]
    for _ in range(NUM_STEPS):
        point = g @ start
        missing = end - point
        if np.linalg.norm(missing) < EXACT / 1e3:
            return g
        velocities = np.array([a @ point for a in units])
        rows = np.hstack([np.real(velocities), np.imag(velocities)])
        target = np.concatenate([np.real(missing), np.imag(missing)])
        coefficients = np.linalg.lstsq(rows.T, target, rcond=RANK)[0]
        size = np.linalg.norm(coefficients)
        if size < EXACT:  # the direction is normal to the orbit: opposite points of a sphere
            coefficients = rng.normal(size=len(units))
            size = np.linalg.norm(coefficients)
        step = np.tensordot(coefficients * min(1.0, 1.0 / size), units, axes=1)
        g = scipy.linalg.expm(step) @ g
    raise ValueError(
        "`stabiliser(vector=...)`: the discrete generators do not keep the orbit of the vector "
        "under the identity component, so that its components cannot be told."
    )


def _moves(basis: np.ndarray, v: np.ndarray) -> bool:
    return any(np.linalg.norm(a @ v) > EXACT * np.linalg.norm(a) for a in basis)


def _real_rank(vectors: np.ndarray) -> int:
    """The dimension of the span over the real numbers, shape (k, d)."""
    rows = np.hstack([np.real(vectors), np.imag(vectors)])
    scales = np.linalg.norm(rows, axis=1, keepdims=True).max(initial=0)
    return int(np.linalg.matrix_rank(rows / scales, tol=RANK)) if scales else 0
