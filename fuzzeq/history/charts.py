"""Nights as a picture: findings, speed, reuse, score, and hazards met over time."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

from fuzzeq.errors import UsageError
from fuzzeq.history.nights import Night

INSTALL = "pip install 'fuzzeq[report]'"
_LIGHT = {"back": "#fdfdfc", "text": "#1c1c1a", "line": "#d8d8d2", "a": "#0b62a4", "b": "#b4530a"}
_DARK = {"back": "#161714", "text": "#ececE6", "line": "#3a3b36", "a": "#7cb7f0", "b": "#f0a35e"}
INCHES = (10.0, 5.6)


def chart(nights: Sequence[Night], format: str, dark: bool = False) -> bytes:
    """The picture as a file of that format, `png` or `svg`. The same nights give the same bytes.
    Raises `UsageError` where matplotlib is missing."""
    try:
        names = ("matplotlib", "matplotlib.dates", "matplotlib.figure", "matplotlib.ticker")
        matplotlib, dates, figures, ticker = map(import_module, names)
    except ModuleNotFoundError:
        raise UsageError(f"charts need matplotlib, which is not installed: {INSTALL}") from None
    colours = _DARK if dark else _LIGHT
    style = {
        "font.family": "sans-serif",
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": "fuzzeq",
        "text.color": colours["text"],
        "axes.labelcolor": colours["text"],
        "axes.edgecolor": colours["line"],
        "axes.facecolor": colours["back"],
        "axes.titlelocation": "left",
        "figure.facecolor": colours["back"],
        "xtick.color": colours["text"],
        "ytick.color": colours["text"],
        "grid.color": colours["line"],
        "legend.frameon": False,
    }
    with matplotlib.rc_context(style):
        figure = figures.Figure(figsize=INCHES, layout="constrained")
        findings, speed, reuse, score = figure.subplots(2, 2, sharex=True).flat
        times = [night.at for night in nights]
        _bars(findings, times, nights, colours)
        _line(speed, "Edits compared a second", times, [n.speed for n in nights], colours["a"])
        _line(reuse, "Reuse, %", times, [_percent(n.reuse) for n in nights], colours["a"])
        _line(score, "Score and hazards met, %", times, [_percent(n.score) for n in nights],
              colours["a"], "planted bugs caught")  # fmt: skip
        covered = [_percent(_share(n.covered, n.cells)) for n in nights]
        _line(score, "Score and hazards met, %", times, covered, colours["b"],
              "pairs of a hazard and a way of editing that met", dashed=True)  # fmt: skip
        if score.lines:
            score.legend(fontsize=8)
        for axes in (reuse, score):
            axes.set_ylim(0, 105)
        speed.set_ylim(bottom=0)
        findings.yaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
        for axes in (findings, speed, reuse, score):
            axes.grid(axis="y", linewidth=0.6)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)
            locator = dates.AutoDateLocator(maxticks=8)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        data = BytesIO()
        about: dict[str, Any] = {"Date": None} if format == "svg" else {"Software": None}
        figure.savefig(data, format=format, dpi=120, metadata=about)
    return data.getvalue()


def _bars(axes: Any, times: list[Any], nights: Sequence[Night], colours: dict[str, str]) -> None:
    """Findings of each night: known ones below, new ones on top; a sign where it was not good."""
    known, new = [night.known for night in nights], [night.new for night in nights]
    width = 0.7 if len(times) < 2 else max((times[-1] - times[0]).days, 1) / len(times) * 0.7
    axes.bar(times, known, width=width, color=colours["line"], label="known")
    axes.bar(times, new, width=width, bottom=known, color=colours["b"], label="new")
    bad = [(night.at, night.known + night.new) for night in nights if not night.good]
    if bad:
        axes.plot(*zip(*bad, strict=True), "x", color=colours["text"], label="not good")
    axes.set_title("Findings")
    if any(known) or any(new) or bad:
        axes.legend(fontsize=8)
    axes.set_ylim(0, max(max(map(sum, zip(known, new, strict=True)), default=0) * 1.15, 1))


def _line(
    axes: Any, title: str, times: list[Any], values: Sequence[float | None], colour: str,
    label: str = "", dashed: bool = False,
) -> None:  # fmt: skip
    pairs = [(at, value) for at, value in zip(times, values, strict=True) if value is not None]
    axes.set_title(title)
    if pairs:
        style = "--" if dashed else "-"
        axes.plot(*zip(*pairs, strict=True), style, marker=".", color=colour, label=label)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if whole and part is not None else None
