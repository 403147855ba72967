"""Equivariant products: of two inputs, and of an input with itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_number, check_option
from constrainet.maps.features import Features
from constrainet.maps.map import Map, Parameter, Parameters, check_rep
from constrainet.maps.products import CONNECTIONS, TensorProductMap, tensor_product_map
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep, Scalar, direct_sum, under_one_group

WEIGHTS = ("internal", "external")


class _Products(Map):
    """What products of two inputs and of one have in common."""

    connections: str
    gain: float
    weights: str

    def _check(self) -> None:
        check_option("connections", self.connections, CONNECTIONS)
        check_number("gain", self.gain)
        check_option("weights", self.weights, WEIGHTS)
        check_shared(self.shared, self.rtol)

    @property
    def map(self) -> TensorProductMap:
        """What products are computed with."""
        raise NotImplementedError

    @property
    def num_weights(self) -> int:
        """How many weights there are, of its own or from outside."""
        return self.map.num_weights

    @cached_property
    def frame(self) -> SharedFrame:
        return self.map.frame

    @cached_property
    def parameters(self) -> Parameters:
        """What `init` makes."""
        if self.weights == "external":
            return {}
        return {"w": Parameter((self.num_weights,), self._init, self.map.is_complex)}

    def _weights(self, params: Mapping[str, Any], external: Mapping[str, Any]) -> jax.Array:
        return external["weights"] if self.weights == "external" else params["w"]

    def _init(self, key, shape, dtype) -> jax.Array:
        noise = jax.random.normal(key, shape, dtype)
        return noise * jnp.asarray(self.gain * self.map.scales, jnp.finfo(dtype).dtype)

    def checked_external(
        self, name: str, lead: tuple[int, ...], external: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self.weights == "internal":
            return super().checked_external(name, lead, external)
        if set(external) != {"weights"} or external["weights"] is None:
            raise TypeError(
                f"`{name}` takes `weights` from outside, because it was declared with "
                f"`weights='external'`. Got {', '.join(external) or 'none'}."
            )
        weights = jnp.asarray(external["weights"])
        if not jnp.issubdtype(weights.dtype, jnp.inexact):
            raise TypeError(f"`{name}` takes floating point weights. Got {weights.dtype}.")
        if weights.shape not in ((self.num_weights,), (*lead, self.num_weights)):
            raise ValueError(
                f"`{name}` takes weights of shape ({self.num_weights},) for all inputs, or "
                f"{(*lead, self.num_weights)}, some for each. Got {weights.shape}."
            )
        scaled = weights * jnp.asarray(self.gain * self.map.scales, jnp.finfo(weights.dtype).dtype)
        if scaled.ndim > 1:
            scaled = scaled.reshape(-1, self.num_weights).T
        return {"weights": scaled}


@dataclass(frozen=True)
class TensorProduct(_Products):
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

    Weights start so that independent inputs of variance one give outputs of variance one. With
    `weights="external"` there are no parameters: `apply(params, x, y, weights=w)` takes w of shape
    (num_weights,), or (..., num_weights) with a weight of its own for every pair of inputs, such as
    a radial network gives for every edge of a graph. Weights of variance one then do the same.

    Args:
        rep_a: how the first input transforms.
        rep_b: how the second transforms.
        rep_out: how outputs transform.
        connections: "channelwise" or "full".
        gain: what the deviation of outputs is multiplied by at initialisation.
        weights: "internal", for parameters, or "external".
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.

    Example:
        >>> import jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> G = O(3)
        >>> m = TensorProduct(2 * V(G), V(G), Scalar(G) + V(G) ** 2, weights="external")
        >>> x, y = jax.numpy.ones((8, 6)), jax.numpy.ones((8, 3))
        >>> m.apply({}, x, y, weights=jax.numpy.ones((8, m.num_weights))).shape
        (8, 10)

    References:
        Kondor, Lin, Trivedi, "Clebsch-Gordan nets" (2018), on products along paths.
        Gilmer, Schoenholz, Riley, Vinyals, Dahl, "Neural message passing for quantum chemistry"
        (2017), on weights that a network makes of edges.
    """

    rep_a: Rep
    rep_b: Rep
    rep_out: Rep
    connections: str = "channelwise"
    gain: float = 1.0
    weights: str = "internal"
    rtol: float | None = None
    shared: SharedFrame | None = None
    arguments: ClassVar[tuple[str, ...]] = ("rep_a", "rep_b")

    def __post_init__(self):
        for argument in ("rep_a", "rep_b", "rep_out"):
            check_rep(argument, getattr(self, argument))
        self._check()
        _ = self.map

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How each argument transforms."""
        return self.rep_a, self.rep_b

    @cached_property
    def map(self) -> TensorProductMap:
        """What products are computed with."""
        return tensor_product_map(
            self.rep_a, self.rep_b, self.rep_out, self.connections, self.shared, self.rtol
        )

    @property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        return self.map.rep_a, self.map.rep_b, self.map.rep_out

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        return self.map.on_features(self._weights(params, external), *xs)


@dataclass(frozen=True)
class BiLinear(_Products):
    """Products of the input's components with each other: `TensorProduct` of an input with itself.

    Without such products a gated network is close to linear in its non-scalar inputs, and not
    universal. With `connections="full"` every equivariant quadratic map can be expressed.

    Args:
        rep_in: how inputs transform.
        rep_out: how outputs transform.
        connections: "channelwise" or "full", as for `TensorProduct`.
        gain: what the deviation of outputs is multiplied by at initialisation.
        weights: "internal" or "external", as for `TensorProduct`.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps, in a chain.

    Raises:
        TypeError: if a representation is none.
        ValueError: if an option is unknown, or the representations are of different groups.

    Example:
        >>> import jax
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> m = BiLinear(4 * V(O(3)), 4 * Scalar(O(3)))
        >>> m.apply(m.init(jax.random.key(0)), jax.numpy.ones((8, 12))).shape
        (8, 4)

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 6.
    """

    rep_in: Rep
    rep_out: Rep
    connections: str = "channelwise"
    gain: float = 1.0
    weights: str = "internal"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        check_rep("rep_in", self.rep_in)
        check_rep("rep_out", self.rep_out)
        self._check()
        _ = self.map

    @cached_property
    def map(self) -> TensorProductMap:
        """What products are computed with."""
        return tensor_product_map(
            self.rep_in, None, self.rep_out, self.connections, self.shared, self.rtol
        )

    @property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        return self.map.rep_a, self.map.rep_out

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Any) -> Features:
        (x,) = xs
        return self.map.on_features(self._weights(params, external), x, x)


def product_rep(rep_a: Rep, rep_b: Rep, kinds: Rep, rtol: float | None = None) -> Rep:
    """As many copies of some kinds of tensors as there are products of two inputs.

    With it as target, `tensor_product` has an output for every path and pair of copies, each of
    which occurs once and has a weight of its own. For messages in a graph, whose second input holds
    one copy of each harmonic, that is an output for every path and copy of the first.

    Args:
        rep_a: how the first input transforms.
        rep_b: how the second transforms.
        kinds: a sum of what is wanted, irreducible each; how many copies of them does not count.
            Of one that is reducible there are enough copies for its commonest component.
        rtol: relative cutoff of singular values for generators that are only approximately known.

    Returns:
        A sum of the kinds that there are products of, in their order.

    Raises:
        TypeError: if an argument is no representation.
        ValueError: if the representations are of different groups.

    Example:
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> v, one = V(O(3)), Scalar(O(3))
        >>> print(product_rep(8 * v + 4 * one, one + v, one + v))
        12V⁰⊕12V

    References:
        Thomas, Smidt, Kearnes, Yang, Li, Kohlhoff, Riley, "Tensor field networks" (2018).
    """
    for argument, rep in (("rep_a", rep_a), ("rep_b", rep_b), ("kinds", kinds)):
        check_rep(f"product_rep({argument}=...)", rep)
    group = under_one_group(rep_a * rep_b, kinds)[0].group
    found = []
    for part in dict.fromkeys(part for part, _ in kinds.summands):
        products = tensor_product_map(rep_a, rep_b, part, "full", None, rtol)
        found.append((under_one_group(part, Scalar(group))[0], products.num_products))
    return direct_sum(group, [(part, count) for part, count in found if count])
