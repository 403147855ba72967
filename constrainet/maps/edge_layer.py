"""Messages along the edges of a graph whose nodes are points.

A message is a kernel k(x), a matrix for each edge's vector x, times the features of the sender. It
is equivariant if k(g x) = ρ_out(g) k(x) ρ_in(g)⁻¹, and all such kernels with angular parts in the
harmonics Y are k(x) = W · (Y(x) ⊗ ·), with W an equivariant map whose weights depend on invariants
of x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import jax

from constrainet.arguments import check_count
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.composition import chain
from constrainet.maps.edge_map import EdgeMap, kinds
from constrainet.maps.edges import Edges
from constrainet.maps.features import Features
from constrainet.maps.linear_layer import Linear
from constrainet.maps.map import Map
from constrainet.maps.nonlinearities import GatedNonlinearity
from constrainet.maps.product_layers import TensorProduct, product_rep
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep, Scalar
from constrainet.solve import constant


@dataclass(frozen=True)
class EdgeConvolution(EdgeMap):
    """Each node's sum, over its edges, of products of senders' features with edges' harmonics.

    y_i = W Σ_j w(x_ij) · (h_j ⊗ Y(x_ij)), over the edges from j to i with vectors x_ij. Products go
    along all paths that Clebsch-Gordan coefficients allow to an irreducible of `rep_out`, for every
    copy in `rep_in`. Each has a weight w, which a network gives of the edge's invariants; W is
    linear. Nodes without edges get zero.

    Where the group keeps lengths, Y are harmonics of the direction and invariants are functions of
    the length: with a `cutoff` those of `radial_basis`, and w goes to zero there with two
    derivatives; without one, arsinh |x|², for vectors in units in which they are of size one.
    Elsewhere Y are the polynomials that `harmonics` says, and the one invariant is arsinh q(x) of
    the group's form q, such as the interval of the Lorentz group, if there is one. For edges of
    length zero all is finite, and so are derivatives.

    Applied as `apply(params, nodes, vectors, senders, receivers, edge_features=None, mask=None)`,
    to one graph, or to several as one of which no edge joins two:

    - nodes: shape (n, rep_in.dim), or a dictionary, if that is `named`.
    - vectors: shape (e, space.dim), such as the sender's position minus the receiver's.
    - senders, receivers: whole numbers from 0 to n - 1, shape (e,). What lies outside is refused,
      but under `jax.jit`, which knows no values.
    - edge_features: invariant numbers, shape (e, num_edge_features).
    - mask: booleans, shape (e,); edges where it is false are not there. With arrays filled up to
      one size by such edges, and by nodes without edges, all graphs share one compilation.

    Returns an array (n, rep_out.dim).

    Args:
        rep_in: how features of nodes transform.
        rep_out: how results transform.
        space: how points move; the group's defining representation, if not given.
        degree: the highest of the harmonics.
        cutoff: the length from which edges count nothing; for groups that keep lengths.
        num_basis: how many functions of the length there are, with a cutoff.
        channels: the width of the hidden layer, or of several, of the network that gives weights.
        num_edge_features: how many invariant numbers come with an edge.
        aggregate: "sum" or "mean" over the edges of a node.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps.

    Attributes:
        harmonics: Y.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if an option is unknown, the representations are of different groups, `space` is
            missing for a product of groups, or there is a cutoff but no length.
        NoEquivariantMapError: if no product is of a kind that `rep_out` holds.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> one, v = Scalar(O(3)), V(O(3))
        >>> m = EdgeConvolution(4 * one, 4 * one + 4 * v, cutoff=3.0)
        >>> params = m.init(jax.random.key(0))
        >>> points = jax.random.normal(jax.random.key(1), (5, 3))
        >>> senders, receivers = jnp.nonzero(~jnp.eye(5, dtype=bool))
        >>> vectors = points[senders] - points[receivers]
        >>> m.apply(params, jnp.ones((5, 4)), vectors, senders, receivers).shape
        (5, 16)

    References:
        Thomas, Smidt, Kearnes, Yang, Li, Kohlhoff, Riley, "Tensor field networks" (2018).
        Batzner et al., "E(3)-equivariant graph neural networks for data-efficient and accurate
        interatomic potentials" (2022), on the weights.
    """

    rep_in: Rep
    rep_out: Rep
    space: Rep | None = None
    degree: int = 2
    cutoff: float | None = None
    num_basis: int = 8
    channels: int | Sequence[int] = 64
    num_edge_features: int = 0
    aggregate: str = "sum"
    rtol: float | None = None
    shared: SharedFrame | None = None

    def __post_init__(self):
        widths = self.channels
        widths = tuple(widths) if isinstance(widths, Sequence) else (widths,)
        for width in widths:
            check_count("channels", width, least=1)
        object.__setattr__(self, "channels", widths)
        self._check()
        _ = self.layers

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = self.ends
        angular = self.harmonics.rep
        rtol = self.rtol if self.shared is None else self.shared.rtol
        messages = product_rep(source, angular, kinds(target, rtol), rtol)
        if not messages.dim:
            raise NoEquivariantMapError(
                f"No product of {source} with harmonics to degree {self.degree} is of a kind that "
                f"{target} holds, so the layer would always return zero. Raise `degree`, or add "
                "summands to either."
            )
        return source, angular, messages, target

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        source, _, messages, target = self.reps
        one, product = Scalar(source.group), self._product
        widths = (self.num_invariants, *self.channels, product.num_weights)  # pyright: ignore
        options: dict[str, Any] = {"parametrization": "basis", "kept": "component"}
        network: list[Map] = []
        for before, after in pairwise(widths):
            if network:
                network.append(GatedNonlinearity(before * one, normalized=True))
            network.append(Linear(before * one, after * one, **options))
        linear = Linear(messages, target, with_bias=False, shared=self.frame, **options)
        return {"radial": chain(*network), "tensor_product": product, "linear": linear}

    @cached_property
    def _product(self) -> TensorProduct:
        source, angular, messages, _ = self.reps
        return TensorProduct(source, angular, messages, weights="external", shared=self.frame)

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def run(self, params: Mapping[str, Any], *xs: Features, **external: Edges) -> Features:
        (nodes,), edges = xs, external["edges"].without_fillers()
        angular = self.harmonics(edges.vectors)
        angular = Features(
            self.frame.coordinates(self.reps[1]), len(angular), angular.dtype, rows=angular.T
        )
        weights = self._weights(params["radial"], edges)
        messages = self._product.run({}, edges.at(edges.senders, nodes), angular, weights=weights)
        received = edges.received(messages, nodes.batch, self.aggregate == "mean")
        return self.layers["linear"].run(params["linear"], received)

    def _weights(self, params: Mapping[str, Any], edges: Edges) -> jax.Array:
        """What the network gives each path of each edge, shape (num_weights, e)."""
        radial, (invariants, size) = self.layers["radial"], self.invariants(edges)
        features = Features.of(radial.frame.coordinates(radial.reps_in[0]), invariants)
        weights = radial.run(params, features).rows[:, : len(size)]
        return weights * constant(self._product.map.scales, weights)[:, None] * size
