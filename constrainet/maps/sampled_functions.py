"""Pointwise functions of functions on spheres and groups, by samples on a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax

from constrainet.maps.features import Features
from constrainet.maps.map import Map, Parameters, check_rep
from constrainet.maps.sampling import Grid
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep


@dataclass(frozen=True)
class SampledNonlinearity(Map):
    """A function of the values of functions on a sphere or group.

    Coefficients become samples, the function is applied to each, and coefficients come back. What
    the function makes of degrees beyond the bandwidth is cut off, and what it makes beyond those
    that the samples resolve is taken for lower ones: this is the only error of equivariance, and
    falls with the number of samples. For polynomials of degree d there is none from
    samples = (d + 1) (bandwidth - 1) / 2 + 1 on; on what a finite group permutes there is none.

    Args:
        rep: how inputs and outputs transform: copies of `grid.rep`, one after the other.
        function: of an array of values, for JAX, such as `jax.nn.swish`.
        grid: from `sphere_grid`, `rotation_grid`, `orbit_grid` or another.
        rtol: as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if an argument is of another type, or the function takes several arguments.
        ValueError: if `rep` does not consist of copies of `grid.rep`, or the function does not give
            a value for each.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> grid = cm.sphere_grid(3, samples=6)
        >>> m = SampledNonlinearity(2 * grid.rep, jax.nn.relu, grid)
        >>> m.apply({}, jax.numpy.ones((5, 18))).shape
        (5, 18)

    References:
        Cohen, Geiger, Köhler, Welling, "Spherical CNNs" (2018). Kondor, Lin, Trivedi,
        "Clebsch–Gordan nets" (2018), on what it costs to stay among coefficients.
    """

    rep: Rep
    function: Callable[[jax.Array], jax.Array]
    grid: Grid
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep", self.rep)
        check_shared(self.shared, self.rtol)
        if not isinstance(self.grid, Grid):
            raise TypeError(f"`grid` should be made by `sphere_grid`. Got {self.grid!r:.60}.")
        if not callable(self.function):
            raise TypeError(
                "`function` should be one of arrays, such as `jax.nn.swish`. Got "
                f"{self.function!r:.60}."
            )
        self._check_function()
        copies, unit = self.rep.dim // self.grid.rep.dim, self.grid.rep
        if not copies or self.rep != copies * unit:
            raise ValueError(
                f"`rep` should be copies of `grid.rep` = {unit} of {unit.group}, because values of "
                f"functions on the grid are needed. Got {self.rep} of {self.rep.group}."
            )

    def _check_function(self) -> None:
        values = jax.ShapeDtypeStruct((2, len(self.grid.weights)), float)
        try:
            found = jax.eval_shape(self.function, values)
        except TypeError as error:
            raise TypeError(
                "`function` should be one of a single array, for JAX, such as `jax.nn.swish`, "
                f"because it is applied to each value. Got {self.function!r:.60}, which does not "
                f"take an array: {error}"
            ) from error
        if getattr(found, "shape", None) != values.shape:
            raise ValueError(
                "`function` should give a value for each, because functions on the same grid come "
                f"back. Got {self.function!r:.60}, which makes {found} of an array of shape "
                f"{values.shape}."
            )

    @property
    def rep_in(self) -> Rep:
        """How the argument transforms."""
        return self.rep

    @property
    def rep_out(self) -> Rep:
        """How results transform."""
        return self.rep

    @property
    def parameters(self) -> Parameters:
        """None."""
        return {}

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        functions = x.array((x.batch,)).reshape(x.batch, -1, self.grid.rep.dim)
        values = self.function(self.grid.synthesise(functions))
        rows = self.grid.analyse(values).reshape(x.batch, -1).T
        return Features(x.coordinates, x.batch, rows.dtype, rows=rows)
