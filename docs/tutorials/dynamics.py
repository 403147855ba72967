# %% [markdown]
# # Dynamics: a Hamiltonian network for a double pendulum
#
# Two masses hang from springs, one under the other, and swing in space. All their motion follows
# from one function of the state, the energy $H$. So instead of the motion one can learn $H$, and
# let Hamilton's equations do the rest (Greydanus et al. 2019). If the network for $H$ is invariant
# under rotations about the vertical, then its motion has the symmetry, and by Noether's theorem its
# angular momentum is conserved, whether it is trained or not.

# %%
import os
from functools import partial

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import constrainet.nn as cnn
from constrainet.groups import Group
from constrainet.inspect import plot_weight_sharing
from constrainet.reps import Scalar, V

FAST = bool(os.environ.get("CONSTRAINET_FAST"))
steps, channels = (150, 8) if FAST else (4000, 16)

# %% [markdown]
# ## The system
#
# A state is $z = (q_1, q_2, p_1, p_2)$: two positions and two momenta, twelve numbers. With masses,
# rest lengths and gravity 1,
#
# $$ H(z) = \tfrac12 |p_1|^2 + \tfrac12 |p_2|^2 + \tfrac12 (|q_1| - 1)^2 + (|q_2 - q_1| - 1)^2
# + q_1^z + q_2^z . $$
#
# It moves by Hamilton's equations, $\dot q = \partial H / \partial p$ and
# $\dot p = -\partial H / \partial q$. JAX takes the derivatives, of this $H$ or of any other.


# %%
def hamiltonian(z):
    """The energy of states (n, 12)."""
    q1, q2, p1, p2 = jnp.split(z, 4, axis=-1)
    length1, length2 = (jnp.linalg.norm(q, axis=-1) for q in (q1, q2 - q1))
    kinetic = ((p1**2).sum(axis=-1) + (p2**2).sum(axis=-1)) / 2
    return kinetic + (length1 - 1) ** 2 / 2 + (length2 - 1) ** 2 + q1[..., 2] + q2[..., 2]


def velocity(energy, z):
    """How fast states change, by Hamilton's equations, (n, 12) to (n, 12)."""
    of_q, of_p = jnp.split(jax.grad(lambda z: energy(z).sum())(z), 2, axis=-1)
    return jnp.concatenate([of_p, -of_q], axis=-1)


STEP, COUNT = 0.05, 200  # ten seconds


def trajectories(energy, start):
    """States at successive times by the Runge-Kutta method of order 4: (COUNT, n, 12)."""

    def step(z, _):
        def slope(k, share):
            k = velocity(energy, z + share * STEP * k)
            return k, k

        _, (k1, k2, k3, k4) = jax.lax.scan(slope, 0 * z, jnp.array([0, 0.5, 0.5, 1]))
        return z + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4), z

    return jax.lax.scan(step, start, length=COUNT)[1]


def angular_momentum(z):
    """About the vertical, of states (..., 12)."""
    q, p = z[..., :6].reshape(*z.shape[:-1], 2, 3), z[..., 6:].reshape(*z.shape[:-1], 2, 3)
    return (q[..., 0] * p[..., 1] - q[..., 1] * p[..., 0]).sum(axis=-1)


# %% [markdown]
# ## The group
#
# Gravity distinguishes the vertical, so what is left are the rotations about it and the reflections
# in planes through it. This group is called $O(2)$; here it acts on three coordinates and leaves
# the third alone. It is not in the catalogue in this form. We type in its generators: a matrix of
# the Lie algebra for the rotations, and one reflection.

# %%
turn = [[0, -1, 0], [1, 0, 0], [0, 0, 0]]
mirror = np.diag([-1, 1, 1])
G = Group(lie_algebra=[turn], discrete_generators=[mirror], name="O(2)")
rep_in, rep_out = 4 * V(G), Scalar(G)

key = jax.random.key(0)
g = np.asarray(G.sample(key), np.float64)
state = np.asarray(jax.random.normal(key, (1, 12)), np.float64)
np.testing.assert_allclose(
    hamiltonian(jnp.asarray(rep_in.act(g, state))), hamiltonian(jnp.asarray(state)), rtol=1e-5
)
ax = plot_weight_sharing(V(G), V(G))

# %% [markdown]
# A layer from vectors to vectors has two weights: one for the horizontal part, one for the
# vertical.
#
# ## Data
#
# We watch 40 pendulums that swing mostly east and west, for ten seconds, and note ten states of
# each and how fast they change.


# %%
def starts(key, count):
    """States near rest, with larger deviations along x than along y, shape (count, 12)."""
    rest = np.array([0, 0, -1.5, 0, 0, -3, 0, 0, 0, 0, 0, 0])
    spread = np.concatenate([np.tile([0.3, 0.1, 0.2], 2), np.tile([0.4, 0.1, 0.2], 2)])
    return rest + spread * jax.random.normal(key, (count, 12))


