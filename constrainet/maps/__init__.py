"""Equivariant maps as pure functions of parameters and arrays, free of any framework.

A `Map` (`map.py`) has `init`, which makes parameters, and `apply`. Maps are `linear`
(`linear_layer.py`), `convolution` of fields on grids and its transpose (`convolution_layer.py`, by
`grids.py`), pooling over places and over what a group permutes (`pooling.py`), products
(`product_layers.py`), non-linearities (`nonlinearities.py`) and `layer_norm` (`normalization.py`),
and what is made of others: `chain` and `residual` (`composition.py`), and the models `emlp`
(`perceptron.py`), `tensor_product_net` (`product_net.py`) and, for fields, `steerable_cnn`
(`convolution_net.py`), whose hidden representations `channels.py` chooses and `reach.py` completes.
`edge_convolution` (`edge_layer.py`) passes messages along the edges of a graph (`edges.py`),
and so do the models of points in space, `tensor_field_net` and others (`message_passing.py`), by
blocks (`message_blocks.py`); `edge_map.py` says what these share, and `graph_pooling.py` adds up
results by graph.
`conversion.py` changes between parametrizations, `subgroups.py` goes from groups to subgroups, and
`folding.py` prepares models for inference, or `onnx.py` for other runtimes.

Functions on spaces need more: `harmonics` (`harmonic_polynomials.py`), equivariant functions of a
point, `radial_basis` (`radial_basis.py`), functions of its length without parameters, and kernels
made of harmonics or of functions of grid offsets (`kernels.py`). `sampling.py` leads from
coefficients of functions to samples, and back, for `sampled_functions.py`: on circles and spheres
(`sphere_sampling.py`), on the rotations (`rotation_sampling.py`), and on what finite groups permute
(`orbit_sampling.py`). What is invariant of a function, `descriptors.py` finds; `spherical_cnn`
(`spherical_net.py`) is a model of such functions.

Under them stand the functions they compute with. A batch of vectors (`features.py`) is held in the
representation's own coordinates or in irreducible ones (`coordinates.py`), which all maps of a
chain share (`shared_frame.py`). There, linear maps are small matrices that mix copies
(`irreducible.py`); `equivariant.py` chooses between them and a dense matrix, whose entries
`variance.py` scales. `products.py` multiplies components with each other, those copies that
`dealing.py` says, by one pass over rows (`rows.py`), `gating.py` multiplies them by scalars,
`norms.py` takes their invariant squares, `functions_on_groups.py` makes functions on a finite group
of them (by its Fourier transform, `fourier.py`), and `bias.py` adds invariant vectors. `probe.py`
finds out what such maps reach. A batch may be spread over devices (`sharding.py`). What all this
makes parameters mean, `fingerprints.py` tells in twelve digits.
"""

