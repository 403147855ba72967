# %% [markdown]
# # Particle physics: Lorentz-equivariant regression
#
# What two observers measure of a collision differs if one flies past the other: energies and
# momenta mix, lengths shrink. But how likely the collision was is one number, the same for both.
# This tutorial learns such a number from four momenta, once with a network that respects all
# changes of the observer, and once with one that knows nothing of them.

# %%
import os

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from scipy.linalg import expm

import constrainet.nn as cnn
from constrainet.groups import Lorentz
from constrainet.inspect import assert_equivariant
from constrainet.reps import Scalar, V

FAST = bool(os.environ.get("CONSTRAINET_FAST"))
steps, channels = (400, 8) if FAST else (4000, 16)

# %% [markdown]
# ## Boosts
#
# Energy and momentum of a particle make a four-vector $p = (E, p_x, p_y, p_z)$, in units in which
# the speed of light is 1. All observers agree on the product
#
# $$ p \cdot q = p^\top \eta\, q = E_p E_q - \vec p \cdot \vec q, \qquad
# \eta = \mathrm{diag}(1, -1, -1, -1) . $$
#
# The matrices with $g^\top \eta\, g = \eta$ form the Lorentz group. They are rotations of space,
# reflections of space or time, and *boosts*, the changes to an observer who moves. A boost along
# $x$ mixes $E$ and $p_x$ by hyperbolic functions of the *rapidity*, and moves momenta along
# hyperbolas.

# %%
G = Lorentz()
ETA = np.diag([1.0, -1.0, -1.0, -1.0])
for A in G.lie_algebra:
    np.testing.assert_allclose(A.T @ ETA + ETA @ A, 0, atol=1e-12)
K = np.zeros((4, 4))
K[0, 1] = K[1, 0] = 1  # the generator of boosts along x


def boost(rapidity):
    """The boost along x, shape (4, 4)."""
    return expm(rapidity * K)


np.testing.assert_allclose(boost(0.7)[0, :2], [np.cosh(0.7), np.sinh(0.7)])
np.testing.assert_allclose(boost(0.7).T @ ETA @ boost(0.7), ETA, atol=1e-12)

figure, ax = plt.subplots(figsize=(4.6, 4), layout="constrained")
for mass, colour in ((0.5, "C0"), (1.0, "C1"), (1.5, "C2")):
    orbit = np.array([boost(r) @ [mass, 0, 0, 0] for r in np.linspace(-1.5, 1.5, 50)])
    ax.plot(orbit[:, 1], orbit[:, 0], color=colour)
    some = np.array([boost(r) @ [mass, 0, 0, 0] for r in (-1, -0.5, 0, 0.5, 1)])
    ax.plot(some[:, 1], some[:, 0], "o", color=colour, label=f"mass {mass}")
ax.plot([-3, 0, 3], [3, 0, 3], ":", color="0.5", label="light")
ax.set(xlabel="$p_x$", ylabel="$E$", xlim=(-2.5, 2.5), ylim=(0, 3))
legend = ax.legend(loc="lower right")

# %% [markdown]
# These matrices are not orthogonal, and the group is not compact: rapidity has no bound. There is
# no average over such a group, but there are generators, and constrainet needs no more. For example
# it finds the metric. A linear form on four-vectors transforms by the *dual* representation,
# `V(G).T`, and the one equivariant map from vectors to forms is $\eta$.

# %%
basis = (V(G) >> V(G).T).equivariant_basis()
metric = basis.to_dense().reshape(4, 4)
metric *= 1 / metric[0, 0]
print(f"{basis.rank} map from vectors to forms, by {basis.method}:")
print(metric.round(12) + 0.0)
assert basis.rank == 1
np.testing.assert_allclose(metric, ETA, atol=1e-10)

# %% [markdown]
# ## The task
#
# An electron of momentum $p_1$ and a muon of momentum $p_2$ scatter and leave with $p_3$ and $p_4$.
# How likely that is depends on the *squared matrix element*, a polynomial of degree 4 in the
# momenta. We take the one of Finzi, Welling, Wilson (2021), section 7.1,
#
# $$ M = 4 \left[ (p_1 \cdot p_2)(p_3 \cdot p_4) + 2 u w - w\, p_1 \cdot p_1
# - u\, p_2 \cdot p_2 \right], $$
#
# with $u = p_1 \cdot p_3 - p_1 \cdot p_1$ and $w = p_2 \cdot p_4 - p_2 \cdot p_2$.
#
# As there, momenta are random four-vectors, whether or not a real collision has such. $M$ is
# *invariant*: as a representation, the target is a scalar.


# %%
def matrix_element(momenta):
    """M, from shape (..., 4, 4) to (...)."""
    dot = jnp.einsum("...im,mn,...jn->...ij", momenta, ETA, momenta)
    u, w = dot[..., 0, 2] - dot[..., 0, 0], dot[..., 1, 3] - dot[..., 1, 1]
    products = dot[..., 0, 1] * dot[..., 2, 3]
    return 4 * (products + 2 * u * w - w * dot[..., 0, 0] - u * dot[..., 1, 1])


