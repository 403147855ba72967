"""Which weights of an equivariant map are zero, and which are tied to each other.

The weights of all equivariant matrices are `Q c` with an orthonormal basis Q, so the weight at an
entry is the product of a row of Q with c. It is zero in every equivariant matrix if the row is, and
a fixed multiple of another weight if the two rows are proportional. Rows are compared, and nothing
is sampled from the matrices themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch

import numpy as np

from constrainet.errors import CertificateError
from constrainet.reps import Question, Rep, Scalar
from constrainet.solve import Block, Form, OrbitForm, Subspace
from constrainet.tolerances import CLUSTER, EXACT

NUM_PROBES = 6
"""Random directions in which rows are compared first; two would separate all lines in theory."""

SEEDS = 3
"""Draws of random directions before giving up."""

CHUNK = 2**22
"""Entries of Q formed at a time (32 MB), whatever its size."""


@dataclass(frozen=True, eq=False)
class WeightSharing:
    """The pattern of zeros and ties in the weights of an equivariant map.

    Attributes:
        rep_in, rep_out: the source and the target.
        labels: ints of shape (rep_out.dim, rep_in.dim): 0 where every equivariant matrix is zero,
            and the same positive number where two weights are equal up to a fixed factor in all
            of them. Numbered in order of first appearance, row by row.
        scale: shape (rep_out.dim, rep_in.dim), real or complex: the weight as a multiple of the
            first one of its class; 0 where the label is.
        num_free: the dimension of the space of equivariant matrices.
    """

    rep_in: Rep
    rep_out: Rep
    labels: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    num_free: int

    @property
    def shape(self) -> tuple[int, int]:
        """(rep_out.dim, rep_in.dim)."""
        return self.rep_out.dim, self.rep_in.dim

    @property
    def num_weights(self) -> int:
        """The number of entries of the matrix."""
        return self.labels.size

    @property
    def num_classes(self) -> int:
        """The number of classes of proportional weights, zeros not counted."""
        return int(self.labels.max(initial=0))

    @property
    def is_tying(self) -> bool:
        """Whether each class is one free weight, so that the pattern says everything.

        If not, weights of different classes still satisfy linear relations among several of them.
        """
        return self.num_classes == self.num_free


def weight_sharing(rep_in: Rep | None, rep_out: Rep) -> WeightSharing:
    """The pattern of zeros and ties in the equivariant matrices from one representation to another.

    Args:
        rep_in: the source; None for the pattern of a bias, which is a map from a scalar.
        rep_out: the target.

    Returns:
        Labels and factors of shape (rep_out.dim, rep_in.dim), (rep_out.dim, 1) for a bias.

    Raises:
        TypeError: if a representation is none.
        ValueError: if the representations are of different groups.

    Example:
        A matrix that commutes with all permutations has one weight on the diagonal and one off it:

        >>> from constrainet.groups import S, SO
        >>> from constrainet.reps import V
        >>> pattern = weight_sharing(V(S(3)), V(S(3)))
        >>> pattern.labels
        array([[1, 2, 2],
               [2, 1, 2],
               [2, 2, 1]])
        >>> pattern.num_free, pattern.is_tying
        (2, True)

        One that turns an antisymmetric matrix into a vector is the cross product:

        >>> weight_sharing(V(SO(3)) ** 2, V(SO(3))).scale.round().astype(int)
        array([[ 0,  0,  0,  0,  0,  1,  0, -1,  0],
               [ 0,  0, -1,  0,  0,  0,  1,  0,  0],
               [ 0,  1,  0, -1,  0,  0,  0,  0,  0]])

    References:
        Ravanbakhsh, Schneider, Póczos, "Equivariance through parameter-sharing" (2017).
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), figure 2.
    """
    rep_in = source_of(rep_in, rep_out, "weight_sharing")
    subspace = Question(rep_in, rep_out).solve()
    labels, scale = _assemble(subspace)
    return WeightSharing(rep_in, rep_out, *_by_first_appearance(labels, scale), subspace.rank)


def source_of(rep_in: Rep | None, rep_out: Rep, call: str) -> Rep:
    """The source of a map, a scalar for None; checks both sides.

    Raises:
        TypeError: if a representation is none.
    """
    for name, rep in (("rep_in", rep_in), ("rep_out", rep_out)):
        if not isinstance(rep, Rep) and not (name == "rep_in" and rep is None):
            raise TypeError(
                f"`{call}({name}=...)` should be a representation, such as `V(SO(3))`. Got {rep!r}."
            )
    return Scalar(rep_out.group) if rep_in is None else rep_in


def _assemble(subspace: Subspace) -> tuple[np.ndarray, np.ndarray]:
    """Labels in any order and factors relative to any member, in the callers' coordinates."""
    shape = (subspace.rows.dim, subspace.columns.dim)
    labels = np.zeros(shape, np.int64)
    scale = np.zeros(shape, complex if subspace.is_complex else float)
    known: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    count = 0
    for block in subspace.blocks:
        for solution in block.solutions:
            if id(solution) not in known:
                known[id(solution)] = classes(solution.form)
        small, factors = _of_one_copy(block, known)
        rows, columns = block.row_term.indices, block.column_term.indices
        n, m = len(rows), len(columns)
        num = int(small.max(initial=0))
        # entries of different copies are never proportional: each copy has coefficients of its own
        copies = count + num * np.arange(n * m).reshape(n, 1, m, 1)
        places = np.ix_(rows.ravel(), columns.ravel())
        here = np.where(small[None, :, None, :] > 0, small[None, :, None, :] + copies, 0)
        labels[places] = here.reshape(rows.size, columns.size)
        scale[places] = np.tile(factors, (n, m))
        count += num * n * m
    return labels, scale