from constrainet.inference import FoldedModel, load_folded
from constrainet.maps.bias import BiasMap, bias_map
from constrainet.maps.channels import matched_rep, num_hidden, uniform_rep, with_gates
from constrainet.maps.composition import Composite, chain
from constrainet.maps.composition import Residual as residual
from constrainet.maps.conversion import convert
from constrainet.maps.convolution_layer import Convolution as convolution
from constrainet.maps.convolution_layer import KernelMap
from constrainet.maps.convolution_layer import TransposedConvolution as transposed_convolution
from constrainet.maps.convolution_net import SteerableCNN as steerable_cnn
from constrainet.maps.coordinates import Coordinates
from constrainet.maps.descriptors import bispectrum, power_spectrum
from constrainet.maps.edge_layer import EdgeConvolution as edge_convolution
from constrainet.maps.equivariant import EquivariantMap, equivariant_map
from constrainet.maps.features import Features
from constrainet.maps.fingerprints import fingerprint
from constrainet.maps.folding import fold
from constrainet.maps.functions_on_groups import GroupFunctions, group_functions
from constrainet.maps.gating import Gates, gates
from constrainet.maps.graph_pooling import pool_graphs
from constrainet.maps.grids import FieldMap
from constrainet.maps.harmonic_polynomials import Harmonics as harmonics
from constrainet.maps.kernels import Kernels, kernel_basis, offsets
from constrainet.maps.linear_layer import PARAMETRIZATIONS
from constrainet.maps.linear_layer import Linear as linear
from constrainet.maps.map import (
    Map,
    Parameter,
    Parameters,
    check_input,
    check_rep,
    checked,
    like_input,
    walk,
)
from constrainet.maps.message_passing import ScalarFieldNet as scalar_field_net
from constrainet.maps.message_passing import TensorFieldNet as tensor_field_net
from constrainet.maps.message_passing import VectorFieldNet as vector_field_net
from constrainet.maps.nonlinearities import GatedNonlinearity as gated
from constrainet.maps.nonlinearities import NormNonlinearity as norm
from constrainet.maps.nonlinearities import PointwiseNonlinearity as pointwise
from constrainet.maps.nonlinearities import RegularNonlinearity as regular
from constrainet.maps.normalization import LayerNorm as layer_norm
from constrainet.maps.norms import InvariantSquares, invariant_squares
from constrainet.maps.onnx import save_onnx
from constrainet.maps.orbit_sampling import OrbitGrid as orbit_grid
from constrainet.maps.orbit_sampling import orbit
from constrainet.maps.perceptron import EMLP as emlp
from constrainet.maps.perceptron import EMLPBlock as emlp_block
from constrainet.maps.pooling import AvgPool as avg_pool
from constrainet.maps.pooling import Downsample as downsample
from constrainet.maps.pooling import GlobalAvgPool as global_avg_pool
from constrainet.maps.pooling import GroupPool as group_pool
from constrainet.maps.pooling import Upsample as upsample
from constrainet.maps.probe import Probe
from constrainet.maps.product_layers import BiLinear as bilinear
from constrainet.maps.product_layers import TensorProduct as tensor_product
from constrainet.maps.product_layers import product_rep
from constrainet.maps.product_net import TensorProductBlock as tensor_product_block
from constrainet.maps.product_net import TensorProductNet as tensor_product_net
from constrainet.maps.products import CONNECTIONS, TensorProductMap, tensor_product_map
from constrainet.maps.radial_basis import radial_basis
from constrainet.maps.rotation_sampling import RotationGrid as rotation_grid
from constrainet.maps.sampled_functions import SampledNonlinearity as sampled_nonlinearity
from constrainet.maps.sampling import Grid
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.maps.sphere_sampling import CircleGrid as circle_grid
from constrainet.maps.sphere_sampling import SphereGrid as sphere_grid
from constrainet.maps.sphere_sampling import ThreeSphereGrid as three_sphere_grid
from constrainet.maps.spherical_net import SphericalCNN as spherical_cnn
from constrainet.maps.subgroups import restrict

__all__ = [
    "CONNECTIONS",
    "PARAMETRIZATIONS",
    "BiasMap",
    "Composite",
    "Coordinates",
    "EquivariantMap",
    "Features",
    "FieldMap",
    "FoldedModel",
    "Gates",
    "Grid",
    "GroupFunctions",
    "InvariantSquares",
    "KernelMap",
    "Kernels",
    "Map",
    "Parameter",
    "Parameters",
    "Probe",
    "SharedFrame",
    "TensorProductMap",
    "avg_pool",
    "bias_map",
    "bilinear",
    "bispectrum",
    "chain",
    "check_input",
    "check_rep",
    "checked",
    "circle_grid",
    "convert",
    "convolution",
    "downsample",
    "edge_convolution",
    "emlp",
    "emlp_block",
    "equivariant_map",
    "fingerprint",
    "fold",
    "frame",
    "gated",
    "gates",
    "global_avg_pool",
    "group_functions",
    "group_pool",
    "harmonics",
    "invariant_squares",
    "kernel_basis",
    "layer_norm",
    "like_input",
    "linear",
    "load_folded",
    "matched_rep",
    "norm",
    "num_hidden",
    "offsets",
    "orbit",
    "orbit_grid",
    "pointwise",
    "pool_graphs",
    "power_spectrum",
    "product_rep",
    "radial_basis",
    "regular",
    "residual",
    "restrict",
    "rotation_grid",
    "sampled_nonlinearity",
    "save_onnx",
    "scalar_field_net",
    "sphere_grid",
    "spherical_cnn",
    "steerable_cnn",
    "tensor_field_net",
    "tensor_product",
    "tensor_product_block",
    "tensor_product_map",
    "tensor_product_net",
    "three_sphere_grid",
    "transposed_convolution",
    "uniform_rep",
    "upsample",
    "vector_field_net",
    "walk",
    "with_gates",
]
