"""A solved subspace as pure JAX functions.

The solver's answer is a basis on the host; a layer needs functions of parameters and batches. This
floor decides how the product with a batch is computed. `coordinates.py` changes between a space's
own coordinates and those of its irreducible components, `linear.py` applies linear maps
there or by a dense matrix, and `bilinear.py` multiplies components with each other.
"""

from constrainet.maps.bilinear import BilinearMap, bilinear_map
from constrainet.maps.linear import EquivariantMap, equivariant_map

__all__ = ["BilinearMap", "EquivariantMap", "bilinear_map", "equivariant_map"]
