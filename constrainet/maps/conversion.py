"""From the parameters of one parametrization to those of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constrainet.arguments import check_option
from constrainet.maps.convolution_layer import KernelMap
from constrainet.maps.linear_layer import PARAMETRIZATIONS, Linear
from constrainet.maps.map import Map, checked


def convert(m: Map, params: Mapping[str, Any], parametrization: str) -> dict[str, Any]:
    """Parameters with which linear maps compute the same in another parametrization.

    Matrices of weights become their coefficients in an orthonormal basis, or the other way round;
    what maps of other kinds have is kept. A matrix that came from coefficients is equivariant;
    of any other, the part that the map does not use is lost.

    Args:
        m: the map, in the parametrization that `params` are in.
        params: its parameters.
        parametrization: of the result, "projector" or "basis".

    Returns:
        Parameters for the same map declared with `parametrization`.

    Raises:
        ValueError: if the parametrization is unknown, or parameters are missing.

    Example:
        >>> import jax
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> m = cm.linear(2 * V(O(3)), V(O(3)))
        >>> convert(m, m.init(jax.random.key(0)), "basis")["w"].shape
        (2,)
    """
    check_option("convert(parametrization=...)", parametrization, PARAMETRIZATIONS)
    return _converted(m, checked(m.kind, m.parameters, params), parametrization)


def _converted(m: Map, params: Mapping[str, Any], parametrization: str) -> dict[str, Any]:
    if isinstance(m, Linear | KernelMap):
        return m.converted(params, parametrization)
    return {
        name: _converted(m.layers[name], each, parametrization) if name in m.layers else each
        for name, each in params.items()
    }
