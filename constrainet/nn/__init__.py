"""Haiku layers and models that are equivariant by construction.

They are the maps of `constrainet.maps` as Haiku modules (`layers.py`, by way of `layer.py`), to be
used under `hk.transform` like Haiku's own, and the baseline without constraint (`mlp.py`).
`conversion.py` changes between parametrizations.
"""

from constrainet.maps import FoldedModel, fold, load_folded, matched_rep, uniform_rep
from constrainet.maps import with_gates as gated
from constrainet.nn.conversion import convert
from constrainet.nn.layer import Layer, from_haiku, to_haiku
from constrainet.nn.layers import (
    EMLP,
    AvgPool,
    BiLinear,
    Convolution,
    Downsample,
    EdgeConvolution,
    EMLPBlock,
    GatedNonlinearity,
    GlobalAvgPool,
    GroupPool,
    LayerNorm,
    Linear,
    NormNonlinearity,
    PointwiseNonlinearity,
    RegularNonlinearity,
    SampledNonlinearity,
    ScalarFieldNet,
    SphericalCNN,
    SteerableCNN,
    TensorFieldNet,
    TensorProduct,
    TensorProductBlock,
    TensorProductNet,
    TransposedConvolution,
    Upsample,
    VectorFieldNet,
)
from constrainet.nn.mlp import MLP

__all__ = [
    "EMLP",
    "MLP",
    "AvgPool",
    "BiLinear",
    "Convolution",
    "Downsample",
    "EMLPBlock",
    "EdgeConvolution",
    "FoldedModel",
    "GatedNonlinearity",
    "GlobalAvgPool",
    "GroupPool",
    "Layer",
    "LayerNorm",
    "Linear",
    "NormNonlinearity",
    "PointwiseNonlinearity",
    "RegularNonlinearity",
    "SampledNonlinearity",
    "ScalarFieldNet",
    "SphericalCNN",
    "SteerableCNN",
    "TensorFieldNet",
    "TensorProduct",
    "TensorProductBlock",
    "TensorProductNet",
    "TransposedConvolution",
    "Upsample",
    "VectorFieldNet",
    "convert",
    "fold",
    "from_haiku",
    "gated",
    "load_folded",
    "matched_rep",
    "to_haiku",
    "uniform_rep",
]
