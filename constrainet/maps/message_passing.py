"""Models of points in space that pass messages along edges."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_count
from constrainet.errors import NoEquivariantMapError
from constrainet.maps.channels import under_group
from constrainet.maps.composition import named
from constrainet.maps.edge_map import EdgeMap, kinds
from constrainet.maps.edges import Edges, checked_graph
from constrainet.maps.features import Features
from constrainet.maps.linear_layer import Linear
from constrainet.maps.map import Map
from constrainet.maps.message_blocks import Graph, TensorFieldBlock, VectorFieldBlock
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep

STEP_GAIN = 0.1
"""Steps of nodes start small, because products with attributes square what they add to."""


@dataclass(frozen=True)
class MessagePassing(EdgeMap):
    """What all models of points have in common: features of nodes, and blocks that add to them."""

    rep_in: Rep
    rep_out: Rep
    space: Rep | None = None
    channels: int | Rep = 32
    num_layers: int = 3
    cutoff: float | None = None
    num_basis: int = 8
    num_edge_features: int = 0
    aggregate: str = "sum"
    rtol: float | None = None
    shared: SharedFrame | None = None
    checked: ClassVar[Callable[..., tuple[jax.Array, Edges]]] = staticmethod(checked_graph)

    def __post_init__(self):
        check_count("num_layers", self.num_layers, least=1)
        if not isinstance(self.channels, Rep):
            check_count("channels", self.channels, least=1)
        self._check()
        _ = self.layers

    @property
    @abstractmethod
    def hidden(self) -> Rep:
        """How the features of nodes transform between blocks."""

    @abstractmethod
    def block(self, number: int, shared: SharedFrame | None) -> Map:
        """The block of that number."""

    @property
    def gain(self) -> float:
        """That of a block."""
        return STEP_GAIN * self.num_layers**-0.5

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        source, target = self.ends
        return source, self.harmonics.rep, self.hidden, target, *self.block(0, None).reps

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        source, attributes, hidden, target = self.reps[:4]
        linear = partial(Linear, parametrization="basis", kept="component", shared=self.frame)
        layers = {"embed": linear(source, hidden)}
        with suppress(NoEquivariantMapError):  # else attributes are those of edges alone
            layers["attributes"] = linear(source, attributes, with_bias=False)
        blocks = named(self.block(number, self.frame) for number in range(self.num_layers))
        return {**layers, **blocks, "out": linear(hidden, target)}

    # compiled by itself, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def run(self, params: Mapping[str, Any], *xs: Features, **external: Edges) -> Features:
        (nodes,), layers = xs, dict(self.layers)
        graph = self._graph(params, nodes, external["edges"].without_fillers())
        embed, last = layers.pop("embed"), layers.pop("out")
        layers.pop("attributes", None)
        h = embed.run(params["embed"], nodes)
        for name, block in layers.items():
            h = block.run(params[name], h, graph=graph)
        return last.run(params["out"], h)

    def _graph(self, params: Mapping[str, Any], nodes: Features, edges: Edges) -> Graph:
        """What blocks know of a graph.

        Attributes of edges are harmonics; those of nodes are the means of these, of which the
        first is 1, and what is linear in a node's features.
        """
        coordinates = self.frame.coordinates(self.reps[1])
        angular = self.harmonics(edges.vectors).T
        present = angular if edges.mask is None else jnp.where(edges.mask, angular, 0)
        means = edges.sums(present, nodes.batch, True).at[0].set(1)
        of_edges, of_nodes = (
            Features(coordinates, rows.shape[1], rows.dtype, rows=rows) for rows in (angular, means)
        )
        if "attributes" in self.layers:
            of_nodes += self.layers["attributes"].run(params["attributes"], nodes)
        return Graph(edges, *self.invariants(edges), of_edges, of_nodes)


@dataclass(frozen=True)
class TensorFieldNet(MessagePassing):
    """The recommended model of points in space: messages are tensors.

    Nodes have copies of irreducibles as features. Each layer passes messages along edges and then
    takes a step of each node, both by products with attributes: harmonics of the edge, and for a
    step the node's mean of them, plus a linear map of its input. Every equivariant bilinear map of
    features and attributes has weights of its own, and gates follow, in messages twice. Positions
    are known by their differences alone, so the model is equivariant under translations, too.

    What is said of harmonics, invariants, lengths, cutoffs, edges of length zero and arguments in
    `edge_convolution` holds here, with positions in place of vectors. Applied as
    `apply(params, nodes, positions, senders, receivers, edge_features=None, mask=None,
    shifts=None)`:

    - positions: shape (n, space.dim).
    - shifts: shape (e, space.dim), what is added to a sender's position as the receiver sees it,
      such as whole cells of a crystal.

    Velocities, charges and species are features of nodes. Nodes without edges get a function of
    their own features.

    Args:
        rep_in: how features of nodes transform.
        rep_out: how results transform.
        space: how points move; the group's defining representation, if not given.
        channels: the hidden representation, or how many copies it has of each irreducible of the
            harmonics, of `rep_in` and of `rep_out`.
        num_layers: how often messages are passed.
        cutoff: the length from which edges count nothing; for groups that keep lengths.
        num_basis: how many functions of the length there are, with a cutoff.
        num_edge_features: how many invariant numbers come with an edge.
        aggregate: "sum" or "mean" over the edges of a node.
        rtol: relative cutoff of singular values for generators that are only approximately known,
            as of `Rep.equivariant_basis`.
        shared: coordinates shared with other maps.
        degree: the highest of the harmonics.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if an option is unknown, the representations are of different groups, `space` is
            missing for a product of groups, or there is a cutoff but no length.
        NoEquivariantMapError: if `rep_out` and the hidden representation have no irreducible in
            common.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> one, v = Scalar(O(3)), V(O(3))
        >>> m = TensorFieldNet(one + v, v, channels=4, degree=1)
        >>> params = m.init(jax.random.key(0))
        >>> charges, velocities = jnp.ones((5, 1)), jnp.zeros((5, 3))
        >>> positions = jax.random.normal(jax.random.key(1), (5, 3))
        >>> senders, receivers = jnp.nonzero(~jnp.eye(5, dtype=bool))
        >>> nodes = jnp.concatenate([charges, velocities], axis=1)
        >>> m.apply(params, nodes, positions, senders, receivers).shape
        (5, 3)

    References:
        Thomas, Smidt, Kearnes, Yang, Li, Kohlhoff, Riley, "Tensor field networks" (2018).
        Brandstetter, Hesselink, van der Pol, Bekkers, Welling, "Geometric and physical quantities
        improve E(3) equivariant message passing" (2022), on attributes.
    """

    degree: int = 2

    @cached_property
    def hidden(self) -> Rep:
        """How the features of nodes transform between blocks."""
        source, target = self.ends
        if isinstance(self.channels, Rep):
            return under_group(self.channels, source.group)
        rtol = self.rtol if self.shared is None else self.shared.rtol
        every = kinds(self.harmonics.rep + source + target, rtol)
        parts = dict.fromkeys(part for part, _ in every.summands)
        return sum((int(self.channels) * part for part in parts), start=0 * source)

    def block(self, number: int, shared: SharedFrame | None) -> Map:
        """The block of that number."""
        return TensorFieldBlock(
            self.hidden,
            self.harmonics.rep,
            self.num_invariants,
            self.aggregate,
            self.gain,
            shared=shared,
        )


@dataclass(frozen=True)
class _OfVectors(MessagePassing):
    """Models whose nodes have scalars and vectors, and whose messages are scalars."""

    num_vectors: int = 4
    degree: ClassVar[int] = 0

    @cached_property
    def hidden(self) -> Rep:
        """How the features of nodes transform between blocks."""
        check_count("channels", self.channels, least=1)
        check_count("num_vectors", self.num_vectors, least=1)
        if any(rep.is_complex for rep in self.ends):
            raise ValueError(
                f"`{type(self).__name__}` takes real representations, because its vectors are. Got "
                f"{' and '.join(map(str, self.ends))}. Use `TensorFieldNet`."
            )
        return self._vector_block(False, None).rep

    def _vector_block(self, has_step: bool, shared: SharedFrame | None) -> VectorFieldBlock:
        return VectorFieldBlock(
            self.harmonics,
            int(self.channels),  # pyright: ignore[reportArgumentType]
            int(self.num_vectors),
            self.num_invariants,
            has_step,
            self.aggregate,
            self.gain,
            shared=shared,
        )


@dataclass(frozen=True)
class VectorFieldNet(_OfVectors):
    """A model of points in space that moves them: messages are scalars, steps are vectors.

    Nodes have scalars and a few vectors as features. Messages are functions of both ends' scalars
    and of all inner products of the edge's vector and both ends' vectors. Each layer adds to a
    node's vectors those of its edges, each times a function of its message, and mixes them with
    functions of its scalars; the first moves the node for the layers that follow. There are no
    products of vectors but inner ones, so a layer costs little, and knows no angles between edges.

    Its arguments and what it is applied to are those of `TensorFieldNet`, but for two.

    Args:
        channels: how many scalars a node has.
        num_vectors: how many vectors.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `TensorFieldNet`.
        ValueError: if a representation is complex.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> m = VectorFieldNet(Scalar(O(3)), V(O(3)), channels=8)
        >>> positions = jax.random.normal(jax.random.key(1), (4, 3))
        >>> ends = jnp.array([0, 1, 2, 3]), jnp.array([1, 2, 3, 0])
        >>> m.apply(m.init(jax.random.key(0)), jnp.ones((4, 1)), positions, *ends).shape
        (4, 3)

    References:
        Satorras, Hoogeboom, Welling, "E(n) equivariant graph neural networks" (2021), with one
        vector and distances.
    """

    def block(self, number: int, shared: SharedFrame | None) -> Map:
        """The block of that number."""
        return self._vector_block(True, shared)


@dataclass(frozen=True)
class ScalarFieldNet(_OfVectors):
    """A model of points in space that knows invariants alone: distances and inner products.

    `VectorFieldNet`, in which vectors stay what they are to the last layer, so that messages are
    functions of the input's invariants. Vectors of the result are sums of the input's and of the
    edges', each times such a function.

    Its arguments and what it is applied to are those of `VectorFieldNet`.

    Raises:
        TypeError, ValueError, NoEquivariantMapError: as `VectorFieldNet`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar
        >>> m = ScalarFieldNet(Scalar(O(3)), Scalar(O(3)), channels=8, cutoff=5.0)
        >>> positions = jax.random.normal(jax.random.key(1), (4, 3))
        >>> ends = jnp.array([0, 1, 2, 3]), jnp.array([1, 2, 3, 0])
        >>> m.apply(m.init(jax.random.key(0)), jnp.ones((4, 1)), positions, *ends).shape
        (4, 1)

    References:
        Schütt, Kindermans, Sauceda, Chmiela, Tkatchenko, Müller, "SchNet" (2017), with distances.
        Villar, Hogg, Storey-Fisher, Yao, Blum-Smith, "Scalars are universal" (2021).
    """

    def block(self, number: int, shared: SharedFrame | None) -> Map:
        """The block of that number."""
        return self._vector_block(number == self.num_layers - 1, shared)
