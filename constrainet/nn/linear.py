"""The equivariant linear layer."""

from __future__ import annotations

import warnings
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.errors import NoEquivariantMapError
from constrainet.maps import SharedFrame, bias_map, equivariant_map
from constrainet.nn.checks import (
    check_frame,
    check_initialiser,
    check_number,
    check_option,
    check_rep,
    enter,
    naming,
    parameter,
    title,
)
from constrainet.reps import Rep

PARAMETRIZATIONS = ("projector", "basis")
PRODUCTS = ("auto", "dense", "irreducible")
KEPT = ("summand", "component")


class Linear(hk.Module):
    """`y = W x + b`, with W and b in the equivariant subspaces.

    With `parametrization="projector"` the parameters are an unconstrained matrix `w` of shape
    (rep_out.dim, rep_in.dim) and vector `b` of shape (rep_out.dim,), and the layer uses their
    projections P w and P b. With "basis" they are the coefficients of W and b in orthonormal bases,
    so that parameters, gradients and optimiser state are smaller. The function class is the same,
    and so is the product with the batch, which follows the structure of the subspace.

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
        frame: common coordinates of the representations of a model, which its layers share.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`; given to the frame where there is one.
        w_init: initialiser of the weight parameters, instead of the one above.
        b_init: initialiser of the bias parameters; zero by default.
        name: of the module.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.
        NoEquivariantMapError: if only the zero map is equivariant, and no bias is.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> G = SO(3)
        >>> layer = hk.without_apply_rng(hk.transform(
        ...     lambda x: Linear(5 * Scalar(G) + 5 * V(G), V(G), parametrization="basis")(x)))
        >>> params = layer.init(jax.random.key(0), jax.numpy.ones((8, 20)))
        >>> params["linear"]["w"].shape, layer.apply(params, jax.numpy.ones((8, 20))).shape
        ((5,), (8, 3))

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 5.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        with_bias: bool = True,
        parametrization: str = "projector",
        product: str = "auto",
        gain: float = 1.0,
        kept: str = "summand",
        frame: SharedFrame | None = None,
        rtol: float | None = None,
        w_init: hk.initializers.Initializer | None = None,
        b_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out = rep_in, rep_out
        self.with_bias, self.parametrization = with_bias, parametrization
        self.w_init, self.b_init = w_init, b_init
        self.gain, self.kept = gain, kept
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            check_option("parametrization", parametrization, PARAMETRIZATIONS)
            check_option("product", product, PRODUCTS)
            check_number("gain", gain)
            check_option("kept", kept, KEPT)
            check_frame(frame, rtol)
            check_initialiser("w_init", w_init)
            check_initialiser("b_init", b_init)
            self.map = equivariant_map(rep_in, rep_out, product, frame, rtol)
            self.bias = bias_map(self.map.rep_out, self.map.frame) if with_bias else None
        self._check_not_zero()

    def _check_not_zero(self) -> None:
        if self.map.rank or not self.map.shape[0] or not self.map.shape[1]:
            return
        what = (
            f"`{title(self)}`: no linear map from {self.rep_in} to {self.rep_out} but zero "
            f"is equivariant under {self.rep_out.group}"
        )
        if self.bias is None or not self.bias.rank:
            raise NoEquivariantMapError(
                f"{what}, and no bias is invariant, so the layer would always return zero. Add "
                "summands, or tensor products of them, that share an irreducible with the "
                "other side."
            )
        warnings.warn(
            f"{what}: the layer returns its bias, whatever the input.", UserWarning, stacklevel=3
        )

    def __call__(self, x) -> Any:
        """The layer applied to vectors, (..., rep_in.dim) to (..., rep_out.dim)."""
        x, leave = enter(self, x, self.rep_in, self.map.source)
        dtype = parameter_dtype(x.dtype, self.map.is_complex)
        is_full = self.parametrization == "projector"
        shape = self.map.shape if is_full else (self.map.rank,)
        w = parameter(self, "w", shape, dtype, self.w_init or self._default_init)
        weights = self.map.weights(w) if is_full else self.map.weights_from_coefficients(w)
        y = self.map.on_features(weights, x)
        if self.bias is not None:
            shape = (self.rep_out.dim,) if is_full else (self.bias.rank,)
            b = parameter(self, "b", shape, dtype, self.b_init or jnp.zeros)
            y = self.bias.add_projected(y, b) if is_full else self.bias.add(y, b)
        return leave(y)

    def _default_init(self, shape, dtype) -> jax.Array:
        noise = hk.initializers.RandomNormal()((self.map.rank,), dtype)
        coefficients = self.map.scaled(self.gain * noise, self.kept)
        return coefficients if self.parametrization == "basis" else self.map.matrix(coefficients)


def parameter_dtype(dtype: Any, is_complex: bool) -> Any:
    """The input's precision; complex where equivariant maps are."""
    return jnp.result_type(dtype, jnp.complex64) if is_complex else jnp.finfo(dtype).dtype
