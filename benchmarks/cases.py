"""What is measured: linear maps between representations, as data that both libraries can read.

The expressions are written in the notation that the two share. `G` is the group of the case, `T`
makes tensors of `G`, `uniform` the uniform allocation of channels of `G`, and `irreducible` an
irreducible of `G`, which EMLP lacks; groups that one library lacks are built by its worker from
`generators`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A linear map between two representations.

    Args:
        group: an expression for the group.
        rep_in: an expression for the representation mapped from.
        rep_out: an expression for the representation mapped to; as `rep_in` if empty.
        rank: the number of independent equivariant maps, where it is known beforehand.
        seconds: how long constrainet may take, if that is limited.
        mebibytes: how much memory constrainet may take at its peak, if that is limited.
        compared: whether it also has to be so many times faster than EMLP.
        in_emlp: whether to run it with EMLP; False where a smaller case is already hopeless.
    """

    group: str
    rep_in: str
    rep_out: str = ""
    rank: int | None = None
    seconds: float | None = None
    mebibytes: float | None = None
    compared: bool = True
    in_emlp: bool = True

    @property
    def name(self) -> str:
        rep_in = self.rep_in.replace("(G)", "")
        rep_out = (self.rep_out or self.rep_in).replace("(G)", "")
        return f"{self.group}: {rep_in} → {rep_out}" if self.group else f"{rep_in} → itself"


CASES = (
    Case("SO(3)", "T(2)", rank=3),
    Case("SO(3)", "T(3)", "T(2)", rank=6),
    Case("SO(3)", "T(3)", rank=15),
    Case("SO(3)", "T(4)", "T(3)", rank=36),
    Case("SO(3)", "T(4)", rank=91),
    Case("SO(3)", "T(5)", "T(4)", rank=232),
    Case("SO(3)", "T(5)", rank=603, seconds=0.5),
    Case("SO(3)", "T(7)", rank=30_537, seconds=10, mebibytes=2048, in_emlp=False),
    Case("SO(5)", "T(2)", rank=3),
    Case("SO(5)", "T(3)", "T(2)", rank=1),
    Case("SO(5)", "T(3)", rank=15),
    Case("SO(5)", "T(4)", rank=105, seconds=5),
    Case("SO(10)", "T(2)", rank=3, seconds=0.5),
    Case("O(3)", "T(3)", rank=15),
    Case("O(5)", "T(4)", "T(2)", rank=15),
    Case("O(1, 3)", "T(1, 0)", "T(2, 1)", rank=3),
    Case("O(1, 3)", "T(2, 0)", "T(1, 1)", rank=3),
    Case("O(1, 3)", "T(3, 0)", rank=15),
    Case("O(1, 3)", "T(4, 0)", "T(2, 2)", rank=105, seconds=2),
    Case("O(1, 3)", "T(5, 0)", rank=903, seconds=10, in_emlp=False),
    Case("Sp(2)", "T(2, 0)", rank=3),
    Case("Sp(2)", "T(3, 0)", rank=14),
    Case("SL(3)", "T(2, 1)", rank=6),
    Case("SU(3)", "T(2, 1)", rank=6),
    Case("SU(3)", "T(3, 3)", rank=513, seconds=20),
    Case("U(2)", "T(2, 1)", rank=5),
    Case("SE(3)", "T(2, 1)", rank=25, seconds=20, compared=False),
    Case("S(5)", "T(2)", rank=15),
    Case("S(8)", "T(2)", rank=15),
    Case("S(10)", "T(2)", rank=15),
    Case("S(16)", "T(2)", rank=15, seconds=0.5),
    Case("S(40)", "T(2)", rank=15, seconds=3, mebibytes=1024),
    Case("S(6)", "T(3)", rank=203, seconds=0.5),
    Case("Z(64)", "V(G)", rank=64),
    Case("Z(256)", "V(G)", rank=256),
    Case("Z(4096)", "V(G)", rank=4096, seconds=5, mebibytes=2048, in_emlp=False),
    Case("ZksZnxZn(4, 8)", "V(G)", rank=256),
    Case("P4M(32)", "V(G)", rank=153, seconds=1),
    Case("RubiksCube()", "V(G)", rank=9, seconds=0.1),
    Case("Cube()", "T(2)", rank=60),
    Case("D(8)", "T(3)", rank=10),
    Case("", "2 * V(Z(3)) * V(S(4)) + V(O(3)) ** 2", rank=31),
    Case("SO(3)", "uniform(384)", rank=16_670, seconds=2),
    Case("SOplus(1, 3)", "uniform(384)", rank=15_065, seconds=2),
    Case("S(5)", "uniform(384)", rank=30_211, seconds=2),
    Case("Sp(2)", "uniform(384)", rank=14_962, seconds=2),
    Case("D(8)", "uniform(384)", rank=16_480, seconds=2),
    # sizes and degrees; whole decompositions, of 6,561 dimensions and into 33 irreducibles, first
    Case("SO(3)", "T(8)", rank=227_475, seconds=20, mebibytes=1024, in_emlp=False),
    Case("SO(100)", "V(G)", rank=1, seconds=2, mebibytes=1024, in_emlp=False),
    Case("SO(300)", "V(G)", rank=1, seconds=20, mebibytes=2048, in_emlp=False),
    Case("GL(200)", "V(G)", rank=1, seconds=20, mebibytes=2048, in_emlp=False),
    Case("wreath(SO(3), 100)", "V(G)", rank=1, seconds=2, mebibytes=1024, in_emlp=False),
    Case("P4(16)", "Regular(G)", rank=1024, seconds=3, mebibytes=1024, in_emlp=False),
    Case("Z(10007)", "V(G)", rank=10_007, seconds=8, mebibytes=2048, in_emlp=False),
    Case("SO(3)", "irreducible(20) ** 2", rank=41, seconds=3, mebibytes=1024, in_emlp=False),
    Case("SO(3)", "irreducible(15) ** 2", "irreducible(30)", rank=1, seconds=3, in_emlp=False),
    Case("SU(2)", "irreducible(16) ** 2", "irreducible(32)", rank=1, seconds=3, in_emlp=False),
)
