"""How representations are written: ⊕, ⊗, multiplicities and superscripts."""

from __future__ import annotations

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def with_multiplicity(text: str, count: int) -> str:
    """One summand of a direct sum."""
    if count == 1:
        return text
    return f"{count}({text})" if "⊗" in text or "⊕" in text else f"{count}{text}"


def with_power(text: str, count: int) -> str:
    """One factor of a tensor product."""
    return text if count == 1 else text + str(count).translate(SUPERSCRIPTS)


def with_factor(text: str, group, place: int) -> str:
    """What belongs to one factor of a group: with its name, and its place if others are equal."""
    if len(group.factors) > 1:
        text += f"_{group.factors[place]}"
    return text + f"#{place}" if group.factors.count(group.factors[place]) > 1 else text


def dual_label(label: str) -> str:
    """How the dual of what is written so is written."""
    return label[:-1] if label.endswith("*") else label + "*"
