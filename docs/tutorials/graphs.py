# %% [markdown]
# # Graphs
#
# Someone numbers the nodes of a graph. The numbers mean nothing, but they decide in which order a
# network gets to see the graph. With $n$ nodes there are $n!$ such orders, and a plain network must
# learn each of them. This tutorial makes networks to which all are the same, finds out what one
# kind of them cannot see, and mends it.
#
# The task: some nodes of a graph are marked. How many triangles have three marked corners?

# %%
import os

import haiku as hk
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import constrainet.nn as cnn
from constrainet.groups import S
from constrainet.inspect import describe, plot_weight_sharing
from constrainet.reps import Scalar, V

FAST = bool(os.environ.get("CONSTRAINET_FAST"))
steps, channels = (100, 4) if FAST else (1500, 8)
n = 6

# %% [markdown]
# ## What renaming does to a graph
#
# A graph is a table $A$ with $A_{ij} = 1$ where there is an edge. Marks are $n$ numbers, 0 or 1.
# Two pictures of one graph, with the nodes numbered differently:


# %%
def graphs(key, count):
    """Marks (count, n) and tables (count, n, n) of random graphs."""
    mark_key, edge_key = jax.random.split(key)
    marks = jax.random.bernoulli(mark_key, 0.7, (count, n)).astype(float)
    upper = jnp.triu(jax.random.bernoulli(edge_key, 0.6, (count, n, n)).astype(float), 1)
    return marks, upper + upper.swapaxes(1, 2)


def triangles(marks, tables):
    """The number of triangles with marked corners, from (count, n) and (count, n, n)."""
    among_marked = tables * marks[:, :, None] * marks[:, None, :]
    return jnp.einsum("gij,gjk,gki->g", among_marked, among_marked, among_marked)[:, None] / 6


def draw(axes, marks, table, places):
    """A graph, its nodes at places (n, 2), and its table."""
    for i, j in np.argwhere(np.triu(table)):
        axes[0].plot(*places[[i, j]].T, color="0.6", zorder=1)
    axes[0].scatter(*places.T, c=np.where(marks, "C1", "white"), ec="k", s=300, zorder=2)
    for i, place in enumerate(places):
        axes[0].annotate(str(i), place, ha="center", va="center", zorder=3)
    axes[0].set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    axes[0].set_axis_off()
    axes[1].imshow(table, cmap="Greys", vmax=2)
    axes[1].set(xticks=range(n), yticks=range(n))


marks, tables = (np.asarray(part) for part in graphs(jax.random.key(0), 300))
angles = 2 * np.pi * np.arange(n) / n
circle = np.stack([np.sin(angles), np.cos(angles)], axis=1)
P = np.eye(n)[:, [2, 0, 5, 1, 4, 3]]  # node 0 is called 2 now, node 1 is called 0, ...
figure, axes = plt.subplots(1, 4, figsize=(11, 2.8), layout="constrained")
draw(axes[:2], marks[0], tables[0], circle)
draw(axes[2:], P @ marks[0], P @ tables[0] @ P.T, P @ circle)

# %% [markdown]
# Renaming multiplies the marks by a permutation matrix $P$ and makes $P A P^\top$ of the table. The
# group of all permutations is $S(n)$. `V(S(n))` is its action on $n$ numbers, one for each node,
# and the tensor product `V(S(n)) ** 2` that on $n^2$ numbers, one for each pair of nodes.

# %%
G = S(n)
nodes, pairs = V(G), V(G) ** 2
rep_in, rep_out = nodes + pairs, Scalar(G)
np.testing.assert_array_equal(nodes.rho(P), P)
np.testing.assert_array_equal(pairs.act(P, tables[0].ravel()), (P @ tables[0] @ P.T).ravel())

# %% [markdown]
# ## Linear layers
#
# From tables to tables there are 15 equivariant maps, and from tables to nodes 5. These numbers do
# not depend on $n$, once $n$ is at least 4: they count the ways to say which of four, or three,
# indices are equal. (They are Bell numbers.)

# %%
ax = plot_weight_sharing(rep_in, nodes)
for source, target, expected in ((nodes, nodes, 2), (pairs, nodes, 5), (pairs, pairs, 15)):
    basis = (source >> target).equivariant_basis()
    print(f"{source} → {target}: {basis.rank} free weights of {basis.shape[0]}")
    assert basis.rank == expected

# %% [markdown]
# ## Networks
#
# What may stand between linear layers? Any equivariant function. The group only permutes
# coordinates here, so a function of single numbers is one, such as the rectifier. Another is the
# product of two tables as matrices, because $P A P^\top P B P^\top = P A B P^\top$. Our hidden
# layers hold several tables. We make one network with the rectifier alone, and one that also
# multiplies tables. The library's recommended model needs no such ideas: `cnn.TensorProductNet`
# splits tables into irreducible parts, and multiplies these in every way that the group allows.


# %%
def network(with_products):
    """Marks and table, shape (batch, n + n²), to a number."""
    hidden = channels * pairs
    basis = {"parametrization": "basis"}

    def apply(x):
        x = cnn.Linear(rep_in, hidden, **basis)(x)
        for _ in range(2):
            y = jax.nn.relu(x)
            if with_products:
                t = y.reshape(-1, channels, n, n)
                y = y + (t @ t).reshape(y.shape) / n
            x = x + cnn.Linear(hidden, hidden, **basis)(y)
        return cnn.Linear(hidden, rep_out, **basis)(jax.nn.relu(x))

    return hk.without_apply_rng(hk.transform(apply))


