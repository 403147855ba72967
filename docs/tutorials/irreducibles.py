# %% [markdown]
# # Irreducibles and Clebsch–Gordan for any group
#
# A representation says how a group moves vectors. If the group is compact, as rotations are, the
# space of vectors splits into parts that the group moves separately, and that do not split any
# further. These are the *irreducible* representations. Once they are known, all equivariant maps
# are. By Schur's lemma there are none but zero between two different irreducible parts, and between
# two equal ones there is one up to a factor. (Over the real numbers there may be two or four
# independent ones. Then the part is of complex or quaternionic *type*.)
#
# Physicists know those of $SO(3)$ as spherical harmonics, with tables of *Clebsch–Gordan
# coefficients* for their products. Here both come out of the generators by linear algebra, and are
# compared with SciPy's. Then comes a group for which you will find no tables.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import scipy.special

from constrainet.groups import SO, RubiksCube
from constrainet.reps import V, clebsch_gordan, decompose, irreducible

G = SO(3)
g = np.asarray(G.sample(jax.random.key(0)), np.float64)
U, _, Vt = np.linalg.svd(g)
g = U @ Vt  # JAX works in float32; this is orthogonal in float64

# %% [markdown]
# ## A matrix has three parts
#
# A 3 × 3 matrix $X$ turns as $g X g^\top$. On its nine entries that is `V(G) ** 2`. Three things in
# $X$ turn independently: its trace, which does not turn at all, its antisymmetric part, which is a
# vector, and the rest, five numbers. `decompose` finds them. It also finds a change of basis $M$
# after which every $\rho(g)$ is block-diagonal.

# %%
parts = decompose(V(G) ** 2)
print(V(G) ** 2, "=", parts)
assert [(irrep.dim, count) for irrep, count in parts.irreps] == [(1, 1), (3, 1), (5, 1)]

before = (V(G) ** 2).rho(g)
after = parts.matrix.T @ before @ parts.matrix
blocks = np.ones((9, 9), bool)
for block in (slice(0, 1), slice(1, 4), slice(4, 9)):
    blocks[block, block] = False
np.testing.assert_allclose(after[blocks], 0, atol=1e-12)

figure, axes = plt.subplots(1, 2, figsize=(7, 3.4), layout="constrained")
for ax, matrix, title in ((axes[0], before, r"$\rho(g)$"), (axes[1], after, r"$M^T \rho(g) M$")):
    image = ax.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.set(title=title, xticks=[], yticks=[])
bar = figure.colorbar(image, ax=axes)

# %% [markdown]
# ## Spherical harmonics by numbers alone
#
# Multiply a point $x$ of the sphere with itself: $x \otimes \dots \otimes x$, $\ell$ times. These
# are all monomials of degree $\ell$ in its coordinates. In `V(G) ** l` there is exactly one
# irreducible part of dimension $2 \ell + 1$, and the numbers in it are functions of $x$: the
# spherical harmonics of degree $\ell$, without any formula.


# %%
def harmonics_by_numbers(degree, points):
    """The part of dimension 2ℓ + 1 of x ⊗ ... ⊗ x, from shape (n, 3) to (n, 2ℓ + 1)."""
    power = np.ones((len(points), 1))
    for _ in range(degree):
        power = (power[:, :, None] * points[:, None, :]).reshape(len(points), -1)
    parts = decompose(V(G) ** degree)
    (irrep, count) = parts.irreps[-1]
    assert (irrep.dim, count) == (2 * degree + 1, 1)
    return power @ parts.matrix[:, -irrep.dim :]


def harmonics_of_scipy(degree, points):
    """The real spherical harmonics, m = -ℓ ... ℓ, from shape (n, 3) to (n, 2ℓ + 1)."""
    polar, azimuth = np.arccos(points[:, 2]), np.arctan2(points[:, 1], points[:, 0])
    columns = []
    for m in range(-degree, degree + 1):
        if hasattr(scipy.special, "sph_harm_y"):
            y = scipy.special.sph_harm_y(degree, abs(m), polar, azimuth)
        else:  # SciPy before 1.15
            y = scipy.special.sph_harm(abs(m), degree, azimuth, polar)
        factor = (-1) ** m * 2**0.5 if m else 1
        columns.append(factor * (y.imag if m < 0 else y.real))
    return np.stack(columns, axis=1)


