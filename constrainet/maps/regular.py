"""Features of a finite group's representation as functions on the group.

On functions on the group, of which the regular representation consists, elements act by moving
values about: what is done to each value commutes with them. By the Fourier transform, copies of
irreducibles are the coefficients of such functions, whatever the representation they are part of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from math import inf, sqrt

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.coordinates import Coordinates, concatenate, is_identity, split
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep
from constrainet.solve import Atom, Space, Symmetry, constant, decompose

HERMITE_TERMS = 40
"""Of the expansions of functions of normal numbers; the rest of a smooth one is below 1e-9."""


@dataclass(frozen=True, eq=False)
class _Strand:
    """Where copies of an irreducible λ come from: each copy of a component holds one.

    Args:
        component: the component's place in the frame.
        into: shape (d_λ, d): from the component to λ.
        back: shape (d, d_λ): from λ into the component.
    """

    component: int
    into: np.ndarray
    back: np.ndarray


@dataclass(frozen=True, eq=False)
class _Irreducible:
    """An irreducible λ, and the Fourier coefficients of a function that are copies of it.

    Args:
        strands: where its copies come from.
        count: how many copies there are.
        table: shape (|G|, slots, d): orthonormal columns √(d / |G|) v ρ(h), for a vector v of each
            slot.
        is_trivial: whether it is the trivial representation.
    """

    strands: tuple[_Strand, ...]
    count: int
    table: np.ndarray
    is_trivial: bool

    @property
    def slots(self) -> int:
        """How many copies a function takes."""
        return self.table.shape[1]

    @property
    def dim(self) -> int:
        """d."""
        return self.table.shape[2]


class GroupFunctions:
    """Functions on a finite group, with the copies in a representation as Fourier coefficients.

    Copies of the irreducibles are dealt to *channels*, in turns; those of one channel make one
    function, f(h) = α Σ √(d / |G|) v ρ(h) z, with another vector v for each copy z of the same
    irreducible, such that the functions for different copies are orthogonal. An element k of the
    group takes f to f(· k). There are as few channels as hold all copies that are not invariant;
    invariants that are left over are constant functions, and stay single numbers. If the
    representation is a multiple of the regular one, these are all functions on the group; otherwise
    they lack some coefficients, and lose them again on the way back, which is the adjoint.

    Values of f have variance one if the representation's coordinates have, independently.

    Args:
        rep: a representation of a finite group.
        frame: its coordinates, among others'.

    Attributes:
        coordinates: of the representation.
        num_channels: how many functions there are.
        has_invariant: for each channel, whether it has a coefficient that is invariant.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import Z
        >>> from constrainet.maps import Features, frame
        >>> from constrainet.reps import V
        >>> v = V(Z(5))
        >>> functions = GroupFunctions(v, frame(v))
        >>> x = Features.of(functions.coordinates, jnp.arange(1.0, 6.0))
        >>> offsets, gains = jnp.zeros(functions.num_channels), jnp.ones(functions.num_channels + 1)
        >>> same = functions(x.components, lambda values: values, offsets, gains)
        >>> y = Features(x.coordinates, 1, x.dtype, components=same).array(())
        >>> bool(jnp.allclose(y, jnp.arange(1.0, 6.0), atol=1e-5))
        True

    References:
        Cesa, Lang, Weiler, "A program to build E(N)-equivariant steerable CNNs" (2022), on
        non-linearities by Fourier transforms. Serre, "Linear representations of finite groups"
        (1977), section 2.4 and chapter 6.
    """

    def __init__(self, rep: Rep, frame: SharedFrame):
        self.coordinates = frame.coordinates(rep)
        found = _irreducibles(rep, self.coordinates)
        needed = [-(-i.count // i.slots) for i in found if not i.is_trivial]
        self.num_channels = max(needed, default=0)
        self._irreducibles = [
            # no more slots than are needed, so that every function has something of everything
            i if i.is_trivial else replace(i, table=i.table[:, : -(-i.count // self.num_channels)])
            for i in found
        ]
        tables = [i.table.reshape(len(i.table), -1) for i in self._irreducibles]
        self._table = np.concatenate(tables, axis=1) if tables else np.zeros((1, 0))
        invariants = sum(i.count for i in found if i.is_trivial)
        self.has_invariant = np.arange(self.num_channels) < invariants

    @property
    def _parts(self) -> int:
        """How many real numbers a value is."""
        return 2 if np.iscomplexobj(self._table) else 1

    @cached_property
    def _filled(self) -> np.ndarray:
        """Shape (channels, columns of the table): 1 where there is a coefficient."""
        filled = []
        for i in self._irreducibles:
            places = np.arange(i.slots) * self.num_channels + np.arange(self.num_channels)[:, None]
            filled.append(np.repeat(places < i.count, i.dim, axis=1))
        return np.concatenate(filled, axis=1).astype(float)

    @cached_property
    def scales(self) -> np.ndarray:
        """Shape (channels,): α, for which values have variance one (both parts of complex ones)."""
        return np.sqrt(self._parts * len(self._table) / self._filled.sum(axis=1))

    def gains(
        self, function: Callable[[np.ndarray], np.ndarray], offsets: np.ndarray
    ) -> np.ndarray:
        """What keeps the mean square of normal coordinates.

        For normal numbers u, w of variance one and covariance k, E[σ(u) σ(w)] = Σ cₙ² kⁿ, with the
        coefficients cₙ of σ in normalised Hermite polynomials; the values of f are such numbers.

        Args:
            function: of values, real; for NumPy.
            offsets: shape (channels,): what is added to values before.

        Returns:
            Shape (channels + 1,), the last for the invariants that are in no channel.
        """
        sizes = self._filled.sum(axis=1)
        k = (self._filled * self._table[0]) @ self._table.conj().T  # (channels, |G|)
        k = k * len(self._table) / sizes[:, None]
        alone = 1 / np.sqrt(np.sum(_hermite_coefficients(function) ** 2))
        gains = np.full(self.num_channels + 1, alone)
        for offset in np.unique(offsets):
            here = offsets == offset
            squares = _hermite_coefficients(lambda u, b=offset: function(u + b)) ** 2
            real, imaginary = (
                np.polynomial.Polynomial(squares)(part[here]) for part in (k.real, k.imag)
            )
            opposite = np.polynomial.Polynomial(squares)(-k.imag[here])
            kept = k.real[here] * real + k.imag[here] * (imaginary - opposite) / 2
            gains[:-1][here] = 1 / np.sqrt(sizes[here] / len(self._table) * kept.sum(axis=1))
        return gains

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=(0, 2))
    def __call__(
        self,
        components: Mapping[int, jax.Array],
        function: Callable[[jax.Array], jax.Array],
        offsets: jax.Array,
        gains: jax.Array,
    ) -> dict[int, jax.Array]:
        """Components to those of the functions gain · σ(f + offset).

        Args:
            components: by component, shape (copies, d, batch).
            function: σ, of arrays of values.
            offsets: shape (channels,), added to both parts of complex values.
            gains: shape (channels + 1,), the last for the invariants that are in no channel.
        """
        copies = [
            concatenate([_turned(s.into, components[s.component]) for s in i.strands])
            for i in self._irreducibles
        ]
        places = [i.slots * self.num_channels for i in self._irreducibles]
        results = [z[:n] for z, n in zip(copies, places, strict=True)]
        if self.num_channels:
            results = self._on_channels(results, function, offsets, gains[:-1])
        scale, turned = sqrt(self._parts), dict[int, jax.Array]()
        for i, z, result, n in zip(self._irreducibles, copies, results, places, strict=True):
            if len(z) > n:  # invariants, in no channel
                rest = gains[-1] * function(scale * z[n:]) / scale
                result = concatenate([result, rest]) if n else rest
            sizes = [self.coordinates.copies[strand.component] for strand in i.strands]
            for strand, part in zip(i.strands, split(result, sizes), strict=True):
                part, place = _turned(strand.back, part), strand.component
                turned[place] = turned[place] + part if place in turned else part
        return turned

    def _on_channels(self, copies: list[jax.Array], function: Callable, offsets, gains):
        """The function of values, for the copies of each irreducible that are in channels."""
        z = concatenate(
            [self._dealt(i, z) for i, z in zip(self._irreducibles, copies, strict=True)]
        )
        table = constant(self._table, z)
        batch, channels = copies[0].shape[2], self.num_channels
        scales = constant(self.scales[:, None], z.real)
        offsets = offsets[:, None] * (1 + 1j if jnp.iscomplexobj(table) else 1)
        values = function(scales * (table @ z).reshape(len(table), channels, batch) + offsets)
        values = values * (gains.astype(scales.dtype)[:, None] / scales)
        z = table.conj().T @ values.reshape(len(table), channels * batch)
        pieces = split(z, [i.slots * i.dim for i in self._irreducibles])
        return [
            self._collected(i, piece, z)
            for i, piece, z in zip(self._irreducibles, pieces, copies, strict=True)
        ]

    def _dealt(self, i: _Irreducible, copies: jax.Array) -> jax.Array:
        """Copies (n, d, batch) of an irreducible as coefficients, (slots·d, channels·batch)."""
        slots, channels, batch = i.slots, self.num_channels, copies.shape[2]
        z = jnp.pad(copies, ((0, slots * channels - len(copies)), (0, 0), (0, 0)))
        z = z.reshape(slots, channels, i.dim, batch).swapaxes(1, 2)
        return z.reshape(slots * i.dim, channels * batch)

    def _collected(self, i: _Irreducible, z: jax.Array, copies: jax.Array) -> jax.Array:
        """Coefficients as so many copies: the inverse of `_dealt`."""
        slots, channels, batch = i.slots, self.num_channels, copies.shape[2]
        z = z.reshape(slots, i.dim, channels, batch).swapaxes(1, 2)
        return z.reshape(slots * channels, i.dim, batch)[: len(copies)]


def _turned(matrix: np.ndarray, z: jax.Array) -> jax.Array:
    """A matrix applied to each copy."""
    return z if is_identity(matrix) else jnp.einsum("ab,mbn->man", constant(matrix, z), z)


def _hermite_coefficients(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Those of a function in the Hermite polynomials that are orthonormal for normal numbers."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(2 * HERMITE_TERMS)
    polynomials = np.polynomial.hermite_e.hermevander(nodes, HERMITE_TERMS - 1)
    norms = np.cumprod([1.0, *np.sqrt(np.arange(1, HERMITE_TERMS))])
    return (weights / weights.sum() * function(nodes)) @ polynomials / norms


def _irreducibles(rep: Rep, coordinates: Coordinates) -> list[_Irreducible]:
    """What the components consist of, under the group as a whole and in unitary coordinates."""
    group, elements = rep.group, list(rep.group.elements())
    copies = _first_copies(coordinates)
    symmetry = Symmetry(tuple(group.discrete_generators), np.zeros((0, group.dim, group.dim)))
    changes, spaces = [], []
    for copy in copies:
        d = copy.isometry.shape[1]
        generators = [copy.matrix(rep, h, np.eye(d)) for h in group.discrete_generators]
        S, atom = np.eye(d), Atom(symmetry, tuple(generators), np.zeros((0, d, d)), d)
        if not atom.is_adjoint_closed:
            S = _unitarising([copy.matrix(rep, g, np.eye(d)) for g in elements])
            unitary = tuple(S @ h @ np.linalg.inv(S) for h in generators)
            atom = Atom(symmetry, unitary, np.zeros((0, d, d)), d)
        changes.append(S)
        spaces.append(Space.collect([((atom,), np.arange(d)[None])]))
    decomposition = decompose(*spaces, whole_from=inf)
    found = []
    for number, component in enumerate(decomposition.components):
        # isometries (d_i, d) from the irreducible to components i
        parts = [
            (place, isometry)
            for place, (part,) in enumerate(decomposition.parts)
            for isometry in part.get(number, ())
        ]
        # in the basis of a component that is the irreducible, if one is, nothing need be turned
        basis = next((B for _, B in parts if B.shape[0] == B.shape[1]), np.eye(component.dim))
        strands = [
            _Strand(
                copies[place].component,
                into=basis @ B.conj().T @ changes[place],
                back=np.linalg.solve(changes[place], B @ basis.conj().T),
            )
            for place, B in parts
        ]
        commutant = np.asarray(component.commutant)  # known, because all images are unitary
        vectors = _independent_vectors(basis @ commutant @ basis.conj().T) @ strands[0].into
        first = copies[parts[0][0]]
        table = np.stack([vectors @ first.matrix(rep, g, strands[0].back) for g in elements])
        table *= np.sqrt(component.dim / len(table))
        count = sum(coordinates.copies[strand.component] for strand in strands)
        found.append(_Irreducible(tuple(strands), count, table, component.is_trivial))
    return found


@dataclass(frozen=True, eq=False)
class _Copy:
    """One copy of a component.

    Args:
        component: the component's place in the frame.
        indices: the coordinates of the representation that it is part of.
        isometry: shape (len(indices), d): into these coordinates.
    """

    component: int
    indices: np.ndarray
    isometry: np.ndarray

    def matrix(self, rep: Rep, g: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The matrix of g times columns (d, n)."""
        vectors = np.zeros((columns.shape[1], rep.dim), np.result_type(g, self.isometry, columns))
        vectors[:, self.indices] = (self.isometry @ columns).T
        moved = np.asarray(rep.act(g, vectors))[:, self.indices]
        return (moved @ self.isometry.conj()).T


