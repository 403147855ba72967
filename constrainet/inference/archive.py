"""Reading folded models, from files that may hold anything."""

from __future__ import annotations

import json
import os
import zipfile
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from numpy.lib import format

from constrainet.inference.folded import FoldedModel, as_numbers

ENCRYPTED = 0x1
"""The bit of a member's flags that says so."""


def load_folded(path: str | os.PathLike) -> FoldedModel:
    """Reads what `FoldedModel.save` wrote.

    Nothing in the file is believed: names, shapes and types of weights are those that the function
    takes, and all numbers are finite. Nothing is unpacked, so that no file takes more memory than
    its size.

    Args:
        path: of the file.

    Returns:
        The folded model.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file holds no folded model, or one that this version of JAX cannot read.
    """
    found = Path(path)
    if not found.is_file():
        what = "It is a folder." if found.is_dir() else "There is no such file."
        raise FileNotFoundError(
            f"`load_folded(path=...)` should name a file that `FoldedModel.save` wrote. Got {path}."
            f" {what}"
        )
    try:
        arrays = _members(found)
        about = json.loads(arrays.pop("about").tobytes())
        function = arrays.pop("function").tobytes()
        types = [jnp.dtype(name) for name in about["weights"]]
        if sorted(arrays) != sorted(f"weight_{i}" for i in range(len(types))):
            raise ValueError(f"its weights are {sorted(arrays)}, and should be {len(types)}")
        stored = [arrays[f"weight_{i}"] for i in range(len(types))]
        weights = [_typed(w, dtype) for w, dtype in zip(stored, types, strict=True)]
        version, digits = str(about["jax"]), str(about["fingerprint"])
    except Exception as error:  # whatever damage leads to
        raise ValueError(
            f"`load_folded(path=...)` should name a file that `FoldedModel.save` wrote. {path} "
            f"holds no folded model: {error}."
        ) from error
    model = _model(function, weights, digits, f"{path} was written by JAX {version}")
    expected = [(a.shape, a.dtype) for a in model.exported.in_avals[: len(weights)]]
    given = [(w.shape, w.dtype) for w in weights]
    for i, (got, wanted) in enumerate(zip(given, expected, strict=True)):
        if got != wanted:
            raise ValueError(
                f"Weight {i} in {path} should have shape {wanted[0]} and type {wanted[1]}, which "
                f"the function takes. Got {got[0]} and {got[1]}. Was the file changed?"
            )
    return model


def _members(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an archive that is not compressed."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        for member in members:
            if member.flag_bits & ENCRYPTED or member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"its {member.filename!r:.60} is compressed or encrypted")
        if sum(member.file_size for member in members) > path.stat().st_size:
            raise ValueError("its parts are larger than the file")
        if len({member.filename for member in members}) != len(members):
            raise ValueError("some of its parts have the same name")
        return {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}


def _array(content: bytes) -> np.ndarray:
    """What NumPy wrote, if it is all there: NumPy itself would allocate whatever is claimed."""
    stream = BytesIO(content)
    version = format.read_magic(stream)
    read = {(1, 0): format.read_array_header_1_0, (2, 0): format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"it has arrays of format {version}")
    shape, is_fortran, dtype = read(stream)
    rest = content[stream.tell() :]
    if dtype.hasobject or prod(shape) * dtype.itemsize != len(rest):
        raise ValueError(f"{len(rest)} bytes are no array of shape {shape} and type {dtype}")
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if is_fortran else "C")


def _typed(stored: np.ndarray, dtype: Any) -> np.ndarray:
    """An array of that type, of finite numbers."""
    if stored.dtype != as_numbers(np.empty(0, dtype)).dtype:
        raise ValueError(f"a weight of type {stored.dtype} should be of type {dtype}")
    array = stored.view(dtype)
    if jnp.issubdtype(dtype, jnp.inexact) and not jnp.isfinite(array).all():
        raise ValueError("some of its weights are not finite")
    return array


def _model(function: bytes, weights: list[np.ndarray], digits: str, origin: str) -> FoldedModel:
    """The function, if this version of JAX reads it, with weights."""
    try:
        exported = export.deserialize(bytearray(function))
        model = FoldedModel(exported, [jnp.asarray(w) for w in weights], digits)
        one = jax.tree.map(lambda a: jax.ShapeDtypeStruct((1, *a.shape[1:]), a.dtype), model.inputs)
        avals, _ = jax.tree.unflatten(exported.in_tree, exported.in_avals)
        jax.jit(exported.call).lower(avals[0], one)
    except Exception as error:  # whatever damage or another version leads to
        raise ValueError(
            f"{origin}, and JAX {jax.__version__} cannot read its function: {error}. Load it with "
            "that version of JAX, or build the model from its declaration and parameters with this "
            "one and fold it again."
        ) from error
    return model
