"""The arguments of every command, and their help.

Imports nothing heavy: `--help` must not wait for NumPy.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from rnn_tui import __version__
from rnn_tui.cli import help_texts as texts
from rnn_tui.cli.stderr import print_error
from rnn_tui.tui.startup.view_table import NAMES

TYPE_CHECKING = False
# the typing module itself would cost a tenth of the time --version takes
if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS = {
    "explore": "explore",
    "layers": "layers",
    "weights": "weights",
    "trace": "trace",
    "verify": "verify",
    "diff": "diff",
    "analyze": "analyze",
    "lint": "lint",
    "render": "render",
    "samples": "list_samples",
    "config": "config",
    "completions": "completions",
}
"""Commands and the modules that run them; `explore` is the command of a bare
model path.
"""

FORMATS = ("table", "json", "csv")
EXTENSIONS = {
    ".json": "json",
    ".csv": "csv",
    ".txt": "table",
    ".npz": "arrays",
    ".npy": "arrays",
}
"""The format of an output file by its extension."""
SHELLS = ("bash", "zsh", "fish")
THEMES = ("dark", "light", "high-contrast")
SMALLEST = (40, 10)
"""Columns and lines of the smallest screen that the explorer draws."""
ANALYZE_PARTS = (
    "memory",
    "saturation",
    "units",
    "prediction",
    "written",
    "influence",
    "effects",
)
"""The parts of `analyze`, in the order of its result."""
DEFAULT_PARTS = ANALYZE_PARTS[:5]
"""Those that are shown unless others are asked for."""
PARTS = ("kernel", "recurrent_kernel", "bias", "input_bias", "recurrent_bias")


MAY_BEGIN_WITH_MINUS = ("--input", "--against", "--at")
"""Options whose value may begin with a minus."""


class Parser(argparse.ArgumentParser):
    """A parser that writes its errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Write the error and where help is, and exit with 2."""
        print_error(f"{message} (see {self.prog} --help)")
        raise SystemExit(2)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; `command` names the command.

    Exits on --help, --version and wrong options.
    """
    is_command = bool(argv) and argv[0] in COMMANDS and argv[0] != "explore"
    if is_command:
        command = argv[0]
        rest = argv[1:]
    else:
        command = "explore"
        rest = argv

    parser = parser_of(command)
    found, unknown = parser.parse_known_args(_with_values(rest))
    if unknown:
        if not is_command and _meant_as_command(argv[0], unknown):
            parser.error(f"there is no command {argv[0]!r}{_nearest(argv[0])}")

        parser.error(f"unrecognized arguments: {' '.join(unknown)}")

    # argparse makes an empty list of `--input=--`
    for name in ("input", "against"):
        if [] in (getattr(found, name, None) or []):
            parser.error(f"argument --{name}: expected one argument")

    two = not is_command and found.other is not None
    if two and _meant_as_command(found.model, [found.other]):
        parser.error(
            f"there is no command {found.model!r}{_nearest(found.model)}"
        )

    contradiction = _contradiction(found)
    if contradiction:
        parser.error(contradiction)

    found.command = command

    return found


def _contradiction(found: argparse.Namespace) -> str:
    """Return how `--format` contradicts the extension of the output file,
    empty where it doesn't.
    """
    wanted = getattr(found, "format", None)
    output = getattr(found, "output", None) or ""
    extension = os.path.splitext(output)[1].lower()
    written = EXTENSIONS.get(extension)
    if wanted is None or written is None or wanted == written:
        return ""

    return (
        f"--format {wanted} contradicts {extension} of -o, whose extension "
        "says the format"
    )


def _meant_as_command(word: str, more: Sequence[str]) -> bool:
    """Whether a word that would be a model is followed like a command, and is
    no model.
    """
    from rnn_tui.samples import find_sample

    return (
        word.isalpha()
        and not more[0].startswith("-")
        and not os.path.exists(word)
        and find_sample(word) is None
    )


