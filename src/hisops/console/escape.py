"""What tools print is shown, never obeyed; see `hisops.model.visible`."""

from __future__ import annotations

from hisops.model.visible import visible

__all__ = ["sentence", "visible", "visible_lines"]


def visible_lines(text: str) -> list[str]:
    """Return the lines of a tool's output, each made visible; CR LF and a progress bar's CR end a line, too."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return [visible(line) for line in unified.split("\n") if line.strip()]


def sentence(text: str) -> str:
    """Return `text` on one line, made visible; line breaks in what a tool has said become spaces."""
    return " ".join(visible(line.strip()) for line in text.splitlines() if line.strip())
