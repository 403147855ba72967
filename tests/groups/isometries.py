"""What tests of constructed groups share: parts of the isometries, and equality as sets."""

from __future__ import annotations

from scipy.linalg import block_diag

from constrainet.groups import SE, Group


def are_equal(G: Group, H: Group) -> bool:
    """Whether two groups of matrices have the same elements: each holds the other's generators."""
    return (
        G.dim == H.dim
        and all(a in H.algebra for a in G.lie_algebra)
        and all(a in G.algebra for a in H.lie_algebra)
        and all(H.contains(g) for g in G.discrete_matrices)
        and all(G.contains(g) for g in H.discrete_matrices)
    )


def homogeneous(h):
    return block_diag(h, 1)


def translations(n: int) -> Group:
    return Group(lie_algebra=SE(n).lie_algebra[n * (n - 1) // 2 :], name=f"T({n})")
