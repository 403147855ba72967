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

What a group is, is found from its generators by theorems (`predicates.py`, `structure.py`): a
finite one is a group of permutations of the images of the basis vectors (`points.py`,
`permutations.py`), and a compact one keeps an inner product. All of it is looked at in units in
which the generators are of even size, and carried back.

Elements are written in the generators in one of three ways: as words in a list (`words.py`), as
products of representatives from a chain of stabilisers (`stabiliser_chain.py`), which takes
permutation groups of any order, and as exponentials of the Lie algebra that the generators close to
(`closure.py`, `lie_algebra.py`). By these, members are recognised (`membership.py`), elements are
drawn (`random_elements.py`; `haar.py` where the group is known), and homomorphisms that are given
on generators are checked and evaluated (`homomorphism.py`): the images travel along with the words.

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
from constrainet.groups.lie_algebra import LieAlgebra, double_precision
from constrainet.groups.orthogonal import SO, Lorentz, O, SOplus
from constrainet.groups.semidirect import semidirect
from constrainet.groups.structure import ConjugacyClasses
from constrainet.groups.subgroups import stabiliser, subgroup
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
    "resembles",
    "semidirect",
    "stabiliser",
    "subgroup",
    "wreath",
]
