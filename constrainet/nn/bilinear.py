"""The equivariant bilinear layer."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import bilinear_map
from constrainet.nn.checks import check_input, check_rep
from constrainet.reps import Rep


class BiLinear(hk.Module):
    """Products of the input's components with each other, copy by copy.

    Every copy of an irreducible in `rep_out` becomes a weighted sum of products of two input
    copies, one for each path that the Clebsch-Gordan coefficients of the group allow. Which copies
    meet is fixed by counting: linear layers before and after mix them. Without these products a
    gated network is close to linear in its non-scalar inputs, and not universal.

    The products take at most as many multiplications as a dense matrix between the representations
    would; where all paths would take more, the cheapest are used. Weights start so that independent
    inputs of variance one give outputs of variance one.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        w_init: initialiser of the weights, instead of the one above.
        name: of the module.

    Raises:
        TypeError: if a representation is none.
        ValueError: if the representations are of different groups.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> layer = hk.without_apply_rng(hk.transform(
        ...     lambda x: BiLinear(4 * V(O(3)), 4 * Scalar(O(3)))(x)))
        >>> params = layer.init(jax.random.key(0), jax.numpy.ones((8, 12)))
        >>> layer.apply(params, jax.numpy.ones((8, 12))).shape
        (8, 4)

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 6, on why gates do not suffice.
        Kondor, Lin, Trivedi, "Clebsch-Gordan nets" (2018), on products along paths.
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        w_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        check_rep("BiLinear", "rep_in", rep_in)
        check_rep("BiLinear", "rep_out", rep_out)
        self.rep_in, self.rep_out, self.w_init = rep_in, rep_out, w_init
        self.map = bilinear_map(rep_in, rep_out, budget=rep_in.dim * rep_out.dim)

    def __call__(self, x) -> jax.Array:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x = check_input(f"BiLinear({self.name})", x, self.rep_in)
        is_complex = self.rep_in.is_complex or self.rep_out.is_complex
        dtype = jnp.result_type(x.dtype, jnp.complex64) if is_complex else x.dtype
        init = self.w_init or self._default_init
        w = hk.get_parameter("w", (self.map.num_weights,), dtype, init=init)
        return self.map.apply(w, x)

    def _default_init(self, shape, dtype) -> jax.Array:
        noise = hk.initializers.RandomNormal()(shape, dtype)
        return noise * jnp.asarray(self.map.scales, jnp.finfo(dtype).dtype)