def _nearest(word: str) -> str:
    """Return which command was meant, or which there are."""
    from difflib import get_close_matches

    names = [name for name in COMMANDS if name != "explore"]
    near = get_close_matches(word, names, 1)
    if near:
        return f"; did you mean {near[0]!r}?"

    return f"; the commands are {', '.join(names)}"


def _with_values(argv: Sequence[str]) -> list[str]:
    """Join `--input -1,2` to `--input=-1,2`: a sequence may start with a
    minus.
    """
    joined: list[str] = []
    pending = iter(argv)
    for word in pending:
        value = None
        if word in MAY_BEGIN_WITH_MINUS:
            value = next(pending, None)

        joined.append(word if value is None else f"{word}={value}")

    return joined


def parser_of(command: str) -> Parser:
    """Return the parser of a command."""
    return {
        "explore": _explore,
        "layers": _layers,
        "weights": _weights,
        "trace": _trace,
        "verify": _verify,
        "diff": _diff,
        "analyze": _analyze,
        "lint": _lint,
        "render": _render,
        "samples": _samples,
        "config": _config,
        "completions": _completions,
    }[command]()


def _parser(command: str, description: str, epilog: str) -> Parser:
    width = _width()

    def formatter(prog: str) -> argparse.HelpFormatter:
        return argparse.RawDescriptionHelpFormatter(
            prog,
            max_help_position=26,
            width=width,
        )

    prog = f"rnn-tui {command}".strip()
    parser = Parser(
        prog,
        None,
        description,
        epilog,
        formatter_class=formatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument(
        "-h",
        "--help",
        action="help",
        help="show this help and exit",
    )

    return parser


def _width() -> int:
    """Return how wide help is: as the terminal, at most 80 columns."""
    try:
        return min(80, os.get_terminal_size(1).columns or 80)
    except OSError:
        return 80


def _explore() -> Parser:
    parser = _parser("", texts.EXPLORE, texts.EXPLORE_EPILOG)
    parser.usage = (
        "rnn-tui [MODEL] [options]\n"
        "       rnn-tui MODEL OTHER [options]\n"
        "       rnn-tui COMMAND [options]"
    )
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help=(
            "a model file or folder (Keras, TensorFlow, TF.js, PyTorch, "
            "safetensors), a checkpoint, or the name of a bundled sample"
        ),
    )
    parser.add_argument(
        "other",
        nargs="?",
        metavar="OTHER",
        help="the model to explore, compared with the first",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"rnn-tui {__version__}",
        help="show the version",
    )
    parser.add_argument(
        "--versions",
        action="store_true",
        help="show the version of everything that takes part",
    )
    _add_input(parser)
    _add_place(parser)
    parser.add_argument("--play", action="store_true", help="start playing")
    _add_look(parser)
    parser.add_argument(
        "--low-bandwidth",
        action="store_true",
        help="send little: for slow lines",
    )
    parser.add_argument(
        "--no-mouse",
        action="store_true",
        help="leave the mouse to the terminal",
    )
    _add_initial_state(parser)
    _add_changes(parser)
    _add_weights_only(parser)

    return parser


def _layers() -> Parser:
    parser = _parser("layers", texts.LAYERS, texts.LAYERS_EPILOG)
    _add_model(parser)
    _add_shared(parser)

    return parser


def _weights() -> Parser:
    parser = _parser("weights", texts.WEIGHTS, texts.WEIGHTS_EPILOG)
    _add_model(parser)
    parser.add_argument(
        "--gate",
        metavar="GATE",
        help="only this gate: i f c o (LSTM), z r h (GRU), h (SimpleRNN)",
    )
    parser.add_argument(
        "--part",
        metavar="PART",
        help=f"only this array: {', '.join(PARTS)}, or any layer's own",
    )
    _add_shared(parser)

    return parser


