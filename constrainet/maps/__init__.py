"""Equivariant maps as pure JAX functions of parameters and batches.

The solver's answer is a basis on the host; a layer needs functions of parameters and batches, and
this floor decides how these are computed. A batch of vectors (`features.py`) is held in the
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
from constrainet.maps.coordinates import Coordinates
from constrainet.maps.features import Features
from constrainet.maps.fingerprints import fingerprint
from constrainet.maps.gating import Gates, gates
from constrainet.maps.linear import EquivariantMap, equivariant_map
from constrainet.maps.norms import InvariantSquares, invariant_squares
from constrainet.maps.probe import Probe
from constrainet.maps.products import CONNECTIONS, TensorProductMap, tensor_product_map
from constrainet.maps.regular import GroupFunctions, group_functions
from constrainet.maps.shared_frame import SharedFrame, frame

__all__ = [
    "CONNECTIONS",
    "BiasMap",
    "Coordinates",
    "EquivariantMap",
    "Features",
    "Gates",
    "GroupFunctions",
    "InvariantSquares",
    "Probe",
    "SharedFrame",
    "TensorProductMap",
    "bias_map",
    "equivariant_map",
    "fingerprint",
    "frame",
    "gates",
    "group_functions",
    "invariant_squares",
    "tensor_product_map",
]