true_trajectories = jax.jit(partial(trajectories, hamiltonian))
observed = true_trajectories(starts(jax.random.key(1), 40))
x = observed[:: COUNT // 10].reshape(-1, 12)
y = jax.jit(partial(velocity, hamiltonian))(x)

figure, ax = plt.subplots(figsize=(8, 2), layout="constrained")
for path in np.asarray(observed)[:, :4].swapaxes(0, 1):
    ax.plot(path[:, 3], path[:, 4], lw=0.8)
ax.set(xlabel="$x$ of the lower mass", ylabel="$y$", aspect="equal")
title = ax.set_title("four of them, from above")

# %% [markdown]
# ## Two networks for the energy
#
# States are made of order one first. To keep the symmetry, only heights are shifted, and each
# vector is divided by one number. Both networks are trained to have the velocities that were seen.

# %%
centre = np.mean(np.asarray(x).reshape(-1, 4, 3), axis=0) * [0, 0, 1]
spread = np.sqrt(np.mean((np.asarray(x).reshape(-1, 4, 3) - centre) ** 2, axis=(0, 2)))


def normalised(z):
    """The states as networks see them."""
    return ((z.reshape(-1, 4, 3) - centre) / spread[:, None]).reshape(-1, 12)


def learned_energy(build, rate):
    """An energy function, (n, 12) to (n,), with the observed velocities."""
    model = hk.without_apply_rng(hk.transform(lambda z: build(normalised(z))[:, 0]))
    params = jax.jit(model.init)(jax.random.key(2), x)
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, steps))

    def loss(params):
        return jnp.mean((velocity(partial(model.apply, params), x) - y) ** 2)

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return (optax.apply_updates(params, updates), state), None

    carry = (params, optimizer.init(params))
    (params, _), _ = jax.jit(lambda carry: jax.lax.scan(step, carry, length=steps))(carry)
    print(f"{hk.data_structures.tree_size(params):,} parameters, training error {loss(params):.1e}")
    return partial(model.apply, params)


energies = {
    "plain MLP": learned_energy(lambda z: cnn.MLP(rep_in, rep_out, channels=128)(z), rate=3e-3),
    "O(2)-invariant": learned_energy(
        lambda z: cnn.TensorProductNet(rep_in, rep_out, channels, num_blocks=1)(z), rate=5e-3
    ),
}

# %% [markdown]
# ## Rollouts
#
# New pendulums start, half of them as before, and half turned by 90°, so that they swing north and
# south. Each network's Hamilton's equations are followed for ten seconds. The error is the distance
# from the true state relative to the size of both, $|a - b| / (|a| + |b|)$.

# %%
quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
east = np.asarray(starts(jax.random.key(3), 25), np.float64)
start = jnp.asarray(np.concatenate([east, rep_in.act(quarter, east)]), jnp.float32)
truth = np.asarray(true_trajectories(start))
seconds = STEP * np.arange(1, COUNT)

figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
errors, drifts = {}, {}
for (name, energy), colour in zip(energies.items(), ("0.5", "C0"), strict=True):
    found = np.asarray(jax.jit(partial(trajectories, energy))(start))
    size = np.linalg.norm(found, axis=2) + np.linalg.norm(truth, axis=2)
    error = np.log(np.linalg.norm(found - truth, axis=2)[1:] / size[1:])
    for part, style in (("east", "-"), ("north", "--")):
        rows = slice(0, 25) if part == "east" else slice(25, 50)
        mean = np.exp(error[:, rows].mean(axis=1))
        axes[0].semilogy(seconds, mean, style, color=colour, label=f"{name}, {part}")
        errors[name, part] = np.exp(error[:, rows].mean())
    for ax, conserved in zip(axes[1:], (hamiltonian, angular_momentum), strict=True):
        drift = np.abs(conserved(found) - conserved(found[:1])).mean(axis=1)
        ax.semilogy(seconds, drift[1:], color=colour, label=name)
        drifts[name, conserved] = drift[-1]
titles = ("relative error of the state", "drift of the true energy", "drift of angular momentum")
for ax, title in zip(axes, titles, strict=True):
    ax.set(title=title, xlabel="seconds")
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small")

# %%
for name in energies:
    print(f"{name}: error east {errors[name, 'east']:.1e}, north {errors[name, 'north']:.1e}")
    print(f"  drift of the true energy {drifts[name, hamiltonian]:.1e}, ", end="")
    print(f"of angular momentum {drifts[name, angular_momentum]:.1e}")

np.testing.assert_allclose(
    errors["O(2)-invariant", "east"], errors["O(2)-invariant", "north"], rtol=1e-2
)
assert drifts["O(2)-invariant", angular_momentum] < 1e-5
assert drifts["plain MLP", angular_momentum] > 1e-2
if not FAST:
    assert errors["O(2)-invariant", "north"] < errors["plain MLP", "north"]

# %% [markdown]
# To the east, where both have seen many states, both do well. To the north the plain network makes
# larger errors, because it has hardly seen such states; to the other it is the same problem. And
# its angular momentum is conserved, up to rounding and the steps of the integrator, not because it
# was trained well, but because it could not be otherwise: a flow of an invariant $H$ conserves it.
# (Neither network conserves the true energy. Each conserves its own.)