def _trace() -> Parser:
    parser = _parser("trace", texts.TRACE, texts.TRACE_EPILOG)
    _add_model(parser)
    _add_input(parser)
    parser.add_argument(
        "--from",
        dest="start_at",
        metavar="NAME",
        help="feed the sequence to this layer instead",
    )
    parser.add_argument(
        "--all-layers",
        action="store_true",
        help="the outputs of all layers, not only recurrent ones",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="keep the values before a layer that can't be run",
    )
    parser.add_argument(
        "--so-far",
        action="store_true",
        help="also each output had the sequence ended at each timestep",
    )
    parser.add_argument(
        "--terms",
        action="store_true",
        help="instead: the products of one timestep, as the Step view shows",
    )
    parser.add_argument(
        "--at",
        type=timestep,
        metavar="T",
        help="the timestep of --terms; default: the last one read",
    )
    parser.add_argument(
        "--unit",
        type=whole,
        action="append",
        metavar="UNIT",
        help="only this unit's --terms; repeatable",
    )
    parser.add_argument(
        "--pixel",
        type=pixel,
        metavar="ROW,COLUMN",
        help="of pictures: the pixel of --terms; default: the middle one",
    )
    _add_dtype(parser)
    _add_initial_state(parser)
    _add_changes(parser)
    _add_shared(parser)

    return parser


def _verify() -> Parser:
    parser = _parser("verify", texts.VERIFY, texts.VERIFY_EPILOG)
    _add_model(parser)
    _add_input(parser)
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        default=1e-5,
        metavar="X",
        help="default: 1e-5",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="compare the layers before one that can't be run",
    )
    _add_shared(parser)

    return parser


def _diff() -> Parser:
    parser = _parser("diff", texts.DIFF, texts.DIFF_EPILOG)
    parser.usage = (
        "rnn-tui diff MODEL OTHER [--input SEQ] [options]\n"
        "       rnn-tui diff MODEL --input SEQ --against SEQ [options]\n"
        "       rnn-tui diff MODEL --input SEQ --off LAYER:UNIT [options]"
    )
    _add_model(parser)
    parser.add_argument(
        "other",
        nargs="?",
        metavar="OTHER",
        help="a model of the same architecture",
    )
    _add_input(parser)
    parser.add_argument(
        "--against",
        action="append",
        metavar="SEQ",
        help="another sequence on the same model; repeat as NAME=SEQ",
    )
    parser.add_argument(
        "--tolerance",
        type=tolerance_from_zero,
        default=0.0,
        metavar="X",
        help="the largest difference that is none; default: 0",
    )
    _add_dtype(parser)
    _add_changes(parser)
    _add_shared(parser)

    return parser


def _analyze() -> Parser:
    parser = _parser("analyze", texts.ANALYZE, texts.ANALYZE_EPILOG)
    _add_model(parser)
    _add_input(parser)
    parser.add_argument(
        "--show",
        type=parts_of_analyze,
        default=DEFAULT_PARTS,
        metavar="PART,…",
        help=(
            f"these parts of {', '.join(ANALYZE_PARTS)}; default: "
            f"{', '.join(DEFAULT_PARTS)}"
        ),
    )
    parser.add_argument(
        "--target",
        metavar="TARGET",
        help=(
            "the number that is explained: OUTPUT[UNIT]@T, lstm.c[2]@10, "
            "head.logit[3]; default: the first output at its last timestep, "
            "of a softmax the logit of the predicted class, of a sigmoid the "
            "probability (head.logit[0] is its logit)"
        ),
    )
    parser.add_argument(
        "--method",
        choices=("swap", "gradient", "ig"),
        default="swap",
        help=(
            "of the influence: swap each timestep for the baseline (default), "
            "the gradient through time, Integrated Gradients"
        ),
    )
    parser.add_argument(
        "--baseline",
        default="zeros",
        metavar="zeros|mean|token:X|FILE",
        help=(
            "what swap and ig compare with, also a number or one timestep; "
            "default: zeros"
        ),
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a number for each timestep, to correlate units with; repeatable",
    )
    _add_dtype(parser)
    _add_initial_state(parser)
    _add_changes(parser)
    _add_shared(parser)

    return parser