# %% [markdown]
# A basis of a space can be chosen in many ways, and SciPy has made another choice. So each should
# be a combination of the others, by a matrix that depends on nothing, and that is orthogonal up to
# a number.

# %%
points = np.random.default_rng(0).normal(size=(200, 3))
points /= np.linalg.norm(points, axis=1, keepdims=True)
for degree in range(6):
    ours, theirs = harmonics_by_numbers(degree, points), harmonics_of_scipy(degree, points)
    change = np.linalg.lstsq(ours, theirs, rcond=None)[0]
    np.testing.assert_allclose(ours @ change, theirs, atol=1e-11)
    scale = np.linalg.norm(change[:, 0]) ** 2
    np.testing.assert_allclose(change.T @ change, scale * np.eye(2 * degree + 1), atol=1e-9 * scale)
    error = np.abs(ours @ change - theirs).max()
    print(f"degree {degree}: {2 * degree + 1} functions, off by {error:.0e}")

# %% [markdown]
# The pictures show the sphere as a map of the world, with degree 2 above and, below, the
# combinations of these that are SciPy's.

# %%
polar, azimuth = np.meshgrid(
    np.linspace(0, np.pi, 60), np.linspace(-np.pi, np.pi, 120), indexing="ij"
)
sphere = np.stack(
    [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1
).reshape(-1, 3)
figure, axes = plt.subplots(2, 5, figsize=(12, 2.8), layout="constrained")
rows = {"by numbers": harmonics_by_numbers, "SciPy": harmonics_of_scipy}
for row, (name, harmonics) in zip(axes, rows.items(), strict=True):
    for ax, values in zip(row, harmonics(2, sphere).T, strict=True):
        limit = np.abs(values).max()
        ax.imshow(values.reshape(60, 120), cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)

# %% [markdown]
# For the well-known groups the usual coordinates have names. `irreducible(SO(3), 2)` is the part of
# dimension 5 in those of the real spherical harmonics, $Y(g x) = \rho(g)\, Y(x)$. In physics
# $\rho(g)$ is called a Wigner matrix.

# %%
for degree in range(6):
    rho = irreducible(G, degree).rho(g)
    np.testing.assert_allclose(
        harmonics_of_scipy(degree, points @ g.T),
        harmonics_of_scipy(degree, points) @ rho.T,
        atol=1e-11,
    )

# %% [markdown]
# ## Products
#
# Which products of two vectors are vectors again? A product is bilinear,
# $z_k = \sum_{ij} C_{kij}\, x_i\, y_j$, and equivariance is a set of linear equations for $C$. The
# solver finds that there is one, up to a factor: the cross product.

# %%
v = V(G)
C = clebsch_gordan(v, v, v)
print("paths, and the shape of each:", C.shape)
x, y = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0])
z = np.einsum("kij,i,j->k", C[0], x, y)
np.testing.assert_allclose(np.abs(z) * 6**0.5, np.abs(np.cross(x, y)))

# %% [markdown]
# For harmonics of degrees $a$, $b$, $c$ there is one product if $|a - b| \le c \le a + b$, and none
# otherwise. If $a + b + c$ is even, it must be proportional to the integral of $Y_c Y_a Y_b$ over
# the sphere (Gaunt's coefficients), because that has the same symmetry. We compute the integral by
# quadrature, exact for polynomials of this degree.

# %%
nodes, weights = np.polynomial.legendre.leggauss(8)
turns = 2 * np.pi * np.arange(16) / 16
height, angle = (grid.ravel() for grid in np.meshgrid(nodes, turns, indexing="ij"))
radius = np.sqrt(1 - height**2)
grid = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
weight = np.repeat(weights, 16) * 2 * np.pi / 16
Y = [harmonics_of_scipy(degree, grid) for degree in range(5)]

