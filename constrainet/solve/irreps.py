"""Irreducible representations found by random elements of the algebra, and their catalogue.

The matrices of a representation generate an algebra. If it is closed under the adjoint, Schur's
lemma describes it: on m copies of an irreducible λ of dimension d and type e (1 real, 2 complex, 4
quaternionic) a generic Hermitian element R has d/e eigenvalues, each e·m times, and a generic
element E connects the eigenspaces of one λ and no others. So eigenspaces are found by one `eigh`
and copies of λ by following a vector under E. Both elements are fixed *formulas* in the
generators, so they can be evaluated in any representation, and λ is recognised by its eigenvalues.

References:
    Murota, Kanno, Kojima, Kojima, "A numerical algorithm for block-diagonal decomposition of
    matrix *-algebras" (2010).
    Maehara, Murota, "A numerical algorithm for block-diagonal decomposition of matrix *-algebras
    with general irreducible components" (2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from constrainet.errors import AmbiguousRankError
from constrainet.linalg import null_space, outside_span, to_dense
from constrainet.solve.forms import Irreducible
from constrainet.solve.problem import Atom, Symmetry
from constrainet.tolerances import CLUSTER, EXACT, GAP, RANK

NUM_WORDS = 8
"""Random group elements in the formulas; more only cost time, fewer fail to separate."""

NUM_CONNECTORS = 6
"""Elements E that connect eigenspaces: more than the 4 dimensions of a quaternion."""

NEGLIGIBLE = 1e-6
"""Components of a unit vector under a generic element below this are absent.

An absent one is rounding (1e-13), a present one of order one. One in between is taken for absent;
the subspace then fails its certificate, and other random elements are drawn.
"""


class DecompositionError(ArithmeticError):
    """These random elements did not separate the irreducibles; others will."""


@dataclass(frozen=True, eq=False)
class Images:
    """What the generators, and the random group elements, do in one representation.

    Args:
        discrete: images of the discrete generators, shape (M, n, n).
        infinitesimal: images of the Lie algebra generators, shape (D, n, n).
        elements: images of the formulas' group elements, shape (K, n, n).
    """

    discrete: np.ndarray
    infinitesimal: np.ndarray
    elements: np.ndarray

    @property
    def dim(self) -> int:
        return self.elements.shape[1]

    def tensor(self, other: Images) -> Images:
        """The images on the tensor product."""
        eyes = np.eye(self.dim), np.eye(other.dim)
        return Images(
            _kron(self.discrete, other.discrete),
            _kron(self.infinitesimal, eyes[1][None]) + _kron(eyes[0][None], other.infinitesimal),
            _kron(self.elements, other.elements),
        )

    def within(self, basis: np.ndarray) -> Images:
        """The images on the invariant subspace spanned by orthonormal columns (n, d)."""
        n, d = basis.shape
        moved = ((matrices.reshape(-1, n) @ basis).reshape(-1, n, d) for matrices in self._all)
        return Images(*(basis.conj().T @ part for part in moved))

    def violation(self, copies: np.ndarray, other: Images) -> float:
        """How far copies, shape (m, n, d), are from intertwining `other` with these images."""
        m, n, d = copies.shape
        together = copies.transpose(1, 0, 2).reshape(n, m * d)
        worst = 0.0
        for mine, theirs in zip(self._all, other._all, strict=True):
            moved = (mine.reshape(-1, n) @ together).reshape(-1, n, m, d)
            # (m·n, d) @ (d, G·d): every copy against every generator in one product
            turned = copies.reshape(-1, d) @ theirs.transpose(1, 0, 2).reshape(d, -1)
            difference = moved - turned.reshape(m, n, -1, d).transpose(2, 1, 0, 3)
            worst = max(worst, float(np.abs(difference).max(initial=0)))
        return worst

    @property
    def _all(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.discrete, self.infinitesimal, self.elements


def _kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The Kronecker product of the last two axes, broadcast over the first."""
    product = a[:, :, None, :, None] * b[:, None, :, None, :]
    n = a.shape[1] * b.shape[1]
    return product.reshape(len(product), n, n)


