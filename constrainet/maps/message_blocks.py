"""The layers of message passing: what edges say, and what nodes make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.maps.channels import with_gates
from constrainet.maps.composition import Composite
from constrainet.maps.edges import Edges
from constrainet.maps.features import Features
from constrainet.maps.harmonic_polynomials import Harmonics
from constrainet.maps.linear_layer import Linear
from constrainet.maps.map import Map
from constrainet.maps.nonlinearities import GatedNonlinearity
from constrainet.maps.product_layers import TensorProduct
from constrainet.maps.shared_frame import SharedFrame
from constrainet.reps import Rep, Scalar
from constrainet.solve import constant

STEP_GAIN = 0.01
"""Steps of vectors start small, because the next layer's invariants grow with their square."""


NEIGHBOURS = 4
"""What sums of messages, which are alike at first, are divided by at initialisation."""


class Graph(NamedTuple):
    """What layers know of a graph beside the features of its nodes.

    Args:
        edges: as `checked_graph` makes them.
        invariants: of edges, shape (e, k).
        size: a factor for the messages of each edge, shape (e,).
        of_edges: attributes of edges.
        of_nodes: attributes of nodes.
    """

    edges: Edges
    invariants: jax.Array
    size: jax.Array
    of_edges: Features
    of_nodes: Features