rep_in, rep_out = 4 * V(G), Scalar(G)
MEAN, DEVIATION = 64, 48128**0.5  # of M, for standard normal momenta


def samples(key, count):
    """Momenta (count, 16) and standardised values (count, 1)."""
    momenta = jax.random.normal(key, (count, 4, 4))
    value = (matrix_element(momenta) - MEAN) / DEVIATION
    return momenta.reshape(count, 16), value[:, None]


g = np.asarray(G.sample(jax.random.key(0)), np.float64)
x, y = samples(jax.random.key(1), 200)
moved = rep_in.act(g, np.asarray(x, np.float64))
value = (matrix_element(moved.reshape(-1, 4, 4)) - MEAN) / DEVIATION
np.testing.assert_allclose(value, y[:, 0], atol=1e-3 * np.abs(y).max())

# %% [markdown]
# ## Two networks
#
# The linear maps from four vectors to a scalar are all zero, as there is no direction that all
# observers share. So a network needs products, and a `TensorProductNet` is made of them: two blocks
# express the invariant polynomials of degree 4.

# %%
assert (rep_in >> rep_out).equivariant_basis().rank == 0


def train(build, rate):
    """The trained function, and its error on new samples along the way."""
    model = hk.without_apply_rng(hk.transform(build))
    params = jax.jit(model.init)(jax.random.key(2), x)
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, steps))
    state, apply = optimizer.init(params), jax.jit(model.apply)
    x_test, y_test = samples(jax.random.key(3), 1000)

    @jax.jit
    def step(params, state):
        gradient = jax.grad(lambda params: jnp.mean((model.apply(params, x) - y) ** 2))(params)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, updates), state

    curve = []
    for number in range(steps + 1):
        if number % 20 == 0:
            curve.append(float(jnp.mean((apply(params, x_test) - y_test) ** 2)))
        params, state = step(params, state)
    return lambda x: apply(params, x), curve


plain, plain_curve = train(lambda x: cnn.MLP(rep_in, rep_out, channels=128)(x), rate=3e-3)
equivariant, curve = train(
    lambda x: cnn.TensorProductNet(rep_in, rep_out, channels, readout=0)(x), rate=1e-2
)
print(f"error on new samples: plain {plain_curve[-1]:.3f}, equivariant {curve[-1]:.1e}")
assert curve[-1] < plain_curve[-1] / 10

figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
ax.semilogy(20 * np.arange(len(curve)), plain_curve, color="0.5", label="plain MLP")
ax.semilogy(20 * np.arange(len(curve)), curve, color="C0", label="Lorentz-equivariant")
ax.set(xlabel="training steps", ylabel="mean squared error, new samples", title="200 samples")
ax.grid(alpha=0.3)
legend = ax.legend()

# %% [markdown]
# ## An observer who flies past
#
# Both networks get 500 new samples as observers of growing rapidity see them. At rapidity 2 the
# observer moves at 96 % of the speed of light. How far are the predictions from those for the
# observer at rest? Those of the plain network drift away. Those of the other stay, up to the
# rounding of float32, which grows because boosted momenta are large and cancel in each product.

# %%
x_new, _ = samples(jax.random.key(4), 500)
at_rest = {"plain MLP": plain(x_new), "Lorentz-equivariant": equivariant(x_new)}
rapidities = np.linspace(0.1, 2, 12)
drift = {name: [] for name in at_rest}
for rapidity in rapidities:
    boosted = rep_in.act(boost(rapidity), np.asarray(x_new, np.float64)).astype(np.float32)
    for name, function in (("plain MLP", plain), ("Lorentz-equivariant", equivariant)):
        change = np.asarray(function(boosted) - at_rest[name])
        drift[name].append(np.sqrt(np.mean(change**2) / np.mean(np.square(at_rest[name]))))

figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for (name, values), colour in zip(drift.items(), ("0.5", "C0"), strict=True):
    ax.semilogy(rapidities, values, "o-", color=colour, label=name)
    print(f"{name:>20}: change {values[0]:.0e} at rapidity 0.1, {values[-1]:.0e} at 2")
ax.set(xlabel="rapidity of the observer", ylabel="relative change of the prediction")
ax.grid(alpha=0.3)
ax.legend()
assert max(drift["Lorentz-equivariant"]) < 1e-3 and max(drift["plain MLP"]) > 0.5

# %% [markdown]
# The same as a test, over random elements of all of $O(1, 3)$, reflections and time reversal
# included.

# %%
error = assert_equivariant(
    equivariant, rep_in, rep_out, jax.random.key(5), num_inputs=500, infinitesimal=False
)
print(error)
