"""What tests of JAX functions share: double precision, quick compilation, random numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from constrainet.groups import Group

NO_OPTIMISATION = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_parallel_codegen_split_count": 1,  # each part costs time of its own
}
if (0, 8) <= jax.__version_info__ < (0, 11):  # which know this option; it halves the time
    NO_OPTIMISATION["xla_cpu_use_fusion_emitters"] = False


def in_double_precision(enabled: bool = True):
    """A context with float64 in JAX (or without), under its name in old and new versions."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(enabled)
    from jax.experimental import enable_x64

    return enable_x64(enabled)


def once(function, *args):
    """`jax.jit(function)(*args)` as NumPy arrays, compiled in less time: it runs only once."""
    compiled = jax.jit(function).lower(*args).compile(compiler_options=NO_OPTIMISATION)
    return jax.tree.map(np.asarray, compiled(*args))


def element(group: Group, seed: int = 0) -> np.ndarray:
    """A product of generators and exponentials in random order, without compiling a sampler."""
    rng = np.random.default_rng(seed)
    factors = [h for h in group.discrete_generators for _ in range(2)]
    for A in group.lie_algebra:
        factors.append(scipy.linalg.expm(rng.normal() * A / np.linalg.norm(A)))
    g = np.eye(group.dim)
    for i in rng.permutation(len(factors)):
        g = factors[i] @ g
    return g


def normal(seed: int, shape, dtype=float) -> np.ndarray:
    """Independent numbers of variance one, from NumPy; complex if the type is."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=shape)
    if np.issubdtype(dtype, np.complexfloating):
        numbers = (numbers + 1j * rng.normal(size=shape)) / np.sqrt(2)
    return numbers.astype(dtype)


def random_like(shapes, seed: int = 0):
    """A tree of random arrays of the shapes and types given, biases included."""
    leaves, structure = jax.tree.flatten(shapes)
    arrays = [jnp.asarray(normal(seed + i, s.shape), s.dtype) for i, s in enumerate(leaves)]
    for i, s in enumerate(leaves):
        if jnp.issubdtype(s.dtype, jnp.complexfloating):
            arrays[i] = jnp.asarray(normal(seed + i, s.shape, complex), s.dtype)
    return jax.tree.unflatten(structure, arrays)
