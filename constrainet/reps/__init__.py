"""How a symmetry acts: typed vector spaces, their algebra and notation.

A representation says how each element of a group moves the coordinates of a vector (`action.py`).
It starts from those that the group brings with it, such as `V`, whose matrices are the group's own
(`defining.py`), and is composed by direct sums, tensor products and duals (`rep.py`). There are
other functions of representations (`atomic.py`: duals, other fields), parts of them
(`subquotient.py`: subspaces, quotients, symmetric and alternating powers), and ways from a group to
its subgroups and back (`subgroups.py`). Others are given by what is permuted (`permutations.py`),
by the images of the generators or by a function (`generated.py`, `function.py`); a homomorphism on
generators is a matter of groups, and found there. `decompose` finds the irreducible ones in any.

Every one can be written as a sum of tensor products of atoms, and in that form it is handed to the
solver (`question.py`): a `Question` asks for the matrices that are equivariant from `a` to `b`,
which are the invariant vectors of `a >> b`.
"""

from constrainet.reps.atomic import Complexified, Realified
from constrainet.reps.decomposition import (
    IrreducibleDecomposition,
    Irrep,
    clebsch_gordan,
    decompose,
)
from constrainet.reps.defining import Defining, Det, Scalar, Sign, T, V
from constrainet.reps.function import from_function
from constrainet.reps.generated import from_generators
from constrainet.reps.named_irreps import irreducible, irreducibles
from constrainet.reps.named_parts import NamedSum, named
from constrainet.reps.permutations import Permutation, Regular, signed_permutation
from constrainet.reps.question import Question, common_spaces, under_one_group
from constrainet.reps.rep import (
    DirectSum,
    LinearMaps,
    Rep,
    TensorProduct,
    direct_sum,
    tensor_product,
)
from constrainet.reps.subgroups import induce, restrict
from constrainet.reps.subquotient import Alt, Quotient, Subrepresentation, Sym

__all__ = [
    "Alt",
    "Complexified",
    "Defining",
    "Det",
    "DirectSum",
    "IrreducibleDecomposition",
    "Irrep",
    "LinearMaps",
    "NamedSum",
    "Permutation",
    "Question",
    "Quotient",
    "Realified",
    "Regular",
    "Rep",
    "Scalar",
    "Sign",
    "Subrepresentation",
    "Sym",
    "T",
    "TensorProduct",
    "V",
    "clebsch_gordan",
    "common_spaces",
    "decompose",
    "direct_sum",
    "from_function",
    "from_generators",
    "induce",
    "irreducible",
    "irreducibles",
    "named",
    "restrict",
    "signed_permutation",
    "tensor_product",
    "under_one_group",
]
