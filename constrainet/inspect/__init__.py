"""Looking at equivariance: patterns of weights, pictures, descriptions, and tests of functions."""

from constrainet.inspect.weight_sharing import WeightSharing, weight_sharing

__all__ = ["WeightSharing", "weight_sharing"]
