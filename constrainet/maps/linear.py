"""Equivariant linear maps as pure JAX functions, with the cheapest product for the batch."""

from __future__ import annotations

from functools import lru_cache, partial
from math import prod

import jax

from constrainet.maps.irreducible import IrreducibleProduct, irreducible_product
from constrainet.reps import Rep, equivariant_maps
from constrainet.solve import Subspace

OVERHEAD = 8
"""What moving one coordinate between layouts costs, in multiplications of a dense product."""


class DenseProduct:
    """The product with the whole matrix.

    Args:
        subspace: of the matrices.
        shape: of the matrix.
    """

    def __init__(self, subspace: Subspace, shape: tuple[int, int]):
        self.subspace, self.shape = subspace, shape
        self.multiplications = shape[0] * shape[1]

    def from_matrix(self, w):
        return self.subspace.project(w.reshape(-1)).reshape(self.shape)

    def from_coefficients(self, coefficients):
        return self.subspace.expand(coefficients).reshape(self.shape)

    def apply(self, weights, x):
        return x @ weights.T


class EquivariantMap:
    """All equivariant linear maps from one representation to another.

    A map is given by `rank` coefficients in the solver's orthonormal basis, or by an unconstrained
    matrix, of which the orthogonal projection counts. Both are first turned into the *weights* of
    the product with the batch: the dense matrix (`product == "dense"`), or for each irreducible a
    matrix that mixes its copies (`product == "irreducible"`), whichever needs fewer
    multiplications.

    Args:
        rep_in: the source.
        rep_out: the target.
        product: "auto", "dense" or "irreducible".

    Attributes:
        subspace: the solver's result.
        product: which product is used.
        multiplications: per sample, for each product that applies.

    Raises:
        ValueError: if `product` is unknown, or does not apply.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> mean_and_rest = EquivariantMap(V(S(3)), V(S(3)))
        >>> weights = mean_and_rest.weights(jnp.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]))
        >>> mean_and_rest.apply(weights, jnp.array([1.0, 0.0, 0.0])).round(3)
        Array([5., 5., 5.], dtype=float32)
    """

    def __init__(self, rep_in: Rep, rep_out: Rep, product: str = "auto"):
        self.rep_in, self.rep_out = rep_in, rep_out
        self.subspace = equivariant_maps(rep_in, rep_out)
        products: dict[str, DenseProduct | IrreducibleProduct] = {
            "dense": DenseProduct(self.subspace, self.shape)
        }
        if irreducible := irreducible_product(self.subspace):
            products["irreducible"] = irreducible
        self.multiplications = {name: p.multiplications for name, p in products.items()}
        if product == "auto":
            moved = {"dense": 0, "irreducible": OVERHEAD * (rep_in.dim + rep_out.dim)}
            product = min(products, key=lambda name: self.multiplications[name] + moved[name])
        if product not in products:
            raise ValueError(
                f"`product` should be 'auto' or one of {sorted(products)}, which apply to "
                f"{rep_in} -> {rep_out}. Got {product!r}."
            )
        self.product = product
        self._product = products[product]

    @property
    def rank(self) -> int:
        """The number of free weights."""
        return self.subspace.rank

    @property
    def shape(self) -> tuple[int, int]:
        """(rep_out.dim, rep_in.dim)."""
        return self.rep_out.dim, self.rep_in.dim

    def coefficients(self, w):
        """The coefficients (rank,) of the projection of any matrix (dim_out, dim_in)."""
        return self.subspace.coefficients(w.reshape(-1))

    def matrix(self, coefficients):
        """The equivariant matrix (dim_out, dim_in) with the given coefficients (rank,)."""
        return self.subspace.expand(coefficients).reshape(self.shape)

    # these are compiled by themselves, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnames="self")
    def weights(self, w: jax.Array):
        """The product's weights for the projection of an unconstrained matrix (dim_out, dim_in)."""
        return self._product.from_matrix(w)

    @partial(jax.jit, static_argnames="self")
    def weights_from_coefficients(self, coefficients: jax.Array):
        """The product's weights for coefficients (rank,)."""
        return self._product.from_coefficients(coefficients)

    @partial(jax.jit, static_argnames="self")
    def apply(self, weights, x: jax.Array) -> jax.Array:
        """The map applied to vectors, (..., dim_in) to (..., dim_out)."""
        flat = x.reshape(prod(x.shape[:-1]), self.rep_in.dim)
        return self._product.apply(weights, flat).reshape(*x.shape[:-1], self.rep_out.dim)


@lru_cache(maxsize=256)
def equivariant_map(rep_in: Rep, rep_out: Rep, product: str = "auto") -> EquivariantMap:
    """`EquivariantMap`, remembered: it is asked for again whenever a layer is traced."""
    return EquivariantMap(rep_in, rep_out, product)
