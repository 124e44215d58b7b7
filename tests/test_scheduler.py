"""Tasks over processes: what comes back of them, whatever becomes of their worker."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from fuzzeq.campaign import scheduler
from fuzzeq.campaign.journal import SLOT_BYTES, Journal
from fuzzeq.campaign.scheduler import (
    Done,
    Event,
    Lost,
    Tick,
    WorkerLimits,
    schedule,
)
from fuzzeq.campaign.worker import Worker
from fuzzeq.errors import TaskFailed, UsageError
from tests.broken import (
    Alone,
    Answer,
    BreakOff,
    Eat,
    Exit,
    Kill,
    Late,
    LongNote,
    Misuse,
    Raise,
    Sleep,
    Talk,
)


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Whatever a test does, its workers are gone afterwards."""
    yield
    assert workers() == []


def workers() -> list[psutil.Process]:
    """The worker processes that there are, zombies apart."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline())
    ]


def check_events(
    tasks: list[Any], jobs: int = 1, **limits: Any
) -> tuple[dict[Any, Any], dict[Any, Lost]]:
    """Runs the tasks; every one of them must be done or lost, once."""
    done: dict[Any, Any] = {}
    lost: dict[Any, Lost] = {}
    for event in schedule(deque(tasks), jobs, WorkerLimits(**limits)):
        if isinstance(event, Done):
            assert event.task not in done
            done[event.task] = event.result
        elif isinstance(event, Lost):
            assert event.task not in lost
            lost[event.task] = event
    assert sorted(map(repr, [*done, *lost])) == sorted(map(repr, tasks))
    return done, lost


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_gives_its_result(jobs: int) -> None:
    tasks = [Answer(value) for value in range(10)]
    done, lost = check_events(tasks, jobs)
    assert [done[task][0] for task in tasks] == list(range(10))
    assert lost == {}
    assert os.getpid() not in {process for _, process in done.values()}


def test_no_task_needs_no_process() -> None:
    assert list(schedule(deque(), 3)) == []


def test_a_worker_takes_one_task_after_the_other() -> None:
    done, _ = check_events([Answer(value) for value in range(5)])
    assert len({process for _, process in done.values()}) == 1


def test_fresh_gives_every_task_a_process_of_its_own() -> None:
    done, _ = check_events([Alone(value) for value in range(3)])
    assert len({process for _, process in done.values()}) == 3


def test_a_task_that_raises_is_our_fault_and_shows_the_workers_traceback() -> None:
    with pytest.raises(TaskFailed, match=r"(?s)Traceback.*broken\.py.*ZeroDivisionError: so what"):
        check_events([Raise("so what")])


def test_a_usage_error_passes_as_it_is() -> None:
    with pytest.raises(UsageError, match=r"\Anot like this\Z"):
        check_events([Misuse("not like this")])


@pytest.mark.parametrize(
    ("task", "note", "how"),
    [
        (Exit(()), None, "exit status 7"),
        (Exit(("first", "second")), "second", "exit status 7"),
        (Exit(("looks fine",), status=0), "looks fine", "exit status 0"),
        (Kill(), None, "killed by SIGKILL"),
    ],
    ids=["no-note", "last-note", "status-0", "killed"],
)
def test_a_task_whose_process_ends_is_lost_and_the_others_are_done(
    task: Any, note: str | None, how: str
) -> None:
    done, lost = check_events([Answer(1), task, Answer(2)])
    assert [done[Answer(1)][0], done[Answer(2)][0]] == [1, 2]
    assert lost == {task: Lost(task, note, hung=False, how=how)}


@pytest.mark.slow
def test_a_task_that_says_nothing_for_too_long_is_lost_and_the_others_are_done() -> None:
    began = time.monotonic()
    done, lost = check_events([Sleep(10**6), Answer(1)], hang_seconds=4)
    assert done[Answer(1)][0] == 1
    event = lost[Sleep(10**6)]
    assert event.hung
    assert event.note == "asleep"
    assert event.how.startswith("no word for ")
    assert time.monotonic() - began < 30


@pytest.mark.slow
def test_how_long_a_hanging_task_was_waited_for_is_said() -> None:
    _, lost = check_events([Sleep(10**6)], hang_seconds=3)
    assert lost[Sleep(10**6)].how == "no word for 3 s"


@pytest.mark.slow
def test_a_task_that_keeps_talking_is_not_taken_to_hang() -> None:
    done, lost = check_events([Talk(notes=12, pause=0.4)], hang_seconds=4)
    assert done == {Talk(notes=12, pause=0.4): 12}
    assert lost == {}


@pytest.mark.slow
def test_a_task_that_is_late_to_arrive_is_not_taken_to_hang() -> None:
    task = Late()
    assert check_events([task], hang_seconds=2) == ({task: "there"}, {})


def test_tasks_may_be_added_between_two_events() -> None:
    tasks: deque[Any] = deque([Answer(0)])
    values = []
    for event in schedule(tasks, 2):
        if isinstance(event, Done):
            values.append(event.result[0])
            if event.task.value < 5:
                tasks.append(Answer(event.task.value + 1))
    assert values == list(range(6))


def test_tasks_may_be_taken_away_between_two_events() -> None:
    tasks: deque[Any] = deque(Answer(value) for value in range(50))
    values = []
    for event in schedule(tasks, 1):
        if isinstance(event, Done):
            values.append(event.result[0])
            tasks.clear()
    assert values == [0, 1]  # the second had been handed out when the first was told of


def test_moments_in_which_nothing_happens_are_told() -> None:
    events = list(schedule(deque([Sleep(1.0)]), 1))
    assert sum(isinstance(event, Tick) for event in events) >= 3


@pytest.mark.parametrize("task", [Sleep(10**6), Answer(1)], ids=["busy", "idle"])
def test_closing_the_iterator_ends_all_workers(task: Any) -> None:
    events = schedule(deque([task, task]), 2)
    assert isinstance(next(events), Event)
    assert workers()
    events.close()
    assert workers() == []


def test_workers_find_the_modules_that_the_caller_finds() -> None:
    assert "/no/such/folder" not in sys.path
    sys.path.append("/no/such/folder")
    try:
        done, _ = check_events([Answer(1)])
    finally:
        sys.path.remove("/no/such/folder")
    assert done[Answer(1)][0] == 1


@pytest.mark.parametrize("size", [SLOT_BYTES // 2, 2 * SLOT_BYTES])
def test_a_note_of_any_length_is_left(size: int) -> None:
    _, lost = check_events([LongNote(size)])
    assert lost[LongNote(size)].note == "x" * size


def test_a_journal_keeps_the_last_note_and_counts_them() -> None:
    journal = Journal(multiprocessing.get_context("spawn"))
    assert (journal.count, journal.last()) == (0, None)
    for number in range(5):
        assert journal.write(("note", number))
        assert (journal.count, journal.last()) == (number + 1, ("note", number))
    assert not journal.write("x" * SLOT_BYTES)
    assert (journal.count, journal.last()) == (5, ("note", 4))


def test_a_note_that_is_being_written_does_not_count() -> None:
    """A worker may be killed at any byte: the slot of the next note is another one."""
    journal = Journal(multiprocessing.get_context("spawn"))
    journal.write("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fuzzeq.campaign.journal._COUNT", Unwritable())
        with pytest.raises(KeyboardInterrupt):
            journal.write("half")
    assert (journal.count, journal.last()) == (1, "whole")


class Unwritable:
    """A number that is read, and whose writing never comes."""

    size = struct.calcsize("=Q")

    def unpack_from(self, *place: Any) -> tuple[Any, ...]:
        """As it is."""
        return struct.unpack_from("=Q", *place)

    def pack_into(self, *value: Any) -> None:
        """Is interrupted."""
        raise KeyboardInterrupt


def test_a_task_that_takes_too_much_memory_is_lost_and_the_others_are_done() -> None:
    done, lost = check_events([Answer(1), Eat(4000), Answer(2)], memory_bytes=300 << 20)
    assert set(done) == {Answer(1), Answer(2)}
    event = lost[Eat(4000)]
    assert not event.hung
    assert re.fullmatch(r"[3-9]\d\d MB of memory; the limit is 300 MB", event.how)
    assert event.note > 100


@pytest.mark.slow
def test_a_task_that_takes_too_long_is_lost_though_it_talks() -> None:
    task = Talk(notes=100, pause=0.1)
    _, lost = check_events([task], hang_seconds=60, task_seconds=3)
    assert lost[task].hung
    assert lost[task].how == "not done after 3 s"


def test_workers_are_measured() -> None:
    ticks = [event for event in schedule(deque([Sleep(2.5)]), 1) if isinstance(event, Tick)]
    measured = [tick.memory for tick in ticks if tick.memory]
    assert measured
    assert all(resident > 1 << 20 for ((_, resident),) in measured)


@pytest.mark.slow
def test_time_in_which_nobody_listened_does_not_count() -> None:
    """As when the machine, or the whole group of processes, was stopped for a while."""
    values: list[str] = []
    for event in schedule(deque([Sleep(1.5)]), 1, WorkerLimits(hang_seconds=3)):
        if isinstance(event, Tick) and not values:
            time.sleep(4)
            values.append("asleep")
        if isinstance(event, Done | Lost):
            values.append(type(event).__name__)
    assert values == ["asleep", "Done"]


def test_workers_that_die_one_after_the_other_are_replaced_ever_more_slowly() -> None:
    began = time.monotonic()
    check_events([Exit((str(number),)) for number in range(5)])
    assert time.monotonic() - began >= 0.05 + 0.1 + 0.2


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EFBIG, errno.EAGAIN])
def test_a_worker_that_there_is_no_room_for_is_started_later(
    error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError(error, "no room")] * 2)

    def start() -> Worker:
        for failure in failures:
            raise failure
        return Worker()

    monkeypatch.setattr(scheduler, "Worker", start)
    monkeypatch.setattr(scheduler, "LONGEST_BACK_OFF", 0.01)
    check_events([Answer(1)])
    assert next(failures, None) is None
    monkeypatch.setattr(scheduler, "ROOM_SECONDS", -1.0)
    failures = iter([OSError(error, "no room")])
    with pytest.raises(UsageError, match="cannot start a worker: no room"):
        check_events([Answer(1)])
    failures = iter([OSError(errno.EPERM, "not allowed")])
    with pytest.raises(PermissionError):
        check_events([Answer(1)])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends them at once")
def test_workers_do_not_outlive_a_supervisor_that_is_killed() -> None:
    code = (
        "from collections import deque\n"
        "from fuzzeq.campaign.scheduler import schedule\n"
        "from tests.broken import Sleep\n"
        "if __name__ == '__main__':\n"
        "    for event in schedule(deque([Sleep(1000.0)] * 2), 2):\n"
        "        print(event, flush=True)\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        processes = [int(number) for number in re.findall(rb"\((\d+), ", line)]
        if len(processes) == 2:
            break
    children = [psutil.Process(process) for process in processes]
    supervisor.kill()
    supervisor.communicate()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def test_a_process_that_ends_in_the_middle_of_a_message_is_lost() -> None:
    done, lost = check_events([BreakOff(), Answer(1)])
    assert done[Answer(1)][0] == 1
    assert set(lost) == {BreakOff()}


def test_a_process_that_ends_between_two_tasks_takes_none_with_it() -> None:
    tasks: deque[Any] = deque([Answer(1)])
    done = []
    for event in schedule(tasks, 1):
        assert not isinstance(event, Lost)
        if isinstance(event, Done):
            done.append(event)
            if event.task == Answer(1):
                (worker,) = workers()
                worker.kill()
                tasks.append(Answer(2))
                while worker.status() != psutil.STATUS_ZOMBIE:  # only then its pipe is closed
                    time.sleep(0.01)
    assert [event.result[0] for event in done] == [1, 2]
    assert len({event.result[1] for event in done}) == 2
