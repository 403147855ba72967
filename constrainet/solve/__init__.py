"""From the images of some generators to the subspace that they leave invariant.

This floor is the linear algebra of invariants, and knows neither groups nor notation. A question
comes in normal form (`problem.py`): spaces that are sums of tensor products of atoms, each atom the
images of the same generators. `invariants.py` reduces it, puts it into even units (`units.py`) and
asks the methods in order; `method.py` says what one is, and each is a file: `orbits.py` where
generators permute coordinates up to phases, `isotypic.py` where their algebra is closed under the
adjoint, and `nullspace.py` for everything else. Irreducibles and their copies are found by
`irreps.py`, from random elements of the algebra (`formulas.py`) and their eigenspaces
(`eigenspaces.py`), and checked by `schur.py`. The answer is a certified `Subspace` in factors,
remembered in memory (`cache.py`) and, where that saves time, on disk (`storage.py`).
"""

from constrainet.solve.block import Block
from constrainet.solve.cache import clear_memory
from constrainet.solve.decomposition import Component, Decomposition, decompose
from constrainet.solve.invariants import METHODS, all_intertwiners, intertwiners
from constrainet.solve.isotypic import IrreducibleBlock, IsotypicForm
from constrainet.solve.limits import memory_limit
from constrainet.solve.method import Certificate, Form, Solution, constant
from constrainet.solve.nullspace import DenseForm
from constrainet.solve.orbits import OrbitForm
from constrainet.solve.problem import TRIVIAL, Atom, Space, Symmetry, Term
from constrainet.solve.schur import Irreducible
from constrainet.solve.subspace import Projector, Subspace

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
    "all_intertwiners",
    "clear_memory",
    "constant",
    "decompose",
    "intertwiners",
    "memory_limit",
]
