#!/usr/bin/env bash
# Speed of winnow's steps beside the peers' own scripts, in turn, on one core; prints one JSON object a line, then the ratios.
#   WINNOW_SHARED=../shared  MB=8 (ours)  PEER_MB=2 (theirs)  PEERS=1 (0: ours alone)
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${WINNOW_SHARED:-../shared}
[ -d "$shared/bench" ] || { echo "bench: skipped: the shared folder $shared is absent (set WINNOW_SHARED)"; exit 0; }
shared=$(cd "$shared" && pwd)
work=bench/work
mkdir -p $work
if [ ! -x $work/venv/bin/python ]; then
	python3 -m venv $work/venv
	$work/venv/bin/pip install --quiet --disable-pip-version-check -r "$shared/bench/peers/requirements.txt"
fi
[ -f $work/corpus/en.jsonl ] || $work/venv/bin/python "$shared/bench/make_dirty.py" $work/corpus --mb "${MB:-8}"
go build -o $work/bench ./internal/tools/bench
: > $work/results.jsonl
for lang in en zh; do
	$work/bench -lang $lang -file $work/corpus/$lang.jsonl -mb "${MB:-8}" | tee -a $work/results.jsonl
	if [ "${PEERS:-1}" = 1 ]; then
		(cd "$shared/bench/peers" && "$OLDPWD/$work/venv/bin/python" datatrove_filters.py $lang "$OLDPWD/$work/corpus/$lang.jsonl" --mb "${PEER_MB:-2}" --runs 1) | tee -a $work/results.jsonl
		(cd "$shared/bench/peers" && "$OLDPWD/$work/venv/bin/python" rensa_dedup.py $lang "$OLDPWD/$work/corpus/$lang.jsonl" --mb "${MB:-8}") | tee -a $work/results.jsonl
	fi
done
python3 bench/ratios.py $work/results.jsonl
