"""From the images of some generators to the subspace that they leave invariant.

This floor is the linear algebra of invariants, and knows neither groups nor notation. A question
comes in normal form (`problem.py`): spaces that are sums of tensor products of atoms, each atom the
images of the same generators. `invariants.py` reduces it, puts it into even units (`units.py`) and
chooses among three methods: `orbits.py` where generators permute coordinates up to phases,
`isotypic.py` where their algebra is closed under the adjoint, and `nullspace.py` for everything
else. Irreducibles and their copies are found by `irreps.py`, from random elements of the algebra
(`formulas.py`) and their eigenspaces (`eigenspaces.py`). The answer is a `Subspace` in factors
(`forms.py`, `subspace.py`), certified (`certificate.py`, `schur.py`), and remembered (`cache.py`;
null spaces in `storage.py` too, checked by `completeness.py`).
"""

from constrainet.memory import memory_limit
from constrainet.solve.cache import clear_memory
from constrainet.solve.certificate import Certificate
from constrainet.solve.decomposition import Component, Decomposition, decompose
from constrainet.solve.forms import (
    DenseForm,
    Form,
    Irreducible,
    IrreducibleBlock,
    IsotypicForm,
    OrbitForm,
    constant,
)
from constrainet.solve.invariants import METHODS, intertwiners
from constrainet.solve.problem import TRIVIAL, Atom, Space, Symmetry, Term
from constrainet.solve.projector import Projector
from constrainet.solve.subspace import Block, Solution, Subspace

__all__ = [
    "METHODS",
    "TRIVIAL",
    "Atom",
    "Block",
    "Certificate",
    "Component",
    "Decomposition",
    "DenseForm",
    "Form",
    "Irreducible",
    "IrreducibleBlock",
    "IsotypicForm",
    "OrbitForm",
    "Projector",
    "Solution",
    "Space",
    "Subspace",
    "Symmetry",
    "Term",
    "clear_memory",
    "constant",
    "decompose",
    "intertwiners",
    "memory_limit",
]
