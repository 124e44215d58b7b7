"""One generator of documents, edits and traces, whoever draws.

Everything is drawn from a `Source`, so an idea about hazards is written once and serves the fast
pseudo-random stream as well as Hypothesis. Knows no language: a `Language` says what documents of
one look like and which snippets change how other text is read.
"""

from __future__ import annotations

from fuzzeq.generate.language import Language, Tweak
from fuzzeq.generate.source import RandomSource, Source
from fuzzeq.generate.swarm import Swarm
from fuzzeq.generate.traces import Limits, draw_trace

__all__ = ["Language", "Limits", "RandomSource", "Source", "Swarm", "Tweak", "draw_trace"]
