#!/usr/bin/env bash
# Our training steps, generation and products beside PyTorch's own scripts, in turn, with the ratios and the peak memory of each process.
#   WINNOW_SHARED=../shared  PYTHON=.venv/bin/python  ARGS="-only tiny -steps 2"
# Every figure of one run is from the same machine and the same minutes, so the ratios count.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${WINNOW_SHARED:-../shared}
python=${PYTHON:-.venv/bin/python}
peer=true
if [ ! -f "$shared/bench/peers/torch_steps.py" ] || [ ! -x "$python" ]; then
	echo "bench-train: ours alone: $shared/bench/peers/torch_steps.py or $python is absent (set WINNOW_SHARED; make python)"
	peer=false
fi
mkdir -p bench/work
go build -o bench/work/benchtrain ./internal/tools/benchtrain
# shellcheck disable=SC2086
bench/work/benchtrain -python "$python" -peers "$shared/bench/peers" -peer=$peer ${ARGS:-}
