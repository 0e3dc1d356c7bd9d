"""The fast path: a cell over a window of time, in place, every value recorded;
the page in cells.py says its meaning.

For a small layer NumPy's own call (some 0.4 µs each, whatever the size) is the
whole cost, for a large one the product h·U, which reads all of U from memory at
every timestep. So calls are saved, and nothing is added to the product:

- x·W + b of a whole window is one product. In a batch, where writing and
  reading it back costs more than the product, and for few features, where the
  call that adds it does, x and a one follow h instead, and [h x 1]·[U W b] is
  the whole pre-activation.
- A quantity is `(units, batch)` in memory: each gate is one contiguous run at
  any batch size, so every ufunc below works on flat arrays, and all sequences
  of a batch share its call.
- σ(x) = 1 / (1 + exp(−x)) over all gates at once; for one sequence the sign is
  folded into the gates' columns of W, U and b, exactly, and turned back once
  for the whole window. A σ by tanh(x / 2) would save one call in eleven, but
  lose the digits of small gates: a forget gate of 1e-4 would be wrong by 1e-3
  of itself.
- Gates that meet are side by side: [i f]·[c̃ c] and [1−z z]·[h̃ h] are one
  product each.
- All of a timestep's values live in one row; the record takes it as one copy
  between memoryviews, 0.2 µs against 0.45 for an array assignment. Nothing is
  sliced or allocated inside a loop.
- The products of a batch of up to 128 units run on one thread
  (blas_threads.py).
- Scalars are 0-d arrays of the dtype: a Python number costs 0.5 µs more in
  every call.

Measured on a Xeon core, everything recorded: an LSTM takes 6 to 7.5 µs a
timestep at 1 to 32 units (10 or 11 calls, which bound it), 2.3 × the bare
product at 128 and 1.1 to 1.3 × from 512 on, where the product reads U at the
speed of memory; a GRU has 12 calls. A batch of 64 sequences at 64 units takes
0.13 of 64 single runs: a third of it is the product, a third the functions, a
third the record, which is written to memory that no cache holds. At 128 units
its product alone, 10 million multiplications, takes an eighth of the time of 64
single products.
"""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import kind_of, named_class
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np


def fast_scan(
    cell: Cell, dtype: np.dtype[Any], *place: tuple[int, ...]
) -> Scan:
    """Return the loop that the table names for `cell`; its page where an
    activation doesn't work element by element.

    A cell of pictures needs its `place`, the batch and the sides of its output.
    """
    activations = [
        cell.activation,
        getattr(cell, "recurrent_activation", cell.activation),
    ]
    if not all(activation.elementwise for activation in activations):
        from rnn_tui.engine.cells.scan_page import PageScan

        return PageScan(cell, dtype, *place)

    made: Scan = named_class(kind_of(cell).scan)(cell, dtype, *place)

    return made
