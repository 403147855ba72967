"""Haiku layers and models that are equivariant by construction.

Every layer is told how its input and output transform, asks for the solved subspace when it is
built, and trains unconstrained parameters. `linear.py` and `bilinear.py` are the two kinds of
products, `nonlinearities.py` what stands between them, `channels.py` chooses hidden
representations, and `mlp.py` puts models together. Use them under `hk.transform` like Haiku's own.
"""

from constrainet.nn.bilinear import BiLinear
from constrainet.nn.channels import gated, uniform_rep
from constrainet.nn.linear import Linear
from constrainet.nn.mlp import EMLP, MLP, EMLPBlock
from constrainet.nn.nonlinearities import GatedNonlinearity

__all__ = [
    "EMLP",
    "MLP",
    "BiLinear",
    "EMLPBlock",
    "GatedNonlinearity",
    "Linear",
    "gated",
    "uniform_rep",
]