def _lint() -> Parser:
    parser = _parser("lint", texts.LINT, texts.LINT_EPILOG)
    _add_model(parser)
    _add_input(parser)
    _add_shared(parser)

    return parser


def _render() -> Parser:
    parser = _parser("render", texts.RENDER, texts.RENDER_EPILOG)
    _add_model(parser)
    _add_input(parser)
    _add_place(parser, from_end=True)
    _add_look(parser)
    parser.add_argument(
        "--size",
        type=columns_and_lines,
        default=(120, 34),
        metavar="WxH",
        help="columns and lines of the screen; default: 120x34",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="a picture, .svg or .png; the run played, .gif or .cast",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace a file that exists already",
    )
    _add_initial_state(parser)
    _add_changes(parser)
    _add_weights_only(parser)

    return parser


def _samples() -> Parser:
    parser = _parser("samples", texts.SAMPLES, texts.SAMPLES_EPILOG)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="only these samples",
    )
    parser.add_argument(
        "--copy",
        metavar="DIR",
        help="copy them into this folder",
    )
    _add_output(parser)

    return parser


def _config() -> Parser:
    parser = _parser("config", texts.CONFIG, texts.CONFIG_EPILOG)
    _add_output(parser)

    return parser


def _completions() -> Parser:
    parser = _parser("completions", texts.COMPLETIONS, texts.COMPLETIONS_EPILOG)
    parser.add_argument(
        "shell",
        choices=SHELLS,
        metavar="SHELL",
        help=", ".join(SHELLS),
    )
    return parser


def _add_model(parser: Parser) -> None:
    parser.add_argument(
        "model",
        metavar="MODEL",
        help=(
            "a model file or folder (Keras, TensorFlow, TF.js, PyTorch, "
            "safetensors), a checkpoint, or the name of a bundled sample"
        ),
    )


def _add_input(parser: Parser) -> None:
    parser.add_argument(
        "--input",
        action="append",
        metavar="SEQ",
        help="the sequence (see below); repeat as NAME=SEQ",
    )
    parser.add_argument(
        "--vocab",
        metavar="FILE",
        help="JSON list of tokens, or token → id, for text: and words:",
    )


def _add_dtype(parser: Parser) -> None:
    parser.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        default="float32",
        help="default: float32, as Keras",
    )


def _add_place(parser: Parser, *, from_end: bool = False) -> None:
    counted = "counted from 0"
    if from_end:
        counted += ", below 0 from the end"

    parser.add_argument("--layer", metavar="NAME", help="start at this layer")
    parser.add_argument(
        "--view",
        choices=NAMES,
        metavar="VIEW",
        help=f"start in this view: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--at",
        type=timestep if from_end else whole,
        metavar="T",
        help=f"start at this timestep, {counted}",
    )


def _add_look(parser: Parser) -> None:
    parser.add_argument(
        "--fps",
        type=speed,
        metavar="N",
        help="timesteps a second while playing",
    )
    parser.add_argument(
        "--theme",
        metavar="NAME",
        help=f"colours: {', '.join(THEMES)}, or a theme of Textual's",
    )
    parser.add_argument(
        "--ascii",
        action="store_true",
        help="draw with ASCII characters only, as without a UTF-8 locale",
    )


def _add_initial_state(parser: Parser) -> None:
    parser.add_argument(
        "--initial-state",
        metavar="FILE.npz",
        help=(
            "states to start from: LAYER/h, LAYER/c, or an earlier trace, "
            "which is carried on"
        ),
    )


