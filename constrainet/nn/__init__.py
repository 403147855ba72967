"""Haiku layers and models that are equivariant by construction.

Every layer is told how its input and output transform, asks for the solved subspace when it is
built, and trains unconstrained parameters. `linear.py` and `bilinear.py` are the two kinds of
products, `nonlinearities.py` and `normalization.py` what stands between them, `channels.py` chooses
hidden representations, and `emlp.py`, `tensor_product_net.py` and `mlp.py` put models together. Use
them under `hk.transform` like Haiku's own; `conversion.py` changes between parametrizations, and
`folding.py` prepares trained models for inference.
"""

from constrainet.nn.bilinear import BiLinear, TensorProduct
from constrainet.nn.channels import gated, matched_rep, uniform_rep
from constrainet.nn.conversion import convert
from constrainet.nn.emlp import EMLP, EMLPBlock
from constrainet.nn.folding import FoldedModel, fold, load_folded
from constrainet.nn.linear import Linear
from constrainet.nn.mlp import MLP
from constrainet.nn.nonlinearities import (
    GatedNonlinearity,
    NormNonlinearity,
    PointwiseNonlinearity,
    RegularNonlinearity,
)
from constrainet.nn.normalization import LayerNorm
from constrainet.nn.tensor_product_net import TensorProductBlock, TensorProductNet

__all__ = [
    "EMLP",
    "MLP",
    "BiLinear",
    "EMLPBlock",
    "FoldedModel",
    "GatedNonlinearity",
    "LayerNorm",
    "Linear",
    "NormNonlinearity",
    "PointwiseNonlinearity",
    "RegularNonlinearity",
    "TensorProduct",
    "TensorProductBlock",
    "TensorProductNet",
    "convert",
    "fold",
    "gated",
    "load_folded",
    "matched_rep",
    "uniform_rep",
]
