"""From a layer of a group to the same layer of a subgroup, with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from constrainet.groups import Group, check_group
from constrainet.maps.channels import num_gates
from constrainet.maps.composition import Chain, Residual, chain
from constrainet.maps.convolution_layer import KernelMap
from constrainet.maps.linear_layer import Linear
from constrainet.maps.map import Map, checked
from constrainet.maps.nonlinearities import GatedNonlinearity, PointwiseNonlinearity
from constrainet.maps.pooling import GridPooling
from constrainet.reps import Rep, Scalar, under_one_group
from constrainet.reps import restrict as restrict_rep


def restrict(m: Map, params: Mapping[str, Any], subgroup: Group) -> tuple[Map, dict[str, Any]]:
    """The same function as a map of a subgroup, whose parameters are free to break the rest.

    What commutes with a group commutes with each of its subgroups: weights in the equivariant
    subspace of the group lie in the larger one of the subgroup, and have coefficients there. So a
    model can be trained under much symmetry first, and then under less. Linear maps, convolutions
    and poolings over the grid carry over, gated and pointwise non-linearities, and chains and
    residual maps of these.

    A convolution of `basis="auto"` has all kernels on the grid, if the subgroup permutes the
    offsets, and not only those that the harmonics of the group make.

    Args:
        m: the map.
        params: its parameters.
        subgroup: whose generators are elements, and elements of the Lie algebra, of the group;
            matrices of the same size.

    Returns:
        The map of the subgroup, of the same parametrization, and its parameters.

    Raises:
        TypeError: if `m` is, or holds, a map of another kind, which would be another function under
            the subgroup.
        ValueError: as `constrainet.reps.restrict`, or if parameters are those of another map.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import C, SO
        >>> from constrainet.reps import Scalar, V
        >>> m = cm.convolution(Scalar(SO(2)), V(SO(2)), kernel_shape=5)
        >>> params = m.init(jax.random.key(0))
        >>> smaller, found = cm.restrict(m, params, C(4))
        >>> print(smaller.rep_out.group, m.kernels.rank, smaller.kernels.rank)
        C(4) 4 12
        >>> x = jax.random.normal(jax.random.key(1), (1, 9, 9, 1))
        >>> bool(jax.numpy.allclose(smaller.apply(found, x), m.apply(params, x), atol=1e-5))
        True
    """
    if not isinstance(m, Map):
        raise TypeError(f"`restrict(m=...)` should be a map, such as `linear`. Got {m!r:.60}.")
    check_group("restrict", subgroup)
    return _restricted(m, checked(m.kind, m.parameters, params), subgroup)


def _restricted(m: Map, params: Mapping[str, Any], subgroup: Group) -> tuple[Map, dict[str, Any]]:
    if isinstance(m, Chain):
        pairs = {
            name: _restricted(each, params.get(name, {}), subgroup)
            for name, each in zip(m.layers, m.maps, strict=True)
        }
        found = {name: own for name, (_, own) in pairs.items() if own}
        return chain(*(each for each, _ in pairs.values())), found
    if isinstance(m, Residual):
        inner, found = _restricted(m.inner, params, subgroup)
        return Residual(inner), found
    if isinstance(m, Linear):
        source, target = (_of_subgroup(rep, m.reps[1].group, subgroup) for rep in m.reps)
        smaller = replace(m, rep_in=source, rep_out=target, shared=None)
        full = m.converted(_projected(m, params), "projector")
        return smaller, _as_declared(smaller, full)
    if isinstance(m, KernelMap):
        return _restricted_kernel(m, params, subgroup)
    if isinstance(m, GridPooling | PointwiseNonlinearity | GatedNonlinearity):
        rep = _of_subgroup(m.rep, m.rep.group, subgroup)
        if isinstance(m, GridPooling):
            return replace(m, rep=rep, space=_space(m, m.rep.group, subgroup)), {}
        if num_gates(rep) == num_gates(m.rep):
            return replace(m, rep=rep, shared=None), {}
    raise TypeError(
        "`restrict(m=...)` should be made of linear maps, convolutions, poolings over the grid "
        f"and gated or pointwise non-linearities. Under {subgroup}, `{m.kind}` would be another "
        "function, because irreducibles fall apart, or coordinates are only permuted."
    )


def _restricted_kernel(m: KernelMap, params: Mapping[str, Any], subgroup: Group):
    group = max((m.rep_in.group, m.rep_out.group, m.place_rep.group), key=lambda g: len(g.factors))
    smaller = replace(
        m,
        rep_in=_of_subgroup(m.rep_in, group, subgroup),
        rep_out=_of_subgroup(m.rep_out, group, subgroup),
        space=_space(m, group, subgroup),
        shared=None,
    )
    full = m.converted(_projected(m, params), "projector")
    if m.kernels.rings is not None and smaller.kernels.rings is None:
        # what the harmonics make at the offsets; elsewhere functions are the same for both
        kernel = m.kernels.kernel(m.kernels.coefficients(full["w"]))
        full["w"] = jnp.transpose(kernel, (2, 0, 1))
    return smaller, _as_declared(smaller, full)


def _projected(m: Linear | KernelMap, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without what the map does not use of them."""
    if m.parametrization == "basis":
        return dict(params)
    whole = m.converted(params, "basis")
    return replace(m, parametrization="basis").converted(whole, "projector")


def _as_declared(m: Linear | KernelMap, full: Mapping[str, Any]) -> dict[str, Any]:
    """Full arrays of weights as the parameters of a map."""
    return replace(m, parametrization="projector").converted(full, m.parametrization)


def _space(m: KernelMap | GridPooling, group: Group, subgroup: Group) -> Rep | None:
    return None if m.space is None else _of_subgroup(m.space, group, subgroup)


def _of_subgroup(rep: Rep, group: Group, subgroup: Group) -> Rep:
    """A representation of a group, or of factors of it, as one of a subgroup."""
    return restrict_rep(under_one_group(rep, Scalar(group))[0], subgroup)
