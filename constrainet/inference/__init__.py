"""Folded models: functions with weights, which know no groups, no solver and no framework.

A robot needs this floor and JAX alone: importing it loads nothing else of the package.
`constrainet.maps.fold` makes folded models.
"""

from constrainet.inference.archive import load_folded
from constrainet.inference.folded import FoldedModel

__all__ = ["FoldedModel", "load_folded"]