@dataclass(frozen=True)
class TensorFieldBlock(Composite):
    """Messages, and a step of each node, by layers that depend on attributes.

    m_ij = size_ij σ(C₂ σ(C₁ (A h_j + B h_i + E s_ij))), with matrices C that are linear functions
    of the edge's attribute a_ij, and gates σ; h_i becomes h_i + D₂ σ(D₁ (F h_i + G Σ_j m_ij)), with
    D linear functions of the node's attribute a_i.

    Args:
        rep: how features of nodes transform.
        attributes: how attributes do.
        num_invariants: how many numbers s_ij each edge has.
        aggregate: "sum" or "mean" of messages.
        gain: what the deviation of what is added is multiplied by at initialisation.
        shared: coordinates of all `reps`.
    """

    rep: Rep
    attributes: Rep
    num_invariants: int
    aggregate: str
    gain: float
    rtol: float | None = None
    shared: SharedFrame | None = None

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How nodes transform, and attributes."""
        return self.rep, self.attributes

    @property
    def rep_out(self) -> Rep:
        """How nodes transform."""
        return self.rep

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        scalars = self.num_invariants * Scalar(self.rep.group)
        return self.rep, self.attributes, with_gates(self.rep), scalars

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        rep, attributes, inner, scalars = self.reps
        linear = partial(
            Linear, rep_out=rep, parametrization="basis", kept="component", shared=self.frame
        )
        conditioned = partial(TensorProduct, rep, attributes, connections="full", shared=self.frame)
        each, both = 3**-0.5, 2**-0.5  # three summands, or two
        return {
            "sender": linear(rep, gain=each),
            "receiver": linear(rep, with_bias=False, gain=each),
            "edge": linear(scalars, with_bias=False, gain=each),
            "message": conditioned(inner),
            "message_1": conditioned(inner),
            "node": linear(rep, gain=both),
            "received": linear(rep, with_bias=False, gain=both / NEIGHBOURS),
            "update": conditioned(inner),
            "update_1": conditioned(rep, gain=self.gain),
        }

    @cached_property
    def _gates(self) -> GatedNonlinearity:
        return GatedNonlinearity(self.rep, normalized=True, shared=self.frame)

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Graph) -> Features:
        (h,), graph = xs, external["graph"]
        return self.updated(params, h, self.messages(params, h, graph), graph)

    def messages(self, params: Mapping[str, Any], h: Features, graph: Graph) -> Features:
        """m_ij, of all edges."""
        edges, invariants = graph.edges, graph.invariants
        scalars = Features(
            self.frame.coordinates(self.reps[3]),
            len(invariants),
            invariants.dtype,
            rows=invariants.T,
        )
        x = edges.at(edges.senders, self._run("sender", params, h))
        x += edges.at(edges.receivers, self._run("receiver", params, h))
        x += self._run("edge", params, scalars)
        for name in ("message", "message_1"):
            x = self._gates.run({}, self._run(name, params, x, graph.of_edges))
        found = {i: z * graph.size for i, z in x.components.items()}
        return Features(x.coordinates, x.batch, x.dtype, components=found)

    def updated(
        self, params: Mapping[str, Any], h: Features, messages: Features, graph: Graph
    ) -> Features:
        """Nodes after their step."""
        received = graph.edges.received(messages, h.batch, self.aggregate == "mean")
        x = self._run("node", params, h) + self._run("received", params, received)
        x = self._gates.run({}, self._run("update", params, x, graph.of_nodes))
        return h + self._run("update_1", params, x, graph.of_nodes)

    def _run(self, name: str, params: Mapping[str, Any], *xs: Features) -> Features:
        return self.layers[name].run(params[name], *xs)


@dataclass(frozen=True)
class VectorFieldBlock(Composite):
    """Messages made of invariants, and a step of each node's scalars and vectors.

    Messages m_ij and the step of scalars are those of `TensorFieldBlock`, with all inner products
    of x_ij and of the vectors of both ends among the invariants of an edge. Vectors w_i become
    w_i + Σ_j c(m_ij) x_ij + M(h_i) w_i, with linear maps c and M. The first of a node's vectors
    moves it: x_ij is the edge's vector, plus w_j - w_i of these.

    Args:
        harmonics: of degree 0, of the space in which vectors lie.
        num_scalars: of each node.
        num_vectors: of each node.
        num_invariants: how many numbers each edge has, without inner products.
        has_step: whether vectors take a step.
        aggregate: "sum" or "mean" of messages.
        gain: as of `TensorFieldBlock`.
        shared: coordinates of all `reps`.
    """

    harmonics: Harmonics
    num_scalars: int
    num_vectors: int
    num_invariants: int
    has_step: bool
    aggregate: str
    gain: float
    rtol: float | None = None
    shared: SharedFrame | None = None

    @property
    def rep(self) -> Rep:
        """Scalars, and vectors after them."""
        space = self.harmonics.space
        return self.num_scalars * Scalar(space.group) + self.num_vectors * space

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How nodes transform, and attributes."""
        return self.rep, self.harmonics.rep

    @property
    def rep_out(self) -> Rep:
        """How nodes transform."""
        return self.rep

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The representations whose coordinates it computes in."""
        one, k = Scalar(self.rep.group), self.num_vectors
        inner = self._block(None)
        return self.rep, k * one, k**2 * one, *inner.reps

    def _block(self, shared: SharedFrame | None) -> TensorFieldBlock:
        count = 2 * self.num_vectors + 1 if self.harmonics.form is not None else 0
        return TensorFieldBlock(
            self.num_scalars * Scalar(self.rep.group),
            self.harmonics.rep,
            self.num_invariants + count * (count + 1) // 2,
            self.aggregate,
            self.gain,
            shared=shared,
        )

    @cached_property
    def layers(self) -> Mapping[str, Map]:
        """The maps that it is made of, by the names of their parameters."""
        block = self._block(self.frame)
        layers: dict[str, Map] = {"scalars": block}
        if self.has_step:
            linear = partial(
                Linear, block.rep, parametrization="basis", gain=STEP_GAIN, shared=self.frame
            )
            layers["step"] = linear(rep_out=self.reps[1], with_bias=False)
            layers["mix"] = linear(rep_out=self.reps[2])
        return layers

    def run(self, params: Mapping[str, Any], *xs: Features, **external: Graph) -> Features:
        (h,), graph, layers = xs, external["graph"], self.layers
        edges, block = graph.edges, self._block(self.frame)
        rows = h.rows[self.num_scalars :]
        w = rows.reshape(self.num_vectors, self.harmonics.space.dim, h.batch)
        of_senders, of_receivers = w[..., edges.senders], w[..., edges.receivers]
        x = edges.vectors.T + of_senders[0] - of_receivers[0]
        products = self._inner_products(jnp.concatenate([x[None], of_senders, of_receivers]))
        graph = graph._replace(invariants=jnp.concatenate([graph.invariants, products.T], axis=1))
        scalars = Features(
            self.frame.coordinates(block.rep), h.batch, h.dtype, rows=h.rows[: self.num_scalars]
        )
        messages = block.messages(params["scalars"], scalars, graph)
        scalars = block.updated(params["scalars"], scalars, messages, graph)
        if self.has_step:
            steps = layers["step"].run(params["step"], messages).rows[:, None] * x
            mix = layers["mix"].run(params["mix"], scalars).rows.reshape(len(w), *w.shape[::2])
            w += edges.sums(steps, h.batch, self.aggregate == "mean")
            w += jnp.einsum("kln,ldn->kdn", mix, w)
        rows = jnp.concatenate([scalars.rows, w.reshape(rows.shape)])
        return Features(h.coordinates, h.batch, rows.dtype, rows=rows)

    def _inner_products(self, vectors: jax.Array) -> jax.Array:
        """Of vectors (k, d, e), arsinh of each with each: shape (k (k + 1) / 2, e)."""
        if self.harmonics.form is None:
            return vectors[:0, 0]
        form = constant(self.harmonics.form, vectors)
        products = jnp.einsum("kde,df,lfe->kle", vectors, form, vectors)
        return jnp.arcsinh(products[np.triu_indices(len(vectors))])
