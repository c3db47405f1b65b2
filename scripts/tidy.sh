#!/usr/bin/env bash
# scripts/tidy.sh [FILES]: clang-tidy over the given sources, or all of them. The sources of a folder that are compiled alike are
# looked at as one, since most of the time goes into the headers that they share; where they cannot stand together (a name that
# two of them use for themselves) each is looked at alone. What passed once is looked at again only when a file, a header it
# reads or the checks have changed. Needs a configured build/release.
set -euo pipefail
cd "$(dirname "$0")/.."
export root=$PWD work=$PWD/build/tidy
mkdir -p "$work/passed" "$work/reports" "$work/groups"
rm -f "$work"/reports/* "$work"/groups/*

# One line for each source: folder, directory of the compilation, flags, file. Without what only GCC understands: its precompiled
# headers and its warnings.
jq -r --arg root "$root/" '
  .[] | select(.file | startswith($root + "build/") | not)
  | (.command | sub("^.*? -D"; "-D") | sub(" -o .*$"; "")
     | gsub("-include [^ ]*/cmake_pch\\.hxx"; "") | gsub(" (-Winvalid-pch|-fpch-preprocess|-Wno-[a-z-]+)"; "")) as $flags
  | [(.file | ltrimstr($root) | sub("/[^/]*$"; "")), .directory, $flags, (.file | ltrimstr($root))] | join("\t")' \
  build/release/compile_commands.json | sort -u >"$work/sources.tsv"
if [ $# -gt 0 ]; then
  for file in "$@"; do
    grep -P "\t\Q$file\E$" "$work/sources.tsv" || { echo "tidy: $file is not part of the build" >&2; exit 2; }
  done >"$work/wanted.tsv"
else
  cp "$work/sources.tsv" "$work/wanted.tsv"
fi

# tidy FILE DIRECTORY FLAGS REPORT: says in REPORT what it found in FILE; nothing when there is nothing to say.
tidy() {
  local file=$1 directory=$2 report=$4 checks= passed
  local -a flags
  read -ra flags <<<"$(eval "printf '%s ' $3")"
  passed=$(cd "$directory" && clang++-19 "${flags[@]}" -E -CC -o - "$root/$file" 2>/dev/null | cat - "$root/.clang-tidy" | sha256sum)
  passed=$work/passed/${passed%% *}
  [ -e "$passed" ] && return
  # The macros of Boost.Test are loops to it, and what they read is dead.
  [[ "$3" == *BOOST_TEST_DYN_LINK* ]] && checks=-bugprone-use-after-move,-clang-analyzer-deadcode.DeadStores,-bugprone-macro-parentheses
  (cd "$directory" && clang-tidy-19 --quiet --use-color=false --config-file="$root/.clang-tidy" --checks="${checks:-}" "$root/$file" -- "${flags[@]}") \
    >"$report" 2>/dev/null && touch "$passed" && rm -f "$report"
}
# group NAME: the sources listed in groups/NAME, first as one.
group() {
  local list=$work/groups/$1 report=$work/reports/$1 folder directory flags file
  IFS=$'\t' read -r folder directory flags file <"$list"
  if [ "$(wc -l <"$list")" -gt 1 ]; then
    cut -f4 "$list" | sed 's/.*/#include "&"/' >"$list.cpp"
    tidy "build/tidy/groups/$1.cpp" "$directory" "$flags" "$report" && return
    grep -q clang-diagnostic-error "$report" || return 0
    rm -f "$report"
  fi
  while IFS=$'\t' read -r folder directory flags file; do
    tidy "$file" "$directory" "$flags" "$report.${file//\//-}" || true
  done <"$list"
}
export -f tidy group

awk -F'\t' -v groups="$work/groups/" '
  {key = $1 FS $2 FS $3; if (count[key]++ % 8 == 0) name[key] = sprintf("%03d", ++number); print >(groups name[key])}' "$work/wanted.tsv"
find "$work/groups" -type f ! -name '*.cpp' -printf '%s %f\n' | sort -rn | cut -d' ' -f2 |
  xargs -P "$(scripts/jobs.sh)" -I{} bash -c 'group {}'

files=$(wc -l <"$work/wanted.tsv")
cat "$work"/reports/* >"$work/report.txt" 2>/dev/null || true
if [ ! -s "$work/report.txt" ]; then
  echo "tidy: $files files without findings"
else
  # A header's finding comes once from each group that reads it.
  grep -E '(error|warning):' "$work/report.txt" | sed "s#$root/##" | sort -u || cat "$work/report.txt"
  echo "tidy: $(grep -E '(error|warning):' "$work/report.txt" | sort -u | wc -l) findings in $files files; details in build/tidy/report.txt"
  exit 1
fi
