"""What libFuzzer is told of an execution: counters of branches, and of whatever else is counted.

Atheris finds where branches begin, and would call native code there, which costs more than most of
what it watches. Here an entry of a list is made one more, by instructions that the interpreter
specializes, and after each execution the list is copied to where libFuzzer looks: counters of eight
bits, as compilers make them (SanitizerCoverage of clang, `inline-8bit-counters`). Comparisons are
not traced: what they compare serves mutations of bytes, and ours are of traces.

Only a process that Atheris runs in can import this.
"""

from __future__ import annotations

import ctypes
import importlib.util
import mmap
from types import CodeType, FunctionType
from typing import Any

from atheris import instrument_bytecode

_MOST = 255
_NEXT = [min(count + 1, _MOST) for count in range(_MOST + 1)]
"""What comes after each count: a byte goes no further."""

_INIT, _PLACES_INIT = "__sanitizer_cov_8bit_counters_init", "__sanitizer_cov_pcs_init"
_NO_FUNCTION = 0


class Counters:
    """Counters of this process, as many as are reserved before it is started."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self._zeros: list[int] = []
        self._memory: mmap.mmap | None = None

    def reserve(self) -> int:
        """A counter more: its number."""
        self.counts.append(0)
        return len(self.counts) - 1

    def count(self, number: int) -> None:
        """Counts one."""
        self.counts[number] = _NEXT[self.counts[number]]

    def instrument(self, function: FunctionType) -> None:
        """Has the branches of a function counted from now on, and those of functions in it;
        comprehensions are left as they are."""
        function.__code__ = self._instrumented(function.__code__)

    def tell(self) -> None:
        """Shows libFuzzer what was counted, and begins again from nothing. Once this was done, no
        counter is reserved any more."""
        if self._memory is None:
            self._memory = self._start()
        self._memory[: len(self.counts)] = bytes(self.counts)
        self.counts[:] = self._zeros

    def _start(self) -> mmap.mmap:
        """Gives libFuzzer memory in which it will see them. That waits for the first execution:
        were libFuzzer loaded before Atheris does it, it would know of no mutator."""
        self._zeros = [0] * len(self.counts)
        # Whole pages: of a part of one, libFuzzer forgets what is behind its end.
        size = -(-len(self.counts) // mmap.PAGESIZE) * mmap.PAGESIZE
        shown = mmap.mmap(-1, size)
        memory = (ctypes.c_uint8 * size).from_buffer(shown)
        # An address for each, and what is there; the numbers of the counters will do.
        places = (ctypes.c_size_t * (2 * size))(*range(2 * size))
        places[1::2] = [_NO_FUNCTION] * size
        library = _libfuzzer()
        library[_INIT](memory, ctypes.byref(memory, ctypes.sizeof(memory)))
        library[_PLACES_INIT](places, ctypes.byref(places, ctypes.sizeof(places)))
        self._given = memory, places  # for as long as the process lives
        return shown

    def _instrumented(self, code: CodeType) -> CodeType:
        instrumentor = _Instrumentor(code, self)
        instrumentor.trace_control_flow()
        for number, constant in enumerate(instrumentor.consts):
            if isinstance(constant, CodeType) and constant.co_name[0] != "<":
                instrumentor.consts[number] = self._instrumented(constant)
        instrumented: CodeType = instrumentor.to_code()
        return instrumented


class _Instrumentor(instrument_bytecode.Instrumentor):  # type: ignore[misc]
    """Atheris's, which puts `counts[number] = _NEXT[counts[number]]` where a branch begins."""

    def __init__(self, code: CodeType, counters: Counters) -> None:
        super().__init__(code)
        self._reserve = counters.reserve
        self._at = len(self.consts)
        self.consts += [_NEXT, counters.counts]
        self._numbers: dict[Any, tuple[Any, Any]] = {}

    def trace_control_flow(self) -> None:
        """See Atheris. It goes through the places in no order, and entries of one process are to
        mean the same in the next one; so the counters are numbered here."""
        super().trace_control_flow()
        for instruction in self.instructions:
            for loading in self._numbers.get(instruction, ()):
                loading.arg = len(self.consts)
            if instruction in self._numbers:
                self.consts.append(self._reserve())

    def _generate_trace_branch_invocation(self, place: Any) -> list[Any]:
        """The instructions, the number of the counter still missing."""
        put = [
            instrument_bytecode._generate_instruction(name, argument, place)
            for name, argument in (
                ("LOAD_CONST", self._at),
                ("LOAD_CONST", self._at + 1),
                ("LOAD_CONST", 0),
                ("BINARY_SUBSCR", None),
                ("BINARY_SUBSCR", None),
                ("LOAD_CONST", self._at + 1),
                ("LOAD_CONST", 0),
                ("STORE_SUBSCR", None),
            )
        ]
        self._numbers[put[0]] = put[2], put[6]
        return put


def _libfuzzer() -> ctypes.CDLL:
    """The library that libFuzzer is in: one that was loaded before all others, as OSS-Fuzz does
    with sanitizers, or Atheris's own."""
    loaded = ctypes.CDLL(None)
    if hasattr(loaded, _INIT):
        return loaded
    spec = importlib.util.find_spec("atheris.core_with_libfuzzer")
    assert spec is not None
    return ctypes.CDLL(spec.origin)
