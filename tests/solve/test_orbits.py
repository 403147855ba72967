"""Orbits of coordinates of products, against a walk from coordinate to coordinate."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from constrainet.linalg import Monomial
from constrainet.solve import orbits


def orbits_by_walking(generators, sizes):
    """The number of each tuple's orbit, by order of first appearance."""
    number: dict[tuple[int, ...], int] = {}
    for start in product(*map(range, sizes)):
        front = [] if start in number else [start]
        here = number.setdefault(start, max(number.values(), default=-1) + 1)
        while front:
            x = front.pop()
            for images in generators:
                y = tuple(int(own[i]) for own, i in zip(images, x, strict=True))
                if y not in number:
                    number[y] = here
                    front.append(y)
    return [number[x] for x in product(*map(range, sizes))]


def some_permutation(n, rng):
    """One that keeps some things, so that there are several orbits."""
    moved = rng.choice(n, rng.integers(n + 1), replace=False)
    images = np.arange(n)
    images[np.sort(moved)] = moved
    return images


@pytest.mark.parametrize("sizes", [(7,), (3, 5), (5, 3), (2, 3, 4), (4, 1, 4, 3), (1, 1, 6)])
@pytest.mark.parametrize("num_generators", [1, 2, 3])
def test_orbits_of_products_are_found_by_walking(sizes, num_generators, monkeypatch):
    monkeypatch.setattr(orbits, "BLOCK", 10)  # so that orbits of x are cut
    rng = np.random.default_rng(num_generators)
    for _ in range(10):
        images = [[some_permutation(n, rng) for n in sizes] for _ in range(num_generators)]
        generators = [[Monomial(own, np.ones(len(own))) for own in each] for each in images]
        labels = orbits._components(generators, int(np.prod(sizes)))
        assert labels.tolist() == orbits_by_walking(images, sizes)
