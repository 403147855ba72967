"""Messages along the edges of a graph whose nodes are points.

A message is a kernel k(x), a matrix for each edge's vector x, times the features of the sender. It
is equivariant if k(g x) = ρ_out(g) k(x) ρ_in(g)⁻¹, and all such kernels with angular parts in the
harmonics Y are k(x) = W · (Y(x) ⊗ ·), with W an equivariant map whose weights depend on invariants
of x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from constrainet.arguments import check_count, check_option
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.composition import Composite, chain
from constrainet.maps.edges import Edges, checked_edges
from constrainet.maps.features import Features
from constrainet.maps.harmonic_polynomials import Harmonics, default_space
from constrainet.maps.linear_layer import Linear
from constrainet.maps.map import Map, check_rep, like_input
from constrainet.maps.nonlinearities import GatedNonlinearity
from constrainet.maps.product_layers import TensorProduct, product_rep
from constrainet.maps.radial_basis import bessel_functions, check_cutoff, envelope
from constrainet.maps.shared_frame import SharedFrame, check_shared
from constrainet.reps import Rep, Scalar, decompose, direct_sum, under_one_group
from constrainet.solve import constant

AGGREGATES = ("sum", "mean")


@dataclass(frozen=True)
class EdgeConvolution(Composite):
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
        for argument in ("rep_in", "rep_out"):
            check_rep(argument, getattr(self, argument))
        widths = self.channels
        widths = tuple(widths) if isinstance(widths, Sequence) else (widths,)
        for width in widths:
            check_count("channels", width, least=1)
        object.__setattr__(self, "channels", widths)
        check_count("num_basis", self.num_basis, least=1)
        check_count("num_edge_features", self.num_edge_features)
        check_option("aggregate", self.aggregate, AGGREGATES)
        check_shared(self.shared, self.rtol)
        if self.cutoff is not None:
            check_cutoff("cutoff", self.cutoff)
            if not self.harmonics.normalized:
                raise ValueError(
                    "`cutoff` should be None, because vectors have no length that "
                    f"{self.harmonics.space.group} keeps. Got {self.cutoff}."
                )
        _ = self.layers

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How nodes and vectors transform."""
        return self.rep_in, self.harmonics.space

    @cached_property
    def _ends(self) -> tuple[Rep, Rep]:
        """`rep_in` and `rep_out`, as representations of the group of all three."""
        source, target = self.rep_in, self.rep_out
        if self.space is not None:
            check_rep("space", self.space)
            source = source * self.space
        one = Scalar(under_one_group(source, target)[0].group)
        return under_one_group(self.rep_in, one)[0], under_one_group(self.rep_out, one)[0]

    @cached_property
    def harmonics(self) -> Harmonics:
        """Y."""
        group = self._ends[0].group
        space = default_space(group) if self.space is None else self.space
        space = under_one_group(space, Scalar(group))[0]
        return Harmonics(space, self.degree, normalized=space.is_unitary and not space.is_complex)

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = self._ends
        angular = self.harmonics.rep
        rtol = self.rtol if self.shared is None else self.shared.rtol
        messages = product_rep(source, angular, _kinds(target, rtol), rtol)
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
        widths = (self._num_invariants, *self.channels, product.num_weights)  # pyright: ignore
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

    @property
    def _num_invariants(self) -> int:
        lengths = self.num_basis if self.cutoff is not None else self.harmonics.form is not None
        return max(1, lengths + self.num_edge_features)

    def applied(
        self,
        name: str,
        params: Callable[[Any], Mapping[str, Any]],
        xs: Sequence[Any],
        external: Mapping[str, Any] | None = None,
    ) -> Any:
        nodes, edges = checked_edges(
            name, self.rep_in, self.harmonics.space, self.num_edge_features, xs, external
        )
        real = jnp.finfo(jnp.result_type(nodes, edges.vectors)).dtype
        features = Features.of(self.frame.coordinates(self.reps[0]), nodes)
        y = self.run(params(real), features, edges=edges).array((len(nodes),))
        return like_input(y, self.rep_out, *xs[:1], *(external or {}).values())

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def run(self, params: Mapping[str, Any], *xs: Features, **external: Edges) -> Features:
        (nodes,), edges = xs, external["edges"].without_fillers()
        angular = self.harmonics(edges.vectors)
        angular = Features(
            self.frame.coordinates(self.reps[1]), len(angular), angular.dtype, rows=angular.T
        )
        weights = self._weights(params["radial"], edges)
        messages = self._product.run({}, edges.sent(nodes), angular, weights=weights)
        received = edges.received(messages, nodes.batch, self.aggregate == "mean")
        return self.layers["linear"].run(params["linear"], received)

    def _weights(self, params: Mapping[str, Any], edges: Edges) -> jax.Array:
        """What the network gives each path of each edge, shape (num_weights, e)."""
        x, radial = edges.vectors, self.layers["radial"]
        given = [] if edges.features is None else [edges.features]
        size = jnp.ones(len(x), x.dtype)
        if self.harmonics.form is not None:
            square = jnp.sum(x * (x @ constant(self.harmonics.form, x)), axis=1)
            if self.cutoff is None:
                given.append(jnp.arcsinh(square)[:, None])
            else:
                square = square / self.cutoff**2
                given.append(bessel_functions(square, self.num_basis))
                size = envelope(square)
        invariants = jnp.concatenate(given, axis=1) if given else size[:, None]
        features = Features.of(radial.frame.coordinates(radial.reps_in[0]), invariants)
        weights = radial.run(params, features).rows[:, : len(x)]
        weights = weights * constant(self._product.map.scales, weights)[:, None] * size
        return weights if edges.mask is None else jnp.where(edges.mask, weights, 0)


def _kinds(rep: Rep, rtol: float | None) -> Rep:
    """One copy of each irreducible of a representation; where there are none, of each summand."""
    try:
        parts = [irrep for irrep, _ in decompose(rep).irreps] if rtol is None else None
    except ValueError:  # it is not completely reducible
        parts = None
    return direct_sum(rep.group, [(part, 1) for part in parts]) if parts else rep
