# %% [markdown]
# # Signals on the sphere
#
# The weather on a globe, a panorama, the surroundings of an atom: numbers on a sphere, which a
# rotation moves. A flat picture of the sphere is no help to a network, for a rotation distorts it.
# Spherical harmonics are: a function is its coefficients, degree by degree, and a rotation mixes
# only coefficients of one degree. Convolutions are then linear layers like any other.
#
# The only thing that is lost is in functions of values, such as a swish: they make details finer
# than the *bandwidth* holds. How much, is measured at the end.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import expm

import constrainet.maps as cm
from constrainet.groups import SO
from constrainet.reps import Scalar

G = SO(3)
grid = cm.sphere_grid(12)
print(f"{grid.rep.dim} coefficients, {grid.shape[0]} rings of {grid.shape[1]} points")

# %% [markdown]
# ## A signal
#
# Three bumps of different widths. Samples lead to coefficients, and coefficients to samples
# wherever they are needed: here on a finer grid, for pictures.


# %%
def bumps(points):
    """A function of points (n, 3) of the sphere."""
    middles = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8], [-0.48, 0.64, -0.6]])
    return np.exp(np.array([4.0, 6.0, 3.0]) * (points @ middles.T - 1)) @ np.array([1.0, 1.0, -1.0])


signal = grid.analyse(bumps(grid.points))
fine = cm.sphere_grid(12, samples=32, rule="equal-angle")
print(f"largest error between the samples: "
      f"{np.abs(fine.synthesise(signal) - bumps(fine.points)).max():.0e}")  # fmt: skip
assert np.abs(fine.synthesise(signal) - bumps(fine.points)).max() < 1e-3

# %% [markdown]
# A rotation acts on the coefficients. What comes out is the function turned, f(g⁻¹ x).

# %%
turn = expm(np.tensordot([0.5, -0.9, 0.7], G.lie_algebra, 1))
turned = grid.rep.act(turn, signal)
assert np.abs(fine.synthesise(turned) - bumps(fine.points @ turn)).max() < 1e-3

# %% [markdown]
# ## A convolution
#
# What maps functions to functions and commutes with rotations has one weight for each degree. It
# is a convolution with a kernel around the axis. Here the weights fall with the degree, so that it
# smooths, or rise with it, so that it finds edges.

# %%
degrees = grid.harmonics.degrees
weights = {
    "smooths": np.exp(-degrees * (degrees + 1) / 40),
    "finds edges": degrees * (degrees + 1) * np.exp(-degrees * (degrees + 1) / 40) / 8,
}
basis = (grid.rep >> grid.rep).equivariant_basis()
for own in weights.values():
    matrix = np.diag(own).ravel()
    np.testing.assert_allclose(basis.expand(basis.coefficients(matrix)), matrix, atol=1e-12)
print(f"{basis.rank} weights")

# the kernel is what a layer makes of a peak at the pole
peak = grid.harmonics(np.array([[0.0, 0.0, 1.0]]))[0] / 12
shown = {"signal": signal, "turned": turned}
for name, own in weights.items():
    shown |= {f"kernel: {name}": own * peak, name: own * signal}
figure, axes = plt.subplots(2, 3, figsize=(11, 4.2), layout="constrained")
for ax, (name, values) in zip(axes.T.ravel(), shown.items(), strict=True):
    picture = fine.synthesise(values).reshape(fine.shape)
    largest = np.abs(picture).max()
    ax.imshow(picture, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
    ax.set(title=name, xticks=[], yticks=[])

# %% [markdown]
# ## Functions of values
#
# `sampled_nonlinearity` goes to samples, applies a function to each, and comes back. A swish makes
# higher degrees than went in. Those over the bandwidth are cut off, which a rotation does not
# notice. But those that the *samples* do not resolve are taken for lower ones, and there the layer
# knows how the grid stands. The remedy is more samples.


# %%
def error(bandwidth, samples):
    """Of equivariance, relative to the output, for random functions."""
    grid = cm.sphere_grid(bandwidth, samples=samples)
    layer = cm.sampled_nonlinearity(grid.rep, jax.nn.swish, grid)
    x = np.random.RandomState(0).standard_normal((10, grid.rep.dim)) / bandwidth
    y = layer.apply({}, np.concatenate([x, grid.rep.act(turn, x)]))
    before, after = np.split(np.asarray(y, np.float64), 2)
    return np.linalg.norm(after - grid.rep.act(turn, before)) / np.linalg.norm(before)


oversampling = np.array([1.0, 1.25, 1.5, 2.0])
errors = {
    b: np.array([error(b, int(np.ceil(b * factor))) for factor in oversampling]) for b in (4, 12)
}
figure, ax = plt.subplots(figsize=(5.5, 3.6), layout="constrained")
for bandwidth, found in errors.items():
    ax.semilogy(oversampling, found, "o-", label=f"bandwidth {bandwidth}")
ax.set(xlabel="samples / bandwidth", ylabel="error of equivariance")
legend = ax.legend()
for found in errors.values():
    assert (found[1:] < found[:-1]).all() and found[3] < found[0] / 50
print(", ".join(f"{found[3]:.0e}" for found in errors.values()), "with twice the samples")

# %% [markdown]
# ## A network
#
# `spherical_cnn` alternates the two. Grids of falling bandwidth pool: a linear layer takes over
# the lower degrees only. To scalars, the last layer takes means over the sphere, so that the three
# numbers below do not depend on how the signal is turned.

# %%
grids = [cm.sphere_grid(b, samples=2 * b) for b in (8, 4)]
model = cm.spherical_cnn(grid.rep, 3 * Scalar(G), grids, channels=[8, 16])
params = jax.jit(model.init)(jax.random.key(0))
upright, moved = jax.jit(model.apply)(params, jnp.float32(np.stack([signal, turned])))
print(upright, moved)
np.testing.assert_allclose(upright, moved, atol=1e-2 * np.abs(upright).max())
