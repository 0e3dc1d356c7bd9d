"""Exit statuses, one-line errors, help, and what a stranger's file can't do to
the terminal.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import h5py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_tui.cli import arguments, main
from rnn_tui.samples import find_sample

SAMPLE = find_sample("lstm-notebook")
assert SAMPLE is not None


def run(
    capsys: pytest.CaptureFixture[str], *argv: object
) -> tuple[int, str, str]:
    status = main([str(word) for word in argv])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def one_line(text: str) -> bool:
    return (
        text.startswith("rnn-tui: error: ")
        and text.count("\n") == 1
        and text[:-1].isprintable()
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["layers"], "MODEL"),
        (["layers", "nothing.h5"], "no such file"),
        (["layers", "lstm-notebook", "--format", "xml"], "--format"),
        (
            ["layers", "lstm-notebook", "--layer", "lstm_9"],
            "no layer 'lstm_9'; did you mean 'lstm'?",
        ),
        (["layers", "lstm-notebook", "-o", "x.xlsx"], ".json, .csv, .txt"),
        (["weights", "lstm-notebook", "--gate", "z"], "the gates i f c o"),
        (
            ["weights", "dense-1", "--part", "gamma"],
            "no gates, and the arrays kernel bias",
        ),
        (
            ["trace", "lstm-notebook", "--input", "1 2 3"],
            "2 features a timestep; row 1 has 3",
        ),
        (["trace", "lstm-notebook", "--input", "-1,x"], "'x' is not a number"),
        (["trace", "lstm-notebook", "-o", "x.h5"], ".npz, .json, .csv"),
        (
            ["trace", "lstm-notebook", "--initial-state", "none.npz"],
            "No such file",
        ),
        (["trace", "lstm-notebook", "--dtype", "int8"], "--dtype"),
        (["verify", "lstm-notebook", "--tolerance", "0"], "--tolerance"),
        (["layers", "lstm-notebook", "--max-memory", "much"], "is not a size"),
        (["samples", "none"], "no sample is named 'none'"),
        (["completions", "powershell"], "SHELL"),
        (["--fps", "nan"], "--fps"),
        (["--view", "all"], "--view"),
        (["lstm-notebook", "brackets", "extra"], "unrecognized arguments"),
        (
            ["layrs", "lstm-notebook"],
            "there is no command 'layrs'; did you mean 'layers'?",
        ),
        (
            ["explain", "lstm-notebook"],
            "there is no command 'explain'; the commands are layers, weights, trace, ",
        ),
        (["lstm-notebook"], "terminal"),
    ],
)
def test_what_cant_be_met_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    message: str,
):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *argv)
    assert status == 2
    assert out == ""
    assert one_line(err), err
    assert message in err
    assert os.listdir(tmp_path) == []


def test_a_sequence_may_start_with_a_minus(capsys: pytest.CaptureFixture[str]):
    assert run(capsys, "trace", "lstm-notebook", "--input", "-1,-2")[0] == 0


def test_a_path_like_a_command_is_a_model(capsys: pytest.CaptureFixture[str]):
    status, _, err = run(capsys, "./layers")
    assert (status, one_line(err)) == (2, True)


def test_any_other_error_is_a_report_and_status_70(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    def fail(_arguments: Any) -> int:
        raise ZeroDivisionError("\x1b[31mboom")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("rnn_tui.cli.layers.run", fail)
    status, _, err = run(capsys, "layers", "lstm-notebook")
    assert status == 70
    assert one_line(err)
    (report,) = (tmp_path / "rnn-tui").iterdir()
    assert str(report) in err
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "\x1b" not in text


def test_interrupting_is_status_130_and_silent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(_arguments: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_tui.cli.layers.run", interrupted)
    assert run(capsys, "layers", "lstm-notebook") == (130, "", "")


@pytest.mark.parametrize("command", ["explore", *list(arguments.COMMANDS)[1:]])
def test_help_is_at_most_80_columns_and_shows_examples(
    capsys: pytest.CaptureFixture[str], command: str
):
    status, out, err = run(
        capsys, *([] if command == "explore" else [command]), "--help"
    )
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "examples:" in out
    assert "\x1b" not in out


def test_the_choices_of_the_parser_are_the_programs_own():
    from rnn_tui.analysis import gates
    from rnn_tui.tui.theme.themes import OURS

    assert tuple(theme.name for theme in OURS) == arguments.THEMES
    assert arguments.PARTS == gates.PARTS


@pytest.mark.parametrize(
    ("text", "bytes"),
    [
        ("512M", 512 << 20),
        ("2G", 2 << 30),
        ("1024", 1024),
        ("1KiB", 1024),
        ("3gb", 3 << 30),
    ],
)
def test_a_size_is_read(text: str, bytes: int):
    assert arguments.size(text) == bytes


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose names would write to the clipboard, colour the terminal and
    run markup.
    """
    path = tmp_path_factory.mktemp("hostile") / "model.h5"
    with h5py.File(SAMPLE.path) as source, h5py.File(path, "w") as file:
        for name, value in source.attrs.items():
            file.attrs[name] = value
        name = "=\x1b]52;c;aGk=\x07[@click=app.quit]\u202elstm\x9b31m"
        group = source["model_weights"]
        own = group.attrs["layer_names"][-1]
        file.create_group("model_weights").attrs["layer_names"] = [
            name.encode()
        ]
        source.copy(
            f"model_weights/{own if isinstance(own, str) else own.decode()}",
            file["model_weights"],
            name,
        )
        config = json.loads(file.attrs["model_config"])
        config["config"]["name"] = "\x1b]0;title\x07[bold]model"
        config["config"]["layers"][-1]["config"]["name"] = name
        file.attrs["model_config"] = json.dumps(config)
    return path


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize("command", ["layers", "weights", "trace"])
def test_nothing_of_a_hostile_name_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str], hostile: Path, command: str, form: str
):
    status, out, err = run(
        capsys,
        command,
        hostile,
        "--format",
        form,
        *(["--input", "1 10"] * (command == "trace")),
    )
    assert status == 0, err
    for line in (out + err).splitlines():
        assert line.isprintable(), line
    if form == "csv":
        assert not any(
            cell[:1] in tuple("=+@") for cell in out.split(",") if cell
        )