class Formulas:
    """Random elements of the algebra as formulas in the generators of one symmetry.

    Group elements are words in the discrete generators and in exponentials of anti-Hermitian
    combinations of the others; each discrete generator has a word of its own, so that every coset
    of the identity component occurs. Hermitian combinations (boosts) enter linearly, so that
    their norm grows only linearly with the tensor rank; their brackets are anti-Hermitian, and
    are exponentiated with the others where they are not among them.

    Args:
        symmetry: whose generators.
        is_complex: whether weights are complex; they must be, for complex representations.
        seed: another seed gives other elements.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        rng = np.random.RandomState(seed)  # whose numbers stay the same in all versions
        self.num_discrete = num_discrete = len(symmetry.discrete)
        num_lie = len(symmetry.infinitesimal)
        singles = rng.permutation(num_discrete)[:NUM_WORDS]
        self.words = [[int(i)] for i in singles]
        if num_discrete:
            lengths = rng.randint(2, 4 + 2 * min(num_discrete, 8), NUM_WORDS)
            self.words += [list(rng.randint(0, num_discrete, n)) for n in lengths]
        else:
            self.words += [[]] * NUM_WORDS
        count = len(self.words)
        self.brackets = _missing_brackets(symmetry.infinitesimal)
        num_rotations = num_lie + len(self.brackets)
        self.exponents = rng.normal(size=(count, num_rotations)) / sqrt(max(1, num_rotations)) * 2
        self.boosts = rng.normal(size=(1 + NUM_CONNECTORS, num_lie)) / sqrt(max(1, num_lie))
        shape = (1 + NUM_CONNECTORS, count)
        self.weights = rng.normal(size=shape) / sqrt(count)
        self.adjoint_weights = rng.normal(size=shape) / sqrt(count)
        if is_complex:
            self.weights = self.weights + 1j * rng.normal(size=shape) / sqrt(count)
            self.adjoint_weights = self.adjoint_weights + 1j * rng.normal(size=shape) / sqrt(count)

    def images(self, atom: Atom) -> Images:
        """The images of the generators and of the group elements on an atom."""
        dense = [to_dense(h) for h in atom.discrete]
        rotations, boosts = _parts(atom.infinitesimal)
        if len(self.brackets):
            brackets = [_bracket(*np.tensordot(pair, boosts, 1)) for pair in self.brackets]
            rotations = np.concatenate([rotations, brackets])
        elements = []
        for word, exponent in zip(self.words, self.exponents, strict=True):
            element = np.eye(atom.dim)
            for letter in word:
                element = dense[letter] @ element
            if len(rotations):
                element = scipy.linalg.expm(np.tensordot(exponent, rotations, 1)) @ element
            elements.append(element)
        empty = np.zeros((0, atom.dim, atom.dim))
        return Images(np.stack(dense) if dense else empty, atom.infinitesimal, np.stack(elements))

    def trivial(self) -> Images:
        """The images on the trivial representation."""
        ones = np.ones((len(self.words), 1, 1))
        num_lie = self.boosts.shape[1]
        return Images(np.ones((self.num_discrete, 1, 1)), np.zeros((num_lie, 1, 1)), ones)

    def generic(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        """R, Hermitian of shape (n, n), and the connectors E of shape (J, n, n)."""
        sums = np.tensordot(self.weights, images.elements, 1)
        adjoints = images.elements.conj().swapaxes(1, 2)
        sums[1:] += np.tensordot(self.adjoint_weights[1:], adjoints, 1)
        _, boosts = _parts(images.infinitesimal)
        if boosts.any():
            sums = sums + np.tensordot(self.boosts, boosts, 1)
        hermitian = (sums[0] + sums[0].conj().T) / 2
        return hermitian, sums[1:]


def _parts(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The anti-Hermitian and the Hermitian parts."""
    adjoints = matrices.conj().swapaxes(1, 2)
    return (matrices - adjoints) / 2, (matrices + adjoints) / 2


def _bracket(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ b - b @ a


def _missing_brackets(generators: np.ndarray) -> np.ndarray:
    """Brackets of Hermitian parts that span what generators lack of all such brackets.

    Boosts alone generate the Lorentz group, but a linear combination of boosts is no generic
    element of the algebra: its eigenvalues repeat.

    Args:
        generators: shape (D, n, n), their span closed under the adjoint.

    Returns:
        Pairs of weights of the Hermitian parts, shape (count, 2, D); none for most groups.
    """
    _, boosts = _parts(generators)
    pairs, found = [], []
    rng = np.random.RandomState(0)
    # rounding in anti-Hermitian generators is no boost
    while np.abs(boosts).max(initial=0) > EXACT * np.abs(generators).max(initial=0):
        pair = rng.normal(size=(2, len(generators)))
        a, b = np.tensordot(pair, boosts, 1)
        size = np.linalg.norm(a) * np.linalg.norm(b)
        missing = outside_span(_bracket(a, b) / size, [*generators, *found])
        # 1e-6: random brackets lie in the span up to rounding, or are clearly outside of it
        if np.linalg.norm(missing) < 1e-6:
            break
        pairs.append(pair / np.sqrt(size))
        found.append(missing)
    return np.array(pairs).reshape(len(pairs), 2, len(generators))


@dataclass(frozen=True, eq=False)
class Recipe:
    """An irreducible λ in a basis of eigenvectors of R, and how to find its copies.

    Args:
        irrep: the irreducible.
        images: its generators' and elements' matrices.
        spectrum: the d/e eigenvalues of R, ascending; basis vectors come in groups of e.
        frames: shape (d/e, J+1, e): the combination of the vectors `P_b E_j v` that makes the
            basis vectors of group b, for the copy of λ through v.
    """

    irrep: Irreducible
    images: Images
    spectrum: np.ndarray
    frames: np.ndarray


class Catalogue:
    """The irreducibles of one symmetry met so far, and the decomposition of representations.

    Args:
        symmetry: whose generators the representations are given by.
        is_complex: whether representations are complex.
        seed: of the random elements.

    Attributes:
        recipes: one for each irreducible, in the order in which they were met.
        gap: the smallest ratio so far of a step between distinct eigenvalues to one within.
    """

    def __init__(self, symmetry: Symmetry, is_complex: bool, seed: int):
        self.formulas = Formulas(symmetry, is_complex, seed)
        self.recipes: list[Recipe] = []
        self.gap = float("inf")

    def decompose(self, images: Images) -> dict[int, np.ndarray]:
        """Splits a representation into irreducibles.

        Args:
            images: of a representation of dimension n.

        Returns:
            For each irreducible in it, by its index, the isometric intertwiners from
            it, shape (multiplicity, n, d). Together their columns are an orthonormal basis.

        Raises:
            DecompositionError: if these random elements failed to separate irreducibles.
        """
        eigenspaces = _Eigenspaces(*self.formulas.generic(images))
        self.gap = min(self.gap, eigenspaces.gap)
        found: dict[int, np.ndarray] = {}
        for recipe in self.recipes:
            if groups := eigenspaces.matching(recipe):
                found[recipe.irrep.index] = self._take(images, eigenspaces, groups, recipe)
        while eigenspaces.free:
            recipe = eigenspaces.discover(images, min(eigenspaces.free), len(self.recipes))
            groups = eigenspaces.matching(recipe)
            if not groups:
                raise DecompositionError("A new irreducible does not match its own eigenvalues.")
            self.recipes.append(recipe)
            found[recipe.irrep.index] = self._take(images, eigenspaces, groups, recipe)
        return found

    @staticmethod
    def _take(images, eigenspaces, groups, recipe) -> np.ndarray:
        copies = eigenspaces.copies(recipe, groups)
        if images.violation(copies, recipe.images) > EXACT:
            raise DecompositionError("Two irreducibles share their eigenvalues.")
        eigenspaces.free.difference_update(groups)
        return copies


class _Eigenspaces:
    """The eigenspaces of R, and the connectors between them, in one representation."""

    def __init__(self, hermitian: np.ndarray, connectors: np.ndarray):
        values, vectors = np.linalg.eigh(hermitian)
        self.scale = max(1.0, np.abs(values).max())
        steps = np.diff(values)
        distinct = steps > CLUSTER * self.scale
        breaks = np.flatnonzero(distinct) + 1
        noise = max(steps[~distinct].max(initial=0), np.finfo(float).eps * self.scale)
        self.gap = float(steps[distinct].min(initial=np.inf) / noise)
        if self.gap < GAP:
            raise DecompositionError("Two distinct eigenvalues almost agree.")
        self._vectors, self._starts = vectors, np.append(0, breaks)
        self.bases = np.split(vectors, breaks, axis=1)
        self.values = np.array([part.mean() for part in np.split(values, breaks)])
        self.connectors = connectors
        self.free = set(range(len(self.bases)))

    def matching(self, recipe: Recipe) -> list[int]:
        """The free eigenspaces with the eigenvalues of an irreducible; none if any is missing."""
        groups = [int(np.abs(self.values - value).argmin()) for value in recipe.spectrum]
        distances = np.abs(self.values[groups] - recipe.spectrum)
        if distances.max() > CLUSTER * self.scale or not self.free.issuperset(groups):
            return []
        dims = {self.bases[group].shape[1] for group in groups}
        if len(dims) > 1 or dims.pop() % recipe.irrep.type:
            raise DecompositionError("Eigenspaces of one irreducible differ in size.")
        return groups

    def discover(self, images: Images, start: int, index: int) -> Recipe:
        """The irreducible generated by a vector of one eigenspace."""
        spans = {start: self.bases[start][:, :1]}
        dim = 0
        while dim < sum(span.shape[1] for span in spans.values()):
            current = np.concatenate(list(spans.values()), axis=1)
            dim = current.shape[1]
            moved = np.concatenate([current, *(self.connectors @ current)], axis=1)
            spans = {group: self._span(group, moved) for group in self._met(moved)}
            spans = {group: span for group, span in spans.items() if span.shape[1]}
        widths = {span.shape[1] for span in spans.values()}
        if len(widths) > 1:
            raise DecompositionError("Eigenspaces of one irreducible differ in size.")
        basis = np.concatenate([spans[group] for group in sorted(spans)], axis=1)
        inside = images.within(basis)
        if images.violation(basis[None], inside) > EXACT:
            raise DecompositionError("The random elements do not generate the algebra.")
        connectors = basis.conj().T @ self.connectors @ basis
        commutant = _commutant(connectors, width := widths.pop())
        if len(commutant) != width:
            raise DecompositionError("A cyclic subspace is not irreducible.")
        return Recipe(
            irrep=Irreducible(index, inside.discrete, inside.infinitesimal, commutant),
            images=inside,
            spectrum=self.values[sorted(spans)],
            frames=np.linalg.pinv(self._frame(connectors, width)),
        )

    def _met(self, vectors: np.ndarray) -> list[int]:
        """The free eigenspaces in which any of these vectors has a component."""
        squares = np.abs(self._vectors.conj().T @ vectors) ** 2
        squares = np.add.reduceat(squares.sum(axis=1), self._starts)
        return [group for group in self.free if squares[group] > NEGLIGIBLE**2]

    def _span(self, group: int, vectors: np.ndarray) -> np.ndarray:
        """An orthonormal basis of what vectors span within one eigenspace."""
        basis = self.bases[group]
        left, values, _ = np.linalg.svd(basis.conj().T @ vectors, full_matrices=False)
        return basis @ left[:, values > NEGLIGIBLE]

    @staticmethod
    def _frame(connectors: np.ndarray, width: int) -> np.ndarray:
        """The vectors `P_b E_j u` for the first basis vector u, E_0 = 1: (d/e, e, J+1)."""
        d = connectors.shape[1]
        columns = np.concatenate([np.eye(d)[:, :1], connectors[:, :, 0].T], axis=1)
        return columns.reshape(d // width, width, -1)

    def copies(self, recipe: Recipe, groups: list[int]) -> np.ndarray:
        """The isometric intertwiners of all copies in these eigenspaces, shape (m, n, d)."""
        seeds = self._seeds(recipe, groups[0])
        moved = np.stack([seeds, *(self.connectors @ seeds)])  # (J+1, n, m)
        parts = [
            self.bases[group] @ np.tensordot(frame.T, self.bases[group].conj().T @ moved, 1)
            for group, frame in zip(groups, recipe.frames, strict=True)
        ]  # each (e, n, m)
        return np.ascontiguousarray(np.concatenate(parts).transpose(2, 1, 0))

    def _seeds(self, recipe: Recipe, group: int) -> np.ndarray:
        """One unit vector for each copy, shape (n, m): a basis over the commutant."""
        basis = self.bases[group]
        irrep = recipe.irrep
        if irrep.type == 1:
            return basis
        inner = basis.conj().T @ np.stack([basis, *(self.connectors @ basis)])  # (J+1, k, k)
        # the elements of the algebra that act on the first basis vector as the commutant does
        turns = np.einsum(
            "ac,jc,jkl->akl", irrep.commutant[:, : irrep.type, 0], recipe.frames[0], inner
        )
        left = np.eye(basis.shape[1], dtype=basis.dtype)  # projector on what is not yet covered
        seeds = []
        for _ in range(basis.shape[1] // irrep.type):
            seed = left[:, np.linalg.norm(left, axis=0).argmax()]
            seed = seed / np.linalg.norm(seed)
            copy = np.linalg.qr((turns @ seed).T)[0]
            left = left - copy @ (copy.conj().T @ left)
            seeds.append(seed)
        return basis @ np.stack(seeds, axis=1)


def _commutant(connectors: np.ndarray, width: int) -> np.ndarray:
    """The matrices that commute with R and all connectors.

    Commuting with R means being block diagonal with blocks of its eigenspaces' size, so there are
    only d·width unknowns.

    Args:
        connectors: shape (J, d, d), in a basis of eigenvectors of R.
        width: the size of the eigenspaces.

    Returns:
        shape (e, d, d): orthogonal, of Frobenius norm √d, the identity first.
    """
    d = connectors.shape[1]
    if width == 1:  # diagonal matrices, constant on what the connectors connect
        links = csr_array(np.abs(connectors).max(axis=0) > NEGLIGIBLE)
        count, labels = connected_components(links, directed=False)
        return np.stack([np.diag(labels == label).astype(float) for label in range(count)])
    places = [
        (b * width + i, b * width + j)
        for b in range(d // width)
        for i in range(width)
        for j in range(width)
    ]
    unknowns = np.zeros((len(places), d, d))
    for unknown, (i, j) in zip(unknowns, places, strict=True):
        unknown[i, j] = 1
    brackets = unknowns[:, None] @ connectors - connectors @ unknowns[:, None]
    system = brackets.reshape(len(places), -1).T
    system = np.concatenate([system.real, system.imag]) if np.iscomplexobj(system) else system
    try:
        solutions, _ = null_space(system, RANK * float(np.linalg.norm(connectors)))
    except AmbiguousRankError as error:
        raise DecompositionError("The commutant is ambiguous.") from error
    candidates = (solutions.T @ unknowns.reshape(len(places), -1)).reshape(-1, d, d)
    traces = np.einsum("kii->k", candidates)
    # a rotation of the solutions that makes the identity the first
    q = np.linalg.qr(np.column_stack([traces, np.eye(len(traces))]))[0]
    basis = np.tensordot(q.T, candidates, 1) * sqrt(d)
    basis[0] = np.eye(d)
    if np.abs(basis[1:] + basis[1:].conj().swapaxes(1, 2)).max(initial=0) > EXACT:
        raise DecompositionError("The commutant is not a division algebra.")
    return basis
