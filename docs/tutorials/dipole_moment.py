# %% [markdown]
# # A dipole moment
#
# Five atoms carry the charges $q_1, \dots, q_5$ and sit at the positions $r_1, \dots, r_5$ in
# space. Their dipole moment is the vector
#
# $$ \mu = \sum_i q_i\, r_i . $$
#
# Turn the molecule, and $\mu$ turns with it. This tutorial builds a network that cannot do
# otherwise, looks at what that does to its weights, and trains it. Then it does the same for
# another symmetry: the order in which the atoms are listed means nothing.

# %%
import os

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import constrainet.nn as cnn
from constrainet.groups import SO, S
from constrainet.inspect import assert_equivariant, plot_weight_sharing
from constrainet.reps import Scalar, V

FAST = bool(os.environ.get("CONSTRAINET_FAST"))
steps, channels = (300, 8) if FAST else (1500, 16)

# %% [markdown]
# ## Rotations
#
# The rotations of space are the matrices $g$ of size 3 × 3 with $g^\top g = 1$ and $\det g = 1$.
# They form the *group* $SO(3)$: the product of two rotations is a rotation, and so is the inverse
# of one. Let us draw one at random, uniformly, and check.

# %%
G = SO(3)
g = G.sample(jax.random.key(0))
g = np.asarray(g, np.float64)
print(g.round(3))
np.testing.assert_allclose(g.T @ g, np.eye(3), atol=1e-6)
np.testing.assert_allclose(np.linalg.det(g), 1, atol=1e-6)

point = np.array([1.0, 2.0, 3.0])
print("the point", point, "goes to", (g @ point).round(3))
np.testing.assert_allclose(np.linalg.norm(g @ point), np.linalg.norm(point), rtol=1e-6)

# %% [markdown]
# To find weights, constrainet needs no list of all elements, which may be infinitely many. It works
# with *generators*. Those of $SO(3)$ are three antisymmetric matrices, one for each coordinate
# plane. They span the *Lie algebra*, and each rotation is the exponential of a combination of them.

# %%
print(G.lie_algebra.astype(int))

# %% [markdown]
# Here is a molecule with the shape of chloromethane, with made-up charges that add up to zero, and
# the same molecule turned by $g$. Red atoms are positive, blue ones negative. The dipole moment of
# the turned molecule is the turned dipole moment: $\mu$ is *equivariant*.


# %%
def dipole(charges, positions):
    """Σ q r, from shapes (..., 5) and (..., 5, 3) to (..., 3)."""
    return jnp.einsum("...i,...ik->...k", charges, positions)


directions = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 3**0.5
positions = np.array([0, 1.78, 1.09, 1.09, 1.09])[:, None] * directions
charges = np.array([-0.1, -0.2, 0.1, 0.1, 0.1])


def draw(ax, positions, title):
    """The atoms, the bonds from the first to the others, and the dipole moment."""
    for end in positions[1:]:
        ax.plot(*np.stack([positions[0], end]).T, color="0.6", lw=3)
    colours = plt.get_cmap("coolwarm")(0.5 + charges / 0.6)
    ax.scatter(*positions.T, c=colours, s=250, ec="k", depthshade=False)
    arrow = 4 * np.asarray(dipole(charges, positions))
    ax.quiver(0, 0, 0, *arrow, color="black", lw=2)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), zlim=(-1.3, 1.3), title=title)
    ax.set_box_aspect((1, 1, 1), zoom=1.3)
    ax.set_axis_off()


figure, axes = plt.subplots(1, 2, figsize=(9, 4), subplot_kw={"projection": "3d"})
draw(axes[0], positions, r"$r$ and $\mu(r)$")
draw(axes[1], positions @ g.T, r"$g\,r$ and $\mu(g\,r) = g\,\mu(r)$")
np.testing.assert_allclose(
    dipole(charges, positions @ g.T), g @ dipole(charges, positions), atol=1e-6
)

# %% [markdown]
# ## Representations
#
# The network's input is a vector of 20 numbers: five charges, then five positions. A rotation does
# nothing to a charge, and multiplies each position by $g$. On all 20 numbers it acts as a matrix
# $\rho_\text{in}(g)$ with 1, 1, 1, 1, 1, $g$, $g$, $g$, $g$, $g$ along the diagonal. A rule that
# gives each $g$ such a matrix, and products to products, is a *representation*. It is written down
# by its parts: `Scalar(G)` is the one where nothing happens, `V(G)` the one by the group's own
# matrices, `+` puts two next to each other, and `5 * ...` repeats.

# %%
rep_in = 5 * Scalar(G) + 5 * V(G)
rep_out = V(G)
print(rep_in, "has dimension", rep_in.dim, "and", rep_out, "has dimension", rep_out.dim)

