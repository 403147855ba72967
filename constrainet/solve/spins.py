"""Decompositions under rotations, by weights and Clebsch-Gordan coefficients.

Where the Lie algebra of a symmetry is that of the rotations of space (SO(3), O(3), SU(2)),
irreducibles are known beforehand: those of spin j, times a sign under what commutes with the
rotations, as an inversion does. An atom is split into them by the eigenvalues of J₃ and of J²,
which are whole numbers; and a product of two is known by their couplings. Random elements, whose
eigenvalues come close to each other in large spaces, are not needed; but they say what the
canonical basis of an irreducible is, as they do for all other groups (`irreps.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg
from scipy.spatial.transform import Rotation

from constrainet.linalg import (
    canonical_combinations,
    couplings,
    real_harmonics,
    rotation_generators,
    to_dense,
)
from constrainet.solve.eigenspaces import DecompositionError, orthonormalised
from constrainet.solve.problem import Atom, Symmetry
from constrainet.tolerances import EXACT

if TYPE_CHECKING:
    from constrainet.solve.irreps import Catalogue

WHOLE = 1e-6
"""How far an eigenvalue that should be a whole number may be from one: those of exact generators
are to 1e-11, others by no power of ten."""

Label = tuple[int, tuple[int, ...]]
"""Twice the spin, and the sign under what each discrete generator is apart from a rotation."""

Copies = np.ndarray
"""Isometric intertwiners from an irreducible, shape (multiplicity, n, d)."""


class Spins:
    """The irreducibles of a symmetry that is made of rotations, in canonical bases.

    Args:
        catalogue: which knows irreducibles by their canonical bases, and learns new ones.
        frame: shape (3, 3), the combinations of the Lie generators with [L₁, L₂] = L₃.
        turns: the rotation vectors of the discrete generators, each shape (3,).
    """

    def __init__(self, catalogue: Catalogue, frame: np.ndarray, turns: Sequence[np.ndarray]):
        self._catalogue = catalogue
        self._frame = frame
        self._turns = turns
        self._parts: dict[Atom, dict[Label, Copies]] = {}
        self._labels: dict[int, Label] = {}
        self._bases: dict[Label, tuple[int, np.ndarray]] = {}
        self._canonical((0, (1,) * len(turns)))

    @classmethod
    def of(cls, symmetry: Symmetry, catalogue: Catalogue) -> Spins | None:
        """None if the Lie algebra is another, or discrete generators move it out of itself."""
        frame = _frame(symmetry.infinitesimal)
        if frame is None:
            return None
        L = np.tensordot(frame, symmetry.infinitesimal, 1)
        turns = [_turn(to_dense(h), L) for h in symmetry.discrete]
        known = [turn for turn in turns if turn is not None]
        return cls(catalogue, frame, known) if len(known) == len(turns) else None

    def fuse(self, irrep: int, atom: Atom) -> dict[int, Copies] | None:
        """The irreducibles in the product of one with an atom, as `Catalogue.decompose`.

        None if the irreducible was not found here, or the atom is not made of such.
        """
        try:
            parts = self._parts_of(atom)
            first, signs = self._labels[irrep]
        except (DecompositionError, KeyError):
            return None
        basis = self._bases[first, signs][1]
        found: dict[Label, list[Copies]] = {}
        for (second, others), copies in parts.items():
            product = tuple(s * t for s, t in zip(signs, others, strict=True))
            for spin, coupling in _standard_couplings(first, second).items():
                coupling = np.tensordot(basis.conj(), coupling, (0, 0))
                paths = np.einsum("ijk,pnj->pink", coupling, copies, optimize=True)
                paths = paths.reshape(len(copies), -1, spin + 1)
                found.setdefault((spin, product), []).append(paths)
        result = {}
        for label, paths in found.items():
            index, basis = self._canonical(label)
            copies = np.concatenate(paths) @ basis
            seeds = canonical_combinations(copies[:, :, 0].T)
            result[index] = np.tensordot(seeds, copies, (0, 0))
        return {i: result[i] for i in self._catalogue.in_order(result)}

    def _canonical(self, label: Label) -> tuple[int, np.ndarray]:
        """The index of an irreducible, and its canonical basis in the standard one."""
        if label not in self._bases:
            symmetry = self._catalogue.symmetry
            spin, signs = label
            L = _standard_generators(spin)
            lie = np.tensordot(np.linalg.inv(self._frame), L, 1)
            turned = [scipy.linalg.expm(np.tensordot(turn, L, 1)) for turn in self._turns]
            discrete = tuple(sign * turn for sign, turn in zip(signs, turned, strict=True))
            images = self._catalogue.formulas.images(Atom(symmetry, discrete, lie, spin + 1))
            index, basis = self._catalogue.index_of(images)
            self._bases[label], self._labels[index] = (index, basis), label
        return self._bases[label]

    def _parts_of(self, atom: Atom) -> dict[Label, Copies]:
        if atom not in self._parts:
            L = np.tensordot(self._frame, atom.infinitesimal, 1)
            is_real = not (self._catalogue.is_complex or atom.is_complex)
            copies = {(spin, ()): c for spin, c in _spins(L, is_real).items()}
            for h, turn in zip(atom.discrete, self._turns, strict=True):
                inner = scipy.linalg.expm(np.tensordot(-turn, L, 1))
                copies = _signed(copies, to_dense(h) @ inner)
            self._parts[atom] = copies
        return self._parts[atom]


def _frame(generators: np.ndarray) -> np.ndarray | None:
    """The combinations L of three anti-Hermitian generators with [L₁, L₂] = L₃, cyclically."""
    adjoints = generators.conj().swapaxes(1, 2)
    if len(generators) != 3 or np.abs(generators + adjoints).max() > EXACT:
        return None
    flat = generators.reshape(3, -1)
    flat = np.concatenate([np.real(flat), np.imag(flat)], axis=1)
    products = generators[:, None] @ generators
    brackets = (products - products.swapaxes(0, 1)).reshape(9, -1)
    brackets = np.concatenate([np.real(brackets), np.imag(brackets)], axis=1)
    constants = np.linalg.lstsq(flat.T, brackets.T, rcond=None)[0]
    if np.abs(constants.T @ flat - brackets).max() > EXACT:
        return None
    c = constants.T.reshape(3, 3, 3)  # [A_i, A_j] = Σ_k c[i, j, k] A_k
    values, vectors = np.linalg.eigh(-np.einsum("ikl,jlk->ij", c, c) / 2)
    if values[0] < WHOLE:
        return None  # not semisimple
    frame = (vectors / np.sqrt(values)) @ vectors.T
    bracket = np.einsum("i,j,ijk->k", frame[0], frame[1], c)
    return frame * np.sign(bracket @ np.linalg.inv(frame)[:, 2])


def _turn(h: np.ndarray, L: np.ndarray) -> np.ndarray | None:
    """w with h L h⁻¹ = exp(w·L) L exp(-w·L), as has every automorphism of the rotations."""
    moved = h @ L @ np.linalg.inv(h)
    gram = np.einsum("aij,bij->ab", L.conj(), L).real
    R = np.linalg.solve(gram, np.einsum("aij,bij->ab", L.conj(), moved).real)
    if np.abs(moved - np.tensordot(R, L, (0, 0))).max() > EXACT:
        return None
    return Rotation.from_matrix(R).as_rotvec()


def _signed(copies: dict[Label, Copies], central: np.ndarray) -> dict[Label, Copies]:
    """Copies on which a matrix that commutes with rotations is 1, and those on which it is -1."""
    found = {}
    for (spin, signs), old in copies.items():
        first = old[:, :, 0]
        inner = first.conj() @ central @ first.T
        values, vectors = np.linalg.eigh((inner + inner.conj().T) / 2)
        if np.abs(np.abs(values) - 1).max() > WHOLE:
            raise DecompositionError("What commutes with the rotations is no reflection.")
        for sign in (1, -1):
            if (chosen := vectors[:, sign * values > 0]).size:
                found[spin, (*signs, sign)] = np.tensordot(chosen, old, (0, 0))
    return found


def _spins(L: np.ndarray, is_real: bool) -> dict[int, Copies]:
    """By twice the spin, the isometric intertwiners from its standard representation.

    They start with m = 0 or 1/2, where every spin has a vector. What J₊ and J₋ make of these is
    freed of what rounding puts into greater spins, which alone grows from step to step.

    Args:
        L: the images of the standard generators, shape (3, n, n), anti-Hermitian.
        is_real: whether intertwiners are wanted real.
    """
    values, vectors = np.linalg.eigh(1j * L[2])
    weights = _whole(2 * values)
    if is_real and (weights % 2).any():
        raise DecompositionError("Half-integral spins are not real.")
    spaces = {int(m): vectors[:, weights == m] for m in np.unique(weights)}  # by twice m
    raising = 1j * L[0] - L[1]
    greater = {m: np.zeros((len(values), 0), complex) for m in spaces}
    found = {}
    for start in {0, 1} & set(spaces):
        space = spaces[start]
        if is_real and start == 0:
            space = np.linalg.svd(np.hstack([np.real(space), np.imag(space)]))[0][
                :, : space.shape[1]
            ]
        raised = raising @ space
        squares = raised.conj().T @ raised
        values, combinations = np.linalg.eigh(squares.real if is_real else squares)
        # J₋ J₊ is j(j + 1) - m(m + 1)
        spins = _whole(np.sqrt(np.maximum(4 * values + (start + 1) ** 2, 0))) - 1
        for spin in map(int, np.unique(spins)[::-1]):
            columns = {start: space @ combinations[:, spins == spin]}
            for sign in (1, -1):
                for m in range(start, sign * spin, 2 * sign):
                    step = raising if sign > 0 else raising.conj().T
                    moved = step @ columns[m]
                    target, others = spaces[m + 2 * sign], greater[m + 2 * sign]
                    moved = target @ (target.conj().T @ moved)
                    moved = moved - others @ (others.conj().T @ moved)
                    size = np.sqrt((spin - sign * m) * (spin + sign * m + 2)) / 2
                    columns[m + 2 * sign] = orthonormalised(moved / size)
            for m, new in columns.items():
                greater[m] = np.hstack([greater[m], new])
            together = np.stack([columns[m] for m in sorted(columns)], axis=2)  # (n, m, d)
            standard = together.swapaxes(0, 1) @ _standard_basis(spin)
            found[spin] = np.ascontiguousarray(np.real(standard) if is_real else standard)
    return found


def _whole(values: np.ndarray) -> np.ndarray:
    whole = np.rint(values)
    if np.abs(values - whole).max() > WHOLE:
        raise DecompositionError("The weights of a representation of rotations are not whole.")
    return whole.astype(int)


def _standard_basis(spin: int) -> np.ndarray:
    """In terms of |j, m⟩: the real harmonics if j is whole."""
    return np.eye(spin + 1) if spin % 2 else real_harmonics(spin // 2)


def _standard_generators(spin: int) -> np.ndarray:
    basis = _standard_basis(spin)
    generators = basis.conj().T @ rotation_generators(spin) @ basis
    return generators if spin % 2 else np.ascontiguousarray(np.real(generators))


def _standard_couplings(a: int, b: int) -> dict[int, np.ndarray]:
    """Isometric intertwiners from each spin to the product of two, (a+1, b+1, spin+1)."""
    found = {}
    for spin, coupling in couplings(a, b).items():
        bases = _standard_basis(a).conj(), _standard_basis(b).conj(), _standard_basis(spin)
        standard = np.einsum("ijk,ip,jq,kr->pqr", coupling, *bases, optimize=True)
        if a % 2 == b % 2 == 0:  # of three real harmonics, real or imaginary
            standard = standard.real if (a + b - spin) % 4 == 0 else standard.imag
        found[spin] = standard
    return found
