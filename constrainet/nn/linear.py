"""The equivariant linear layer."""

from __future__ import annotations

import warnings

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

from constrainet.errors import NoEquivariantMapError
from constrainet.maps import EquivariantMap, equivariant_map
from constrainet.nn.checks import check_input, check_rep
from constrainet.reps import Rep, Scalar

PARAMETRIZATIONS = ("projector", "basis")


class Linear(hk.Module):
    """`y = W x + b`, with W and b in the equivariant subspaces.

    With `parametrization="projector"` the parameters are an unconstrained matrix `w` of shape
    (rep_out.dim, rep_in.dim) and vector `b` of shape (rep_out.dim,), and the layer uses their
    projections P w and P b. With "basis" they are the coefficients of W and b in orthonormal bases,
    so that parameters, gradients and optimiser state are smaller. The function class is the same,
    and so is the product with the batch, which follows the structure of the subspace.

    At initialisation, outputs have the variance of the inputs in each summand of `rep_out`, for
    inputs with independent coordinates, whatever the rank of the subspace.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        with_bias: whether to add b.
        parametrization: "projector" or "basis".
        product: "auto", "dense" or "irreducible": how W is multiplied with the batch.
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
        w_init: hk.initializers.Initializer | None = None,
        b_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("Linear", "rep_in", rep_in)
        check_rep("Linear", "rep_out", rep_out)
        if parametrization not in PARAMETRIZATIONS:
            raise ValueError(
                "`Linear(parametrization=...)` should be 'projector' or 'basis'. "
                f"Got {parametrization!r}."
            )
        self.rep_in, self.rep_out = rep_in, rep_out
        self.with_bias, self.parametrization = with_bias, parametrization
        self.w_init, self.b_init = w_init, b_init
        self.map = equivariant_map(rep_in, rep_out, product)
        self.bias_map = None
        if with_bias:
            bias_map = equivariant_map(Scalar(rep_out.group), rep_out, "dense")
            self.bias_map = bias_map if bias_map.rank else None
        self._check_not_zero()

    def _check_not_zero(self) -> None:
        if self.map.rank or not self.map.shape[0] or not self.map.shape[1]:
            return
        what = (
            f"`Linear({self.name})`: no linear map from {self.rep_in} to {self.rep_out} but zero "
            f"is equivariant under {self.rep_out.group}"
        )
        if self.bias_map is None:
            raise NoEquivariantMapError(
                f"{what}, and no bias is invariant, so the layer would always return zero. Add "
                "summands, or tensor products of them, that share an irreducible with the "
                "other side."
            )
        warnings.warn(
            f"{what}: the layer returns its bias, whatever the input.", UserWarning, stacklevel=3
        )

    def __call__(self, x) -> jax.Array:
        """The layer applied to vectors, (..., rep_in.dim) to (..., rep_out.dim)."""
        x = check_input(f"Linear({self.name})", x, self.rep_in)
        dtype = _parameter_dtype(self.map, x)
        shape = self.map.shape if self.parametrization == "projector" else (self.map.rank,)
        w = hk.get_parameter("w", shape, dtype, init=self.w_init or self._default_init)
        if self.parametrization == "projector":
            weights = self.map.weights(w)
        else:
            weights = self.map.weights_from_coefficients(w)
        y = self.map.apply(weights, x)
        if self.with_bias:
            y = y + self._bias(dtype)
        return y

    def _bias(self, dtype):
        bias_map = self.bias_map
        if self.parametrization == "projector":
            b = hk.get_parameter("b", (self.rep_out.dim,), dtype, init=self.b_init or jnp.zeros)
            # where no bias is invariant, the projection of any is zero
            return bias_map.weights(b[:, None])[:, 0] if bias_map else jnp.zeros((), dtype)
        rank = bias_map.rank if bias_map else 0
        b = hk.get_parameter("b", (rank,), dtype, init=self.b_init or jnp.zeros)
        return bias_map.matrix(b)[:, 0] if bias_map else jnp.zeros((), dtype)

    def _default_init(self, shape, dtype) -> jax.Array:
        noise = hk.initializers.RandomNormal()(shape, dtype)
        rows, coefficients = scales(self.map)
        scale = rows[:, None] if self.parametrization == "projector" else coefficients
        return noise * jnp.asarray(scale, jnp.finfo(dtype).dtype)


def scales(equivariant: EquivariantMap) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of weights that keep the variance, summand by summand of the target.

    The matrix entries of a row block with r coefficients of variance s² have squares that sum to
    s² r in the mean, over `size` rows; so s² = size / r.

    Returns:
        One for each row of the matrix, shape (dim_out,); one for each coefficient, shape (rank,).
    """
    subspace = equivariant.subspace
    rows, coefficients = np.zeros(subspace.rows.dim), np.zeros(subspace.rank)
    width = len(subspace.columns.terms)
    for i, term in enumerate(subspace.rows.terms):
        blocks = subspace.blocks[i * width : (i + 1) * width]
        rank = sum(block.rank for block in blocks)
        scale = np.sqrt(term.indices.size / rank) if rank else 0.0
        rows[term.indices.ravel()] = scale
        for block in blocks:
            coefficients[block.start : block.stop] = scale
    return rows, coefficients


def _parameter_dtype(equivariant: EquivariantMap, x: jax.Array):
    """The input's precision; complex where equivariant maps are."""
    return (
        jnp.result_type(x.dtype, jnp.complex64)
        if equivariant.subspace.is_complex
        else (jnp.finfo(x.dtype).dtype)
    )
