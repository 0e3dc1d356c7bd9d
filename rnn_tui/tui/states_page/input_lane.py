"""The lane of what the cell read: tokens as text, one feature as heights,
several as a small heat map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.lanes import (
    feature_columns,
    feature_levels,
    level_texts,
    marked_column,
    read_line,
    token_line,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import Levels, Scale, signed_scale
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.moments import PageCache

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

Line: TypeAlias = list[Segment]
Vocabulary: TypeAlias = Mapping[str, int] | Sequence[str]

WIDE_ENOUGH = 3
"""Cells of a timestep from which on token ids are shown themselves."""


@dataclass(frozen=True, eq=False)
class InputLane:
    """What one cell read over the page of a place, made once a page: a timestep
    moves the mark, and what is ahead.
    """

    trace: ModelTrace
    cell: CellTrace
    grid: Grid
    look: Look
    height: int
    kept: PageCache

    def lines(
        self,
        place: Place,
        span: tuple[int, int],
        seen: NDArray[np.bool_],
        vocabulary: Vocabulary | None,
        *,
        marked: bool,
    ) -> list[Line]:
        """Return the lane's lines over the timesteps `span`, of which the cell
        has read the `seen`; the column of time may be `marked`.
        """
        now = place.t - span[0]
        mark = now if marked else None
        look = self.look
        widths = self.grid.widths
        words = self.kept.keep(
            "words",
            lambda: self._words(place, span, vocabulary),
        )
        if words is not None:
            return [token_line(words, look, widths, now, seen.tolist())]

        if self._features == 1:
            texts = self.kept.keep(
                "heights",
                lambda: self._heights(place, span),
            )
            return [read_line(texts, look, seen, mark)]

        scale, levels = self.kept.keep(
            "levels",
            lambda: self._levels(place, span),
        )

        columns = self.kept.keep(
            "columns",
            lambda: feature_columns(levels, scale, look, widths),
        )
        lines = columns.lines(seen)
        if mark is not None:
            cells_now = marked_column(levels, scale, look, widths, mark)
            for line, cells in zip(lines, cells_now, strict=True):
                line[mark : mark + 1] = cells

        return lines

    @property
    def _features(self) -> int:
        return int(self.cell.x.shape[-1])

    def _words(
        self,
        place: Place,
        span: tuple[int, int],
        vocabulary: Vocabulary | None,
    ) -> list[str] | None:
        """Return the tokens of the page, None where features were read; ids as
        numbers where they fit.
        """
        ids = reading.token_ids(self.trace, self.cell, *span, place.sequence)
        if ids is None:
            return None

        words = reading.tokens(ids, vocabulary)
        if words is None and self.grid.cells >= WIDE_ENOUGH:
            return [str(token) for token in ids.tolist()]

        return words

    def _heights(self, place: Place, span: tuple[int, int]) -> list[str]:
        values = self._read(place, span)[0]
        low = float(np.nanmin(values))
        high = float(np.nanmax(values))

        return level_texts(values, low, high, self.look, self.grid.widths)

    def _levels(
        self,
        place: Place,
        span: tuple[int, int],
    ) -> tuple[Scale, Levels]:
        values = self._read(place, span)
        scale = signed_scale(values)

        return scale, feature_levels(values, scale, self.look, self.height)

    def _read(self, place: Place, span: tuple[int, int]) -> Array:
        """Return the features of the page, `(features, timesteps)`; of pictures
        the means.
        """
        x = self.cell.read_input(*span)[place.sequence]
        features: Array
        if x.ndim > 2:
            features = x.mean(axis=tuple(range(1, x.ndim - 1)))
        else:
            features = x

        return features.T
