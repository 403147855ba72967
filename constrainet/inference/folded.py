"""A function with its weights, ready to be called."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export


class FoldedModel:
    """A model with its weights, ready for inference; made by `fold` or `load_folded`.

    Args:
        exported: the function of weights and inputs, of any batch size.
        weights: its weights.
        fingerprint: of the model that was folded.

    Attributes:
        weights: arrays that the function multiplies with its inputs: parameters after projection.
        fingerprint: that of the model whose parameters were folded, by
            `constrainet.maps.fingerprint`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import O
        >>> from constrainet.reps import V
        >>> model = cm.linear(2 * V(O(3)), V(O(3)))
        >>> x = jnp.ones((4, 6))
        >>> params = model.init(jax.random.key(0))
        >>> folded = cm.fold(model.apply, params, x)
        >>> bool(jnp.allclose(folded(x), model.apply(params, x)))
        True
        >>> folded(x[0]).shape, folded(x[:0]).shape, folded(jnp.ones((5, 2, 6))).shape
        ((3,), (0, 3), (5, 2, 3))
    """

    def __init__(self, exported: export.Exported, weights: Sequence[jax.Array], fingerprint: str):
        self.exported, self.weights, self.fingerprint = exported, tuple(weights), fingerprint
        self._call = jax.jit(exported.call)

    @property
    def inputs(self) -> Any:
        """The shape and type that it was folded for: of an array, or of each in a dictionary."""
        (_, inputs), _ = jax.tree.unflatten(self.exported.in_tree, self.exported.in_avals)
        return inputs

    def __call__(self, x: Any) -> Any:
        """The model applied to one input, or to any number of them.

        Args:
            x: an array (..., *axes), with the axes after the batch and the type that the model was
                folded for; or a dictionary of such, with equal leading axes.

        Returns:
            What the model returns, with these leading axes.

        Raises:
            TypeError: if `x` is an array and should be a dictionary, or the other way round.
            ValueError: if an array has another type or other axes.
        """
        arrays, lead = self._checked(x)
        if prod(lead):
            flat = jax.tree.map(lambda a, e: a.reshape(-1, *e.shape[1:]), arrays, self.inputs)
            y = self._call(self.weights, flat)
        else:  # exported functions take no empty batches
            avals = jax.tree.unflatten(self.exported.out_tree, self.exported.out_avals)
            y = jax.tree.map(lambda a: jnp.zeros((0, *a.shape[1:]), a.dtype), avals)
        return jax.tree.map(lambda a: a.reshape(*lead, *a.shape[1:]), y)

    def _checked(self, x: Any) -> tuple[Any, tuple[int, ...]]:
        """The input as arrays, and their leading axes."""
        expected = self.inputs
        names = sorted(expected) if isinstance(expected, Mapping) else None
        if (sorted(x) if isinstance(x, Mapping) else None) != names:
            what = "an array" if names is None else f"a dictionary of {names}"
            got = f"a dictionary of {sorted(x)}" if isinstance(x, Mapping) else f"{x!r:.60}"
            raise TypeError(f"This `FoldedModel` takes {what}, as it was folded for. Got {got}.")
        arrays = jax.tree.map(lambda _, a: jnp.asarray(a), expected, x)
        leads = set()
        for (path, aval), array in zip(
            jax.tree_util.tree_leaves_with_path(expected), jax.tree.leaves(arrays), strict=True
        ):
            axes = aval.shape[1:]
            split = array.ndim - len(axes)
            if split < 0 or array.shape[split:] != axes or array.dtype != aval.dtype:
                part = f" for {path[0].key!r}" if path else ""
                shape = ", ".join(map(str, ("...", *axes)))
                raise ValueError(
                    f"This `FoldedModel` takes arrays of shape ({shape}) and type {aval.dtype}"
                    f"{part}, as it was folded for. Got shape {array.shape} and type {array.dtype}."
                )
            leads.add(array.shape[:split])
        if len(leads) > 1:
            raise ValueError(
                "This `FoldedModel` takes arrays with equal leading axes. Got "
                f"{' and '.join(map(str, sorted(leads)))}."
            )
        return arrays, leads.pop()

    def save(self, path: str | os.PathLike) -> None:
        """Writes weights, function and fingerprint to an `.npz` file; nothing is pickled.

        Args:
            path: of the file, which ends in ".npz".
        """
        about = {
            "jax": jax.__version__,
            "fingerprint": self.fingerprint,
            "weights": [str(weight.dtype) for weight in self.weights],
        }
        # types that NumPy does not know, such as bfloat16, are written as bytes
        arrays = {f"weight_{i}": as_numbers(np.asarray(w)) for i, w in enumerate(self.weights)}
        arrays["function"] = np.frombuffer(bytes(self.exported.serialize()), np.uint8)
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        with open(path, "wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]


def as_numbers(array: np.ndarray) -> np.ndarray:
    """The array, or its bits where its type is not one of NumPy's."""
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")
