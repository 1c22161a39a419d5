#!/usr/bin/env bash
# Whether the vector kernels are vectors in the ahead-of-time ARM64 binary: for each method its instructions, how many of them work on vectors,
# its innermost loops and how many of those hold vector instructions, the dot products (sdot), and the calls of vector operations that the
# compiler did not turn into instructions. Methods without any vector are named at the end; one such call, or a pattern that nothing matches, ends it with 1.
#   tools/arm64-disassembly.sh [PATTERN …]    # extended regular expressions of "Type__Method"; the hot kernels by default
#   tools/arm64-disassembly.sh --show NAME    # prints one method
# Needs what ./build.sh arm64 (or ./build.sh aot --rid=linux-arm64) has built, and binutils-aarch64-linux-gnu.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=src/EdgeVision.Cli/bin/Release/net10.0/linux-arm64/native/EdgeVision.Cli
[ -e $binary ] && [ -e $binary.dbg ] || { echo "arm64-disassembly.sh: run ./build.sh aot --rid=linux-arm64 first" >&2; exit 2; }
prefix=EdgeVision_EdgeVision_
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# address, size, kind, name; a method is listed once, though equal code may have several names.
aarch64-linux-gnu-nm -S --defined-only $binary.dbg | awk 'NF == 4 && $3 ~ /[tTwW]/ { print $1, $2, $4 }' | sort -u > "$work/symbols"
disassemble() { # address, size
  aarch64-linux-gnu-objdump -d --no-show-raw-insn --start-address=0x"$1" --stop-address=$((0x$1 + 0x$2)) $binary | grep -E '^ +[0-9a-f]+:' || true
}

if [ "${1:-}" = --show ]; then
  while read -r address size name; do
    echo "$name"
    disassemble "$address" "$size"
  done < <(grep -E " ${prefix}$2\$" "$work/symbols")
  exit
fi

patterns=("$@")
[ ${#patterns[@]} -gt 0 ] || patterns=(
  'BilinearRows__(AcrossAdvSimd|Down)' 'PickRows__(Pick|Mean)' 'AntialiasRows__(Across|Down)'
  'YuvRows__(Row|Pick|Full|Convert)' 'PlaneRows__(One|Three)<.*>' 'TensorRows__(Interleaved|Planes|Bytes|ToGray)'
  'ClassScan__(Run|Above|Rest)' 'NmsWorkspace__Suppressed' 'PrototypeMasks_Filler__(Sum|Widen|Threshold|Enlarge)' 'MaskPaste__(Blend|Widen)'
  'SegmentationDecoder__(Argmax[A-Za-z]*|Widen)' 'HeatmapDecoder__(Blur|Convolve)' 'KeypointRcnnHeatmaps__(Widen|Greatest)'
  'CodedQuery__(MayReach|ProductsDp)' 'EmbeddingCodes__Encode(_0)?')

echo "| method | instructions | vector | inner loops | with vectors | sdot | calls of vector operations |"
echo "|---|---:|---:|---:|---:|---:|---:|"
bad=0
for pattern in "${patterns[@]}"; do
  found=0
  while read -r address size name; do
    found=1
    disassemble "$address" "$size" > "$work/code"
    awk -v name="${name#"$prefix"}" -v plain="$work/plain" '
      function padded(hex) { return sprintf("%16s", hex) }
      FNR == NR { called[padded(substr($1, match($1, /[1-9a-f]/)))] = $3; next }
      {
        split($0, half, ":"); sub(/^ +/, "", half[1])
        at[++n] = padded(half[1]); operation = $2
        vector[n] = $0 ~ /[ \t,{]v[0-9]+\.|[ \t,]q[0-9]+/
        vectors += vector[n]
        dots += operation ~ /^[su]dot$/
        if (operation ~ /^(b|b\..*|cbn?z|tbn?z)$/) {
          target = $0; sub(/ *<.*/, "", target); sub(/.*[ \t,]/, "", target); sub(/^0x/, "", target)
          if (padded(target) < at[n]) { loops++; from[loops] = padded(target); to[loops] = n }
        }
        if (operation == "bl") {
          target = $3; sub(/^0x/, "", target)
          if (called[padded(target)] ~ /Intrinsics_(Vector|Arm_|ISimd)/) helpers++
        }
      }
      END {
        for (i = 1; i <= loops; i++) {
          inner = 1
          for (j = 1; j <= loops; j++) if (j != i && from[j] >= from[i] && to[j] <= to[i] && !(from[j] == from[i] && to[j] == to[i])) inner = 0
          if (!inner) continue
          innermost++; held = 0
          for (k = to[i]; k >= 1 && at[k] >= from[i]; k--) held += vector[k]
          if (held) with++
        }
        gsub(/__/, ".", name); gsub(/EdgeVision_EdgeVision_/, "", name); gsub(/_/, ".", name)
        printf "| %s | %d | %d | %d | %d | %d | %d |\n", name, n, vectors, innermost, with, dots, helpers
        if (!vectors) print name >> plain
        exit helpers > 0
      }' "$work/symbols" "$work/code" || bad=1
  done < <(awk -v p="^$prefix($pattern)\$" '$3 ~ p && !seen[$1]++' "$work/symbols")
  [ $found = 1 ] || { echo "arm64-disassembly.sh: no method is called $pattern (it may be inlined everywhere)" >&2; bad=1; }
done
[ ! -e "$work/plain" ] || echo "without vectors: $(paste -sd ' ' "$work/plain")" >&2
exit $bad
