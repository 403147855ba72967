"""Equinox layers and models that are equivariant by construction.

They are the maps of `constrainet.maps` as Equinox modules (`layers.py`, by way of `layer.py`),
with the names that they have in `constrainet.nn`.
"""

from constrainet.eqx.layer import Layer
from constrainet.eqx.layers import (
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
    TensorProduct,
    TensorProductBlock,
    TensorProductNet,
    TransposedConvolution,
    Upsample,
)

__all__ = [
    "EMLP",
    "AvgPool",
    "BiLinear",
    "Convolution",
    "Downsample",
    "EMLPBlock",
    "EdgeConvolution",
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
    "TensorProduct",
    "TensorProductBlock",
    "TensorProductNet",
    "TransposedConvolution",
    "Upsample",
]
