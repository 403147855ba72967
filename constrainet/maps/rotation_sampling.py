"""Functions on the group of rotations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from constrainet.arguments import check_option
from constrainet.maps.sampling import HarmonicGrid
from constrainet.maps.sphere_sampling import (
    RULES,
    angles_around,
    points_around,
    rings,
    standard_turns,
)
from constrainet.reps import Rep, direct_sum
from constrainet.solve import constant


@dataclass(frozen=True)
class RotationGrid(HarmonicGrid):
    """Rotations, for functions f on SO(3) that others move from the left: (g f)(R) = f(g⁻¹ R).

    f(R) = Σ √(2l + 1) c_lji ρ_l(R)_ij, with ρ_l the matrices by which harmonics of degree l turn.
    For each degree l there are 2l + 1 copies j of these harmonics, which products from the right
    mix with each other; degree by degree, and copy by copy, the coefficients are c.

    An equivariant linear map from functions on the sphere to such functions is the correlation
    with a filter ψ, f ↦ ∫ ψ(R⁻¹ x) f(x) dx in the mean over x, whose coefficients are
    c_lji = ψ_lj f_li / √(2l + 1): each degree has 2l + 1 weights. From functions on SO(3) it has
    (2l + 1)².

    Rotations are R = R_z(α) R_y(β) R_z(γ), with α and γ equal angles and β those of the rings of
    `sphere_grid`. Transforms go by one angle after the other, with tables of bandwidth⁴ entries
    and not bandwidth⁶.

    Args:
        bandwidth: degrees below this.
        space: how the group rotates; of SO(3), if not given.
        samples: the bandwidth that the points resolve, if more.
        rule: of the polar angles, as of `sphere_grid`.

    Attributes:
        rep, points, weights: as of every grid: how coefficients transform; shape (n, 3, 3); shape
            (n,).
        shape: how many angles α, β, γ there are, in the order of `points`.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if there are fewer samples than coefficients, `space` does not keep lengths and
            orientation, or the rule is unknown.

    Example:
        >>> import numpy as np
        >>> grid = RotationGrid(3)
        >>> print(grid.rep, grid.shape)
        V⁰⊕3V⊕5H²(V) (5, 3, 5)
        >>> values = grid.points[:, 0, 1] * grid.points[:, 2, 2]
        >>> np.allclose(grid.synthesise(grid.analyse(values)), values)
        True

    References:
        Kostelec, Rockmore, "FFTs on the rotation group" (2008). Cohen, Geiger, Köhler, Welling,
        "Spherical CNNs" (2018). Feng, Wang, Yang, Jin, "High-precision evaluation of Wigner's
        d matrix by exact diagonalization" (2015).
    """

    bandwidth: int
    space: Rep | None = None
    samples: int | None = None
    rule: str = "gauss-legendre"
    size = 3
    name = "rotation_grid"

    def __post_init__(self):
        check_option("rotation_grid(rule=...)", self.rule, RULES)
        super().__post_init__()
        space: Any = self.space
        if any(np.linalg.det(space.rho(h)) < 0 for h in space.group.discrete_generators):
            raise ValueError(
                "`rotation_grid(space=...)` should rotate, because a reflection moves a rotation "
                f"to none. Got {space} of {space.group}. Take a group of rotations, such as SO(3)."
            )

    @cached_property
    def rep(self) -> Rep:
        """How coefficients transform."""
        degrees = [part for part, _ in self.harmonics.rep.summands]
        copies = [(part, 2 * degree + 1) for degree, part in enumerate(degrees)]
        return direct_sum(self.harmonics.rep.group, copies)

    @property
    def _rings(self) -> tuple[np.ndarray, np.ndarray]:
        return rings(self.rule, self.resolved)

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many angles α, β, γ there are."""
        around = points_around(self.rule, self.resolved)
        return around, len(self._rings[0]), around

    @cached_property
    def points(self) -> np.ndarray:
        """Shape (n, 3, 3)."""
        z, around = self._rings[0], angles_around(self.shape[0])
        c, s, zero, one = np.cos(around), np.sin(around), 0 * around, 1 + 0 * around
        turns = np.array([[c, -s, zero], [s, c, zero], [zero, zero, one]])
        sines, zero, one = np.sqrt((1 - z) * (1 + z)), 0 * z, 1 + 0 * z
        tilts = np.array([[z, zero, sines], [zero, one, zero], [-sines, zero, z]])
        return np.einsum("xya,yzb,zwc->abcxw", turns, tilts, turns).reshape(-1, 3, 3)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (n,)."""
        first, _, last = self.shape
        one = np.ones(last) / (first * last)
        return np.tile(np.outer(self._rings[1], one).ravel(), first)

    @cached_property
    def _places(self) -> np.ndarray:
        """Where c_lji is, shape (bandwidth, 2 bandwidth - 1, 2 bandwidth - 1); then nowhere."""
        l = np.arange(self.bandwidth)[:, None, None]  # noqa: E741
        i = np.arange(2 * self.bandwidth - 1)
        j, size = i[:, None], 2 * l + 1
        before = l * (4 * l**2 - 1) // 3
        return np.where((i < size) & (j < size), before + j * size + i, self.rep.dim)

    @cached_property
    def _tables(self) -> tuple[np.ndarray, ...]:
        """To complex harmonics e^(imφ), of components (m ≥ 0) and copies; d; e^(imα) and e^(inγ).

        A real function is the real part of a sum over m ≥ 0.
        """
        b = self.bandwidth
        turns = np.einsum("no,loi->lni", complex_from_real(b), standard_turns(self.harmonics))
        twice = np.where(np.arange(b), 2, 1)[:, None]
        scale = np.sqrt(2 * np.arange(b) + 1)[:, None, None]
        around = np.exp(1j * np.outer(np.arange(1 - b, b), angles_around(self.shape[0])))
        components = scale * twice * turns[:, b - 1 :].conj()
        return components, turns, wigner(np.arccos(self._rings[0]), b), around[b - 1 :], around

    def _values(self, coefficients: Any) -> Any:
        xp = np if isinstance(coefficients, np.ndarray) else jnp
        if xp.iscomplexobj(coefficients):
            return _by_parts(self._values, coefficients)
        into, copies, d, first, last = (constant(table, coefficients) for table in self._tables)
        padded = xp.concatenate([coefficients, xp.zeros_like(coefficients[..., :1])], axis=-1)
        found = xp.einsum("lmi,...lji->...lmj", into, padded[..., self._places])
        found = xp.einsum("lnj,...lmj->...lmn", copies, found)
        # d is real
        found = _by_parts(lambda part: xp.einsum("lmnb,...lmn->...mbn", d, part), found)
        found = found @ last
        # and of the sum over m, the real part is needed
        found = xp.einsum("ma,...mbc->...abc", first.real, found.real) - xp.einsum(
            "ma,...mbc->...abc", first.imag, found.imag
        )
        found = found.reshape(*coefficients.shape[:-1], len(self.weights))
        return found.astype(coefficients.dtype)

    def _coefficients(self, samples: Any) -> Any:
        xp = np if isinstance(samples, np.ndarray) else jnp
        if xp.iscomplexobj(samples):
            return _by_parts(self._coefficients, samples)
        into, copies, d, first, last = (constant(table, samples) for table in self._tables)
        values = samples.reshape(*samples.shape[:-1], *self.shape)
        found = xp.einsum("ma,...abc->...mbc", first.conj(), values) @ last.conj().T
        found = _by_parts(lambda part: xp.einsum("lmnb,...mbn->...lmn", d, part), found)
        found = xp.einsum("lnj,...lmn->...lmj", copies.conj(), found)
        found = xp.einsum("lmi,...lmj->...lji", into.conj(), found).real
        return found[..., self._places < self.rep.dim].astype(samples.dtype)


def _by_parts(function, z: Any) -> Any:
    """A real linear function of complex numbers."""
    return function(z.real) + 1j * function(z.imag)


def complex_from_real(bandwidth: int) -> np.ndarray:
    """Functions e^(imφ) of those that `trigonometric` lists, by order from 1 - bandwidth on."""
    b = bandwidth
    found = np.zeros((2 * b - 1, 2 * b - 1), complex)
    found[b - 1, b - 1] = 1
    for m in range(1, b):
        cosine, sine = b - 1 + m, b - 1 - m
        found[cosine, [cosine, sine]] = np.array([1, 1j]) / np.sqrt(2)
        found[sine, [cosine, sine]] = np.array([1, -1j]) / np.sqrt(2)
    return found


def wigner(angles: np.ndarray, bandwidth: int) -> np.ndarray:
    """Wigner's d, how harmonics turn about the y axis.

    d = exp(β K), with K the real antisymmetric matrix -i J_y, whose eigenvalues are the orders
    times i. Harmonics are without the sign (-1)^m.

    Args:
        angles: β, shape (n,).
        bandwidth: degrees below this.

    Returns:
        Shape (bandwidth, bandwidth, 2 bandwidth - 1, n): by degree, by order m from 0 on, and by
        order n from 1 - bandwidth on; zero where the degree is below an order.
    """
    b = bandwidth
    found = np.zeros((b, b, 2 * b - 1, len(angles)))
    for degree in range(b):
        orders = np.arange(-degree, degree + 1)
        lower = orders[:-1]
        steps = np.sqrt(degree * (degree + 1) - lower * (lower + 1)) / 2
        signs = np.where(orders > 0, (-1.0) ** orders, 1.0)
        steps = steps * signs[1:] * signs[:-1]
        # i K is Hermitian
        _, vectors = np.linalg.eigh(1j * (np.diag(steps, 1) - np.diag(steps, -1)))
        phases = np.exp(-1j * np.outer(orders, angles))
        turned = vectors[degree:, :, None] * phases
        values = np.einsum("mkb,nk->mnb", turned, vectors.conj(), optimize=True).real
        found[degree, : degree + 1, b - 1 - degree : b + degree] = values
    return found
