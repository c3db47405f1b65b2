#!/usr/bin/env bash
# scripts/bench.sh [--markdown] [--no-build]: builds build/bench and measures it against its targets: medians of 5 rounds,
# yardsticks in the same round. Loopback only, on free ports; ends by itself after about 5 minutes. What it cannot know is
# whether the machine does something else meanwhile: the load average is part of the output.
set -euo pipefail
cd "$(dirname "$0")/.."

markdown=no
build=yes
for argument in "$@"; do
  case $argument in
    --markdown) markdown=yes ;;
    --no-build) build=no ;;
    *) echo "usage: scripts/bench.sh [--markdown] [--no-build]" >&2; exit 2 ;;
  esac
done

rounds=5
seconds=3
bin=build/bench
targets=(nexus bare_beast bench_live bench_load bench_messaging bench_report bench_run bench_store)
if [ "$build" = yes ]; then
  cmake --preset bench >/dev/null
  cmake --build $bin -j "$(scripts/jobs.sh)" --target "${targets[@]}" >&2
fi

# On the disk that the program is on: a store in memory would be no store.
work=$(mktemp -d "$PWD/build/bench-XXXXXX")
node=
beast=
redis=
world=
end() {
  [ -z "$node" ] || kill "$node" 2>/dev/null || true
  [ -z "$world" ] || kill "$world" 2>/dev/null || true
  [ -z "$beast" ] || kill "$beast" 2>/dev/null || true
  [ -z "$redis" ] || kill "$redis" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap end EXIT
say() { printf 'bench: %s\n' "$*" >&2; }

# -- figures ----------------------------------------------------------------------------------------------------------

median() { sort -g | awk '{a[NR] = $1} END {print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2}'; }
column() { cut -f"$1" "$2" | median; }
ratios() { paste <(cut -f1 "$1") <(cut -f1 "$2") | awk -F'\t' '{print $1 / $2}' | median; } # of each round's own pair

rows=()
missed=0
# row FIGURE MEASURED YARDSTICK RATIO TARGET VALUE RELATION BOUND
row() {
  local verdict
  if awk -v x="$6" -v y="$8" -v relation="$7" 'BEGIN {exit !(relation == "least" ? x >= y : x <= y)}'; then
    verdict=met
  else
    verdict=missed
    missed=$((missed + 1))
  fi
  rows+=("$1|$2|$3|$4|$5|$verdict")
}
number() { awk -v x="$1" 'BEGIN {printf (x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f"), x}'; }

# -- the node ---------------------------------------------------------------------------------------------------------

free_offset() {
  local offset port
  for offset in $(seq 20000 100 40000); do
    for port in 8080 8081 8082 8083 8090 8099 8100; do
      if (exec 3<>"/dev/tcp/127.0.0.1/$((port + offset))") 2>/dev/null; then continue 2; fi
    done
    echo "$offset"
    return
  done
  echo "bench: no free ports" >&2
  return 1
}

offset=$(free_offset)
port=$((8080 + offset))
started=

# start_node [NAME=VALUE]...: a new node with an empty store; `started` holds how long it took to be ready, in ms.
start_node() {
  local since
  rm -rf "$work/data"
  since=$EPOCHREALTIME
  env -u NEXUS_CONFIG NEXUS_LOG_LEVEL=error "$@" \
    $bin/nexus serve --quiet --data-dir "$work/data" --port-offset "$offset" >"$work/node.log" 2>&1 &
  node=$!
  started=$($bin/bench_load --port "$port" --target /ready --await --since "$since") || { cat "$work/node.log" >&2; exit 1; }
}
stop_node() {
  kill "$node"
  wait "$node" || true
  node=
}
memory_mib() { awk -v name="$1:" '$1 == name {print $2 / 1024}' "/proc/$node/status"; }
load() { $bin/bench_load --port "$port" --connections 32 "$@"; }
ask() { load --target /query --body '{"query":"Is v2.0.0 ready for release?"}' --expect '"decision":"NO_GO"' "$@"; }

# -- messages ---------------------------------------------------------------------------------------------------------

say "messages"
$bin/bench_messaging --benchmark_min_time=0.2 --benchmark_repetitions=$rounds --benchmark_enable_random_interleaving=true \
  --benchmark_format=csv 2>/dev/null >"$work/messaging.csv"
# Real time per request in microseconds, one line a repetition: NAME (raw, by_name, by_name_traced), policy and number
# outstanding.
requests() {
  grep "^\"$1/$2/$3/process_time/real_time\"" "$work/messaging.csv" | awk -F, '{print 1e6 / $7}'
}
policy=0 # what apps/node.cpp chooses
for outstanding in 1 100; do
  requests raw $policy $outstanding >"$work/raw"
  requests by_name $policy $outstanding >"$work/named"
  ratio=$(ratios "$work/named" "$work/raw")
  row "request by name, $outstanding outstanding" "$(number "$(median <"$work/named")") us" \
    "raw CAF $(number "$(median <"$work/raw")") us" "$(number "$ratio")" "ratio at most 1.5" "$ratio" most 1.5
  requests by_name_traced $policy $outstanding >"$work/traced"
  ratio=$(ratios "$work/traced" "$work/raw")
  row "the same with a recorded span" "$(number "$(median <"$work/traced")") us" \
    "raw CAF $(number "$(median <"$work/raw")") us" "$(number "$ratio")" "ratio at most 2" "$ratio" most 2
done

# -- reports ----------------------------------------------------------------------------------------------------------

say "reports"
$bin/bench_report --benchmark_min_time=0.2 --benchmark_repetitions=$rounds --benchmark_format=csv 2>/dev/null >"$work/report.csv"
number_of=0
for format in HTML Markdown "storage format"; do
  grep "^\"report_of_tickets/$number_of/1000\"" "$work/report.csv" | awk -F, '{print $3}' >"$work/report"
  row "report of 1,000 tickets, $format" "$(number "$(median <"$work/report")") ms" - - "under 50 ms" "$(median <"$work/report")" most 50
  number_of=$((number_of + 1))
done

# -- services at a distance -------------------------------------------------------------------------------------------

say "a large hierarchy"
$bin/bench_live >"$work/hierarchy"
row "hierarchy of 5,000 tickets, Jira 5 ms away" "$(number "$(column 1 "$work/hierarchy")") ms" - - "under 1000 ms" \
  "$(column 1 "$work/hierarchy")" most 1000

say "100 runs, services 50 ms away"
$bin/nexus simulate --port $((8099 + offset)) >"$work/world.log" 2>&1 &
world=$!
$bin/bench_load --port $((8099 + offset)) --target /_simulator/health --await --since "$EPOCHREALTIME" >/dev/null
curl -sS --noproxy '*' "http://127.0.0.1:$((8099 + offset))/_simulator/faults" -d '{"kind": "slow", "delay_ms": 50}' >/dev/null
# finish RUNS: milliseconds until so many runs at once have ended, at a node that knows nothing yet.
finish() {
  start_node "NEXUS_SIMULATOR_URL=http://127.0.0.1:$((8099 + offset))"
  $bin/bench_load --port "$port" --target /query --body '{"query":"Is v2.0.0 ready for release?"}' \
    --expect '"decision":"NO_GO"' --connections "$1" --requests "$1" | awk -v runs="$1" '{print runs / $1 * 1000}'
  stop_node
}
for round in $(seq $rounds); do
  finish 1 >>"$work/one_run"
  finish 100 >>"$work/hundred_runs"
done
kill "$world"
wait "$world" 2>/dev/null || true
world=
ratio=$(ratios "$work/hundred_runs" "$work/one_run")
row "100 runs at once, services 50 ms away" "$(number "$(median <"$work/hundred_runs")") ms" \
  "one run $(number "$(median <"$work/one_run")") ms" "$(number "$ratio")" "ratio at most 1.5" "$ratio" most 1.5

# -- runs -------------------------------------------------------------------------------------------------------------

say "runs"
for round in $(seq $rounds); do
  rm -rf "$work/run"
  $bin/bench_run "$work/run" >>"$work/runs"
done
of_runs() { awk -F'\t' -v name="$1" '$1 == name {print $2}' "$work/runs" | median; }
row "step of a run with its append, p99" "$(number "$(of_runs step_p99)") ms" "p50 $(number "$(of_runs step_p50)") ms" - \
  "at most 1 ms" "$(of_runs step_p99)" most 1
row "restart of a crashed agent, p99" "$(number "$(of_runs restart_p99)") ms" "p50 $(number "$(of_runs restart_p50)") ms" - \
  "at most 5 ms" "$(of_runs restart_p99)" most 5

# -- the journal in a store ---------------------------------------------------------------------------------------------

# start_redis APPENDFSYNC: a server with an empty database, on the disk that the program is on.
start_redis() {
  rm -rf "$work/redis"
  mkdir "$work/redis"
  redis-server --port $((8100 + offset)) --bind 127.0.0.1 --dir "$work/redis" --save "" --appendonly yes --appendfsync "$1" \
    --maxmemory-policy noeviction >"$work/redis.log" 2>&1 &
  redis=$!
  until redis-cli -p $((8100 + offset)) ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
}
stop_redis() {
  kill "$redis"
  wait "$redis" || true
  redis=
}
# The server's own measure of itself: plain appends to a list, pipelined, on one connection as ours are.
plain_appends() {
  redis-benchmark -p $((8100 + offset)) -c 1 -P 32 -n 50000 -d 256 -r 1000 --csv RPUSH runs:__rand_int__ "$(printf '%256s' x)" 2>/dev/null |
    tail -n 1 | tr -d '"' | awk -F, '{print $2}'
}
for fsync in everysec always; do
  say "appends to Redis, appendfsync $fsync"
  target=20000
  [ "$fsync" = everysec ] || target=5000
  for round in $(seq $rounds); do
    start_redis $fsync
    plain_appends >>"$work/plain_$fsync"
    $bin/bench_store "redis://127.0.0.1:$((8100 + offset))/1" --lease --outstanding 32 >>"$work/appends_$fsync"
    stop_redis
  done
  row "journal's appends in Redis, appendfsync $fsync" "$(number "$(column 1 "$work/appends_$fsync")")/s" \
    "plain RPUSH $(number "$(median <"$work/plain_$fsync")")/s" "$(number "$(ratios "$work/appends_$fsync" "$work/plain_$fsync")")" \
    "at least $target/s" "$(column 1 "$work/appends_$fsync")" least $target
  row "the same, p99" "$(number "$(column 3 "$work/appends_$fsync")") ms" "p50 $(number "$(column 2 "$work/appends_$fsync")") ms" - \
    "under 10 ms" "$(column 3 "$work/appends_$fsync")" most 10
done

# -- start and memory -------------------------------------------------------------------------------------------------

say "start"
for round in $(seq $rounds); do
  start_node
  echo "$started" >>"$work/starts"
  sleep 2
  memory_mib VmRSS >>"$work/idle"
  stop_node
done
row "from exec to ready" "$(number "$(median <"$work/starts")") ms" - - "at most 500 ms" "$(median <"$work/starts")" most 500
row "resident when idle, all roles" "$(number "$(median <"$work/idle")") MiB" - - "at most 64 MiB" \
  "$(median <"$work/idle")" most 64

# -- HTTP -------------------------------------------------------------------------------------------------------------

say "/health beside bare Beast"
$bin/bare_beast $((8090 + offset)) &
beast=$!
start_node
for round in 0 $(seq $rounds); do # round 0 warms up
  bare=$($bin/bench_load --port $((8090 + offset)) --target /health --connections 32 --seconds $seconds)
  ours=$(load --target /health --expect healthy --seconds $seconds)
  [ "$round" = 0 ] && continue
  echo "$bare" >>"$work/bare"
  echo "$ours" >>"$work/health"
done
ratio=$(ratios "$work/health" "$work/bare")
row "/health, 32 connections" "$(number "$(column 1 "$work/health")")/s" "bare Beast $(number "$(column 1 "$work/bare")")/s" \
  "$(number "$ratio")" "ratio at least 0.7" "$ratio" least 0.7
kill "$beast"
beast=

say "/query, evidence fresh"
ask --seconds 1 >/dev/null
for round in $(seq $rounds); do ask --seconds $seconds >>"$work/fresh"; done
reference="reference 190 to 270/s"
row "/query, 32 connections, evidence fresh" "$(number "$(column 1 "$work/fresh")")/s" "$reference" - "at least 4000/s" \
  "$(column 1 "$work/fresh")" least 4000
row "the same, p99" "$(number "$(column 3 "$work/fresh")") ms" "p50 $(number "$(column 2 "$work/fresh")") ms" - "under 50 ms" \
  "$(column 3 "$work/fresh")" most 50
stop_node

say "/query, every source read anew"
start_node NEXUS_EVIDENCE_MAX_AGE=0s
ask --seconds 1 >/dev/null
for round in $(seq $rounds); do ask --seconds $seconds >>"$work/anew"; done
row "/query, 32 connections, every source read anew" "$(number "$(column 1 "$work/anew")")/s" "$reference" - "at least 400/s" \
  "$(column 1 "$work/anew")" least 400
stop_node

say "/query, traced"
$bin/bare_beast $((8090 + offset)) & # takes traces as well as anything: it answers 200 to all
beast=$!
for round in $(seq $rounds); do
  start_node
  ask --seconds 1 >/dev/null
  ask --seconds $seconds >>"$work/untraced"
  stop_node
  start_node "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$((8090 + offset))" OTEL_TRACES_SAMPLER=parentbased_traceidratio \
    OTEL_TRACES_SAMPLER_ARG=0.1 no_proxy=127.0.0.1
  ask --seconds 1 >/dev/null
  ask --seconds $seconds >>"$work/sampled"
  if ! curl -sS "http://127.0.0.1:$port/metrics" | grep -q '^nexus_spans_exported_total [1-9]'; then
    say "no trace was exported"
    missed=$((missed + 1))
  fi
  stop_node
done
kill "$beast"
wait "$beast" 2>/dev/null || true
beast=
ratio=$(ratios "$work/sampled" "$work/untraced")
row "/query, 32 connections, 10 % of traces exported" "$(number "$(column 1 "$work/sampled")")/s" \
  "untraced $(number "$(column 1 "$work/untraced")")/s" "$(number "$ratio")" "ratio at least 0.95" "$ratio" least 0.95

# -- many runs --------------------------------------------------------------------------------------------------------

say "10,000 runs at once"
# The model takes so long for each of its answers that the first run still waits when the last one is accepted.
start_node NEXUS_LLM_MOCK_LATENCY_MS=20000 NEXUS_RUNS_TIMEOUT=600s
load --target /runs --body '{"query":"Is v2.0.0 ready for release?"}' --status 202 --requests 10000 >"$work/accepted"
sleep 1
alive=$(curl -sS "http://127.0.0.1:$port/supervision" | grep -o '"name":"nexus/orchestrator/runs"[^[]*' | grep -o '"child_count":[0-9]*' | cut -d: -f2)
sleep 45 # all of them are answered by the model twice
row "10,000 runs at once ($alive alive), peak resident" "$(number "$(memory_mib VmHWM)") MiB" - - "under 1024 MiB" \
  "$(memory_mib VmHWM)" most 1024
if [ "${alive:-0}" -lt 10000 ]; then
  say "only ${alive:-0} of 10,000 runs were alive at once"
  missed=$((missed + 1))
fi
kill -9 "$node"
wait "$node" 2>/dev/null || true
node=

# -- the table --------------------------------------------------------------------------------------------------------

header="Figure|Measured|Yardstick|Ratio|Target|Verdict"
machine="$(nproc) processors ($(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo)), load average $(cut -d' ' -f1 /proc/loadavg)"
if [ "$markdown" = yes ]; then
  echo "Medians of $rounds rounds, $(git rev-parse --short HEAD), $machine."
  echo
  echo "| ${header//|/ | } |"
  echo "|---|---|---|---|---|---|"
  for line in "${rows[@]}"; do echo "| ${line//|/ | } |"; done
else
  echo "$machine"
  for line in "$header" "${rows[@]}"; do
    IFS='|' read -r figure measured yardstick ratio target verdict <<<"$line"
    printf '%-46s %-12s %-22s %-6s %-20s %s\n' "$figure" "$measured" "$yardstick" "$ratio" "$target" "$verdict"
  done
fi
[ "$missed" = 0 ] || say "$missed missed"
