#!/usr/bin/env bash
# How long the whole process takes from its start to printed detections: ahead of time and just in time, with and without a cache of
# optimized models. Medians of RUNS runs (15), in turn, so that whatever else the machine does meets all alike.
#   tools/cold-start.sh [MODEL [PICTURE]]
# Needs the .NET SDK, and for the ahead-of-time binary clang and zlib1g-dev (as ./build.sh aot says).
set -euo pipefail
cd "$(dirname "$0")/.."
model=${1:-models/shelves-yolo.onnx}
picture=${2:-samples/scene.png}
runs=${RUNS:-15}
./build.sh aot >/dev/null
dotnet build src/EdgeVision.Cli -c Release -v q >/dev/null
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac # another's may lie beside it
binary=artifacts/edgevision-$rid/edgevision
library=src/EdgeVision.Cli/bin/Release/net10.0/EdgeVision.Cli.dll
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT

names=("ahead of time" "ahead of time, cache" "just in time" "just in time, cache")
once() {
  case $1 in
    0) "$binary" run --model "$model" --source "$picture" ;;
    1) "$binary" run --model "$model" --source "$picture" --cache "$cache" ;;
    2) dotnet "$library" run --model "$model" --source "$picture" ;;
    3) dotnet "$library" run --model "$model" --source "$picture" --cache "$cache" ;;
  esac >/dev/null
}

for way in 0 1 2 3; do once $way; : > "$cache/times.$way"; done
for ((i = 0; i < runs; i++)); do
  for way in 0 1 2 3; do
    begin=$(date +%s%N)
    once $way
    echo $((($(date +%s%N) - begin) / 1000)) >> "$cache/times.$way"
  done
done
echo "$model, $runs runs each, median of the whole process"
for way in 0 1 2 3; do
  printf '  %-22s %8.1f ms\n' "${names[$way]}" "$(sort -n "$cache/times.$way" | sed -n "$((runs / 2 + 1))p" | awk '{print $1 / 1000}')"
done