models = {
    "plain MLP": hk.without_apply_rng(
        hk.transform(lambda x: cnn.MLP(rep_in, rep_out, channels=128)(x))
    ),
    "pointwise": network(with_products=False),
    "with products": network(with_products=True),
    "recommended": hk.without_apply_rng(
        hk.transform(lambda x: cnn.TensorProductNet(rep_in, rep_out, channels=4 * channels)(x))
    ),
}
rates = {"recommended": 3e-3}
print(describe(channels * pairs >> channels * pairs))

# %% [markdown]
# We train all four on the same 300 graphs. Then they see new graphs, and the training graphs again
# with their nodes renamed at random.


# %%
def flat(marks, tables):
    """Both in one array, as `rep_in` has them."""
    return jnp.concatenate([marks, tables.reshape(len(tables), n * n)], axis=1)


x, y = flat(marks, tables), triangles(marks, tables)
new = graphs(jax.random.key(1), 300)
x_new, y_new = flat(*new), triangles(*new)
elements = G.samples(jax.random.key(2), len(x))
x_renamed = jax.vmap(rep_in.act)(elements, x)
np.testing.assert_array_equal(triangles(x_renamed[:, :n], x_renamed[:, n:].reshape(-1, n, n)), y)


def train(model, rate):
    """The trained parameters."""
    params = jax.jit(model.init)(jax.random.key(3), x)
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, steps))

    def step(carry, _):
        params, state = carry
        gradient = jax.grad(lambda params: jnp.mean((model.apply(params, x) - y) ** 2))(params)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(params, updates), state), None

    carry = (params, optimizer.init(params))
    return jax.jit(lambda carry: jax.lax.scan(step, carry, length=steps))(carry)[0][0]


functions, errors = {}, {}
print(f"variance of the number of triangles: {np.var(y):.2f}")
for name, model in models.items():
    apply, params = jax.jit(model.apply), train(model, rates.get(name, 1e-2))
    functions[name] = lambda x, apply=apply, params=params: apply(params, x)
    sets = ((x, y), (x_renamed, y), (x_new, y_new))
    errors[name] = [float(jnp.mean((functions[name](a) - b) ** 2)) for a, b in sets]
    print(f"{name:>14}: training {{:.4f}}, renamed {{:.4f}}, new {{:.4f}}".format(*errors[name]))

for name in ("pointwise", "with products", "recommended"):
    np.testing.assert_allclose(functions[name](x_renamed), functions[name](x), atol=1e-3)
assert errors["plain MLP"][1] > 1.5 * errors["plain MLP"][0]

# %%
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for i, part in enumerate(("training graphs", "training graphs, renamed", "new graphs")):
    ax.bar(np.arange(4) + 0.27 * (i - 1), [e[i] for e in errors.values()], 0.25, label=part)
ax.set(yscale="log", ylim=(1e-4, 10), ylabel="mean squared error")
ax.set_xticks(range(4), list(errors))
legend = ax.legend(ncols=3, fontsize="small")

# %% [markdown]
# The plain network remembers the graphs in the form in which it saw them. For the three others a
# renamed graph is the same graph.
#
# ## What pointwise functions cannot see
#
# Equivariance says what a network does not do. It does not say what it can do. Here are two graphs,
# all marked: a hexagon, and two triangles. In both, each node has two neighbours. Networks of
# linear layers and pointwise functions on tables of pairs cannot tell them apart, whatever their
# weights: they see no more than the *Weisfeiler-Leman test* of colours, and that test fails here.
# (For the relation between the two see Maron et al. 2019, who also propose the products.) With
# products of tables they differ: the diagonal of $A^3$ counts closed walks of three steps, and
# these go around a triangle. The true answers are 0 and 2. Graphs like these are rare among the
# random ones of the training set, so do not expect good guesses, only different ones.

# %%
hexagon, two_triangles = np.zeros((2, n, n))
for i in range(6):
    hexagon[i, (i + 1) % 6] = hexagon[(i + 1) % 6, i] = 1
for block in (slice(0, 3), slice(3, 6)):
    two_triangles[block, block] = 1 - np.eye(3)
pair = np.stack([hexagon, two_triangles])
figure, axes = plt.subplots(1, 4, figsize=(11, 2.8), layout="constrained")
for i, table in enumerate(pair):
    draw(axes[2 * i : 2 * i + 2], np.ones(n), table, circle)

guesses = {name: np.ravel(f(flat(np.ones((2, n)), pair))) for name, f in functions.items()}
for name, (one, other) in guesses.items():
    print(f"{name:>14}: hexagon {one:.3f}, two triangles {other:.3f}")
difference = {name: abs(one - other) for name, (one, other) in guesses.items()}
assert difference["pointwise"] < 1e-4
assert difference["with products"] > 0.1
assert FAST or difference["recommended"] > 0.5
assert FAST or errors["recommended"][2] < 0.5 * errors["with products"][2]
