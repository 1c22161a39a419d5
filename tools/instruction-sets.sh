#!/usr/bin/env bash
# The same benchmarks with instruction sets switched off, one after the other: AVX-512, AVX2, 128-bit vectors, none.
#   tools/instruction-sets.sh [FILTER …]      # '*LetterboxBench*' and the like, each with a peer; the kernels by default
set -euo pipefail
cd "$(dirname "$0")/.."
filters=("$@")
if [ ${#filters[@]} -eq 0 ]; then
  # A case is written beside a peer, of which one is enough.
  for class in Letterbox Size CameraFormat Tensor; do filters+=("*${class}Bench.EdgeVision" "*${class}Bench.OpenCvSharp"); done
  filters+=('*DetectBench*' '*SuppressBench*' '*HeadBench*' '*RegionBench*')
fi
dotnet build bench/EdgeVision.Bench -c Release -v q >/dev/null
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
run() { # name, variables
  env "${@:2}" dotnet run -c Release --no-build --project bench/EdgeVision.Bench -- --quick --filter "${filters[@]}" --json "$out/$1" >/dev/null 2>&1
}
run 1-avx512 EDGEVISION_NOTHING=1
run 2-avx2 DOTNET_EnableAVX512=0
run 3-128 DOTNET_EnableAVX512=0 DOTNET_EnableAVX2=0 DOTNET_EnableAVX=0
run 4-scalar DOTNET_EnableHWIntrinsic=0
echo "| case | AVX-512 | AVX2 | 128 bits | scalar |"
echo "|---|---:|---:|---:|---:|"
for file in "$out"/*; do
  grep -E '"case"|"ours_ms"' "$file" | sed -E 's/^ *"(case|ours_ms)": "?([^",]*)"?,?$/\2/' | paste - - | awk -F'\t' '!seen[$1]++' > "$file.rows"
done
paste "$out"/*.rows | awk -F'\t' '{ printf "| %s | %.3f | %.3f | %.3f | %.3f |\n", $1, $2, $4, $6, $8 }'