def _of_one_copy(block: Block, known) -> tuple[np.ndarray, np.ndarray]:
    """Labels and factors of one copy's entries, shape (row_term.dim, column_term.dim).

    Rows of a Kronecker product of bases are Kronecker products of rows, which are proportional if
    and only if their factors are, one by one.
    """
    labels, factors = np.ones((1, 1), np.int64), np.ones((1, 1))
    for solution, (r, c) in zip(block.solutions, block.dims, strict=True):
        new, new_factors = (part.reshape(r, c) for part in known[id(solution)])
        old_mask, new_mask = np.kron(labels, np.ones_like(new)), np.kron(np.ones_like(labels), new)
        num = int(new.max(initial=0))
        labels = np.where((old_mask > 0) & (new_mask > 0), (old_mask - 1) * num + new_mask, 0)
        factors = np.kron(factors, new_factors)
    return labels, factors


def _by_first_appearance(labels: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Renumbers classes in the order of their first entries, whose factor becomes 1."""
    values, firsts, inverse = np.unique(labels, return_index=True, return_inverse=True)
    inverse = inverse.reshape(labels.shape)
    is_class = values > 0
    numbers = np.zeros(len(values), np.int64)
    numbers[is_class] = 1 + np.argsort(np.argsort(firsts[is_class]))
    references = np.where(is_class, scale.ravel()[firsts], 1) if labels.size else np.ones(0)
    labels, scale = numbers[inverse], scale / references[inverse]
    labels.flags.writeable = scale.flags.writeable = False
    return labels, scale


@singledispatch
def classes(form: Form) -> tuple[np.ndarray, np.ndarray]:
    """The classes of proportional rows of a basis.

    Args:
        form: the basis Q, of shape (size, rank).

    Returns:
        Labels of shape (size,), 0 for zero rows and else from 1 on without gaps, and each row as a
        multiple of one of its class, shape (size,).
    """
    # rows are compared in a few random directions, and then as a whole with the first of the class
    if not form.size or not form.rank:
        return np.zeros(form.size, np.int64), np.zeros(form.size)
    norms = np.sqrt(np.sum([(np.abs(part) ** 2).sum(axis=0) for part in _chunks(form)], axis=0))
    nonzero = np.flatnonzero(norms > EXACT * norms.max())
    worst = np.inf
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        directions = rng.normal(size=(NUM_PROBES, form.rank))
        if form.is_complex:
            directions = directions + 1j * rng.normal(size=directions.shape)
        probes = form.expand(directions).T[nonzero]  # (entries, NUM_PROBES)
        groups = _equal_rows(_normalised(probes))
        firsts = np.unique(groups, return_index=True)[1]
        leaders = firsts[groups]
        squares = (np.abs(probes) ** 2).sum(axis=1)
        factors = (probes * probes[leaders].conj()).sum(axis=1) / squares[leaders]
        deviations = np.zeros(len(nonzero))
        for part in _chunks(form):
            rows = part[:, nonzero]
            deviations += (np.abs(rows - factors * rows[:, leaders]) ** 2).sum(axis=0)
        worst = float(np.sqrt((deviations / norms[nonzero] ** 2).max()))
        if worst <= CLUSTER:
            labels, scale = np.zeros(form.size, np.int64), np.zeros(form.size, factors.dtype)
            labels[nonzero], scale[nonzero] = groups + 1, factors
            return labels, scale
    raise CertificateError("a weight-sharing pattern", worst, CLUSTER)


@classes.register
def _(form: OrbitForm) -> tuple[np.ndarray, np.ndarray]:
    alive = form.labels < form.rank
    phases = np.ones(form.size) if form.phases is None else form.phases
    return np.where(alive, form.labels.astype(np.int64) + 1, 0), np.where(alive, phases, 0)


def _chunks(form: Form) -> Iterator[np.ndarray]:
    """The basis vectors, a few at a time, each of shape (vectors, size)."""
    step = max(1, CHUNK // form.size)
    identity = np.eye(form.rank)
    for start in range(0, form.rank, step):
        yield form.expand(identity[start : start + step])


def _normalised(probes: np.ndarray) -> np.ndarray:
    """Lines as points: rows of norm one whose first entry is positive, as real numbers."""
    first = probes[:, :1]
    rows = probes * (first.conj() / np.abs(first)) / np.linalg.norm(probes, axis=1, keepdims=True)
    return np.concatenate([rows.real, rows.imag], axis=1) if np.iscomplexobj(rows) else rows


def _equal_rows(rows: np.ndarray) -> np.ndarray:
    """Numbers rows from 0 on, equal ones alike.

    Rows are split coordinate by coordinate wherever sorted values leave a gap. Equal rows differ by
    rounding and are never parted; others need only differ clearly in one coordinate.
    """
    groups = np.zeros(len(rows), np.int64)
    for values in rows.T:
        order = np.lexsort((values, groups))
        steps = (np.diff(values[order]) > CLUSTER) | (np.diff(groups[order]) > 0)
        groups[order] = np.concatenate([[0], np.cumsum(steps)])
    return groups
