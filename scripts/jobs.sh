#!/usr/bin/env bash
# Prints how many compilers to run at once: one per processor, as far as memory allows 1.5 GiB for each.
set -euo pipefail

memory_kib=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max) # a container's own limit, in bytes
if [ "$limit" != max ] && [ $((limit / 1024)) -lt "$memory_kib" ]; then
  memory_kib=$((limit / 1024))
fi

jobs=$(nproc)
by_memory=$((memory_kib / (1536 * 1024)))
if [ "$by_memory" -lt "$jobs" ]; then
  jobs=$by_memory
fi
echo $((jobs > 0 ? jobs : 1))
