"""The product of an equivariant matrix with a batch, in irreducible coordinates.

By Schur's lemma an equivariant matrix only mixes the copies of each irreducible. Its product with a
vector costs Σ d·e·m·n multiplications there, over the irreducibles of dimension d and type e with m
copies in the source and n in the target, instead of dim_in·dim_out.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from constrainet.linalg import kronecker_pairs
from constrainet.maps.coordinates import Coordinates
from constrainet.solve import IsotypicForm, Subspace, constant


@dataclass(frozen=True, eq=False)
class _Mixing:
    """How the copies of one irreducible are mixed.

    Args:
        commutant: shape (e, d, d).
        places: shape (e, n, m): the solver's coefficient of each entry.
    """

    commutant: np.ndarray
    places: np.ndarray


class IrreducibleProduct:
    """The product in irreducible coordinates, one small matrix for each irreducible."""

    def __init__(self, source: Coordinates, target: Coordinates, mixings: dict):
        self.source, self.target, self.mixings = source, target, mixings
        self.multiplications = source.multiplications + target.multiplications
        for mixing in mixings.values():
            e, d, _ = mixing.commutant.shape
            m = mixing.places.shape[2]
            self.multiplications += d * mixing.places.size + (e > 1) * e * d * d * m

    def from_coefficients(self, coefficients):
        return {
            key: coefficients[mixing.places] / np.sqrt(mixing.commutant.shape[1])
            for key, mixing in self.mixings.items()
        }

    def from_matrix(self, w):
        # rows (outputs) are vectors of the source after conjugation: <B J Uᴴ, W> = Bᴴ W U
        right = self.source.analyse(w.conj())  # (d, rows, m)
        weights = {}
        for key, mixing in self.mixings.items():
            columns = right[key].conj()
            d, _, m = columns.shape
            # each of the d·m columns is a vector of the target
            left = self.target.analyse(columns.transpose(0, 2, 1).reshape(d * m, -1))[key]
            left = left.reshape(d, d, m, -1)  # (a, b, m, n)
            commutant = constant(mixing.commutant.conj(), left)
            weights[key] = jnp.einsum("eab,abmn->enm", commutant, left) / d
        return weights

    def apply(self, weights, x):
        z = self.source.analyse(x)
        mixed = {}
        for key, mixing in self.mixings.items():
            e, n, m = mixing.places.shape
            part, weight = z[key], weights[key]
            if e > 1:
                commutant = constant(mixing.commutant, part)
                part = jnp.einsum("eab,bzm->azem", commutant, part)
                part = part.reshape(*part.shape[:2], e * m)
            matrix = weight.transpose(0, 2, 1).reshape(e * m, n)
            mixed[key] = part @ matrix
        if not mixed:
            return jnp.zeros((len(x), self.target.space.dim), x.dtype)
        return self.target.synthesise(mixed)


def irreducible_product(subspace: Subspace) -> IrreducibleProduct | None:
    """The product in irreducible coordinates, if every block was solved by irreducibles."""
    rows, columns = subspace.rows, subspace.columns
    left: list[dict] = [{} for _ in rows.terms]
    right: list[dict] = [{} for _ in columns.terms]
    commutants: dict = {}
    entries: dict = {}
    row_of = {id(term): i for i, term in enumerate(rows.terms)}
    column_of = {id(term): i for i, term in enumerate(columns.terms)}
    for block in subspace.blocks:
        forms = [solution.form for solution in block.solutions]
        for form, dims in zip(forms, block.dims, strict=True):
            if not isinstance(form, IsotypicForm) or (form.rows, form.columns) != dims:
                return None
        i, j = row_of[id(block.row_term)], column_of[id(block.column_term)]
        numbers = np.arange(block.start, block.stop).reshape(block.shape)
        for key, bases, commutant, part in _shared(forms, numbers):
            left[i][key], right[j][key] = bases
            commutants[key] = commutant
            entries[key, i, j] = part  # (n, m, e, kn, km)
    frames = _frames(left, right)
    for sides in (left, right):
        for part in sides:
            for key, copies in part.items():
                part[key] = copies @ frames[key].conj().T if key in frames else copies
    for key, frame in frames.items():
        commutants[key] = frame @ commutants[key] @ frame.conj().T
    source, target = Coordinates(columns, right), Coordinates(rows, left)
    mixings = {}
    for key, commutant in commutants.items():
        grid = [
            [_place(entries[key, i, j]) for j in range(len(right)) if key in right[j]]
            for i in range(len(left))
            if key in left[i]
        ]
        places = np.concatenate([np.concatenate(row, axis=2) for row in grid], axis=1)
        # int32, because JAX remembers int64 constants from double precision when that is left
        mixings[key] = _Mixing(commutant, places.astype(np.int32))
    return IrreducibleProduct(source, target, mixings)


def _shared(forms, numbers: np.ndarray):
    """The irreducibles that a block's two sides share: one for each choice among its symmetries."""
    # (key, left, right, commutant, numbers with axes (n, m, ranks left to split..., e, kn, km))
    found = [((), np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1)), numbers)]
    for form in forms:
        extended = []
        for key, left, right, commutant, part in found:
            start = 0
            for block in form.blocks:
                e, kn, km = block.shape
                stop = start + e * kn * km
                # the first axis of ranks comes after n and m
                piece = part[:, :, start:stop]
                piece = piece.reshape(*piece.shape[:2], e, kn, km, *piece.shape[3:])
                piece = np.moveaxis(piece, (2, 3, 4), (-3, -2, -1))
                extended.append(
                    (
                        key + ((id(block.irrep),) if block.irrep.index else ()),
                        kronecker_pairs(left, block.left),
                        kronecker_pairs(right, block.right),
                        kronecker_pairs(commutant, block.irrep.commutant),
                        piece,
                    )
                )
                start = stop
        found = extended
    for key, left, right, commutant, part in found:
        # (n, m, e1, a1, b1, e2, a2, b2, ...) to (n, m, e, a, b)
        count = (part.ndim - 2) // 3
        axes = [2 + 3 * s + kind for kind in range(3) for s in range(count)]
        n, m = part.shape[:2]
        sizes = (len(commutant), len(left), len(right))
        yield key, (left, right), commutant, part.transpose(0, 1, *axes).reshape(n, m, *sizes)


def _place(part: np.ndarray) -> np.ndarray:
    """(n, m, e, kn, km) to (e, n·kn, m·km)."""
    n, m, e, kn, km = part.shape
    return part.transpose(2, 0, 3, 1, 4).reshape(e, n * kn, m * km)


def _frames(left: list[dict], right: list[dict]) -> dict:
    """For each irreducible that is a term by itself, the rotation to that term's coordinates.

    Maps do not depend on the basis of an irreducible; in the coordinates of a term (a vector, say)
    the change of coordinates is the identity, and costs nothing.
    """
    frames: dict = {}
    for part in (*right, *left):
        for key, copies in part.items():
            if copies.shape[0] == 1 and copies.shape[1] == copies.shape[2]:
                frames.setdefault(key, copies[0])
    return frames
