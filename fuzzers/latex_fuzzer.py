#!/usr/bin/env python3
"""The incremental LaTeX lexer as a fuzzer of libFuzzer's kind.

    ./latex_fuzzer.py CORPUS -max_total_time=60

All of libFuzzer's flags work. A divergence is a crash; its file is an entry of a corpus, so that
`fuzzeq corpus replay latex FILE` makes a reproducer of it. For a hunt that goes on after the first
divergence there is `fuzzeq run latex --engine guided`.
"""

import sys

from fuzzeq.engines.guided_process import main, script_command

if __name__ == "__main__":
    main("latex", sys.argv[1:], script_command(sys.argv[0]))
