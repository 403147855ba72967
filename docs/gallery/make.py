"""Writes the gallery: a picture for each function here, and README.md with its code and sentence.

    python docs/gallery/make.py [FOLDER]

A function's docstring is the caption, its first line the heading, and its body the code that is
shown, so what is shown is what was run.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from pathlib import Path

import jax
import matplotlib
import numpy as np

from constrainet.groups import P4, SO, SU, Group, Lorentz, RubiksCube, S, Z
from constrainet.inspect import plot_basis, plot_projection, plot_weight_sharing
from constrainet.linalg import Monomial
from constrainet.reps import Scalar, T, V

matplotlib.use("agg")
import matplotlib.pyplot as plt

DPI = 80

INTRODUCTION = """\
# Gallery: what equivariance does to weights

Each picture is a matrix of weights, from the representation along the horizontal axis to the one
along the vertical axis. Entries of one colour are one free weight, in a lighter shade with a minus
sign where it is negated; blank entries are always zero.

Made by `python docs/gallery/make.py`. The results are tested in `tests/inspect/test_gallery.py`.
"""


def sets():
    """A set of numbers.

    A matrix that commutes with every permutation is a multiple of the identity plus a multiple of
    the matrix of ones: the layer of Deep Sets.
    """
    return plot_weight_sharing(V(S(8)), V(S(8)))


def pairs():
    """Pairs of elements of a set.

    Between the edges of graphs on 5 nodes, 625 weights have 15 free ones, as many as there are
    ways to partition four things.
    """
    return plot_weight_sharing(V(S(5)) ** 2, V(S(5)) ** 2)


def pairs_to_vectors():
    """From pairs to elements.

    An edge feature reaches a node in five ways: as its loop, its row, its column, all loops, or
    all edges.
    """
    return plot_weight_sharing(V(S(5)) ** 2, V(S(5)))


def pairs_to_triples():
    """From pairs to triples.

    Partitions of five things: 52 free weights of 3,125.
    """
    return plot_weight_sharing(V(S(5)) ** 2, V(S(5)) ** 3)


def tables():
    """The rows and columns of a table.

    Permuting the 3 rows and the 4 columns of a table independently leaves 4 weights: the Kronecker
    product of the patterns of two sets.
    """
    rep = V(S(3)) * V(S(4))
    return plot_weight_sharing(rep, rep)


def arrays():
    """An array with three axes.

    One more axis, and the number of weights doubles again to 8.
    """
    rep = V(S(2)) * V(S(3)) * V(S(4))
    return plot_weight_sharing(rep, rep)


def convolution():
    """Shifts of a periodic signal.

    What commutes with cyclic shifts is a circulant matrix: a convolution with a filter of 8
    weights.
    """
    return plot_weight_sharing(V(Z(8)), V(Z(8)))


def projection():
    """A random matrix made equivariant.

    The projection onto the equivariant matrices averages over the diagonals.
    """
    return plot_projection(V(Z(16)), V(Z(16)), jax.random.key(0))[0]


def images():
    """Shifts of a periodic image.

    Two groups of shifts, one for each axis: a two-dimensional convolution.
    """
    group = Z(4) * Z(4)
    pixels = V(group, factor=0) * V(group, factor=1)
    return plot_weight_sharing(pixels, pixels)


def pooling():
    """Invariant pooling.

    Only the mean of a set is invariant, so three scalars are three multiples of it.
    """
    return plot_weight_sharing(V(S(8)), 3 * Scalar(S(8)))


def polynomials():
    """Even and odd polynomials.

    The reflection x → -x changes the sign of odd powers, so even coefficients mix among
    themselves, and odd ones too.
    """
    reflection = Group(discrete_generators=[np.diag([1, -1, 1, -1, 1, -1])], name="x → -x")
    return plot_weight_sharing(V(reflection), V(reflection))


def hexagon():
    """The corners of a hexagon, with three channels.

    A group convolution over Z(6): 9 filters of 6 weights each.
    """
    return plot_weight_sharing(3 * V(Z(6)), 3 * V(Z(6)))


def pixels():
    """Quarter turns of an image.

    Shifts and quarter turns leave an isotropic convolution: one weight for each orbit of pixels
    under rotation.
    """
    return plot_weight_sharing(V(P4(5)), V(P4(5)))


def lifting():
    """Lifting and group convolutions.

    P4 acts on 9 pixels and on its own 36 elements. From pixels to pixels there is an isotropic
    filter (3 weights), to the group the lifting convolution (9), and within the group the group
    convolution (36), both with filters that need no symmetry.
    """
    group = on_pixels_and_itself(P4(3))
    ax = plot_weight_sharing(V(group), V(group))
    ax.axvline(8.5, color="black", linewidth=3)
    ax.axhline(8.5, color="black", linewidth=3)
    return ax


def cross_product():
    """The cross product.

    The only equivariant way to make a vector of a matrix in three dimensions is the Levi-Civita
    tensor, which takes its antisymmetric part.
    """
    return plot_weight_sharing(V(SO(3)) ** 2, V(SO(3)))


def tensors():
    """Matrices under rotations.

    Entries of one colour are tied, but the four classes are not all of the story: the weight on
    the corners is the sum of the three others.
    """
    return plot_weight_sharing(V(SO(3)) ** 2, V(SO(3)) ** 2)


def tensor_basis():
    """A basis of the same maps.

    The trace, the identity and the transposition.
    """
    return plot_basis(V(SO(3)) ** 2, V(SO(3)) ** 2)[0]


def scalars_and_vectors():
    """Five masses and five positions to one vector.

    60 weights, of which 5 are free: a linear map to a vector cannot use the scalars.
    """
    group = SO(3)
    return plot_weight_sharing(5 * Scalar(group) + 5 * V(group), V(group))


def vector_bias():
    """The bias of a vector.

    A vector that no rotation moves is zero.
    """
    return plot_weight_sharing(None, V(SO(3)))


def spacetime():
    """A four-vector to a tensor with three indices.

    Under the Lorentz group a four-vector fills a tensor of type (2, 1) in three ways: next to the
    metric or to the identity.
    """
    return plot_weight_sharing(V(Lorentz()), T(2, 1, group=Lorentz()))


def spin():
    """Two spins.

    Under SU(2) two particles of spin one half are a singlet and a triplet, each with a weight.
    """
    return plot_weight_sharing(V(SU(2)) ** 2, V(SU(2)) ** 2)


def colour():
    """A quark and an antiquark.

    Under SU(3) they are a singlet and an octet, each with a weight.
    """
    rep = V(SU(3)) * V(SU(3)).T
    return plot_weight_sharing(rep, rep)


def rubiks_cube():
    """Rubik's cube.

    A group of 4·10¹⁹ elements, solved from its six quarter turns: 9 weights tie 2,304.
    """
    return plot_weight_sharing(V(RubiksCube()), V(RubiksCube()))


PICTURES = (
    sets,
    pairs,
    pairs_to_vectors,
    pairs_to_triples,
    tables,
    arrays,
    convolution,
    projection,
    images,
    pooling,
    polynomials,
    hexagon,
    pixels,
    lifting,
    cross_product,
    tensors,
    tensor_basis,
    scalars_and_vectors,
    vector_bias,
    spacetime,
    spin,
    colour,
    rubiks_cube,
)
"""In the order of the page."""


def on_pixels_and_itself(group: Group) -> Group:
    """The same group, acting on its own coordinates and then on its elements (from the left).

    Args:
        group: a finite group of permutations.

    Returns:
        The group of block-diagonal permutations, of dimension `group.dim` plus the order.
    """
    generators = [matrix.images for matrix in group.discrete_matrices]
    identity = np.arange(group.dim)
    places = {identity.tobytes(): 0}
    elements = [identity]
    for element in elements:  # grows while it is walked through
        for generator in generators:
            product = generator[element]
            if product.tobytes() not in places:
                places[product.tobytes()] = len(elements)
                elements.append(product)
    joined = []
    for generator in generators:
        moved = [group.dim + places[generator[element].tobytes()] for element in elements]
        joined.append(Monomial([*generator, *moved]))
    return Group(discrete_generators=joined, name=f"{group} on pixels and elements")


def source_of(picture) -> str:
    """The code of a function, without its first line and docstring."""
    source = textwrap.dedent(inspect.getsource(picture))
    body = ast.parse(source).body[0].body[1:]
    lines = source.splitlines()[body[0].lineno - 1 :]
    return textwrap.dedent("\n".join(lines)).replace("return ", "")


def page() -> str:
    """The text of README.md."""
    parts = [INTRODUCTION]
    for picture in PICTURES:
        heading, _, caption = inspect.cleandoc(picture.__doc__).partition("\n\n")
        parts.append(
            f"## {heading.rstrip('.')}\n\n{' '.join(caption.split())}\n\n"
            f"```python\n{source_of(picture)}\n```\n\n![{heading}]({picture.__name__}.png)\n"
        )
    return "\n".join(parts)


def main(folder: Path) -> None:
    """Writes the page and its pictures into a folder."""
    for picture in PICTURES:
        figure = picture().figure
        # without a date or version, so that equal pictures are equal files
        figure.savefig(folder / f"{picture.__name__}.png", dpi=DPI, metadata={"Software": None})
        plt.close(figure)
    (folder / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent))
