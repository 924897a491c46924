"""The one boundary: whatever a command raises leaves as words on the screen and an exit code."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from hisops import __version__
from hisops.cli.options import Invocation
from hisops.cli.usage import usage_problem
from hisops.errors import HisopsError

BUG = 70
INTERRUPTED = 130
PIPE_CLOSED = 141


def guarded(call: Invocation, arguments: Sequence[str], work: Callable[[], int]) -> int:
    """Return the exit code of `work`, whatever becomes of it."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except HisopsError as error:
        return _expected(call, error)
    except typer.TyperException as error:
        return _expected(call, usage_problem(error))
    except BrokenPipeError:
        return _pipe_closed()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        return _bug(call, arguments, error)


def _expected(call: Invocation, error: HisopsError) -> int:
    from hisops.console.errors import report_error
    from hisops.console.theme import Screen

    report_error(Screen.of(call), error, getattr(error, "problems", ()))
    if call.verbose and error.__cause__ is not None:
        traceback.print_exception(error.__cause__)
    return error.exit_code


def _bug(call: Invocation, arguments: Sequence[str], error: Exception) -> int:
    from hisops.console.errors import report_bug
    from hisops.console.theme import Screen

    saved = save_report(arguments, error)
    report_bug(Screen.of(call), type(error).__name__, str(saved))
    return BUG


def _pipe_closed() -> int:
    # The reader has gone (`| head`): keep Python from complaining once more when it flushes stdout at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED


def save_report(arguments: Sequence[str], error: Exception) -> Path:
    """Write what is known of a bug to a file that only its owner can read; return its path.

    Values on the command line stay out: only the words of the command and the names of its options are kept.
    """
    import tempfile

    words = [word.partition("=")[0] for word in arguments if word.startswith("-")]
    first = next(iter(arguments), "")
    text = "\n".join(
        [
            f"hisops {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"at {datetime.now(UTC).isoformat(timespec='seconds')}: hisops {first} {' '.join(words)}",
            "",
            *(line.rstrip("\n") for line in traceback.format_exception(error)),
        ]
    )
    handle, name = tempfile.mkstemp(prefix="report-", suffix=".txt", dir=_reports())
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")
    return Path(name)


def _reports() -> Path | None:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    folder = Path(base) / "hisops"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder
