"""Method `orbits`: invariants of monomial representations, exactly, by index arithmetic.

If every generator permutes the coordinates up to phases, an invariant vector is determined on an
orbit of coordinates by its value at one of them, and that value is free unless the phases around
some loop disagree; then the vector vanishes on the whole orbit. Orbits are the connected
components of the graph that the generators draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse.csgraph import breadth_first_order, connected_components

from constrainet.linalg import Monomial
from constrainet.solve.limits import memory_limit
from constrainet.solve.method import UNBOUNDED, Form, Method, constant, take
from constrainet.solve.problem import Atom, dim_of, factors_of
from constrainet.tolerances import EXACT

BLOCK = 2**20
"""Pairs that are looked at together: enough to be fast, and few beside all of them."""


@dataclass(frozen=True, eq=False)
class OrbitForm(Form):
    """One basis vector per orbit of coordinates.

    Args:
        labels: shape (size,): the orbit of each coordinate, or `rank` where every invariant
            vector vanishes.
        phases: shape (size,): the factor of each coordinate relative to the first of its orbit;
            None if they are all 1.
        sizes: shape (rank,): how many coordinates each orbit has.
    """

    labels: np.ndarray
    phases: np.ndarray | None
    sizes: np.ndarray
    method = "orbits"

    @property
    def size(self) -> int:
        return len(self.labels)

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def is_complex(self) -> bool:
        return self.phases is not None and np.iscomplexobj(self.phases)

    @property
    def nbytes(self) -> int:
        phases = 0 if self.phases is None else self.phases.nbytes
        return self.labels.nbytes + self.sizes.nbytes + phases

    def expand(self, coefficients):
        xp = coefficients.__array_namespace__()
        scaled = coefficients * constant(1 / np.sqrt(self.sizes), coefficients)
        zero = xp.zeros((*scaled.shape[:-1], 1), dtype=scaled.dtype)
        gathered = take(xp.concat([scaled, zero], axis=-1), self.labels, -1)
        return gathered if self.phases is None else gathered * constant(self.phases, coefficients)

    def coefficients(self, vectors):
        xp = vectors.__array_namespace__()
        if self.phases is not None:
            vectors = vectors * constant(self.phases.conj(), vectors)
        sums = [xp.sum(take(vectors, members, -1), axis=-1) for members in self._members_by_size]
        if not sums:
            return vectors[..., :0]
        in_order = take(xp.concat(sums, axis=-1), self._places, -1)
        return in_order * constant(1 / np.sqrt(self.sizes), vectors)

    def violations(self, rows, columns, known):
        if self.phases is not None and not np.isfinite(self.phases).all():
            return UNBOUNDED
        atoms = factors_of(rows, columns)
        residual = 0.0
        for i in range(len(atoms[0].discrete)):
            where, phases = product_images([atom.monomial(i) for atom in atoms])
            if not np.array_equal(self.labels[where], self.labels):
                return 1.0, 1.0
            if phases is not None or self.phases is not None:
                amplitudes = np.append(1 / np.sqrt(self.sizes), 0)[self.labels]
                amplitudes = amplitudes if self.phases is None else amplitudes * self.phases
                moved = amplitudes if phases is None else phases * amplitudes
                squares = np.abs(amplitudes[where] - moved) ** 2
                sums = np.bincount(self.labels, squares, minlength=self.rank)
                residual = np.maximum(residual, np.sqrt(sums.max(initial=0)))
        # moduli of phases add up without rounding, as those of amplitudes do not in large orbits
        moduli = None if self.phases is None else np.abs(self.phases) ** 2
        norms = np.bincount(self.labels, moduli, minlength=self.rank)[: self.rank] / self.sizes
        return residual, np.abs(norms - 1).max(initial=0)

    @cached_property
    def _members_by_size(self) -> list[np.ndarray]:
        """For each orbit size s, the coordinates of all orbits of that size, shape (count, s)."""
        sorted_coordinates = np.argsort(self.labels, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.sizes)])[:-1]
        return [
            sorted_coordinates[starts[self.sizes == s][:, None] + np.arange(s)]
            for s in np.unique(self.sizes)
        ]

    @cached_property
    def _places(self) -> np.ndarray:
        """Where each orbit stands when orbits are listed by size."""
        return np.argsort(np.argsort(self.sizes, kind="stable"))


class Orbits(Method):
    """Method `orbits`."""

    form = OrbitForm

    def obstacle(self, question):
        atoms = (*question[0], *question[1])
        if self.rtol is not None and not all(_permutes(atom) for atom in atoms):
            return "it needs exact phases, and `rtol` says that they are approximate."
        if not all(atom.is_monomial for atom in atoms):
            return "the generators do not permute the coordinates up to phases."
        required = 40 * dim_of(atoms)
        if required > memory_limit():
            return f"its labels would need {required / 2**30:.1f} GiB."
        return None

    def candidates(self, question):
        yield orbits(factors_of(*question)), float("inf")


def _permutes(atom: Atom) -> bool:
    return all(isinstance(h, Monomial) and h.is_permutation for h in atom.discrete)


def orbits(atoms: Sequence[Atom]) -> OrbitForm:
    """The invariants of a tensor product of monomial atoms of one symmetry."""
    size = dim_of(atoms)
    factors = [[atom.monomial(i) for atom in atoms] for i in range(len(atoms[0].discrete))]
    labels = _components(factors, size)
    if all(factor.is_permutation for each in factors for factor in each):
        return OrbitForm(labels, None, np.bincount(labels))
    generators = [product_images(each) for each in factors]
    phases = _propagate(generators, labels)
    dead = np.zeros(labels.max(initial=-1) + 1, bool)
    for images, factors in generators:
        step = phases if factors is None else phases * factors
        dead[labels[np.abs(phases[images] - step) > EXACT]] = True
    numbers = np.where(dead, np.sum(~dead), np.cumsum(~dead) - 1)
    labels = numbers.astype(labels.dtype)[labels]
    sizes = np.bincount(labels, minlength=np.sum(~dead) + 1)[: np.sum(~dead)]
    return OrbitForm(labels, np.where(labels < len(sizes), phases, 0), sizes)


def product_images(factors: Sequence[Monomial]) -> tuple[np.ndarray, np.ndarray | None]:
    """Where a tensor product of monomial matrices sends each coordinate, and with what phase.

    Returns:
        The images, shape (size,), and the phases, None if they are all 1.
    """
    size = prod(f.images.size for f in factors)
    # 32 bits where they suffice: these arrays are the memory that the method needs
    images = np.zeros(1, np.int32 if size < 2**31 else np.int64)
    phases = None if all(f.is_permutation for f in factors) else np.ones(1)
    for factor in factors:
        n = factor.images.size
        images = (images[:, None] * n + factor.images.astype(images.dtype)).ravel()
        if phases is not None:
            phases = np.multiply.outer(phases, factor.phases).ravel()
    return images, phases


def _components(generators: Sequence[Sequence[Monomial]], size: int) -> np.ndarray:
    """The orbit of each coordinate of a tensor product, numbered in order of first appearance.

    Coordinates are pairs (x, y). An orbit of pairs meets those of the first x of an orbit, x₀, in
    an orbit of the y under the elements that keep x₀. By Schreier's lemma these are generated by
    t⁻¹ g s for all x and generators g, where s takes x₀ to x, and t takes it to g x. So nothing is
    made that is larger than the answer, and rows of y are short enough to be moved fast.
    """
    if not generators or not size:
        return np.arange(size, dtype=np.int32)
    sizes = [factor.images.size for factor in generators[0]]
    split = int(np.sum(np.cumprod(sizes, dtype=float) ** 2 <= size))
    moves = [
        [product_images(each[:split])[0], product_images(each[split:])[0]] for each in generators
    ]
    if len(moves[0][0]) == 1:
        # "weak" is the same as `directed=False`, in a third of the time
        graph = _graph([on_y for _, on_y in moves], size)
        return connected_components(graph, connection="weak")[1]
    return _pairs(moves, np.int32 if size < 2**31 else np.int64)


def _pairs(moves: Sequence[Sequence[np.ndarray]], dtype: type[np.integer]) -> np.ndarray:
    """The orbits of pairs under elements of which each moves x and y so."""
    m, n = map(len, moves[0])
    moves_back = [(of_x, np.argsort(of_y)) for of_x, of_y in moves]
    back, is_reached, count = np.empty((m, n), dtype), np.zeros(m, bool), 0
    step = max(1, BLOCK // n)
    for first in range(m):
        if is_reached[first]:
            continue
        orbit, is_reached[first] = [first], True
        back[first] = np.arange(n)  # the elements that take `first` to x, inverted, as they move y
        for x in orbit:
            for of_x, of_y_back in moves_back:
                if not is_reached[place := of_x[x]]:
                    back[place], is_reached[place] = back[x][of_y_back], True
                    orbit.append(place)
        blocks = [np.array(orbit[i : i + step]) for i in range(0, len(orbit), step)]
        labels = np.arange(n)
        for block, (of_x, of_y) in product(blocks, moves):
            here, there = labels[back[block]], labels[back[of_x[block]][:, of_y]]
            joined = here != there
            if joined.any():
                links, rank = (here[joined], there[joined]), labels.max() + 1
                graph = csr_array((np.ones(joined.sum(), bool), links), shape=(rank, rank))
                labels = connected_components(graph, directed=False)[1][labels]
        for block in blocks:
            back[block] = count + labels[back[block]]
        count += labels.max() + 1
    return back.ravel()


def _graph(generators: Sequence[np.ndarray], size: int) -> csr_array:
    edges = np.stack(generators, axis=1).ravel()
    starts = np.arange(0, len(edges) + 1, len(generators), dtype=edges.dtype)
    return csr_array((np.ones(len(edges), np.int8), edges, starts), shape=(size, size))


def _propagate(generators, labels: np.ndarray) -> np.ndarray:
    """The phase of each coordinate relative to the first of its orbit, along a spanning tree."""
    size = len(labels)
    firsts = np.unique(labels, return_index=True)[1]
    # a root above the first coordinate of every orbit makes one tree of all spanning trees
    images = [images for images, _ in generators]
    graph = _graph(images, size)
    root = csr_array((np.ones(len(firsts), np.int8), (np.zeros_like(firsts), firsts)), (1, size))
    last = csr_array((size + 1, 1), dtype=np.int8)
    tree_graph = hstack([vstack([graph, root], format="csr"), last], format="csr")
    parents = breadth_first_order(tree_graph, size, directed=False)[1][:size]
    phases = np.ones(size, np.result_type(*(f for _, f in generators if f is not None)))
    children = np.flatnonzero(parents < size)
    done = np.zeros(size, bool)
    for images, factors in generators:
        factors = np.ones(size) if factors is None else factors
        inverse = np.empty_like(images)
        inverse[images] = np.arange(size, dtype=images.dtype)
        forward = children[(images[parents[children]] == children) & ~done[children]]
        phases[forward] = factors[parents[forward]]
        done[forward] = True
        backward = children[(inverse[parents[children]] == children) & ~done[children]]
        phases[backward] = factors[backward].conj()
        done[backward] = True
    # each phase is now relative to its parent's; double the reach until all reach the root
    parents = np.append(np.where(parents < size, parents, size), size)
    phases = np.append(phases, 1)
    while np.any(parents != size):
        phases = phases * phases[parents]
        parents = parents[parents]
    return phases[:size]
