"""The equivariant linear layer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp

from constrainet.arguments import check_flag, check_number, check_option
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.bias import BiasMap, bias_map
from constrainet.maps.equivariant import EquivariantMap, equivariant_map
from constrainet.maps.features import Features
from constrainet.maps.map import Map, Parameter, Parameters, check_rep, zeros
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep, under_one_group

PARAMETRIZATIONS = ("projector", "basis")
"""What parameters of linear maps are: matrices to be projected, or coefficients."""

PRODUCTS = ("auto", "dense", "irreducible")
KEPT = ("summand", "component")


@dataclass(frozen=True)
class Linear(Map):
    """`y = W x + b`, with W and b in the equivariant subspaces.

    With `parametrization="projector"` the parameters are an unconstrained matrix `w` of shape
    (rep_out.dim, rep_in.dim) and vector `b` of shape (rep_out.dim,), and the layer uses their
    projections P w and P b. With "basis" they are the coefficients of W and b in orthonormal bases,
    so that parameters, gradients and optimiser state are smaller; where no vector is invariant,
    there is no `b`. The function class is the same, and so is the product with the batch, which
    follows the structure of the subspace.

    "basis" is the better choice for training: a tenth of the parameters, of the gradients and of
    the optimiser's state, as a rule, and no projection in each step. "projector" is the paper's,
    and lets parameters be read as a matrix of weights.

    At initialisation, outputs have the variance of the inputs in each summand of `rep_out` that can
    be reached, for inputs with independent coordinates, whatever the rank of the subspace.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        with_bias: whether to add b.
        parametrization: "projector" or "basis".
        product: "auto", "dense" or "irreducible": how W is multiplied with the batch.
        gain: what the deviation of outputs is multiplied by at initialisation.
        kept: where the variance is kept: in each "summand", or in each irreducible "component",
            which suits hidden layers better: it is kept through many. Where representations are not
            decomposed (under affine and unipotent groups, or in skew coordinates), each summand
            keeps it on the average over 12 layers, and may have twice or half of it in between.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Attributes:
        map: what W is computed with.
        bias: what b is computed with; None without one.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.
        NoEquivariantMapError: if only the zero map is equivariant, and no bias is.

    Example:
        >>> import jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> G = SO(3)
        >>> m = Linear(5 * Scalar(G) + 5 * V(G), V(G), parametrization="basis")
        >>> params = m.init(jax.random.key(0))
        >>> params["w"].shape, m.apply(params, jax.numpy.ones((8, 20))).shape
        ((5,), (8, 3))

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 5.
    """

    rep_in: Rep
    rep_out: Rep
    with_bias: bool = True
    parametrization: str = "projector"
    product: str = "auto"
    gain: float = 1.0
    kept: str = "summand"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        check_option("parametrization", self.parametrization, PARAMETRIZATIONS)
        check_option("product", self.product, PRODUCTS)
        check_flag("with_bias", self.with_bias)
        check_number("gain", self.gain)
        check_option("kept", self.kept, KEPT)
        check_shared(self.shared, self.rtol)
        self._check_not_zero()

    def _check_not_zero(self) -> None:
        if self.map.rank or not self.map.shape[0] or not self.map.shape[1]:
            return
        what = (
            f"no linear map from {self.rep_in} to {self.rep_out} but zero is equivariant under "
            f"{self.rep_out.group}"
        )
        if self.bias is None or not self.bias.rank:
            raise NoEquivariantMapError(
                f"{what}, and no bias is invariant, so the layer would always return zero. Add "
                "summands, or tensor products of them, that share an irreducible with the "
                "other side."
            )
        warnings.warn(
            f"{what}: the layer returns its bias, whatever the input.", UserWarning, stacklevel=5
        )

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        return under_one_group(self.rep_in, self.rep_out)

    @cached_property
    def map(self) -> EquivariantMap:
        """What W is computed with."""
        return equivariant_map(self.rep_in, self.rep_out, self.product, self.shared, self.rtol)

    @cached_property
    def frame(self) -> SharedFrame:
        return self.map.frame

    @cached_property
    def bias(self) -> BiasMap | None:
        """What b is computed with; None without one."""
        return bias_map(self.map.rep_out, self.map.frame) if self.with_bias else None

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        is_full = self.parametrization == "projector"
        shape = self.map.shape if is_full else (self.map.rank,)
        found = {"w": Parameter(shape, self._init, self.map.is_complex)}
        # checkpoints of other libraries refuse arrays without numbers
        if self.bias is not None and (is_full or self.bias.rank):
            shape = (self.rep_out.dim,) if is_full else (self.bias.rank,)
            found["b"] = Parameter(shape, zeros, self.map.is_complex, is_random=False)
        return found

    # one program, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=(0, 2, 3))
    def _init(self, key, shape, dtype) -> jax.Array:
        noise = jax.random.normal(key, (self.map.rank,), dtype)
        coefficients = self.map.scaled(self.gain * noise, self.kept)
        return coefficients if self.parametrization == "basis" else self.map.matrix(coefficients)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        is_full = self.parametrization == "projector"
        w = params["w"]
        weights = self.map.weights(w) if is_full else self.map.weights_from_coefficients(w)
        y = self.map.on_features(weights, x)
        if self.bias is not None and self.bias.rank:
            b = params["b"]
            y = self.bias.add_projected(y, b) if is_full else self.bias.add(y, b)
        return y

    def converted(self, params: Mapping[str, Any], parametrization: str) -> dict[str, Any]:
        """Parameters with which the map in another parametrization computes the same."""
        if parametrization == self.parametrization:
            return dict(params)
        to_basis = parametrization == "basis"
        convert = self.map.coefficients if to_basis else self.map.matrix
        found = {"w": convert(params["w"])}
        if self.bias is not None and self.bias.rank:
            convert = self.bias.coefficients if to_basis else self.bias.vector
            found["b"] = convert(params["b"])
        elif self.bias is not None and not to_basis:
            found["b"] = jnp.zeros(self.rep_out.dim, params["w"].dtype)
        return found
