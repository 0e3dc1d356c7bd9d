"""A trace as a file: `.npz`, `.json` and `.csv`, streamed and never half
written; and a table of plain values.
"""

from rnn_tui.export.arrays import write_arrays
from rnn_tui.export.atomic import as_text, replacing
from rnn_tui.export.json_tree import write_json
from rnn_tui.export.long_table import write_csv
from rnn_tui.export.members import Selection
from rnn_tui.export.table import write_table
from rnn_tui.export.write import FORMATS, write_trace

__all__ = [
    "FORMATS",
    "Selection",
    "as_text",
    "replacing",
    "write_arrays",
    "write_csv",
    "write_json",
    "write_table",
    "write_trace",
]