def test_a_hostile_argument_is_shown_clean(capsys: pytest.CaptureFixture[str]):
    for argv in (
        ["layers", "\x1b]0;x\x07"],
        ["\x1b[31m", "b", "c"],
        ["layers", "lstm-notebook", "--layer", "\x1b[31m"],
    ):
        status, _, err = run(capsys, *argv)
        assert status == 2
        assert one_line(err), err


def spawn(*argv: str, **options: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-m", "rnn_tui", *argv], **pipes)


def test_a_closed_pipe_ends_quietly():
    process = spawn(
        "trace", "lstm-25", "--input", "random:3", "--format", "csv"
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert err == b""


def test_version_and_help_import_nothing_heavy():
    code = (
        "import sys; from rnn_tui.cli import main; main(['--version']); main(['trace', '--help'])\n"
        "heavy = {'numpy', 'h5py', 'textual', 'rich', 'dataclasses', 'typing'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("rnn-tui ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_name_the_commands_and_options(
    capsys: pytest.CaptureFixture[str], shell: str
):
    status, out, _ = run(capsys, "completions", shell)
    assert status == 0
    assert all(
        word in out
        for word in ("trace", "initial-state", "lstm-notebook", "float64")
    )


def test_the_bash_completion_completes():
    script = main_output("completions", "bash") + (
        '\nCOMP_WORDS=(rnn-tui trace lstm --dt); COMP_CWORD=3; _rnn_tui; echo "${COMPREPLY[@]}"'
        '\nCOMP_WORDS=(rnn-tui la); COMP_CWORD=1; _rnn_tui; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["--dtype", "layers"]


def main_output(*argv: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "rnn_tui", *argv],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


WORDS = st.sampled_from(
    [*arguments.COMMANDS, "--input", "--layer", "-o", "--format", "json", "--at", "-1", "--", "-", "", "\x1b[0m",
     "x.h5", "--assume", "a=b", "--max-memory", "1G", "--copy", "--help", "--version", "--input=1", "bash",
     "--fps", "1e999"]
)  # fmt: skip


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(WORDS, max_size=6))
def test_any_arguments_are_understood_or_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], argv: list[str]
):
    status: object = None
    try:
        arguments.parse(argv)
    except SystemExit as stop:
        status = stop.code
    err = capsys.readouterr().err
    assert status in (None, 0, 2)
    assert one_line(err) if status == 2 else err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    "names",
    [["SIGTERM"], ["SIGQUIT"], ["SIGHUP", "SIGTERM", "SIGHUP"]],
    ids="-".join,
)
def test_an_export_ended_by_a_signal_leaves_no_half_written_file(
    tmp_path: Path, names: list[str]
):
    argv = [
        "trace",
        "brackets",
        "--input",
        "random:300000",
        "-o",
        str(tmp_path / "t.csv"),
    ]
    # What a shell starts in the background ignores SIGQUIT, and so would this.
    process = spawn(
        *argv, preexec_fn=lambda: signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    )
    while not any(tmp_path.iterdir()) and process.poll() is None:
        time.sleep(0.05)
    assert process.poll() is None
    numbers = [getattr(signal, name) for name in names]
    for number in numbers:
        process.send_signal(number)
    assert process.wait() in {128 + number for number in numbers}
    assert list(tmp_path.iterdir()) == []
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()
