#!/usr/bin/env bash
# The rules of the house that a machine can check. Each says why it is there. Shows everything that is wrong, not the first only.
set -uo pipefail
cd "$(dirname "$0")/.."

failures=0
fail() { # fail WHY, with what was found on standard input
  printf 'lint: %s\n' "$1"
  sed 's/^/  /'
  failures=$((failures + 1))
}

# forbid WHY PATTERN PATHS...: no tracked or new file may hold the Perl pattern. This script names the patterns and is left out.
forbid() {
  local why=$1 pattern=$2 found
  shift 2
  found=$(git grep --untracked -nIP -e "$pattern" -- "$@" ':!scripts/lint.sh') && fail "$why" <<<"$found"
}

cpp=('*.hpp' '*.cpp')

# Nodes meet below names: what runtime/cluster asks has a deadline and a handler each time.
forbid "requests go through runtime/supervision/ask.hpp, which demands a deadline and an error handler" \
  '->request\(' "${cpp[@]}" ':!runtime/supervision/ask.hpp' ':!runtime/cluster' ':!tests' ':!benchmarks'
forbid "actors that any peer could spawn are not registered" 'add_actor_type' "${cpp[@]}"
forbid "unfinished work is not committed" '\b(TODO|FIXME|XXX)\b' "${cpp[@]}" '*.cmake' '*.txt' '*.sh' '*.md' '*.yaml' Makefile
forbid "a repository works on every machine: no path of one" '(?<![\w.])/(work|home|root)/\w' "${cpp[@]}" '*.cmake' '*.txt' '*.sh' \
  '*.md' '*.yaml' '*.json' Makefile .ci
forbid "where packages come from is the machine's choice: set-up and build name no host" \
  'https?://(?!localhost|127\.0\.0\.1|\[::1\])' scripts cmake Makefile .ci CMakeLists.txt '*/CMakeLists.txt'

# Dependencies run one way: messages <- runtime <- actors <- apps, and the simulator stands on the HTTP library alone.
forbid "messages/ includes nothing above it" '#include "(runtime|actors|apps|simulator)/' messages
forbid "runtime/ must serve another product unchanged: of messages/ it sees core/ alone" \
  '#include "(actors|apps|simulator|messages/(?!core/))' runtime
forbid "actors/ know no wiring and no simulator" '#include "(apps|simulator)/' actors
forbid "the simulator is an outside world: it shares no code with what it is talked to by" \
  '#include "(?!simulator/|runtime/(http|rest)/|messages/core/(error|text)\.hpp)' simulator
forbid "deciding and reading evidence need no actor" '#include (<caf|"messages/core/caf|"runtime/supervision)' \
  actors/readiness actors/evidence
forbid "time, chance and the environment are handed in, so that a test can choose them" \
  'system_clock::now|random_device|\bgetenv\b|\bs?rand\(' actors simulator

long=$(git ls-files -z --cached --others --exclude-standard -- "${cpp[@]}" | xargs -0 wc -l | awk '$2 != "total" && $1 > 600')
[ -z "$long" ] || fail "a file of more than 600 lines does more than one thing: split it by what it computes" <<<"$long"

no_guard=$(git grep --untracked -L '^#pragma once$' -- '*.hpp') && [ -n "$no_guard" ] &&
  fail "every header starts with #pragma once" <<<"$no_guard"

unlike=$(git ls-files -z --cached --others --exclude-standard -- "${cpp[@]}" | xargs -0 -P "$(scripts/jobs.sh)" -n 40 clang-format-19 --dry-run --Werror 2>&1 |
  sed -n 's/: error: code should be clang-formatted.*//p' | cut -d: -f1 | sort | uniq -c)
[ -z "$unlike" ] || fail "code has one format, so that changes show what changed: run 'make format'" <<<"$unlike"

for script in scripts/*.sh .ci/run; do
  problem=$(bash -n "$script" 2>&1) || fail "scripts parse" <<<"$problem"
done

build=build/release
cmake --preset release >/dev/null # finds new headers
if ! problem=$(cmake --build "$build" -j "$(scripts/jobs.sh)" --target nexus_headers -- -k 0 2>&1); then
  fail "every header compiles by itself, so that includes can be read, moved and removed" \
    < <(grep -E 'error:|CMake Error' <<<"$problem" || tail -n 20 <<<"$problem")
fi

if [ "$failures" -gt 0 ]; then
  echo "lint: $failures rules are broken"
  exit 1
fi
echo "lint: all rules hold for $(git ls-files -- "${cpp[@]}" | wc -l) C++ files"