x = np.concatenate([charges, positions.ravel()])
np.testing.assert_allclose(rep_in.rho(g)[5:8, 5:8], g)
np.testing.assert_allclose(rep_in.act(g, x), rep_in.rho(g) @ x, atol=1e-12)

figure, ax = plt.subplots(figsize=(4.5, 4), layout="constrained")
image = ax.imshow(rep_in.rho(g), cmap="RdBu_r", vmin=-1, vmax=1)
ax.set(title=r"$\rho_{\mathrm{in}}(g)$", xticks=[], yticks=[])
bar = figure.colorbar(image)

# %% [markdown]
# ## Weights that are equivariant
#
# A linear layer $x \mapsto W x$ is equivariant if $W \rho_\text{in}(g) = \rho_\text{out}(g) W$ for
# all $g$. These are linear equations for the 60 entries of $W$. So the solutions form a subspace,
# and each $W$ has a closest solution: its orthogonal projection. `rep_in >> rep_out` stands for the
# space of matrices. The projector has the shape (60, 60). The bias $b$ is an unknown too, with 3
# entries and the equations $\rho_\text{out}(g)\, b = b$, so its projector has the shape (3, 3).

# %%
basis = (rep_in >> rep_out).equivariant_basis()
projector = (rep_in >> rep_out).equivariant_projector()
bias_projector = rep_out.equivariant_projector()
print("projectors", projector.shape, "and", bias_projector.shape)
print("free weights:", basis.rank, "of", projector.shape[0], "found by the method", basis.method)
print("largest violation of the equations:", basis.residual)
assert projector.shape == (60, 60) and bias_projector.shape == (3, 3)
assert basis.rank == 5 and basis.residual < 1e-12

# %% [markdown]
# Project a random matrix, and compare $W \rho_\text{in}(g)$ with $\rho_\text{out}(g) W$ for both.

# %%
raw = np.asarray(jax.random.normal(jax.random.key(1), (3, 20)), np.float64)
projected = (projector @ raw.ravel()).reshape(3, 20)
for name, W in [("raw", raw), ("projected", projected)]:
    violation = np.abs(W @ rep_in.rho(g) - rep_out.rho(g) @ W).max()
    print(f"{name:>9}: off by {violation:.1e}")
    assert violation < 1e-6 if W is projected else violation > 1

figure, axes = plt.subplots(2, 1, figsize=(9, 3.6), layout="constrained")
for ax, W, title in zip(axes, (raw, projected), ("raw", "projected"), strict=True):
    image = ax.imshow(W, cmap="RdBu_r", vmin=-1.5, vmax=1.5)
    ax.set(title=title, xticks=[], yticks=[])
bar = figure.colorbar(image, ax=axes)

# %% [markdown]
# Five multiples of the 3 × 3 identity are left, one for each position, and nothing for the charges.
# `plot_weight_sharing` shows the same without random numbers: entries of one colour are one free
# weight, and white ones are zero.

# %%
ax = plot_weight_sharing(rep_in, rep_out)

# %% [markdown]
# The bias is gone altogether: the only vector that no rotation moves is zero.

# %%
bias = np.asarray(jax.random.normal(jax.random.key(2), (3,)), np.float64)
print("a random bias projects to", bias_projector @ bias)
np.testing.assert_allclose(bias_projector @ bias, 0, atol=1e-12)

# %% [markdown]
# ## A model
#
# Linear layers alone cannot compute $\mu$, which multiplies charges with positions. A
# `TensorProductNet` has products between its linear layers, chosen such that all of it is
# equivariant: with one block of them it expresses polynomials of degree 2. It is equivariant from
# the start, with random parameters: turning the input turns the output.

# %%
shape = {"channels": channels, "num_blocks": 1, "readout": 0}
model = hk.without_apply_rng(
    hk.transform(lambda x: cnn.TensorProductNet(rep_in, rep_out, **shape)(x))
)
apply = jax.jit(model.apply)
inputs = jax.random.normal(jax.random.key(3), (1000, rep_in.dim))
params = jax.jit(model.init)(jax.random.key(4), inputs)
turned_before = apply(params, rep_in.act(g, inputs))
turned_after = rep_out.act(g, apply(params, inputs))
difference = float(jnp.abs(turned_before - turned_after).max() / jnp.abs(turned_after).max())
print(f"model(ρ_in(g) x) and ρ_out(g) model(x) differ by {difference:.1e} of their size")
assert difference < 1e-5

# %% [markdown]
# `assert_equivariant` is that test for your own test suites. It tries many rotations, and
# derivatives along the generators, and knows what rounding does in float32.

# %%
print(assert_equivariant(lambda x: apply(params, x), rep_in, rep_out, jax.random.key(5)))

# %% [markdown]
# ## Training
#
# We draw twenty molecules at random. They are neutral, so that $\mu$ does not depend on where the
# origin is. A plain multilayer perceptron is trained beside the equivariant network on the same
# data.


