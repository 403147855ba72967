"""Equivariant maps as pure functions of parameters and arrays, free of any framework.

A `Map` (`map.py`) has `init`, which makes parameters, and `apply`. Maps are `linear`
(`linear_layer.py`), products (`bilinear.py`), non-linearities (`nonlinearities.py`), `layer_norm`,
and what is made of others: `chain` and `residual` (`chain.py`), and the models `emlp` and
`tensor_product_net`, whose hidden representations `channels.py` chooses and `reach.py` completes.

Under them stand the functions they compute with. A batch of vectors (`features.py`) is held in the
representation's own coordinates or in irreducible ones (`coordinates.py`), which all layers of a
model share (`shared_frame.py`). There, linear maps are small matrices that mix copies
(`irreducible.py`); `linear.py` chooses between them and a dense matrix, whose entries `variance.py`
scales. `products.py` multiplies components with each other, those copies that `dealing.py` says, by
one pass over rows (`rows.py`), `gating.py` multiplies them by scalars, `norms.py` takes their
invariant squares, `regular.py` makes functions on a finite group of them (by its Fourier transform,
`fourier.py`), and `bias.py` adds invariant vectors. `probe.py` finds out what such layers
reach. What all this makes parameters mean, `fingerprints.py` tells in twelve digits.
"""

from constrainet.maps.bias import BiasMap, bias_map
from constrainet.maps.bilinear import BiLinear as bilinear
from constrainet.maps.bilinear import TensorProduct as tensor_product
from constrainet.maps.chain import Composite, chain
from constrainet.maps.chain import Residual as residual
from constrainet.maps.channels import matched_rep, uniform_rep, with_gates
from constrainet.maps.conversion import convert
from constrainet.maps.coordinates import Coordinates
from constrainet.maps.emlp import EMLP as emlp
from constrainet.maps.emlp import EMLPBlock as emlp_block
from constrainet.maps.features import Features
from constrainet.maps.fingerprints import fingerprint
from constrainet.maps.folding import FoldedModel, fold, load_folded
from constrainet.maps.gating import Gates, gates
from constrainet.maps.layer_norm import LayerNorm as layer_norm
from constrainet.maps.linear import EquivariantMap, equivariant_map
from constrainet.maps.linear_layer import PARAMETRIZATIONS
from constrainet.maps.linear_layer import Linear as linear
from constrainet.maps.map import (
    Map,
    Parameter,
    Parameters,
    check_input,
    check_rep,
    checked,
    walk,
)
from constrainet.maps.nonlinearities import GatedNonlinearity as gated
from constrainet.maps.nonlinearities import NormNonlinearity as norm
from constrainet.maps.nonlinearities import PointwiseNonlinearity as pointwise
from constrainet.maps.nonlinearities import RegularNonlinearity as regular
from constrainet.maps.norms import InvariantSquares, invariant_squares
from constrainet.maps.probe import Probe
from constrainet.maps.products import CONNECTIONS, TensorProductMap, tensor_product_map
from constrainet.maps.regular import GroupFunctions, group_functions
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.maps.tensor_product_net import TensorProductBlock as tensor_product_block
from constrainet.maps.tensor_product_net import TensorProductNet as tensor_product_net

__all__ = [
    "CONNECTIONS",
    "PARAMETRIZATIONS",
    "BiasMap",
    "Composite",
    "Coordinates",
    "EquivariantMap",
    "Features",
    "FoldedModel",
    "Gates",
    "GroupFunctions",
    "InvariantSquares",
    "Map",
    "Parameter",
    "Parameters",
    "Probe",
    "SharedFrame",
    "TensorProductMap",
    "bias_map",
    "bilinear",
    "chain",
    "check_input",
    "check_rep",
    "checked",
    "convert",
    "emlp",
    "emlp_block",
    "equivariant_map",
    "fingerprint",
    "fold",
    "frame",
    "gated",
    "gates",
    "group_functions",
    "invariant_squares",
    "layer_norm",
    "linear",
    "load_folded",
    "matched_rep",
    "norm",
    "pointwise",
    "regular",
    "residual",
    "tensor_product",
    "tensor_product_block",
    "tensor_product_map",
    "tensor_product_net",
    "uniform_rep",
    "walk",
    "with_gates",
]
