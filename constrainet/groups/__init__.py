"""What a symmetry is: groups of matrices, given by generators.

A `Group` is a value: the matrices of its Lie algebra and of its discrete generators, and nothing
else. What can be said about it (is it orthogonal? do its elements only permute the coordinates?)
is found from these matrices and never declared, so a group typed in by hand is treated exactly
like one of the catalogue, and equal matrices make equal groups. Large permutation groups hold
index arrays instead of matrices; a direct product holds its factors, and forms block-diagonal
matrices when asked for them.

The catalogue has a function for each name, in `orthogonal.py`, `lie.py` and `finite.py`. Other
groups come from permutations, tables, rotations or functions of parameters (`constructors.py`), or
from groups: on more coordinates, in other bases, on several copies (`constructions.py`), as
semidirect products (`semidirect.py`) and as subgroups (`subgroups.py`).

What a group is, is found from its generators by theorems (`structure.py`): a finite one is a group
of permutations of the images of the basis vectors (`points.py`, `permutations.py`,
`enumeration.py`), a Lie group has the Lie algebra that its generators close to (`lie_algebra.py`),
and a compact one keeps an inner product (`boundedness.py`). All of it is looked at in units in
which the generators are of even size (`units.py`), and carried back. Elements are drawn by
samplers: from known distributions (`haar.py`, `uniform.py`) where the group is known, through
`stabiliser_chain.py` for permutation groups of any order, and by a random walk along the
generators (`random_walk.py`) where nothing else is known.

How a symmetry acts on other spaces than its own is a matter for the floor above, `reps`.
"""

from constrainet.groups.arguments import check_precision
from constrainet.groups.constructions import conjugate, diagonal, embed, wreath
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
from constrainet.groups.group import Group, check_group
from constrainet.groups.homomorphism import Homomorphism, is_known_finite, resembles
from constrainet.groups.lie import GL, SE, SL, SU, Scaling, Sp, Trivial, U
from constrainet.groups.lie_algebra import LieAlgebra
from constrainet.groups.orthogonal import SO, Lorentz, O, SOplus
from constrainet.groups.precision import double_precision
from constrainet.groups.semidirect import semidirect
from constrainet.groups.structure import ConjugacyClasses
from constrainet.groups.subgroups import stabiliser, subgroup
from constrainet.groups.units import is_singular, units_of
from constrainet.groups.words import RelationError

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
    "ConjugacyClasses",
    "Cube",
    "D",
    "Group",
    "Homomorphism",
    "Hyperoctahedral",
    "Icosahedral",
    "LieAlgebra",
    "Lorentz",
    "O",
    "RelationError",
    "RubiksCube",
    "S",
    "SOplus",
    "Scaling",
    "Sp",
    "Trivial",
    "U",
    "Z",
    "check_group",
    "check_precision",
    "conjugate",
    "diagonal",
    "double_precision",
    "embed",
    "is_known_finite",
    "is_singular",
    "resembles",
    "semidirect",
    "stabiliser",
    "subgroup",
    "units_of",
    "wreath",
]