def _add_changes(parser: Parser) -> None:
    """Add the changes of a what-if, each repeatable."""
    group = parser.add_argument_group("what if (each repeatable)")
    changes = (
        (
            "set",
            "[INPUT:]t=T:VALUE",
            "timestep T is this token, id:4, or numbers with commas",
        ),
        ("hold", "t=T:N", "timestep T is read N times"),
        (
            "off",
            "LAYER:UNIT[=zero|mean]",
            "a unit's h is zero, or its mean over the run without changes",
        ),
        (
            "clamp",
            "LAYER:QUANTITY:UNIT=VALUE",
            "a gate, pre-activation or state of a unit has this value",
        ),
    )
    for name, written, words in changes:
        group.add_argument(
            f"--{name}",
            dest=f"{name}_changes",
            action="append",
            default=[],
            metavar=written,
            help=words,
        )


def _add_shared(parser: Parser) -> None:
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="NAME",
        help="only this layer; repeatable",
    )
    _add_output(parser)
    _add_weights_only(parser)


def _add_output(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=FORMATS,
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; default: table",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE; its extension says the format",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace a file that exists already",
    )


def _add_weights_only(parser: Parser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration for a file that holds weights only",
    )
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=(
            "a setting that a file of weights lacks: activation=relu (of "
            "recurrent layers), LAYER.activation=softmax"
        ),
    )
    parser.add_argument(
        "--as",
        dest="as_classes",
        action="append",
        default=[],
        metavar="LAYER=CLASS",
        help=(
            "compute a layer of a custom class as Keras's, with a warning: "
            "lstm_1=LSTM; repeatable"
        ),
    )
    parser.add_argument(
        "--max-memory",
        type=size,
        metavar="SIZE",
        help=(
            "memory the file reader may use, and the arrays of a run: 512M, 2G"
        ),
    )


def parts_of_analyze(text: str) -> tuple[str, ...]:
    """Names of parts, separated by commas, in the order of the result."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in ANALYZE_PARTS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is no part; the parts are {', '.join(ANALYZE_PARTS)}"
            )

    if not names:
        raise argparse.ArgumentTypeError(
            f"name one or more of {', '.join(ANALYZE_PARTS)}"
        )

    return tuple(name for name in ANALYZE_PARTS if name in names)


def whole(text: str) -> int:
    """A whole number from 0."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from 0"
        )

    return int(text)


def columns_and_lines(text: str) -> tuple[int, int]:
    """A screen's size, `160x48`."""
    columns, _, lines = text.lower().replace("×", "x").partition("x")
    sides = []
    for side in (columns, lines):
        if not side.isascii() or not side.isdigit() or len(side) > 3:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a size; write 160x48"
            )

        sides.append(int(side))

    width, height = sides
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is too small: {SMALLEST[0]}x{SMALLEST[1]} is the least"
        )

    return width, height


def timestep(text: str) -> int:
    """A whole number; below 0 it counts from the end."""
    number = whole(text.removeprefix("-"))
    if text.startswith("-"):
        return -number

    return number


def pixel(text: str) -> tuple[int, ...]:
    """The row, column … of a pixel, counted from 0: `4,7`."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no pixel; write ROW,COLUMN: 4,7"
        )

    return tuple(whole(part) for part in parts)


def speed(text: str) -> float:
    """A number of timesteps a second, at most a thousand."""
    return _between(text, 0, 1000)


def tolerance(text: str) -> float:
    """A number above 0."""
    return _between(text, 0, float("inf"))


def tolerance_from_zero(text: str) -> float:
    """A number from 0."""
    if text.strip() in ("0", "0.0"):
        return 0.0

    return tolerance(text)


def _between(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low

    if not low < value <= high or value == float("inf"):
        most = ""
        if high < float("inf"):
            most = f" up to {high:g}"

        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number above {low:g}{most}"
        )

    return value


def size(text: str) -> int:
    """A number of bytes, `512M` or `2G`."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    number = text.strip().upper().removesuffix("B").removesuffix("I")
    factor = units.get(number[-1:], 1)
    if factor > 1:
        number = number[:-1]

    is_whole = number.isascii() and number.isdigit() and len(number) <= 15
    if not is_whole or int(number) == 0:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size; write 512M or 2G"
        )

    return int(number) * factor