for a, b, c in np.ndindex(5, 5, 5):
    C = clebsch_gordan(*(irreducible(G, degree) for degree in (a, b, c)))
    assert len(C) == (abs(a - b) <= c <= a + b)
    if len(C) and (a + b + c) % 2 == 0:
        gaunt = np.einsum("n,nk,ni,nj->kij", weight, Y[c], Y[a], Y[b])
        factor = (gaunt * C[0]).sum()  # C has length 1
        np.testing.assert_allclose(gaunt, factor * C[0], atol=1e-12)
print("all products up to degree 4 agree with the integrals")

# %% [markdown]
# ## Rubik's cube
#
# The symmetries of Rubik's cube are the permutations of its 48 stickers that six turns generate.
# There are 43,252,003,274,489,856,000 of them. `decompose` and `clebsch_gordan` do not use that a
# group is a well-known one, so nothing changes.

# %%
R = RubiksCube()
stickers = decompose(V(R))
print(f"{R.order:,} elements; 48 stickers = {stickers}")
for irrep, count in stickers.irreps:
    print(f"  dimension {irrep.dim:2}, {count} time{'s' * (count > 1)}, of {irrep.type} type")
expected = [(1, "real", 2), (7, "real", 1), (11, "real", 1), (12, "real", 1), (16, "complex", 1)]
assert [(irrep.dim, irrep.type, count) for irrep, count in stickers.irreps] == expected

# %% [markdown]
# Each part can be read. Corner pieces stay corners and edge pieces stay edges, so the two sums over
# the stickers of each kind never change: twice dimension 1. *Where* the 8 corners and the 12 edges
# are takes 7 and 11 numbers beside their sums. *How* they sit there is the rest: an edge is flipped
# or not, one sign for each of 12; a corner is twisted by a third of a turn, one complex number for
# each of 8, which is 16 real ones. That is what "complex type" says: multiplication by $i$ commutes
# with the group, so from these 16 numbers to themselves there are two independent equivariant maps
# instead of one.

# %%
names = ("sum", "corners", "edges", "flips", "twists")
parts = dict(zip(names, (irrep for irrep, _ in stickers.irreps), strict=True))
for a, b, c in (
    ("flips", "flips", "edges"),
    ("edges", "flips", "flips"),
    ("corners", "corners", "corners"),
    ("twists", "twists", "corners"),
    ("twists", "twists", "twists"),
    ("flips", "flips", "corners"),
):
    print(f"{a:>7} × {b:<7} → {c:<7}: {len(clebsch_gordan(parts[a], parts[b], parts[c]))} products")

# %% [markdown]
# Two independent checks. The coefficients are equivariant under random elements of the group. And
# their number is the average of $\chi_a(g)\, \chi_b(g)\, \chi_c(g)$ over the group, where $\chi(g)$
# is the trace of $\rho(g)$; over 4,000 elements, random but uniform, it is nearly so.

# %%
a, c = parts["flips"], parts["edges"]
C = clebsch_gordan(a, a, c)
elements = np.asarray(R.samples(jax.random.key(1), 4000), np.float64)
x, y = np.random.default_rng(1).normal(size=(2, 12))
for g in elements[:5]:
    moved = np.einsum("pkij,i,j->pk", C, a.rho(g) @ x, a.rho(g) @ y)
    np.testing.assert_allclose(moved, np.einsum("pkij,i,j->pk", C, x, y) @ c.rho(g).T, atol=1e-10)

# the trace of Bᵀ g B, for all elements at once
traces = {
    rep: np.einsum("ia,nij,ja->n", rep.basis, elements, rep.basis, optimize=True) for rep in (a, c)
}
average = np.mean(traces[a] ** 2 * traces[c])
print(f"average over random elements {average:.2f}, products {len(C)}")
assert round(average) == len(C) == 1
