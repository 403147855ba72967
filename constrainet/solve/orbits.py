"""Method `orbits`: invariants of monomial representations, exactly, by index arithmetic.

If every generator permutes the coordinates up to phases, an invariant vector is determined on an
orbit of coordinates by its value at one of them, and that value is free unless the phases around
some loop disagree; then the vector vanishes on the whole orbit. Orbits are the connected
components of the graph that the generators draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse.csgraph import breadth_first_order, connected_components

from constrainet.linalg import Monomial
from constrainet.solve.forms import OrbitForm
from constrainet.solve.problem import Atom, dim_of
from constrainet.tolerances import EXACT


def orbits(atoms: Sequence[Atom]) -> OrbitForm:
    """The invariants of a tensor product of monomial atoms of one symmetry."""
    size = dim_of(atoms)
    generators = [
        product_images([atom.monomial(i) for atom in atoms]) for i in range(len(atoms[0].discrete))
    ]
    labels = _components([images for images, _ in generators], size)
    if all(phases is None for _, phases in generators):
        return OrbitForm(labels, None, np.bincount(labels))
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


def _components(generators: Sequence[np.ndarray], size: int) -> np.ndarray:
    """The orbit of each coordinate, numbered in order of first appearance."""
    if not generators:
        return np.arange(size, dtype=np.int32)
    # "weak" is the same as `directed=False`, in a third of the time
    return connected_components(_graph(generators, size), connection="weak")[1]


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
