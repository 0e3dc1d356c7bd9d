"""`rnn-tui completions bash|zsh|fish`: scripts made from the parsers
themselves.
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator

from rnn_tui.cli.arguments import COMMANDS, parser_of
from rnn_tui.samples import samples

FILE_OPTIONS = (
    "--output",
    "--vocab",
    "--config",
    "--initial-state",
    "--copy",
    "--baseline",
)
"""Options whose value is a path."""


def run(arguments: Namespace) -> int:
    """Write the script of a shell and return the exit status."""
    sys.stdout.write(SHELLS[arguments.shell]())
    return 0


def _actions(command: str) -> Iterator[argparse.Action]:
    yield from (
        action
        for action in parser_of(command)._actions
        if action.option_strings
    )


def _options(command: str) -> list[str]:
    return [
        option
        for action in _actions(command)
        for option in action.option_strings
    ]


def _choices() -> dict[str, list[str]]:
    """Return the values of every option that has a fixed list of them."""
    found: dict[str, list[str]] = {}
    for command in COMMANDS:
        for action in _actions(command):
            if action.choices:
                found[action.option_strings[-1]] = [
                    str(choice) for choice in action.choices
                ]

    return found


def _names() -> list[str]:
    return [sample.name for sample in samples()]


def _commands() -> list[str]:
    return [command for command in COMMANDS if command != "explore"]


def bash() -> str:
    """Return the script for bash."""
    values = "\n".join(
        (
            f'        {option}) COMPREPLY=($(compgen -W "{" ".join(choices)}" '
            '-- "$word")); return ;;'
        )
        for option, choices in _choices().items()
    )
    options = "\n".join(
        f'        {command}) options="{" ".join(_options(command))}" ;;'
        for command in _commands()
    )

    return f"""# bash completion for rnn-tui
_rnn_tui() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}"
    local before="${{COMP_WORDS[COMP_CWORD-1]}}" options
    COMPREPLY=()
    case "$before" in
{values}
        {"|".join(FILE_OPTIONS)}|-o) COMPREPLY=($(compgen -f -- "$word")); return ;;
        completions) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
    esac
    case "${{COMP_WORDS[1]}}" in
{options}
        *) options="{" ".join(_options("explore"))}" ;;
    esac
    if [[ "$word" == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
        return
    fi
    COMPREPLY=($(compgen -f -- "$word") $(compgen -W "{" ".join(_names())}" -- "$word"))
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY+=($(compgen -W "{" ".join(_commands())}" -- "$word"))
    fi
}}
complete -o filenames -F _rnn_tui rnn-tui
"""


def zsh() -> str:
    """Return the script for zsh, which runs bash's."""
    return (
        f"#compdef rnn-tui\nautoload -Uz bashcompinit && bashcompinit\n{bash()}"
    )


def fish() -> str:
    """Return the script for fish."""
    lines = ["# fish completion for rnn-tui"]
    known = " ".join(_commands())
    lines += [
        (
            f"complete -c rnn-tui -n __fish_use_subcommand -a {command} -d "
            f"'{_quoted(parser_of(command).description)}'"
        )
        for command in _commands()
    ]
    lines.append(
        "complete -c rnn-tui -n 'not __fish_seen_subcommand_from "
        f"completions' -a '{' '.join(_names())}'"
    )
    lines.append(
        "complete -c rnn-tui -n '__fish_seen_subcommand_from completions' -f "
        "-a 'bash zsh fish'"
    )
    for command in COMMANDS:
        if command == "explore":
            seen = f"not __fish_seen_subcommand_from {known}"
        else:
            seen = f"__fish_seen_subcommand_from {command}"

        lines += [
            f"complete -c rnn-tui -n '{seen}' {_fish_option(action)}"
            for action in _actions(command)
        ]

    return "\n".join(lines) + "\n"


def _fish_option(action: argparse.Action) -> str:
    words = []
    for name in action.option_strings:
        if name.startswith("--"):
            words.append(f"-l {name[2:]}")
        else:
            words.append(f"-s {name[1:]}")

    if action.choices:
        words.append(f"-x -a '{' '.join(map(str, action.choices))}'")
    elif action.option_strings[-1] in FILE_OPTIONS:
        words.append("-r")
    elif action.nargs != 0:
        words.append("-x")

    return f"{' '.join(words)} -d '{_quoted(action.help)}'"


def _quoted(text: str | None) -> str:
    return (
        (text or "")
        .partition("\n")[0]
        .replace("\\", "\\\\")
        .replace("'", "\\'")
    )


SHELLS: dict[str, Callable[[], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
