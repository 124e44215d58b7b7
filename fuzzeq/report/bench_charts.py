"""Charts of a measurement, as PNG and SVG: how latency grows with size, and how it is spread.

Figures are made without pyplot, which keeps state and looks for a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuzzeq.bench.extras import need
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.runner import Cell, Matrix, plain_name
from fuzzeq.bench.statistics import summarize
from fuzzeq.errors import UsageError

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's, which people who confuse colours can tell apart."""
MARKERS = "osD^vXP"
COLUMNS = 3


def draw(matrix: Matrix, folder: Path) -> list[Path]:
    """Writes `latency` and `spread`, each as .png and .svg, to a folder; returns where. Raises
    `UsageError` where nothing was measured, matplotlib is absent, or they cannot be written."""
    if not any(cell.samples for cell in matrix.cells):
        raise UsageError("nothing was measured, so there is nothing to draw")
    figures = {"latency": _latency(matrix), "spread": _spread(matrix)}
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            for ending in ("png", "svg"):
                path = folder / f"{name}.{ending}"
                # No date: the same figures make the same file.
                metadata = {"Date": None} if ending == "svg" else None
                figure.savefig(path, dpi=150, metadata=metadata)
                written.append(path)
    except OSError as error:
        raise UsageError(f"cannot write charts to {folder}: {error.strerror or error}") from error
    return written


def _label(cell: Cell) -> str:
    side = f" ({cell.subject.side})" if cell.subject.side else ""
    # Two dollars would be taken for a formula.
    return (plain_name(cell.subject) + side).replace("$", r"\$")


def _grid(matrix: Matrix, title: str) -> tuple[Any, list[tuple[Operation, Any]]]:
    """A figure with one axis for each operation that was measured."""
    figure_class = need("matplotlib.figure").Figure
    operations = [
        operation
        for operation in matrix.settings.operations
        if any(cell.operation is operation and cell.samples for cell in matrix.cells)
    ]
    across = min(COLUMNS, len(operations))
    down = -(-len(operations) // across)
    figure = figure_class(figsize=(4.2 * across, 3.4 * down + 0.5), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(down, across, squeeze=False).flatten()
    for unused in axes[len(operations) :]:
        unused.set_axis_off()
    return figure, list(zip(operations, axes, strict=False))


def _latency(matrix: Matrix) -> Any:
    """Median and the stretch from the 5th to the 95th percentile, by size."""
    figure, grid = _grid(matrix, "Latency by document size: median, and 5th to 95th percentile")
    labels = list(dict.fromkeys(_label(cell) for cell in matrix.cells))
    for operation, axis in grid:
        for number, label in enumerate(labels):
            cells = [
                cell
                for cell in matrix.cells
                if cell.operation is operation and _label(cell) == label and cell.samples
            ]
            if not cells:
                continue
            colour = COLOURS[number % len(COLOURS)]
            lengths = [cell.length for cell in cells]
            times = [summarize(cell.samples) for cell in cells]
            axis.plot(
                lengths, [1e3 * each.median for each in times], color=colour, label=label,
                marker=MARKERS[number % len(MARKERS)], markersize=5,
            )  # fmt: skip
            axis.fill_between(
                lengths, [1e3 * each.p5 for each in times], [1e3 * each.p95 for each in times],
                color=colour, alpha=0.18, linewidth=0,
            )  # fmt: skip
        axis.set(title=operation.value, xlabel="characters", ylabel="ms", xscale="log",
                 yscale="log")  # fmt: skip
        axis.grid(True, which="major", alpha=0.3)
    _legend(figure, grid)
    return figure


def _spread(matrix: Matrix) -> Any:
    """All samples of the largest size that was measured, as boxes: quartiles, whiskers to the 5th
    and 95th percentile, the rest as points."""
    figure, grid = _grid(matrix, "Spread of samples at the largest size of each")
    labels = list(dict.fromkeys(_label(cell) for cell in matrix.cells))
    for operation, axis in grid:
        largest: dict[str, Cell] = {}
        for cell in matrix.cells:
            if cell.operation is operation and cell.samples:
                largest[_label(cell)] = cell
        names = [label for label in labels if label in largest]
        boxes = axis.boxplot(
            [[1e3 * sample for sample in largest[name].samples] for name in names],
            whis=(5, 95), patch_artist=True, widths=0.6, flierprops={"markersize": 2},
            medianprops={"color": "black"},
        )  # fmt: skip
        for box, name in zip(boxes["boxes"], names, strict=True):
            box.set(facecolor=COLOURS[labels.index(name) % len(COLOURS)], alpha=0.6)
        axis.set_xticks(
            range(1, len(names) + 1),
            [f"{name}\n{_size(largest[name].length)}" for name in names],
            fontsize=8,
        )
        axis.set(title=operation.value, ylabel="ms", yscale="log")
        axis.grid(True, axis="y", alpha=0.3)
    return figure


def _size(length: int) -> str:
    return f"{length / 1e6:.3g} MB" if length >= 10**6 else f"{length / 1e3:.3g} KB"


def _legend(figure: Any, grid: Sequence[tuple[Operation, Any]]) -> None:
    """One legend for all, below them."""
    known: dict[str, Any] = {}
    for _, axis in grid:
        handles, labels = axis.get_legend_handles_labels()
        known |= dict(zip(labels, handles, strict=True))
    figure.legend(known.values(), known.keys(), loc="outside lower center", ncols=len(known))
