"""Looking at equivariance: patterns of weights, pictures, descriptions, and tests of functions.

What equivariance does to a matrix of weights is to force some to zero and to tie others together.
`pattern.py` reads that pattern off the solved subspace and `plots.py` draws it, in the colours of
`colors.py`; `kernel_plots.py` draws kernels of convolutions. `report.py` says in a few lines what
something is, with the irreducible content of `irreducibles.py`. `equivariance.py` measures how far
any function is from being equivariant, `fields.py` does for maps of fields on grids, `assertion.py`
makes a test of it that explains itself, and `layers.py` does both for every layer of a model as it
runs. `catalogue.py` and `expressions.py` serve the command line.

Matplotlib is imported when something is drawn, and Haiku never: layers are known by their
attributes.
"""

from constrainet.inspect.assertion import assert_equivariant
from constrainet.inspect.catalogue import CATALOGUE
from constrainet.inspect.description import Description
from constrainet.inspect.equivariance import EquivarianceError, equivariance_error
from constrainet.inspect.expressions import ExpressionError, parse_group, parse_rep
from constrainet.inspect.fields import FieldEquivariance, field_equivariance
from constrainet.inspect.irreducibles import explain_zero, irreducible_content
from constrainet.inspect.kernel_plots import plot_kernels
from constrainet.inspect.layers import LayerWatch, WatchedLayer
from constrainet.inspect.pattern import WeightSharing, weight_sharing
from constrainet.inspect.plots import plot_basis, plot_projection, plot_weight_sharing
from constrainet.inspect.report import describe, describe_map

__all__ = [
    "CATALOGUE",
    "Description",
    "EquivarianceError",
    "ExpressionError",
    "FieldEquivariance",
    "LayerWatch",
    "WatchedLayer",
    "WeightSharing",
    "assert_equivariant",
    "describe",
    "describe_map",
    "equivariance_error",
    "explain_zero",
    "field_equivariance",
    "irreducible_content",
    "parse_group",
    "parse_rep",
    "plot_basis",
    "plot_kernels",
    "plot_projection",
    "plot_weight_sharing",
    "weight_sharing",
]
