# %% [markdown]
# # Weight sharing: from sets to convolutions
#
# A linear layer of a neural network is a matrix of weights. If it should respect a symmetry, some
# of its weights must be zero and others must be equal. Known layers are nothing else: the layer for
# sets, the convolution, pooling. This tutorial finds each of them from its symmetry alone, and
# compares it with what is known. The gallery has more such pictures.

# %%
import haiku as hk
import jax
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import circulant

import constrainet.nn as cnn
from constrainet.groups import P4, SO, Group, S, Trivial, Z
from constrainet.inspect import plot_basis, plot_weight_sharing, weight_sharing
from constrainet.reps import Scalar, V

# %% [markdown]
# ## Sets
#
# Eight numbers in no particular order: whoever permutes them changes nothing of importance. All
# permutations together are the group $S(8)$. `V(S(8))` says that they permute the eight
# coordinates. A matrix $W$ is *equivariant* if permuting its input permutes its output in the same
# way, that is $W g = g W$ for every permutation matrix $g$.
#
# In the picture below, weights of one colour must be equal.

# %%
ax = plot_weight_sharing(V(S(8)), V(S(8)))

# %% [markdown]
# Two weights of 64 are free: one on the diagonal, one off it. This is the layer of Deep Sets
# (Zaheer et al. 2017), $W = \lambda\, 1 + \gamma\, \mathbf{1}\mathbf{1}^\top$: each element is
# multiplied by a number, and a multiple of the sum over all is added. The solver found it from two
# permutations that *generate* the group: the cycle of all eight, and the exchange of the first two.
# The 40,320 others are products of these.

# %%
basis = (V(S(8)) >> V(S(8))).equivariant_basis()
print(
    f"{basis.rank} free weights of {basis.shape[0]}, from {len(S(8).discrete_matrices)} generators"
)
deep_sets = 3.0 * np.eye(8) + 0.5 * np.ones((8, 8))
np.testing.assert_allclose(
    basis.expand(basis.coefficients(deep_sets.ravel())), deep_sets.ravel(), atol=1e-12
)
assert basis.rank == 2

# %% [markdown]
# To an output that permutations do not change there is a single weight: the sum. That is pooling.

# %%
ax = plot_weight_sharing(V(S(8)), 3 * Scalar(S(8)))

# %% [markdown]
# ## Less symmetry, more weights
#
# Now put six numbers on the corners of a hexagon. Only what maps the hexagon to itself is a
# symmetry now: six turns, and six reflections. If we also tell left from right, turns are left, the
# cyclic group $Z(6)$. And if each corner has a meaning of its own, nothing is left. The smaller the
# group, the fewer equations the weights must satisfy.

# %%
turn, mirror = [1, 2, 3, 4, 5, 0], [0, 5, 4, 3, 2, 1]  # where each corner goes
hexagon = Group.from_permutations([turn, mirror], name="hexagon")
groups = [S(6), hexagon, Z(6), Trivial(6)]
figure, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
for group, ax in zip(groups, axes, strict=True):
    plot_weight_sharing(V(group), V(group), ax=ax)
orders = [group.order for group in groups]
free = [weight_sharing(V(group), V(group)).num_free for group in groups]
print("elements:    ", orders)
print("free weights:", free)
assert orders == [720, 12, 6, 1] and free == [2, 4, 6, 36]

# %% [markdown]
# For groups that permute coordinates these numbers can be counted by hand. Two weights $W_{ij}$ and
# $W_{kl}$ are tied if some permutation takes $(i, j)$ to $(k, l)$. So there is one free weight for
# each *orbit* of pairs. Burnside's lemma counts orbits: they are as many as the pairs that an
# element leaves alone, on average over the group.

# %%
for group, count in zip(groups, free, strict=True):
    fixed_points = [np.trace(g) for g in group.elements()]
    print(f"{group!s:>10}: {np.mean(np.square(fixed_points)):.0f} orbits of pairs")
    np.testing.assert_allclose(np.mean(np.square(fixed_points)), count)

# %% [markdown]
# ## Convolutions
#
# The third matrix above is constant along its diagonals, which continue around the border: a
# *circulant* matrix. It is a convolution on a circle, and its first column is the filter. So "the
# same filter everywhere" need not be postulated. It is what commuting with shifts means.
#
# The projection of a random matrix onto the equivariant ones averages along these diagonals.

# %%
random = np.asarray(jax.random.normal(jax.random.key(0), (6, 6)), np.float64)
projected = ((V(Z(6)) >> V(Z(6))).equivariant_projector() @ random.ravel()).reshape(6, 6)
kernel = projected[:, 0]
np.testing.assert_allclose(projected, circulant(kernel), atol=1e-12)
signal = np.asarray(jax.random.normal(jax.random.key(1), (6,)), np.float64)
by_fourier = np.fft.ifft(np.fft.fft(kernel) * np.fft.fft(signal)).real
np.testing.assert_allclose(projected @ signal, by_fourier, atol=1e-12)