def _first_copies(coordinates: Coordinates) -> list[_Copy]:
    """One copy of each component."""
    found: dict[int, _Copy] = {}
    for term, part in zip(coordinates.space.terms, coordinates.parts, strict=True):
        for i, isometries in part.items():
            found.setdefault(i, _Copy(i, term.indices[0], isometries[0]))
    return [found[i] for i in sorted(found)]


def _unitarising(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """S (d, d) such that S ρ(g) S⁻¹ is unitary, for the matrices ρ(g) of all elements.

    Weyl's trick: Sᴴ S is the mean of ρ(g)ᴴ ρ(g).
    """
    mean = sum(matrix.conj().T @ matrix for matrix in matrices) / len(matrices)
    return np.linalg.cholesky(mean).conj().T


def _independent_vectors(commutant: np.ndarray) -> np.ndarray:
    """As many vectors as there are, orthogonal to what the commutant makes of each other.

    The first is in general position, so that elements of the group move it to different places.

    Args:
        commutant: shape (e, d, d).

    Returns:
        shape (d / e, d), real.
    """
    e, d, _ = commutant.shape
    vectors, span = [], np.zeros((d, 0))
    candidates = 1 / (1 + np.arange(d))[None]
    for _ in range(d // e):
        rest = candidates - (candidates @ span) @ span.T
        norms = np.linalg.norm(rest, axis=1)
        vector = rest[norms.argmax()] / norms.max()
        vectors.append(vector)
        span = np.concatenate([span, (np.real(commutant) @ vector).T], axis=1)
        candidates = np.eye(d)
    return np.stack(vectors)


@lru_cache(maxsize=256)
def group_functions(rep: Rep, frame: SharedFrame) -> GroupFunctions:
    """`GroupFunctions`, remembered: it is asked for again whenever a layer is traced."""
    return GroupFunctions(rep, frame)
