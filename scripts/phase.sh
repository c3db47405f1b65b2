#!/usr/bin/env bash
# scripts/phase.sh NAME COMMAND...: runs one phase of a longer job and says how long it took. Its exit code is the command's.
set -uo pipefail

name=$1
shift
printf '\n==> %s\n' "$name"
started=$SECONDS
"$@"
code=$?
if [ "$code" -eq 0 ]; then
  printf '<== %s: done in %d s\n' "$name" $((SECONDS - started))
else
  printf '<== %s: FAILED with exit code %d after %d s\n' "$name" "$code" $((SECONDS - started)) >&2
fi
exit "$code"