figure, axes = plt.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
for ax, matrix, title in zip(axes, (random, projected), ("random", "projected"), strict=True):
    image = ax.imshow(matrix, cmap="RdBu_r", vmin=-2, vmax=2)
    ax.set(title=title, xticks=[], yticks=[])
bar = figure.colorbar(image, ax=axes)

# %% [markdown]
# An image with periodic borders has two kinds of shifts, down and to the right, and so a *product*
# of two groups. Its pixels are the tensor product of rows and columns. With `*` between
# representations, each group acts on its own index. (The two groups are equal here, so `factor=`
# says which one is meant.) The result is a two-dimensional convolution, with one weight for each
# pixel of the filter.

# %%
shifts = Z(4) * Z(4)
pixels = V(shifts, factor=0) * V(shifts, factor=1)
ax = plot_weight_sharing(pixels, pixels)
assert weight_sharing(pixels, pixels).num_free == 16

# %% [markdown]
# Should the layer also commute with quarter turns of the image, the filter must look the same from
# four sides. `P4(5)` are the shifts and quarter turns of a 5 × 5 image. One row of the matrix,
# folded back into an image, is the filter. Filters with less symmetry come back in the tutorial on
# group convolutions.

# %%
labels = weight_sharing(V(P4(5)), V(P4(5))).labels
centre = 12  # the pixel in the middle
filters = labels[centre].reshape(5, 5)
print(filters)
np.testing.assert_array_equal(filters, np.rot90(filters))
assert labels.max() == 7

figure, axes = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
plot_weight_sharing(V(P4(5)), V(P4(5)), ax=axes[0])
axes[1].imshow(filters, cmap="tab10")
axes[1].set(xticks=[], yticks=[])
title = axes[1].set_title("the filter of the middle pixel")

# %% [markdown]
# ## Graphs
#
# A graph on five nodes has a number for each pair of nodes: is there an edge? Such a table
# transforms as `V(S(5)) ** 2`, the tensor product of the nodes with themselves. From pairs to nodes
# there are five equivariant maps: an entry of the table reaches a node as its loop, as part of its
# row, of its column, of the sum of all loops, or of the sum of all.

# %%
nodes, pairs = V(S(5)), V(S(5)) ** 2
ax = plot_weight_sharing(pairs, nodes)
assert weight_sharing(pairs, nodes).num_free == 5
assert weight_sharing(pairs, pairs).num_free == 15

# %% [markdown]
# ## Beyond tying
#
# Rotations of space mix coordinates instead of permuting them. Then weights are not just equal, but
# obey linear relations. From 3 × 3 matrices to vectors, equivariant under rotations, there is one
# map: the antisymmetric part, read as a vector. Its entries are tied with signs.

# %%
G = SO(3)
ax = plot_weight_sharing(V(G) ** 2, V(G))
cross = (V(G) ** 2 >> V(G)).equivariant_basis().to_dense().reshape(3, 3, 3)
a, b = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0])
product = np.einsum("kij,i,j->k", cross, a, b) * 6**0.5  # its length was 1
print(product, "is, up to the sign, a × b =", np.cross(a, b))
np.testing.assert_allclose(np.abs(product), np.abs(np.cross(a, b)))

# %% [markdown]
# From matrices to matrices there are three maps, but four classes of weights: the weight in the
# upper left corner is the sum of the three others. A basis shows better what these maps are: the
# trace times the identity, the identity map, and the transposition.

# %%
ax = plot_weight_sharing(V(G) ** 2, V(G) ** 2)
pattern = weight_sharing(V(G) ** 2, V(G) ** 2)
assert pattern.num_free == 3 and pattern.num_classes == 4 and not pattern.is_tying

# %%
axes = plot_basis(V(G) ** 2, V(G) ** 2)

# %% [markdown]
# ## In a network
#
# `cnn.Linear` is a layer with such weights. With `parametrization="basis"` its parameters are the
# free weights: for three channels in and out there are nine pairs of channels, each with 2 weights
# on a set and with 6 on the circle.

# %%
for channels, expected in ((3 * V(S(6)), 9 * 2), (3 * V(Z(6)), 9 * 6)):
    layer = hk.without_apply_rng(
        hk.transform(
            lambda x, rep=channels: cnn.Linear(rep, rep, with_bias=False, parametrization="basis")(
                x
            )
        )
    )
    params = layer.init(jax.random.key(2), np.ones((1, 18)))
    print(f"{channels} of {channels.group}: {params['linear']['w'].size} parameters")
    assert params["linear"]["w"].size == expected
