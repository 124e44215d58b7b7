#!/bin/bash -eu
# Packs each fuzzer into one program in $OUT; compile_python_fuzzer is the image's. Targets and
# recipes are found by name when a fuzzer starts, so PyInstaller has to be told to take them all.
python3 -m pip install .
for fuzzer in fuzzers/*_fuzzer.py; do
  compile_python_fuzzer "$fuzzer" --collect-all fuzzeq --recursive-copy-metadata fuzzeq
done
