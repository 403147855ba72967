"""Representations of one group, taken for representations of a product that contains it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constrainet.linalg import digest
from constrainet.reps.atomic import AtomicRep, dense_images
from constrainet.reps.rep import Rep


@dataclass(frozen=True, eq=False, repr=False)
class Inflation(AtomicRep):
    """ρ(g₁, g₂) = ρ(g₁): the other factors of a product leave everything alone.

    Made when representations of different groups are added or multiplied, of those that are bound
    to their own group; `V` and what is composed of it need none.

    Attributes:
        rep: of the smaller group.
        places: for each factor of its group, the place in the larger one.
    """

    rep: Rep
    places: tuple[int, ...]

    @property
    def dim(self) -> int:
        return self.rep.dim

    @property
    def is_complex(self) -> bool:
        return self.rep.is_complex

    @cached_property
    def T(self) -> Rep:
        return self if self.rep.T is self.rep else Inflation(self.group, self.rep.T, self.places)

    @cached_property
    def key(self) -> bytes:
        return digest("inflation", self.group.key, self.rep.key, self.places)

    def lift(self, group, places):
        return inflate(self.rep, group, tuple(places[place] for place in self.places))

    def matrices(self, place):
        if place in self.places:
            return dense_images(self.rep, self.places.index(place))
        factor = self.group.factors[place]
        n = self.dim
        return [np.eye(n)] * len(factor.discrete_matrices), [np.zeros((n, n))] * len(
            factor.lie_algebra
        )

    def _own(self, blocks):
        return tuple(blocks[place] for place in self.places)

    def _rho(self, blocks):
        return self.rep._rho(self._own(blocks))

    def _drho(self, blocks):
        return self.rep._drho(self._own(blocks))

    def _act(self, blocks, x):
        return self.rep._act(self._own(blocks), x)

    def __str__(self):
        return str(self.rep)


def inflate(rep: Rep, group, places) -> Rep:
    """A representation for a larger product group; itself if the group is the same."""
    if group == rep.group and tuple(places) == tuple(range(len(places))):
        return rep
    return Inflation(group, rep, tuple(places))
