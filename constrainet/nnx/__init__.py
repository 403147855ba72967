"""Flax NNX layers and models that are equivariant by construction.

They are the maps of `constrainet.maps` as Flax NNX modules (`layers.py`, by way of `layer.py`),
with the names that they have in `constrainet.nn`.
"""

from constrainet.nnx.layer import Layer
from constrainet.nnx.layers import (
    EMLP,
    BiLinear,
    Convolution,
    EdgeConvolution,
    EMLPBlock,
    GatedNonlinearity,
    LayerNorm,
    Linear,
    NormNonlinearity,
    PointwiseNonlinearity,
    RegularNonlinearity,
    ScalarFieldNet,
    TensorFieldNet,
    TensorProduct,
    TensorProductBlock,
    TensorProductNet,
    VectorFieldNet,
)

__all__ = [
    "EMLP",
    "BiLinear",
    "Convolution",
    "EMLPBlock",
    "EdgeConvolution",
    "GatedNonlinearity",
    "Layer",
    "LayerNorm",
    "Linear",
    "NormNonlinearity",
    "PointwiseNonlinearity",
    "RegularNonlinearity",
    "ScalarFieldNet",
    "TensorFieldNet",
    "TensorProduct",
    "TensorProductBlock",
    "TensorProductNet",
    "VectorFieldNet",
]
