#!/usr/bin/env bash
# Runs every fuzz target of the project for a while, one after the other: bench/fuzz.sh 60s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
failed=0
for pkg in $(go list ./...); do
	dir=${pkg#winnow}
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' ".$dir"/*_test.go 2>/dev/null | cut -c6-); do
		echo "== $pkg $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$pkg" | tail -n 3 || failed=1
	done
done
exit $failed
