"""Irreducible representations of the symmetric group, by partitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from constrainet.groups import Group
from constrainet.reps.generated import from_generators
from constrainet.reps.irrep import Irrep, irrep


def specht(group: Group, partition: tuple[int, ...], label: str) -> Irrep:
    """Young's orthogonal form of S(n), in the basis of the standard tableaux.

    The transposition of i and i + 1 acts on a tableau T as 1/r on T and √(1 - 1/r²) to the tableau
    with the two exchanged, r being how many steps to the right or up lead from i to i + 1.

    References:
        James, Kerber, "The representation theory of the symmetric group" (1981), section 3.4.
    """
    n = sum(partition)
    tableaux = sorted(_tableaux(partition))
    places = {tableau: i for i, tableau in enumerate(tableaux)}
    swaps = []
    for i in range(n - 1):
        matrix = np.zeros((len(tableaux), len(tableaux)))
        for tableau, place in places.items():
            contents = _contents(tableau)
            distance = contents[i + 1] - contents[i]
            matrix[place, place] = 1 / distance
            if abs(distance) > 1:  # else they share a row or column, and stay in their places
                exchanged = (*tableau[:i], tableau[i + 1], tableau[i], *tableau[i + 2 :])
                matrix[places[exchanged], place] = np.sqrt(1 - 1 / distance**2)
        swaps.append(matrix)
    # the cycle of all is the product of the neighbours' transpositions; see `groups.S`
    cycle = np.eye(len(tableaux))
    for matrix in swaps:
        cycle = cycle @ matrix
    images = [cycle, swaps[0]] if n > 2 else [cycle] * (n - 1)
    rho = np.array(images).reshape(-1, len(tableaux), len(tableaux))
    parent = from_generators(group, rho=rho, label=label)
    return irrep(parent, np.eye(len(tableaux)), "real", label)


def partitions(n: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """The partitions of n in decreasing lexicographic order: (n), (n-1, 1), ..."""
    if n == 0:
        yield ()
    for first in range(min(n, n if largest is None else largest), 0, -1):
        for rest in partitions(n - first, first):
            yield (first, *rest)


def _tableaux(partition: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Standard tableaux, as the sequence of the rows of 1, ..., n."""
    if not sum(partition):
        yield ()
        return
    for row, length in enumerate(partition):
        below = partition[row + 1] if row + 1 < len(partition) else 0
        if length > below:
            smaller = (*partition[:row], length - 1, *partition[row + 1 :])
            for rest in _tableaux(smaller):
                yield (*rest, row)


def _contents(tableau: tuple[int, ...]) -> list[int]:
    """Column minus row of each entry."""
    lengths: dict[int, int] = {}
    contents = []
    for row in tableau:
        contents.append(lengths.get(row, 0) - row)
        lengths[row] = lengths.get(row, 0) + 1
    return contents
