"""Equivariant neural networks by constraint.

Name a symmetry group by its generators (`constrainet.groups`), declare how inputs and outputs
transform (`constrainet.reps`), and get Haiku layers that are equivariant by construction
(`constrainet.nn`), or the same for Flax NNX (`constrainet.nnx`) and Equinox (`constrainet.eqx`).
`constrainet.inspect` shows what equivariance does to weights, and tests it.

The equivariant weights are found once, by linear algebra in float64 (`constrainet.linalg`,
`constrainet.solve`), and used as pure JAX functions (`constrainet.maps`). Frameworks are
loaded with the layers for them, Matplotlib when something is drawn.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constrainet import errors, groups, inspect, reps

try:
    __version__ = version("constrainet")
except PackageNotFoundError:  # used from a folder that is not installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> ModuleType:
    """Floors are loaded when they are asked for: a robot needs `constrainet.inference` alone."""
    if name in ("errors", "groups", "inspect", "reps"):
        return import_module(f"constrainet.{name}")
    raise AttributeError(f"module 'constrainet' has no attribute {name!r}")


__all__ = ["__version__", "errors", "groups", "inspect", "reps"]
