"""A ConvLSTM's kernel: its size, how it moves over a picture, and how large a
picture comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.core.fits import pair
from rnn_tui.engine.layers.convolve import lengths, margins_of
from rnn_tui.errors import ConfigError


@dataclass(frozen=True)
class PictureKernel:
    """The kernel's size, strides and dilation, one number for each spatial
    axis, and the padding ("same" or "valid").
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str

    def check(self) -> None:
        """Raise ConfigError where the padding is not one a ConvLSTM has."""
        if self.padding not in ("valid", "same"):
            raise ConfigError(
                f"padding {self.padding!r} is not one a ConvLSTM has"
            )

    def sides(self, sides: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return how large a picture of `sides` comes out."""
        return lengths(
            sides,
            self.size,
            self.strides,
            self.dilation,
            self.padding,
        )

    def padded(self, sides: Sequence[int]) -> int:
        """Return how many pixels a picture of `sides` has with the zeros around
        it.
        """
        margins = margins_of(
            sides,
            self.size,
            self.strides,
            self.dilation,
            self.padding,
        )
        pixels = 1
        for side, margin in zip(sides, margins, strict=True):
            pixels *= int(side + sum(margin))

        return pixels


def kernel_of(
    config: Mapping[str, Any],
    rank: int,
    shapes: Sequence[tuple[int, ...]],
) -> PictureKernel:
    """Return the kernel that a configuration of pictures with `rank` sides and
    the shapes of a cell's arrays describe.
    """
    size: tuple[int, ...] = ()
    if shapes:
        size = shapes[0][:-2]

    strides = pair(config.get("strides") or 1, rank)
    dilation = pair(config.get("dilation_rate") or 1, rank)
    padding = str(config.get("padding") or "valid")

    return PictureKernel(size, strides, dilation, padding)


def conv_formula(
    size: Sequence[int],
    channels: int | None,
    filters: int,
    biased: bool,
) -> str:
    """Return how the parameters are counted:
    `4 × (3 × 3 × (1 + 40) × 40 + 40)`.
    """
    inner = (
        f"{' × '.join(map(str, size))} × ({channels} + {filters}) × {filters}"
    )
    if biased:
        return f"4 × ({inner} + {filters})"

    return f"4 × {inner}"


def kernel_words(kernel: PictureKernel) -> list[str]:
    """Return the kernel's size, and how it moves over the picture."""
    size = " × ".join(map(str, kernel.size))
    words = [f"each gate is a convolution with a kernel of {size}"]
    if any(step > 1 for step in kernel.strides):
        words.append(
            f"it moves in strides of {' × '.join(map(str, kernel.strides))}"
        )

    if any(step > 1 for step in kernel.dilation):
        words.append(
            f"its taps are apart by {' × '.join(map(str, kernel.dilation))}"
        )

    return words
