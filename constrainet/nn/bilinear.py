"""Equivariant products: of two inputs, and of an input with itself."""

from __future__ import annotations

from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp

from constrainet.maps import CONNECTIONS, SharedFrame, TensorProductMap, tensor_product_map
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
from constrainet.nn.linear import parameter_dtype
from constrainet.reps import Rep


class TensorProduct(hk.Module):
    """Products of the components of two inputs.

    By default channel by channel: each copy of an irreducible in `rep_out` is a weighted product of
    one copy from each input, along one of the paths that the Clebsch-Gordan coefficients of the
    group allow (or a sum of several, where there are more paths than copies). Copies take turns,
    and so do paths, and no product occurs twice while there are others: outputs are linearly
    independent as long as there are enough products. Paths that cost far more than others occur
    once, or not at all where together they would take most of the time, until the others have no
    products left: of high tensor powers, and of V(S(n))² with n > 6 and few copies. Which copies
    meet is fixed by counting, and linear layers before and after mix them.
    With `connections="full"` each copy is a weighted sum of all products, so that every equivariant
    bilinear map can be expressed.

    Weights start so that independent inputs of variance one give outputs of variance one.

    Args:
        rep_a: how the first input transforms.
        rep_b: how the second transforms.
        rep_out: how outputs transform.
        connections: "channelwise" or "full".
        gain: what the deviation of outputs is multiplied by at initialisation.
        frame: common coordinates of the representations of a model, which its layers share.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`; given to the frame where there is one.
        w_init: initialiser of the weights, instead of the one above.
        name: of the module.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.

    Example:
        >>> import haiku as hk, jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> layer = hk.without_apply_rng(hk.transform(
        ...     lambda x, y: TensorProduct(2 * V(G), V(G), Scalar(G) + V(G) ** 2)(x, y)))
        >>> x, y = jax.numpy.ones((8, 6)), jax.numpy.ones((8, 3))
        >>> params = layer.init(jax.random.key(0), x, y)
        >>> layer.apply(params, x, y).shape
        (8, 10)

    References:
        Kondor, Lin, Trivedi, "Clebsch-Gordan nets" (2018), on products along paths.
    """

    def __init__(
        self,
        rep_a: Rep,
        rep_b: Rep,
        rep_out: Rep,
        connections: str = "channelwise",
        gain: float = 1.0,
        frame: SharedFrame | None = None,
        rtol: float | None = None,
        w_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_a, self.rep_b, self.rep_out = rep_a, rep_b, rep_out
        self.gain, self.w_init = gain, w_init
        with naming(self):
            for argument, rep in (("rep_a", rep_a), ("rep_b", rep_b), ("rep_out", rep_out)):
                check_rep(argument, rep)
            _check_options(connections, gain, frame, rtol, w_init)
            self.map = tensor_product_map(rep_a, rep_b, rep_out, connections, frame, rtol)

    def __call__(self, x, y) -> Any:
        """(..., rep_a.dim) and (..., rep_b.dim) to (..., rep_out.dim)."""
        a, leave = enter(self, x, self.rep_a, self.map.sources[0], "rep_a")
        b, _ = enter(self, y, self.rep_b, self.map.sources[1], "rep_b")
        if x is not a and jnp.shape(x)[:-1] != jnp.shape(y)[:-1]:
            raise ValueError(
                f"`{title(self)}` takes two arrays of equal shapes but for the last axis. Got "
                f"{jnp.shape(x)} and {jnp.shape(y)}."
            )
        return leave(_multiply(self, a, b))


class BiLinear(hk.Module):
    """Products of the input's components with each other: `TensorProduct` of an input with itself.

    Without such products a gated network is close to linear in its non-scalar inputs, and not
    universal. With `connections="full"` every equivariant quadratic map can be expressed.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        connections: "channelwise" or "full", as for `TensorProduct`.
        gain: what the deviation of outputs is multiplied by at initialisation.
        frame: common coordinates of the representations of a model, which its layers share.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`; given to the frame where there is one.
        w_init: initialiser of the weights, instead of that of `TensorProduct`.
        name: of the module.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.

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
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        connections: str = "channelwise",
        gain: float = 1.0,
        frame: SharedFrame | None = None,
        rtol: float | None = None,
        w_init: hk.initializers.Initializer | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.rep_in, self.rep_out = rep_in, rep_out
        self.gain, self.w_init = gain, w_init
        with naming(self):
            check_rep("rep_in", rep_in)
            check_rep("rep_out", rep_out)
            _check_options(connections, gain, frame, rtol, w_init)
            self.map = tensor_product_map(rep_in, None, rep_out, connections, frame, rtol)

    def __call__(self, x) -> Any:
        """(..., rep_in.dim) to (..., rep_out.dim)."""
        x, leave = enter(self, x, self.rep_in, self.map.sources[0])
        return leave(_multiply(self, x, x))


def _check_options(connections, gain, frame, rtol, w_init) -> None:
    """Refuses options that are none."""
    check_option("connections", connections, CONNECTIONS)
    check_number("gain", gain)
    check_frame(frame, rtol)
    check_initialiser("w_init", w_init)


def _multiply(layer, a, b):
    """The products of two features, with the layer's weights."""
    products: TensorProductMap = layer.map
    dtype = parameter_dtype(jnp.result_type(a.dtype, b.dtype), products.is_complex)

    def init(shape, dtype) -> jax.Array:
        noise = hk.initializers.RandomNormal()(shape, dtype)
        return noise * jnp.asarray(layer.gain * products.scales, jnp.finfo(dtype).dtype)

    w = parameter(layer, "w", (products.num_weights,), dtype, layer.w_init or init)
    return products.on_features(w, a, b)
