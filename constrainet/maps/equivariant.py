"""Equivariant linear maps as pure JAX functions, with the cheapest product for the batch."""

from __future__ import annotations

from functools import cached_property, lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from constrainet.errors import ProblemTooLargeError
from constrainet.maps.coordinates import Coordinates
from constrainet.maps.features import Features
from constrainet.maps.irreducible import IrreducibleProduct, irreducible_product
from constrainet.maps.shared_frame import SharedFrame, frame
from constrainet.maps.variance import component_scales, summand_scales
from constrainet.reps import Question, Rep, under_one_group
from constrainet.solve import Subspace, constant, memory_limit

SMALL_PRODUCTS = 2
"""How many times faster one large matrix product runs than several smaller ones of as many
multiplications (two to three times, at width 384 on two cores)."""

USUAL_BATCH = 256
"""For how many vectors a matrix is expanded, as far as the choice of a product is concerned."""


class DenseProduct:
    """The product with the whole matrix, whose coefficients are those of the solver's basis.

    Args:
        subspace: of the matrices.
        source, target: the coordinates of the representations.
    """

    def __init__(self, subspace: Subspace, source: Coordinates, target: Coordinates):
        self.subspace, self.source, self.target = subspace, source, target
        self.shape = target.space.dim, source.space.dim
        self.rank = subspace.rank
        self.multiplications = self.shape[0] * self.shape[1]

    @property
    def scales(self) -> np.ndarray:
        """Shape (rank,): deviations of coefficients that keep the variance of each summand."""
        return summand_scales(self.subspace)

    def from_coefficients(self, coefficients: jax.Array) -> jax.Array:
        return self.subspace.expand(coefficients).reshape(self.shape)

    def from_matrix(self, w: jax.Array) -> jax.Array:
        return self.subspace.project(w.reshape(-1)).reshape(self.shape)

    def coefficients(self, weights: jax.Array) -> jax.Array:
        return jnp.asarray(self.subspace.coefficients(weights.reshape(-1)))

    def apply(self, weights: jax.Array, x: Features) -> Features:
        rows = weights @ x.rows
        return Features(self.target, x.batch, rows.dtype, rows=rows)


