"""What libFuzzer is told of an execution besides the branches that it took."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzeq.checking import Meter
from fuzzeq.engines.counters import Counters
from fuzzeq.model.observation import Cause, Comparison, Observation

SIZES = 16


class Features:
    """What libFuzzer is told besides branches: how much work an edit made in how long a document,
    and which probes were asked, in powers of two. A trace that is the first to make an engine read
    on for 500 characters is worth keeping, whatever branches it took."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._edits = [[counters.reserve() for _ in range(SIZES)] for _ in range(SIZES)]
        self._others = {cause: [counters.reserve() for _ in range(SIZES)] for cause in Cause}

    def note(self, observation: Observation) -> None:
        """Takes one observation in."""
        if not isinstance(observation, Comparison):
            return
        length = min(len(observation.document).bit_length(), SIZES - 1)
        if observation.cause == Cause.EDITS and observation.work is not None:
            work = min(observation.work.bit_length(), SIZES - 1)
            self._counters.count(self._edits[length][work])
        else:
            self._counters.count(self._others[observation.cause][length])


@dataclass(slots=True)
class Noting(Meter):
    """A meter that has what it counts noted as well."""

    features: Features | None = None

    def count(self, observation: Observation) -> None:
        """See `Meter`."""
        Meter.count(self, observation)
        if self.features is not None:
            self.features.note(observation)
