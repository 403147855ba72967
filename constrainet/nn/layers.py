"""The layers and models: those of `constrainet.maps`, as Haiku modules."""

from __future__ import annotations

import constrainet.maps as cm
from constrainet.nn.layer import Layer


class Linear(Layer):
    """`y = W x + b`, with W and b in the equivariant subspaces.

    Its arguments and parameters are those of `constrainet.maps.linear`.
    """

    make = cm.linear


class BiLinear(Layer):
    """Products of the input's components with each other.

    Its arguments and parameters are those of `constrainet.maps.bilinear`.
    """

    make = cm.bilinear


class TensorProduct(Layer):
    """Products of the components of two inputs.

    Its arguments and parameters are those of `constrainet.maps.tensor_product`.
    """

    make = cm.tensor_product


class Convolution(Layer):
    """A convolution of fields on grids, with a kernel that commutes with the group.

    Its arguments and parameters are those of `constrainet.maps.convolution`.
    """

    make = cm.convolution


class TransposedConvolution(Layer):
    """The transpose of a convolution: from a coarser grid to a finer one, if it strides.

    Its arguments and parameters are those of `constrainet.maps.transposed_convolution`.
    """

    make = cm.transposed_convolution


class AvgPool(Layer):
    """The mean over a window about each place of a grid.

    Its arguments are those of `constrainet.maps.avg_pool`.
    """

    make = cm.avg_pool


class GlobalAvgPool(Layer):
    """The mean over all places of a grid.

    Its arguments are those of `constrainet.maps.global_avg_pool`.
    """

    make = cm.global_avg_pool


class Downsample(Layer):
    """Fields on a coarser grid, smoothed first.

    Its arguments are those of `constrainet.maps.downsample`.
    """

    make = cm.downsample


class Upsample(Layer):
    """Fields on a finer grid, interpolated.

    Its arguments are those of `constrainet.maps.upsample`.
    """

    make = cm.upsample


class GroupPool(Layer):
    """The maximum, or mean, over coordinates that the group takes to each other.

    Its arguments are those of `constrainet.maps.group_pool`.
    """

    make = cm.group_pool


class GatedNonlinearity(Layer):
    """Swish on what the group only permutes, and gates on everything else.

    Its arguments and parameters are those of `constrainet.maps.gated`.
    """

    make = cm.gated


class NormNonlinearity(Layer):
    """Each copy of an irreducible times a function of its own invariant square.

    Its arguments and parameters are those of `constrainet.maps.norm`.
    """

    make = cm.norm


class PointwiseNonlinearity(Layer):
    """Swish on every coordinate of a permutation representation.

    Its arguments and parameters are those of `constrainet.maps.pointwise`.
    """

    make = cm.pointwise


class RegularNonlinearity(Layer):
    """Swish on functions on a finite group, whose coefficients the copies are.

    Its arguments and parameters are those of `constrainet.maps.regular`.
    """

    make = cm.regular


class SampledNonlinearity(Layer):
    """A function of the values of functions on a sphere or group.

    Its arguments are those of `constrainet.maps.sampled_nonlinearity`; it has no parameters.
    """

    make = cm.sampled_nonlinearity


class LayerNorm(Layer):
    """Divides the copies of each irreducible by their root mean square.

    Its arguments and parameters are those of `constrainet.maps.layer_norm`.
    """

    make = cm.layer_norm


class EdgeConvolution(Layer):
    """Each node's sum, over its edges, of products of senders' features with edges' harmonics.

    Its arguments and parameters are those of `constrainet.maps.edge_convolution`. It is called with
    nodes, vectors, senders and receivers, and with edge features and a mask, if there are such.
    """

    make = cm.edge_convolution


class EMLPBlock(Layer):
    """A linear layer, products added to its result, and a non-linearity.

    Its arguments and parameters are those of `constrainet.maps.emlp_block`.
    """

    make = cm.emlp_block


class EMLP(Layer):
    """The equivariant multilayer perceptron of the paper.

    Its arguments and parameters are those of `constrainet.maps.emlp`.
    """

    make = cm.emlp


class TensorProductBlock(Layer):
    """Products of two learned projections, added to the input.

    Its arguments and parameters are those of `constrainet.maps.tensor_product_block`.
    """

    make = cm.tensor_product_block


class TensorProductNet(Layer):
    """The recommended model: residual blocks of tensor products, and a readout.

    Its arguments and parameters are those of `constrainet.maps.tensor_product_net`.
    """

    make = cm.tensor_product_net


class SteerableCNN(Layer):
    """Residual convolutions of a field, and one vector for it, or a field.

    Its arguments and parameters are those of `constrainet.maps.steerable_cnn`.
    """

    make = cm.steerable_cnn


class SphericalCNN(Layer):
    """Convolutions of functions on a sphere or group, pointwise functions between them.

    Its arguments and parameters are those of `constrainet.maps.spherical_cnn`.
    """

    make = cm.spherical_cnn


class TensorFieldNet(Layer):
    """The recommended model of points in space.

    Its arguments and parameters are those of `constrainet.maps.tensor_field_net`.
    """

    make = cm.tensor_field_net


class VectorFieldNet(Layer):
    """A model of points in space that moves them.

    Its arguments and parameters are those of `constrainet.maps.vector_field_net`.
    """

    make = cm.vector_field_net


class ScalarFieldNet(Layer):
    """A model of points in space that knows invariants alone.

    Its arguments and parameters are those of `constrainet.maps.scalar_field_net`.
    """

    make = cm.scalar_field_net
