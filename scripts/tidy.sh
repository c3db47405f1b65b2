#!/usr/bin/env bash
# scripts/tidy.sh [FILES]: clang-tidy over the given sources, or all of them. What passed once is looked at again only when the
# file, a header it reads or the checks have changed. Needs a configured build/release.
set -euo pipefail
cd "$(dirname "$0")/.."

# The same compilations without what only GCC understands: its precompiled headers and its warnings.
mkdir -p build/tidy/passed
jq --arg root "$PWD/" '
  map(select(.file | startswith($root + "build/") | not)
    | .command |= (gsub(" -include [^ ]*/cmake_pch\\.hxx"; "") | gsub(" (-Winvalid-pch|-fpch-preprocess|-Wno-[a-z-]+)"; "")))' \
  build/release/compile_commands.json >build/tidy/compile_commands.json

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(jq -r --arg root "$PWD/" '.[].file | ltrimstr($root)' build/tidy/compile_commands.json | sort -u)
fi

tidy() {
  local file=$1 command directory text passed
  command=$(jq -r --arg file "$PWD/$file" 'first(.[] | select(.file == $file)) | .command' build/tidy/compile_commands.json)
  [ -n "$command" ] || { echo "$file is not part of the build"; return 1; }
  directory=$(jq -r --arg file "$PWD/$file" 'first(.[] | select(.file == $file)) | .directory' build/tidy/compile_commands.json)
  text=$(cd "$directory" && ${command/#* -D/clang++-19 -D} -E -CC -o - 2>/dev/null | cat - "$OLDPWD/.clang-tidy" | sha256sum)
  passed=build/tidy/passed/${text%% *}
  [ -e "$passed" ] && return
  clang-tidy-19 -p build/tidy --quiet --use-color=false "$file" 2>/dev/null && touch "$passed"
}
export -f tidy

if printf '%s\0' "${files[@]}" | xargs -0 -P "$(scripts/jobs.sh)" -I{} bash -c 'tidy {}' >build/tidy/report.txt; then
  echo "tidy: ${#files[@]} files without findings"
else
  # A header's finding comes once from each file that reads it.
  grep -E '(error|warning):' build/tidy/report.txt | sort -u || cat build/tidy/report.txt
  echo "tidy: $(grep -E '(error|warning):' build/tidy/report.txt | sort -u | wc -l) findings; details in build/tidy/report.txt"
  exit 1
fi