# %%
def molecules(key, count):
    """Charges (count, 5) that add up to zero, and positions (count, 5, 3)."""
    charge_key, position_key = jax.random.split(key)
    charges = jax.random.normal(charge_key, (count, 5))
    charges -= charges.mean(axis=1, keepdims=True)
    return charges, jax.random.normal(position_key, (count, 5, 3))


def flat(charges, positions):
    """All charges, then all positions, as `rep_in` has them."""
    return jnp.concatenate([charges, positions.reshape(-1, 15)], axis=1)


def train(apply, params, arrange, rate):
    """Trained parameters of a model, and its error on new molecules along the way."""
    train_set, test_set = molecules(jax.random.key(6), 20), molecules(jax.random.key(7), 1000)
    (x, y), (x_test, y_test) = ((arrange(*part), dipole(*part)) for part in (train_set, test_set))
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, steps))
    state = optimizer.init(params)

    @jax.jit
    def step(params, state):
        gradient = jax.grad(lambda params: jnp.mean((apply(params, x) - y) ** 2))(params)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, updates), state

    curve = []
    for number in range(steps + 1):
        if number % 10 == 0:
            curve.append(float(jnp.mean((apply(params, x_test) - y_test) ** 2)))
        params, state = step(params, state)
    return params, curve


plain = hk.without_apply_rng(hk.transform(lambda x: cnn.MLP(rep_in, rep_out, channels=128)(x)))
plain_params = jax.jit(plain.init)(jax.random.key(4), inputs)
curves = {}
plain_params, curves["plain MLP"] = train(jax.jit(plain.apply), plain_params, flat, rate=3e-3)
params, curves["SO(3)"] = train(apply, params, flat, rate=1e-2)
for name, values in (("plain MLP", plain_params), ("SO(3)", params)):
    print(f"{name:>9}: {hk.data_structures.tree_size(values):,} parameters, ", end="")
    print(f"error on new molecules {curves[name][-1]:.1e}")
assert curves["SO(3)"][-1] < curves["plain MLP"][-1] / 100

# %% [markdown]
# ## A second group: the order of the atoms
#
# Nothing in $\mu$ depends on the order in which the five atoms are listed. Their permutations form
# the group $S(5)$, and `V(S(5))` permutes five numbers. Each of the five atoms has a charge and a
# position, so the whole is a *tensor product*: five of something is `V(S(5)) * something`. Both
# groups act at once, as their product.

# %%
atoms = V(S(5)) * (Scalar(G) + V(G))
both = atoms.group
print(atoms, "of", both, "has dimension", atoms.dim)


def by_atom(charges, positions):
    """The charge and position of the first atom, then of the second, as `atoms` has them."""
    return jnp.concatenate([charges[..., None], positions], axis=-1).reshape(-1, 20)


# %% [markdown]
# Now a linear map to a vector has a single weight: the sum of all positions, times a number.

# %%
ax = plot_weight_sharing(atoms, V(G))
assert (atoms >> V(G)).equivariant_basis().rank == 1

# %% [markdown]
# An element of the product is a permutation and a rotation, together one block-diagonal matrix. The
# model for both symmetries is made like the one before. Its output turns with the rotation,
# whatever the permutation.

# %%
joint = hk.without_apply_rng(hk.transform(lambda x: cnn.TensorProductNet(atoms, V(G), **shape)(x)))
joint_apply = jax.jit(joint.apply)
joint_params = jax.jit(joint.init)(jax.random.key(4), inputs)
joint_params, curves["SO(3) and S(5)"] = train(joint_apply, joint_params, by_atom, rate=1e-2)

element = both.sample(jax.random.key(8))
permutation, rotation = element[:5, :5], element[5:, 5:]
print(permutation, rotation, sep="\n")
q, r = molecules(jax.random.key(9), 1000)
moved = by_atom(q @ permutation.T, jnp.einsum("ij,njk->nik", permutation, r) @ rotation.T)
np.testing.assert_allclose(moved, atoms.act(element, by_atom(q, r)), atol=1e-5)
np.testing.assert_allclose(
    joint_apply(joint_params, moved),
    joint_apply(joint_params, by_atom(q, r)) @ rotation.T,
    atol=1e-4,
)

# %% [markdown]
# All three saw the same twenty molecules. The plain network remembers these and has learned next to
# nothing about others. The more a network knows, the less it must learn.

# %%
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, curve), colour in zip(curves.items(), ("0.5", "C0", "C3"), strict=True):
    ax.semilogy(10 * np.arange(len(curve)), curve, color=colour, label=name)
    print(f"{name:>14}: error on new molecules {curve[-1]:.1e}")
ax.set(xlabel="training steps", ylabel="mean squared error on new molecules")
ax.grid(alpha=0.3)
ax.legend()
assert curves["SO(3) and S(5)"][-1] < curves["plain MLP"][-1] / 1000
