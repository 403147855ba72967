"""Hidden representations: how many copies of which tensors a layer of given width holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from numbers import Integral
from typing import Any

from constrainet.arguments import check_count
from constrainet.groups import Group
from constrainet.maps.map import check_rep
from constrainet.reps import Question, Rep, Scalar, V, direct_sum, under_one_group

NUM_LAYERS = 3
"""Hidden layers of a perceptron, as in the paper."""


def uniform_rep(channels: int, group: Group) -> Rep:
    """A representation of a given dimension with about as many channels in each tensor rank.

    Each round takes the highest rank r for which (r + 1) dʳ channels are left, and dʳ⁻ᵏ copies of
    the tensors of each rank k up to it. Copies of one rank are shared among its types (V ⊗ V,
    V ⊗ V*, ...; for a product of groups, among the words in its factors) as evenly as possible.
    What is left over is filled with scalars. Nothing is random.

    Args:
        channels: the dimension.
        group: the group.

    Returns:
        A sum of tensors, of dimension `channels`, in the order of their rank.

    Raises:
        TypeError: if `channels` is not a whole number, or `group` not a group.
        ValueError: if it is not positive.

    Example:
        >>> from constrainet.groups import SO
        >>> print(uniform_rep(384, SO(3)))
        102V⁰⊕34V⊕11V²⊕3V³

    References:
        Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer
        perceptrons for arbitrary matrix groups" (2021), section 6 and its published code.
    """
    check_count("uniform_rep(channels=...)", channels, least=1)
    channels, scalar = int(channels), Scalar(group)
    letters = _letters(group)
    d = max(letter.dim for letter in letters)
    counts, left = Counter(), channels
    while left:
        rank = _highest_rank(left, d)
        for k in range(rank + 1):
            counts[k] += d ** (rank - k)
        left -= (rank + 1) * d**rank
    copies: Counter[Rep] = Counter()
    for rank, count in sorted(counts.items()):
        copies.update(_share(count, rank, letters, group))
    missing = channels - sum(rep.dim * count for rep, count in copies.items())
    copies[scalar] += missing
    ordered = sorted(copies.items(), key=lambda item: len(item[0].tensor_factors))
    return direct_sum(group, ordered)


def matched_rep(channels: int, rep_in: Rep, rep_out: Rep, rtol: float | None = None) -> Rep:
    """As many copies of each kind of tensor that a group and a task suggest.

    These are scalars, the defining representations of the group's factors, their duals where these
    are of another kind, and the summands of the input and of the output.

    Args:
        channels: how many copies of each.
        rep_in: how a model's inputs transform.
        rep_out: how its outputs transform, under the same group.
        rtol: relative cutoff for generators that are only approximately known.

    Returns:
        A sum of tensors, in the order of their rank.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if `channels` is not positive, or the groups differ.

    Example:
        >>> from constrainet.groups import O
        >>> from constrainet.reps import Scalar, V
        >>> print(matched_rep(32, 5 * Scalar(O(3)) + 5 * V(O(3)), V(O(3)) ** 2))
        32V⁰⊕32V⊕32V²
    """
    check_count("matched_rep(channels=...)", channels, least=1)
    check_rep("matched_rep(rep_in=...)", rep_in)
    check_rep("matched_rep(rep_out=...)", rep_out)
    rep_in, rep_out = under_one_group(rep_in, rep_out)
    group = rep_in.group
    summands = (part for rep in (rep_in, rep_out) for part, _ in rep.summands)
    defining = [V(group, factor=place) for place in range(len(group.factors))]
    duals = [v.T for v in defining if not Question(v, v.T).solve(rtol=rtol).rank]
    kinds = dict.fromkeys((Scalar(group), *defining, *duals, *summands))
    ordered = sorted(kinds, key=lambda rep: len(rep.tensor_factors))
    return direct_sum(group, [(kind, int(channels)) for kind in ordered])


def _letters(group: Group) -> list[Rep]:
    """What tensors are words in: the defining representations of the factors, and their duals."""
    places = range(len(group.factors))
    defining = [V(group, factor=place) for place in places]
    return [letter for v in defining for letter in dict.fromkeys((v, v.T))]


def _highest_rank(channels: int, d: int) -> int:
    """The largest r with (r + 1) dʳ <= channels; tensors of numbers (d = 1) stop at rank 1."""
    if d == 1:
        return min(1, channels - 1)
    rank = 0
    while (rank + 2) * d ** (rank + 1) <= channels:
        rank += 1
    return rank


def _share(count: int, rank: int, letters: list[Rep], group: Group) -> Counter:
    """Copies of the tensors of one rank: words that differ in order only are the same type."""
    types: Counter[Rep] = Counter()
    for word in product(range(len(letters)), repeat=rank):
        rep = prod((letters[i] for i in sorted(word)), start=Scalar(group))
        types[rep] += 1
    # by weight, then in the order of the words, so that the remainder goes to the commonest
    ordered = sorted(types, key=lambda rep: -types[rep])
    total = sum(types.values())
    shares = Counter({rep: count * types[rep] // total for rep in ordered})
    for i in range(count - sum(shares.values())):
        shares[ordered[i % len(ordered)]] += 1
    return shares


def with_gates(rep: Rep) -> Rep:
    """What `GatedNonlinearity(rep)` takes: `rep`, and a scalar for each copy that needs a gate.

    Scalars and permutation representations need none: functions act on their coordinates.

    Args:
        rep: the representation that the non-linearity returns.

    Returns:
        `rep` plus a scalar for each other copy of a summand.

    Raises:
        TypeError: if `rep` is no representation.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> print(with_gates(2 * Scalar(SO(3)) + 3 * V(SO(3))))
        2V⁰⊕3V⊕3V⁰
    """
    check_rep("gated(rep=...)", rep)
    return rep + num_gates(rep) * Scalar(rep.group)


def num_gates(rep: Rep) -> int:
    """How many copies of summands need a gate."""
    return sum(count for part, count in rep.summands if not part.is_permutation)


def under_group(rep: Rep, group: Group) -> Rep:
    """A hidden representation as one of a model's group.

    Raises:
        ValueError: if other groups act on it.
    """
    lifted = under_one_group(rep, Scalar(group))[0]
    if lifted.group != group:
        raise ValueError(
            f"`channels` should be representations of the model's group, {group}, because nothing "
            f"else acts on its input and output. Got {rep} of {rep.group}."
        )
    return lifted


def num_hidden(channels: Any, num_layers: int | None) -> int:
    """The number of hidden layers; if not given, that of entries of `channels`, or 3.

    Args:
        channels: a number or a representation, or one for each hidden layer.
        num_layers: what was given for the number of layers.
    """
    if num_layers is None:
        is_sequence = isinstance(channels, Sequence) and not isinstance(channels, str)
        return len(channels) if is_sequence else NUM_LAYERS
    check_count("num_layers", num_layers)
    return num_layers


def hidden_reps(
    channels: Any,
    num_layers: int | None,
    group: Group,
    of_width: Callable[[int, Group], Rep] = uniform_rep,
) -> list[Rep]:
    """One representation for each hidden layer.

    Args:
        channels: an int (a width), a representation, or a sequence with one of either per layer.
        num_layers: the number of hidden layers, or None, as in `num_hidden`.
        group: whose representations.
        of_width: what a width stands for.

    Raises:
        TypeError: if `channels` is none of these.
        ValueError: if a sequence has another length than `num_layers`.
    """
    num_layers = num_hidden(channels, num_layers)
    if isinstance(channels, Integral | Rep):
        channels = [channels] * num_layers
    if isinstance(channels, str) or not hasattr(channels, "__len__"):
        advice = " Representations know their group: leave it out." * isinstance(channels, Group)
        raise TypeError(
            "`channels` should be an int, a representation, or a sequence of either. "
            f"Got {channels!r}.{advice}"
        )
    if len(channels) != num_layers:
        raise ValueError(
            f"`channels` should have one entry for each of num_layers={num_layers} hidden layers. "
            f"Got {len(channels)}."
        )
    for each in channels:
        if not isinstance(each, Rep):
            check_count("channels", each, least=1)
    return [c if isinstance(c, Rep) else of_width(c, group) for c in channels]


def are_chosen(channels: Any) -> bool:
    """Whether a caller chose the representation of some hidden layer, and not only widths."""
    entries = [channels] if isinstance(channels, Integral | Rep) else channels
    return any(isinstance(each, Rep) for each in entries)
