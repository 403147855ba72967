"""Complex spaces as real ones, and real spaces as complex ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constrainet.linalg import digest
from constrainet.reps.arguments import check_rep
from constrainet.reps.atomic import AtomicRep, dense_images
from constrainet.reps.dual import dual
from constrainet.reps.rep import Rep
from constrainet.reps.symmetries import realified


@dataclass(frozen=True, eq=False, repr=False)
class RealifiedRep(AtomicRep):
    """Cⁿ as R²ⁿ; made by `Realified`.

    Attributes:
        rep: the representation on Cⁿ.
    """

    rep: Rep

    @property
    def dim(self) -> int:
        return 2 * self.rep.dim

    @property
    def is_complex(self) -> bool:
        return False

    @cached_property
    def T(self) -> Rep:
        return dual(self)

    @cached_property
    def key(self) -> bytes:
        return digest("realified", self.rep.key)

    def lift(self, group, places):
        return self if group == self.group else RealifiedRep(group, self.rep.lift(group, places))

    def matrices(self, place):
        discrete, lie = dense_images(self.rep, place)
        return [realified(h) for h in discrete], [realified(A) for A in lie]

    def _rho(self, blocks):
        return realified(self.rep._rho(blocks))

    def _drho(self, blocks):
        return realified(self.rep._drho(blocks))

    def _act(self, blocks, x):
        xp, n = x.__array_namespace__(), self.rep.dim
        if np.dtype(x.dtype).kind == "c":
            return x @ self._rho(blocks).T
        real, imaginary = self.rep._act(blocks, x[..., :n]), self.rep._act(blocks, x[..., n:])
        upper = xp.real(real) - xp.imag(imaginary)
        return xp.concat([upper, xp.imag(real) + xp.real(imaginary)], axis=-1)

    def __str__(self):
        return f"({self.rep})_R"


def Realified(rep: Rep) -> Rep:
    """A complex representation on Cⁿ as a real one on R²ⁿ.

    Coordinates are the n real parts and then the n imaginary parts; ρ(g) has the blocks
    [[Re, -Im], [Im, Re]]. Maps between such representations are real-linear, which is more than
    complex-linear.

    Args:
        rep: of dimension n. Of a real one the result is two copies.

    Returns:
        A real representation of dimension 2n.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        The spinors of SU(2) are of quaternionic type: they have four real maps to themselves.

        >>> from constrainet.groups import SU
        >>> from constrainet.reps import Realified, V
        >>> spinor = Realified(V(SU(2)))
        >>> (spinor >> spinor).equivariant_basis().rank
        4
    """
    check_rep("Realified", rep)
    return RealifiedRep(rep.group, rep) if rep.is_complex else 2 * rep


@dataclass(frozen=True, eq=False, repr=False)
class ComplexifiedRep(AtomicRep):
    """Rⁿ as Cⁿ; made by `Complexified`.

    Attributes:
        rep: the representation on Rⁿ.
    """

    rep: Rep

    @property
    def dim(self) -> int:
        return self.rep.dim

    @property
    def is_complex(self) -> bool:
        return True

    @cached_property
    def T(self) -> Rep:
        return self if self.rep.T is self.rep else ComplexifiedRep(self.group, self.rep.T)

    @cached_property
    def key(self) -> bytes:
        return digest("complexified", self.rep.key)

    def lift(self, group, places):
        return self if group == self.group else ComplexifiedRep(group, self.rep.lift(group, places))

    def matrices(self, place):
        discrete, lie = dense_images(self.rep, place)
        return [h.astype(complex) for h in discrete], [A.astype(complex) for A in lie]

    def _rho(self, blocks):
        return self._complex(self.rep._rho(blocks))

    def _drho(self, blocks):
        return self._complex(self.rep._drho(blocks))

    def _complex(self, matrix):
        xp = matrix.__array_namespace__()
        return matrix.astype(xp.result_type(matrix.dtype, xp.complex64))

    def _act(self, blocks, x):
        return self.rep._act(blocks, self._complex(x))

    def __str__(self):
        return f"({self.rep})_C"


def Complexified(rep: Rep) -> Rep:
    """A real representation on Rⁿ as a complex one on Cⁿ, with the same matrices.

    Maps between such representations are complex-linear, and irreducible parts are those over the
    complex numbers: the vectors of SO(2) split into two characters.

    Args:
        rep: a real representation; a complex one is returned as it is.

    Returns:
        A complex representation of the same dimension.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Complexified, V, decompose
        >>> print(decompose(V(SO(2))), decompose(Complexified(V(SO(2)))))
        [2] [1]₁⊕[1]₂
    """
    check_rep("Complexified", rep)
    return rep if rep.is_complex else ComplexifiedRep(rep.group, rep)
