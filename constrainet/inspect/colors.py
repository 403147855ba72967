"""Colours that tell classes of weights apart."""

from __future__ import annotations

import numpy as np

OKABE_ITO = np.array(
    [
        [0, 114, 178],  # blue
        [230, 159, 0],  # orange
        [0, 158, 115],  # green
        [204, 121, 167],  # purple
        [86, 180, 233],  # sky blue
        [213, 94, 0],  # vermilion
        [240, 228, 66],  # yellow
        [70, 70, 70],  # grey; their black would drown the marks of signs
    ]
)
"""Eight colours that colour-blind readers tell apart too (Okabe and Ito 2008)."""

PLASTIC = 1.324717957244746
"""The plastic number, g³ = g + 1: the points (n/g, n/g²) modulo 1 fill a square evenly."""

LIGHTNESSES = (0.38, 0.88)
"""From dark to light; both ends stand out from white paper and from black lines."""

CHROMA = 0.14
"""About what the sRGB colours of these lightnesses reach."""


def class_colors(num_classes: int) -> np.ndarray:
    """One colour for each class.

    Up to eight are those of Okabe and Ito, which colour-blind readers tell apart. For more, hue
    and lightness in a perceptual colour space follow a sequence that keeps clear of itself.

    Args:
        num_classes: how many.

    Returns:
        sRGB values between 0 and 1, shape (num_classes, 3).

    Example:
        >>> class_colors(2).round(2)
        array([[0.  , 0.45, 0.7 ],
               [0.9 , 0.62, 0.  ]])

    References:
        Okabe, Ito, "Color universal design" (2008).
        Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018), on R₂.
        Ottosson, "A perceptual color space for image processing" (2020), the matrices of Oklab.
    """
    if num_classes <= len(OKABE_ITO):
        return OKABE_ITO[:num_classes] / 255
    numbers = np.arange(num_classes)
    hues = 2 * np.pi * (numbers / PLASTIC)
    darkest, lightest = LIGHTNESSES
    lightness = darkest + (lightest - darkest) * ((numbers / PLASTIC**2 + 0.4) % 1)
    oklab = np.stack([lightness, CHROMA * np.cos(hues), CHROMA * np.sin(hues)], axis=1)
    return _srgb(oklab)


def tint(colors: np.ndarray) -> np.ndarray:
    """A lighter shade of each colour, half way to white."""
    return 0.5 + 0.5 * colors


def is_dark(colors: np.ndarray) -> np.ndarray:
    """Whether white stands out better than black on each colour, shape (..., 3) to (...)."""
    return colors @ np.array([0.299, 0.587, 0.114]) < 0.55


def _srgb(oklab: np.ndarray) -> np.ndarray:
    to_lms = [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.2914855480],
    ]
    to_rgb = [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
    linear = np.clip((oklab @ np.array(to_lms).T) ** 3 @ np.array(to_rgb).T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
