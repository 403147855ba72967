"""What a symmetry is: groups of matrices, given by generators.

A `Group` is a value: the matrices of its Lie algebra and of its discrete generators, and nothing
else. What can be said about it (is it orthogonal? do its elements only permute the coordinates?)
is found from these matrices and never declared, so a group typed in by hand is treated exactly
like one of the catalogue, and equal matrices make equal groups. Large permutation groups hold
index arrays instead of matrices; a direct product holds its factors, and forms block-diagonal
matrices when asked for them.

The catalogue has a function for each name, in `lie.py` and `finite.py`. Elements are drawn by
samplers: from known distributions (`haar.py`, `uniform.py`) where the group is known, through
`stabiliser_chain.py` for permutation groups of any order, and by a random walk along the
generators (`random_walk.py`) where nothing else is known.

How a symmetry acts on other spaces than its own is a matter for the floor above, `reps`.
"""

from constrainet.groups.finite import (
    P4,
    P4M,
    A,
    C,
    Cube,
    D,
    Hyperoctahedral,
    Icosahedral,
    RubiksCube,
    S,
    Z,
)
from constrainet.groups.group import Group
from constrainet.groups.lie import (
    GL,
    SE,
    SL,
    SO,
    SU,
    Lorentz,
    O,
    Scaling,
    SOplus,
    Sp,
    Trivial,
    U,
)

__all__ = [
    "GL",
    "P4",
    "P4M",
    "SE",
    "SL",
    "SO",
    "SU",
    "A",
    "C",
    "Cube",
    "D",
    "Group",
    "Hyperoctahedral",
    "Icosahedral",
    "Lorentz",
    "O",
    "RubiksCube",
    "S",
    "SOplus",
    "Scaling",
    "Sp",
    "Trivial",
    "U",
    "Z",
]
