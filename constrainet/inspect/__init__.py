"""Looking at equivariance: patterns of weights, pictures, descriptions, and tests of functions."""

from constrainet.inspect.assertion import assert_equivariant
from constrainet.inspect.equivariance import EquivarianceError, equivariance_error
from constrainet.inspect.plots import plot_basis, plot_projection, plot_weight_sharing
from constrainet.inspect.weight_sharing import WeightSharing, weight_sharing

__all__ = [
    "EquivarianceError",
    "WeightSharing",
    "assert_equivariant",
    "equivariance_error",
    "plot_basis",
    "plot_projection",
    "plot_weight_sharing",
    "weight_sharing",
]
