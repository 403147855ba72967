"""The layers and models: those of `constrainet.maps`, as Flax NNX modules."""

from __future__ import annotations

import constrainet.maps as cm
from constrainet.nnx.layer import Layer


class Linear(Layer, make=cm.linear):
    """`y = W x + b`, with W and b in the equivariant subspaces: `cm.linear`."""


class BiLinear(Layer, make=cm.bilinear):
    """Products of the input's components with each other: `cm.bilinear`."""


class TensorProduct(Layer, make=cm.tensor_product):
    """Products of the components of two inputs: `cm.tensor_product`."""


class Convolution(Layer, make=cm.convolution):
    """A convolution of fields on grids, whose kernel commutes with the group: `cm.convolution`."""


class TransposedConvolution(Layer, make=cm.transposed_convolution):
    """The transpose of a convolution, from coarser grids to finer: `cm.transposed_convolution`."""


class AvgPool(Layer, make=cm.avg_pool):
    """The mean over a window about each place of a grid: `cm.avg_pool`."""


class GlobalAvgPool(Layer, make=cm.global_avg_pool):
    """The mean over all places of a grid: `cm.global_avg_pool`."""


class Downsample(Layer, make=cm.downsample):
    """Fields on a coarser grid, smoothed first: `cm.downsample`."""


class Upsample(Layer, make=cm.upsample):
    """Fields on a finer grid, interpolated: `cm.upsample`."""


class GroupPool(Layer, make=cm.group_pool):
    """The maximum, or mean, over coordinates that the group permutes: `cm.group_pool`."""


class GatedNonlinearity(Layer, make=cm.gated):
    """Swish on what the group only permutes, and gates on everything else: `cm.gated`."""


class NormNonlinearity(Layer, make=cm.norm):
    """Each copy of an irreducible times a function of its own invariant square: `cm.norm`."""


class PointwiseNonlinearity(Layer, make=cm.pointwise):
    """Swish on every coordinate of a permutation representation: `cm.pointwise`."""


class RegularNonlinearity(Layer, make=cm.regular):
    """Swish on functions on a finite group, whose coefficients the copies are: `cm.regular`."""


class SampledNonlinearity(Layer, make=cm.sampled_nonlinearity):
    """A function of the values of functions on a sphere or group: `cm.sampled_nonlinearity`."""


class LayerNorm(Layer, make=cm.layer_norm):
    """Divides the copies of each irreducible by their root mean square: `cm.layer_norm`."""


class EdgeConvolution(Layer, make=cm.edge_convolution):
    """Sums, over a node's edges, of products with edges' harmonics: `cm.edge_convolution`."""


class EMLPBlock(Layer, make=cm.emlp_block):
    """A linear layer, products added to its result, and a non-linearity: `cm.emlp_block`."""


class EMLP(Layer, make=cm.emlp):
    """The equivariant multilayer perceptron of the paper: `cm.emlp`."""


class TensorProductBlock(Layer, make=cm.tensor_product_block):
    """Products of two learned projections, added to the input: `cm.tensor_product_block`."""


class TensorProductNet(Layer, make=cm.tensor_product_net):
    """The recommended model: blocks of tensor products, and a readout: `cm.tensor_product_net`."""


class SteerableCNN(Layer, make=cm.steerable_cnn):
    """Residual convolutions of a field, and one vector for it, or a field: `cm.steerable_cnn`."""


class SphericalCNN(Layer, make=cm.spherical_cnn):
    """Convolutions of functions on a sphere or group: `cm.spherical_cnn`."""


class TensorFieldNet(Layer, make=cm.tensor_field_net):
    """The recommended model of points in space: `cm.tensor_field_net`."""


class VectorFieldNet(Layer, make=cm.vector_field_net):
    """A model of points in space that moves them: `cm.vector_field_net`."""


class ScalarFieldNet(Layer, make=cm.scalar_field_net):
    """A model of points in space that knows invariants alone: `cm.scalar_field_net`."""
