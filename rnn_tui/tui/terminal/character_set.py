"""Which characters the terminal can show, decided once: by the locale that the
user's environment names.

Python's own answer doesn't do: where the locale is C it takes UTF-8 all the
same, and writes `LC_CTYPE` into its environment (PEP 538, PEP 540). Other
programs, tmux and the terminal's own drivers among them, go by the locale.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""Python's values of LC_CTYPE where the locale is C."""
UNICODE = ("utf8", "utf16", "utf32")


def needs_ascii(
    encoding: str | None,
    environ: Mapping[str, str] = os.environ,
    system: str = os.name,
) -> bool:
    """Say whether the terminal can't be trusted to show block and braille
    glyphs.

    `encoding` is that of the standard error stream. On Windows, and where
    PYTHONIOENCODING names it, it alone decides.
    """
    if _plain(encoding or "utf-8") not in UNICODE:
        return True
    if system != "posix" or environ.get("PYTHONIOENCODING"):
        return False

    return not _names_unicode(_locale(environ))


def _locale(environ: Mapping[str, str]) -> str:
    """Return the locale for characters as setlocale(3) finds it, without
    Python's own value there.
    """
    named = environ.get("LC_ALL")
    if named:
        return named

    general = environ.get("LANG", "")
    characters = environ.get("LC_CTYPE", "")
    if (
        characters in COERCED
        and general in ("", "C", "POSIX")
        and environ is os.environ
    ):
        characters = _given_at_start("LC_CTYPE", characters)

    return characters or general


def _names_unicode(locale: str) -> bool:
    """Say whether a locale such as `de_DE.UTF-8@euro` names UTF-8; `UTF-8`
    alone is a Mac's.
    """
    codeset = locale.partition("@")[0].rpartition(".")[2]
    return _plain(codeset) in UNICODE


def _plain(codeset: str) -> str:
    return codeset.lower().replace("-", "").replace("_", "")


def _given_at_start(name: str, otherwise: str) -> str:
    """Return a variable as the process was given it, where the system tells;
    else `otherwise`.
    """
    try:
        with open("/proc/self/environ", "rb") as file:
            given = file.read(1 << 20).split(b"\0")
    except OSError:
        return otherwise

    prefix = name.encode() + b"="

    return next(
        (
            os.fsdecode(entry[len(prefix) :])
            for entry in given
            if entry.startswith(prefix)
        ),
        "",
    )
