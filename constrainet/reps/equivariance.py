"""The equivariant maps between two representations, in blocks that follow the two."""

from __future__ import annotations

from constrainet.reps.joining import under_one_group
from constrainet.reps.rep import Rep
from constrainet.solve import Subspace, intertwiners


def equivariant_maps(rep_in: Rep, rep_out: Rep, **options) -> Subspace:
    """`(rep_in >> rep_out).equivariant_basis(**options)`, in blocks that follow the two sides.

    The same subspace; where `>>` simplifies its product (a scalar on one side, say) the blocks of
    the basis follow the simplified product, and here they follow the arguments.

    Args:
        rep_in: the source.
        rep_out: the target.
        **options: those of `Rep.equivariant_basis`.
    """
    source, target = under_one_group(rep_in, rep_out)
    return intertwiners(source.space, target.space, **options)
