"""Which copies of components meet, where every copy of the result takes a product or a few.

A path couples m copies of one component with n of another, so there are m n products along it; of a
component with itself, m (m + 1) / 2 where the coupling is symmetric and m (m - 1) / 2 where it is
antisymmetric. They are numbered so that copies occur equally often among the first ones, whatever
their number; which are used depends on such counts alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, cycle, islice
from math import lcm

import numpy as np

from constrainet.tolerances import NEGLIGIBLE_ENTRY

MOST_ENTRIES = 12
"""Paths with more entries for one coordinate of the result are dear: they occur once while others
have products left, and do not take turns, or they would take most of the time."""

MOST_DEAR_ENTRIES = 10
"""Of all dear paths together, for each coordinate of the target on average. Where they have more,
they are left out while others have products left, but for one to a component to which the others
lead only by products with itself."""


@dataclass(frozen=True, eq=False)
class Path:
    """One way to couple two components to a third.

    Args:
        left, right, result: the components.
        coupling: shape (d, d_left, d_right), of Frobenius norm 1.
        symmetry: of a component with itself, 1 if the coupling is symmetric, -1 if it is
            antisymmetric; 0 for different components, or arguments.
    """

    left: int
    right: int
    result: int
    coupling: np.ndarray
    symmetry: int

    @cached_property
    def entries(self) -> np.ndarray:
        """Shape (entries, 3): where the coupling is not zero."""
        return np.argwhere(np.abs(self.coupling) > NEGLIGIBLE_ENTRY)

    @property
    def cost(self) -> tuple[int, int]:
        """The most entries for one coordinate of the result, and the entries of all."""
        by_row = np.bincount(self.entries[:, 0])
        return int(by_row.max()), int(by_row.sum())

    def num_products(self, m: int, n: int) -> int:
        """How many different products there are of m copies and n copies."""
        return m * (m + self.symmetry) // 2 if self.symmetry else m * n

    def pair(self, number: int, m: int, n: int) -> tuple[int, int]:
        """The copies that meet in a product, given its number among `num_products(m, n)`.

        Of different components, copy k mod m meets k mod n, until after lcm(m, n) products all
        pairs with one difference modulo gcd(m, n) have met; then each meets the next, and so on.
        Of one component, pairs of different copies come first, in the order of a tournament.
        """
        if not self.symmetry:
            return number % m, (number + number // lcm(m, n)) % n
        different = m * (m - 1) // 2
        if number < different:
            return _match(number, m)
        return number - different, number - different


Product = tuple[Path, int, int]
"""A path, and the copies of its left and its right component."""


def _match(number: int, players: int) -> tuple[int, int]:
    """Who meets in a tournament in which everyone meets everyone once, and in each round once.

    In round r those meet that stand at r + t and r - t in a circle of odd length: their sum is 2 r
    modulo that length, so that no pair meets in two rounds. Of an even number, one does not stand
    there, and meets the one at r.
    """
    circle = players - 1 + players % 2
    start, step = divmod(number, players // 2)
    step += players % 2
    return (start + step) % circle, (start - step) % circle if step else circle


def deal(
    paths: Mapping[int, Sequence[Path]],
    sources: Sequence[Mapping[int, int]],
    target: Mapping[int, int],
) -> dict[int, list[Product]]:
    """Products for each copy of each component of the target, round by round.

    Paths occur once, and cheap ones over and over: no product twice before all products of all
    paths to its component occurred. So the first n of them are different if there are n, and n
    copies, each a sum of some with weights of its own, are linearly independent functions.

    Where a path begins with its products is where the turn of its components is, because a circular
    shift of copies takes different products to different ones. So paths share out the copies.

    Args:
        paths: by component of the target, cheap ones first.
        sources: by component, how many copies each of two arguments has, or the only one.
        target: by component, how many copies the target has.

    Returns:
        By component, a multiple of its copies: so many products for each of them.
    """
    left, right = sources[0], sources[-1]
    cheap = {
        i: max(1, sum(path.cost[0] <= MOST_ENTRIES for path in found)) for i, found in paths.items()
    }
    rows = sum(target[i] * len(found[0].coupling) for i, found in paths.items())
    dear_entries = sum(p.cost[1] for i, found in paths.items() for p in found[cheap[i] :])
    has_dear = dear_entries <= MOST_DEAR_ENTRIES * rows
    turns: Counter[tuple[int, int]] = Counter()
    dealt = {}
    for i, found in paths.items():
        ahead = len(found) if has_dear else cheap[i]
        # a component that only products with itself led to would stay zero
        made = next((k for k, path in enumerate(found) if i not in (path.left, path.right)), 0)
        firsts = [*range(ahead), *([made] if made >= ahead else [])]
        sizes = [path.num_products(left[path.left], right[path.right]) for path in found]
        rounds = -(-len(firsts) // target[i])
        numbered = list(islice(_in_turns(sizes, cheap[i], firsts), rounds * target[i]))
        starts = {}
        for place, uses in Counter(place for place, _ in numbered).items():
            whose = (0, found[place].left), (len(sources) - 1, found[place].right)
            starts[place] = [turns[each] for each in whose]
            for each in whose:
                turns[each] += uses
        dealt[i] = []
        for place, number in numbered:
            path, (a, b) = found[place], starts[place]
            m, n = left[path.left], right[path.right]
            j, k = path.pair(number, m, n)
            dealt[i].append((path, (a + j) % m, (b + k) % n))
    return dealt


def _in_turns(sizes: Sequence[int], cheap: int, firsts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places of paths and numbers of their products: first ones, those of the cheap paths in turns,
    those of the dear ones, and when there are no more, again.
    """

    def laps(places: Iterable[int]) -> Iterator[tuple[int, int]]:
        places = list(places)
        for number in range(max((sizes[place] for place in places), default=0)):
            yield from ((place, number) for place in places if number < sizes[place])

    start = [(place, 0) for place in firsts]
    rest = chain(laps(range(cheap)), laps(range(cheap, len(sizes))))
    again = cycle(laps(range(cheap)))
    return chain(start, (each for each in rest if each not in start), again)
