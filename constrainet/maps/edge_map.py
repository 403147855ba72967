"""What all maps on graphs whose nodes are points have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from constrainet.arguments import check_count, check_option
from constrainet.maps.composition import Composite
from constrainet.maps.edges import Edges, checked_edges
from constrainet.maps.features import Features
from constrainet.maps.harmonic_polynomials import Harmonics, default_space
from constrainet.maps.map import check_rep, like_input
from constrainet.maps.radial_basis import bessel_functions, check_cutoff, envelope
from constrainet.maps.shared_frame import check_shared
from constrainet.reps import Rep, Scalar, decompose, direct_sum, under_one_group
from constrainet.solve import constant

AGGREGATES = ("sum", "mean")


class EdgeMap(Composite):
    """A map of the features of nodes, and of the edges between them."""

    space: Rep | None
    degree: int
    cutoff: float | None
    num_basis: int
    num_edge_features: int
    aggregate: str
    checked: ClassVar[Callable[..., tuple[jax.Array, Edges]]] = staticmethod(checked_edges)
    """Nodes and edges of what it is applied to."""

    def _check(self) -> None:
        for argument in ("rep_in", "rep_out"):
            check_rep(argument, getattr(self, argument))
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

    @property
    def reps_in(self) -> tuple[Rep, ...]:
        """How nodes transform, and points or vectors."""
        return self.rep_in, self.harmonics.space

    @cached_property
    def ends(self) -> tuple[Rep, Rep]:
        """`rep_in` and `rep_out`, as representations of the group of all three."""
        source, target = self.rep_in, self.rep_out
        if self.space is not None:
            check_rep("space", self.space)
            source = source * self.space
        one = Scalar(under_one_group(source, target)[0].group)
        return under_one_group(self.rep_in, one)[0], under_one_group(self.rep_out, one)[0]

    @cached_property
    def harmonics(self) -> Harmonics:
        """The angular functions of an edge."""
        group = self.ends[0].group
        space = default_space(group) if self.space is None else self.space
        space = under_one_group(space, Scalar(group))[0]
        return Harmonics(space, self.degree, normalized=space.is_unitary and not space.is_complex)

    def applied(
        self,
        name: str,
        params: Callable[[Any], Mapping[str, Any]],
        xs: Sequence[Any],
        external: Mapping[str, Any] | None = None,
    ) -> Any:
        nodes, edges = self.checked(
            name, self.rep_in, self.harmonics.space, self.num_edge_features, xs, external
        )
        real = jnp.finfo(jnp.result_type(nodes, edges.vectors)).dtype
        features = Features.of(self.frame.coordinates(self.reps[0]), nodes)
        y = self.run(params(real), features, edges=edges).array((len(nodes),))
        return like_input(y, self.rep_out, *xs[:1], *(external or {}).values())

    @property
    def num_invariants(self) -> int:
        """How many numbers `invariants` gives."""
        lengths = self.num_basis if self.cutoff is not None else self.harmonics.form is not None
        return max(1, lengths + self.num_edge_features)

    def invariants(self, edges: Edges) -> tuple[jax.Array, jax.Array]:
        """What no element of the group changes of an edge.

        Returns:
            Functions of its vector, and its features, shape (e, num_invariants); and a factor for
            its messages, zero from the cutoff on and for fillers, shape (e,).
        """
        x = edges.vectors
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
        return invariants, size if edges.mask is None else jnp.where(edges.mask, size, 0)


def kinds(rep: Rep, rtol: float | None) -> Rep:
    """One copy of each irreducible of a representation; where there are none, of each summand."""
    try:
        parts = [irrep for irrep, _ in decompose(rep).irreps] if rtol is None else None
    except ValueError:  # it is not completely reducible
        parts = None
    if parts is None:
        return rep
    return direct_sum(rep.group, [(part, 1) for part in parts])
