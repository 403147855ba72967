"""Maps as PyTorch modules.

`Layer` (`layer.py`) holds any map of `constrainet.maps`. Parameters are PyTorch's; values and
gradients are computed by the compiled functions of JAX, on the same memory by DLPack.
"""

from constrainet.pytorch.layer import Layer

__all__ = ["Layer"]