class EquivariantMap:
    """All equivariant linear maps from one representation to another.

    A map is given by `rank` coefficients in an orthonormal basis, or by an unconstrained matrix, of
    which the orthogonal projection counts. Both are first turned into the *weights* of the product
    with the batch: for each irreducible a matrix that mixes its copies (`product ==
    "irreducible"`), or the dense matrix ("dense"), whichever takes less time.

    The basis is that of `(rep_in >> rep_out).equivariant_basis()`, whatever the product.

    Args:
        rep_in: the source.
        rep_out: the target, of the same group.
        product: "auto", "dense" or "irreducible".
        frame: common coordinates of these representations, and perhaps of others.
        rtol: relative cutoff for approximate generators, if no frame says it.

    Attributes:
        product: which product is used.
        multiplications: per sample, for each product that applies, with the changes of coordinates
            that it needs: from and to rows, or from and to components where layers that share a
            frame hand these to each other.
        rank: the number of free weights.

    Raises:
        ValueError: if `product` is unknown, or does not apply.
        ProblemTooLargeError: if the matrix would not fit in memory.

    Example:
        >>> import jax.numpy as jnp
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> mean_and_rest = EquivariantMap(V(S(3)), V(S(3)))
        >>> weights = mean_and_rest.weights(jnp.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]))
        >>> mean_and_rest.apply(weights, jnp.array([1.0, 0.0, 0.0])).round(3)
        Array([5., 5., 5.], dtype=float32)
    """

    def __init__(
        self,
        rep_in: Rep,
        rep_out: Rep,
        product: str = "auto",
        frame: SharedFrame | None = None,
        rtol: float | None = None,
    ):
        self.rep_in, self.rep_out = under_one_group(rep_in, rep_out)
        check_weights_fit(rep_in, rep_out)
        self.frame = frame or frame_of(self.rep_in, self.rep_out, rtol=rtol)
        sides = (self.rep_in, self.rep_out)
        self._dense = DenseProduct(self.subspace, *map(self.frame.coordinates, sides))
        self._irreducible = irreducible_product(self.frame, *sides, self.subspace)
        products: dict[str, IrreducibleProduct | DenseProduct] = {}
        if self._irreducible is not None:
            products["irreducible"] = self._irreducible
        products["dense"] = self._dense
        as_rows = {rep for rep in sides if frame is None or _has_permuted_coordinates(rep)}
        self.multiplications = {
            name: p.multiplications
            + sum(
                self.frame.coordinates(rep).multiplications
                for rep in sides
                if (rep in as_rows) != (name == "dense")
            )
            for name, p in products.items()
        }
        if product == "auto":
            costs: dict[str, float] = dict(self.multiplications)
            if self._irreducible is not None:
                costs["irreducible"] *= SMALL_PRODUCTS
                # the whole matrix is the product of the smaller ones with as many vectors
                costs["dense"] += costs["irreducible"] * rep_in.dim / USUAL_BATCH
                costs["irreducible"] += self._irreducible.change.multiplications / USUAL_BATCH
            product = min(sorted(costs), key=lambda name: costs[name])
        if product not in products:
            raise ValueError(
                f"`product` should be 'auto' or one of {sorted(products)}, which apply to "
                f"{rep_in} -> {rep_out}. Got {product!r}."
            )
        self.product = product
        self._product = products[product]
        self.rank = self._product.rank

    @cached_property
    def subspace(self) -> Subspace:
        """The solver's result for these maps, with its certificate."""
        return Question(self.rep_in, self.rep_out).solve(rtol=self.frame.rtol)

    @property
    def shape(self) -> tuple[int, int]:
        """(rep_out.dim, rep_in.dim)."""
        return self.rep_out.dim, self.rep_in.dim

    @property
    def is_complex(self) -> bool:
        """Whether the matrices are complex: also between real representations, in the frame of a
        model that has a complex one.
        """
        return self.frame.is_complex

    def scaled(self, noise: jax.Array, kept: str = "summand") -> jax.Array:
        """Coefficients (rank,) for which outputs have the inputs' variance.

        Args:
            noise: shape (rank,), of deviation one.
            kept: in each "summand" of the target, or in each irreducible "component" of it; where
                there are none, in each summand on the average over several layers.
        """
        is_component = kept == "component"
        if self._irreducible is not None:
            return self._irreducible.scaled(noise, is_component)
        scales = self._layer_scales if is_component else None
        return noise * constant(self._dense.scales if scales is None else scales, noise)

    @cached_property
    def _layer_scales(self) -> np.ndarray | None:
        own = Question(self.rep_in, self.rep_in).solve(rtol=self.frame.rtol)
        return component_scales(self.subspace, own)

    @partial(jax.jit, static_argnums=0)
    def coefficients(self, w: jax.Array) -> jax.Array:
        """The coefficients (rank,) of the projection of any matrix (dim_out, dim_in)."""
        return self._product.coefficients(self.weights(w)).astype(w.dtype)

    @partial(jax.jit, static_argnums=0)
    def matrix(self, coefficients: jax.Array) -> jax.Array:
        """The equivariant matrix (dim_out, dim_in) with the given coefficients (rank,)."""
        weights = self._product.from_coefficients(coefficients)
        basis = jnp.eye(self.rep_in.dim, dtype=jnp.finfo(coefficients.dtype).dtype)
        return self.apply(weights, basis).T.astype(coefficients.dtype)  # real, if there are none

    # these are compiled by themselves, because Haiku runs `init` eagerly, operation by operation
    @partial(jax.jit, static_argnums=0)
    def weights(self, w: jax.Array):
        """The product's weights for the projection of an unconstrained matrix (dim_out, dim_in)."""
        return self._product.from_matrix(w.reshape(self.shape))

    @partial(jax.jit, static_argnums=0)
    def weights_from_coefficients(self, coefficients: jax.Array):
        """The product's weights for coefficients (rank,)."""
        return self._product.from_coefficients(coefficients)

    def on_features(self, weights, x: Features) -> Features:
        """The map applied to a batch of features."""
        return self._product.apply(weights, x)

    def apply(self, weights, x: jax.Array) -> jax.Array:
        """The map applied to vectors, (..., dim_in) to (..., dim_out)."""
        features = Features.of(self.source, x)
        return self.on_features(weights, features).array(x.shape[:-1])

    @property
    def source(self) -> Coordinates:
        """The coordinates of `rep_in`."""
        return self.frame.coordinates(self.rep_in)


def check_weights_fit(rep_in: Rep, rep_out: Rep) -> None:
    """Refuses a matrix from one representation to another that is too large, before it is made.

    Raises:
        ProblemTooLargeError: if it would not fit in memory, in double precision.
    """
    required = 8 * rep_in.dim * rep_out.dim
    if required > memory_limit():
        what = f"A matrix of weights of shape ({rep_out.dim:,}, {rep_in.dim:,})"
        raise ProblemTooLargeError(what, required, memory_limit())


def _has_permuted_coordinates(rep: Rep) -> bool:
    """Whether the layers of a model take functions of single coordinates, so hand on rows."""
    return any(part.is_permutation and part.dim > 1 for part, _ in rep.summands)


def frame_of(*reps: Rep, rtol: float | None = None) -> SharedFrame:
    """A frame for representations of one group; remembered."""
    return frame(*dict.fromkeys(reps), rtol=rtol)


@lru_cache(maxsize=256)
def equivariant_map(
    rep_in: Rep,
    rep_out: Rep,
    product: str = "auto",
    frame: SharedFrame | None = None,
    rtol: float | None = None,
) -> EquivariantMap:
    """`EquivariantMap`, remembered: it is asked for again whenever a layer is traced."""
    return EquivariantMap(rep_in, rep_out, product, frame, rtol)
