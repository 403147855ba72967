"""The numerical tolerances of the library: all relative, all dimensionless, all in float64.

Rounding in float64 is about 1e-16 for one operation and reaches 1e-13 after the chains of products
in a solve, so every tolerance sits well above 1e-13 and well below what real data would produce.
"""

EXACT = 1e-10
"""A statement about exact generators holds if it is violated by less than this.

Used for the predicates of groups (orthogonal, closed under the adjoint, ...), and required of
every certificate. A thousand times the rounding of a long solve; a matrix typed with eight digits
fails it, as it should.
"""

CLEARLY = 1e-6
"""What misses a statement about exact generators by more than this violates it.

Between `EXACT` and this lies a doubt, which is an error: generators with seven or eight digits are
neither taken for exact nor, on account of their errors, for those of a larger group.
"""

AGREE = 1e-8
"""Products of dozens of exact matrices that are equal agree to this fraction of their factors."""

SAMPLED = 1e-3
"""How far a matrix may be from the element of a group for which it is taken, to look up its image.

Elements drawn in float32 have errors, and distinct ones of the finite groups in use differ by much
more. Whether a matrix is in a group is another question, and decided to `EXACT`.
"""

START = 1e-8
"""How far off vectors may be from which a null space is polished, and then certified by `EXACT`.

In coordinates that are unitary up to rounding, of skew ones of condition 300, irreducibles are
found to 1e-10; what is no irreducible misses by 1e-2 and more.
"""

RANK = 1e-9
"""Singular values below this fraction of the largest count as zero.

The constraints of exact generators have singular values of order one or of rounding size, with
ten or more empty decades in between.
"""

GAP = 1e2
"""The smallest accepted ratio between the singular values on either side of the rank cutoff.

A smaller gap means that the generators are only approximately a symmetry, and the rank a guess.
"""

STRETCH = 1e5
"""How much generators in skew coordinates may stretch a vector for a null space to be decided.

Rounding grows with the stretch, to 1e-11 at the limit, and constraints shrink by it: both stay
clear of `RANK`.
"""

CLUSTER = 1e-7
"""Eigenvalues of a random element closer than this fraction of its norm count as equal.

Equal ones differ by rounding (1e-13); distinct ones of a generic element in a space of dimension
n by about 1/n², which is 1e-6 at n = 1000, the largest eigenproblem that is ever solved.
"""

FINGERPRINT = 1e-5
"""To what fraction of their size numbers are rounded before they make a fingerprint.

Far above the rounding of a computation, whose results hardly ever fall on either side of an edge,
and far below what another basis changes, which is of the size of the numbers.
"""

NEGLIGIBLE_ENTRY = 1e-7
"""Entries of normalised couplings below this are zero.

Those that should be zero are rounding, 1e-15 to 1e-11; others are algebraic numbers of small
height, 1e-3 and more.
"""

VANISHING = 1e-7
"""A function that is less than this at random points, for others of size 1, is zero.

Layers on random numbers leave rounding, 1e-15 a layer, or numbers of order 0.01 to 1.
"""
