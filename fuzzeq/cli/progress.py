"""Live progress: a line that changes in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from fuzzeq.campaign.state import Run

PLAIN_SECONDS = 10.0
REDRAW_SECONDS = 0.1


class Progress:
    """Shows a run as it goes on; used as a context manager. Writes to standard error."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._shown = time.monotonic()
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._phase = self._paused = ""

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, state: Run) -> None:
        """Takes a new state of the run in."""
        now = time.monotonic()
        if self._console.is_terminal:
            if now - self._shown >= REDRAW_SECONDS or state.phase != self._phase:
                self._shown = now
                self._live.update(Text(self.line(state)), refresh=True)
        elif (
            now - self._shown >= PLAIN_SECONDS
            or (state.phase != self._phase and state.phase in ("shrinking", "confirming"))
            or (state.paused != self._paused)
        ):
            self._shown = now
            self._console.print(self.line(state), highlight=False, soft_wrap=True)
        self._phase, self._paused = state.phase, state.paused

    def line(self, state: Run) -> str:
        """The state in one line."""
        elapsed = time.monotonic() - self._started
        meter = state.meter
        parts = [f"{state.phase}, {elapsed:.0f} s"]
        if state.paused:
            parts.append(f"PAUSED: {state.paused}")
        if state.settings.edits is not None:
            parts.append(f"{meter.edits:,} of {state.settings.edits:,} edits")
        elif state.settings.seconds is not None:
            parts.append(f"of {state.settings.seconds:.0f} s; {meter.edits:,} edits")
        else:
            planned = state.units_planned or 0
            parts.append(f"{meter.edits:,} edits, {state.units_done} of {planned} units")
        if state.wall_seconds:
            parts.append(f"{meter.checks / state.wall_seconds:,.0f} checks/s")
        parts.append(f"{state.diverged:,} diverged")
        if state.diverged:
            parts.append(f"last new {max(elapsed - state.last_new, 0):.0f} s ago")
        if meter.reuse is not None:
            parts.append(f"reuse {meter.reuse:.1%}")
        if state.reach is not None:
            parts.append(f"{state.reach.branches:,} branches, {state.reach.entries:,} entries")
        return "; ".join(parts)
