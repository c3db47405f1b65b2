#!/usr/bin/env bash
# scripts/ctest.sh PRESET: runs the tests of build/PRESET and leaves JUnit reports in build/PRESET/reports.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/$1

# Reports of tests that are gone would be counted too; and Boost.Test does not make the folder.
rm -rf "$build/reports"
mkdir -p "$build/reports"

export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=second_deadlock_stack=1

run=()
if [ "$1" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
  run=(setarch "$(uname -m)" -R) # GCC 12's ThreadSanitizer refuses the address layouts of newer kernels
fi
"${run[@]}" ctest --test-dir "$build" --output-junit reports/ctest.xml --output-on-failure --no-tests=error -j "$(scripts/jobs.sh)"
