#!/usr/bin/env bash
# scripts/fuzz.sh [SECONDS]: builds every fuzz target with clang and runs each for so long over its corpus. Inputs that break
# one are left in build/fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
jobs=$(scripts/jobs.sh)

cmake --preset fuzz >/dev/null
mapfile -t targets < <(ninja -C build/fuzz -t targets all | sed -n 's/^\(fuzz_[a-z0-9_]*\): CXX_EXECUTABLE_LINKER.*/\1/p' | sort)
if [ "${#targets[@]}" -eq 0 ]; then
  echo "fuzz: the fuzz preset has no targets" >&2
  exit 1
fi
cmake --build build/fuzz -j "$jobs" --target "${targets[@]}"

run_target() {
  local target=$1 seconds=$2 grown=build/fuzz/corpus/$1
  mkdir -p "$grown" build/fuzz/findings
  if "build/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/findings/$target-" "$grown" "tests/fuzz/corpus/${target#fuzz_}" \
      >"build/fuzz/$target.log" 2>&1; then
    echo "$target: sound, $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs"
  else
    tail -n 40 "build/fuzz/$target.log"
    echo "$target: FAILED; its input is in build/fuzz/findings"
    return 1
  fi
}
export -f run_target
printf '%s\0' "${targets[@]}" | xargs -0 -P "$jobs" -I{} bash -c 'run_target {} '"$seconds"
