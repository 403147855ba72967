"""What does not depend on how a function is moved: power spectrum and bispectrum."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement, permutations
from typing import Any

import jax.numpy as jnp
import numpy as np

from constrainet.maps.map import check_input, check_rep
from constrainet.reps import Rep, clebsch_gordan
from constrainet.solve import constant
from constrainet.tolerances import EXACT


def power_spectrum(rep: Rep, coefficients: Any) -> Any:
    """The squared length of each summand of a representation: of a function, by degree.

    Coefficients of a grid are those of orthonormal functions, so that these numbers add up to the
    mean square. They do not tell how degrees are turned against each other; `bispectrum` does.

    Args:
        rep: how coefficients transform, such as `grid.rep`, by matrices that keep lengths.
        coefficients: shape (..., rep.dim), NumPy or JAX.

    Returns:
        Shape (..., n), for the n different summands in their order; copies are added up.

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if it does not keep lengths, or coefficients have another shape.

    Example:
        >>> import numpy as np
        >>> import constrainet.maps as cm
        >>> grid = cm.sphere_grid(3)
        >>> power_spectrum(grid.rep, np.arange(9.0))
        array([  0.,  14., 190.])

    References:
        Kazhdan, Funkhouser, Rusinkiewicz, "Rotation invariant spherical harmonic representation of
        3D shape descriptors" (2003).
    """
    x = _checked("power_spectrum", rep, coefficients)
    kinds = list(dict.fromkeys(part for part, _ in rep.summands))
    kind_of = [np.full(n * part.dim, kinds.index(part)) for part, n in rep.summands]
    owned = np.concatenate(kind_of)[:, None] == np.arange(len(kinds))
    return x**2 @ constant(owned.astype(float), x)


def bispectrum(rep: Rep, coefficients: Any) -> Any:
    """Invariant products of three summands of a representation, by Clebsch and Gordan.

    Σ C_kij x_i y_j z_k, for each C of norm 1 that couples summands x and y to z, in the order of
    triples of (copies of) summands x ≤ y ≤ z; without those that are always zero, such as
    x · (x × x). With the mean among them, almost every function on a compact group or a circle is
    determined up to how it is moved; so are, to first order, two or more functions on the sphere
    together. Of a single one there are too few products for this below bandwidth 11, though they
    tell mirror images apart. There are as many as triples: for large representations, take the
    lower degrees.

    Args:
        rep: how coefficients transform, such as `grid.rep`.
        coefficients: shape (..., rep.dim), NumPy or JAX.

    Returns:
        Shape (..., n).

    Raises:
        TypeError: if `rep` is no representation.
        ValueError: if it does not keep lengths, or coefficients have another shape.

    Example:
        >>> import numpy as np
        >>> import constrainet.maps as cm
        >>> grid = cm.sphere_grid(3)
        >>> bispectrum(grid.rep, np.arange(9.0)).shape
        (5,)

    References:
        Kakarala, "The bispectrum as a source of phase-sensitive invariants for Fourier descriptors"
        (2012). Smach, Lemaître, Gauthier, Miteran, Atri, "Generalized Fourier descriptors with
        applications to objects recognition in SVM context" (2008), on completeness.
    """
    x = _checked("bispectrum", rep, coefficients)
    xp = np if isinstance(x, np.ndarray) else jnp
    found = []
    for (a, b, c), path in _couplings(rep):
        product = xp.einsum("kij,...i,...j->...k", constant(path, x), x[..., a], x[..., b])
        found.append((product * x[..., c]).sum(axis=-1))
    return xp.stack(found, axis=-1)


def _checked(name: str, rep: Rep, coefficients: Any) -> Any:
    check_rep("rep", rep)
    if not rep.is_unitary or rep.is_complex:
        raise ValueError(
            f"`{name}(rep=...)` should be real and keep lengths, because squares are of real "
            f"coefficients. Got {rep} of {rep.group}."
        )
    checked = check_input(name, coefficients, rep, "rep")
    return np.asarray(coefficients, float) if isinstance(coefficients, np.ndarray) else checked


@lru_cache(maxsize=64)
def _couplings(rep: Rep) -> list[tuple[tuple[slice, slice, slice], np.ndarray]]:
    """Places of three summands, and how they are coupled."""
    copies, start = [], 0
    for part, n in rep.summands:
        for _ in range(n):
            copies.append((part, slice(start, start := start + part.dim)))
    found = []
    for triple in combinations_with_replacement(copies, 3):
        (a, i), (b, j), (c, k) = triple
        places = [own.start for own in (k, i, j)]
        for path in _paths(a, b, c):
            # of x ⊗ x, only the symmetric part is there
            same = [p for p in permutations(range(3)) if [places[q] for q in p] == places]
            symmetric = sum(path.transpose(p) for p in same) / len(same)
            size = np.linalg.norm(symmetric)
            if size > EXACT:
                found.append(((i, j, k), symmetric / size))
    return found


@lru_cache(maxsize=4096)
def _paths(a: Rep, b: Rep, c: Rep) -> np.ndarray:
    return clebsch_gordan(a, b, c)
