#!/usr/bin/env bash
# Runs what build.cake's target Arm64 has built, under emulation, two programs at a time, and ends with
# "arm64: N passed, N failed, N skipped". The last two steps of that target; alone it takes what artifacts holds.
#   tools/arm64-tests.sh [NAME …]       # cortex-a72, cortex-a53, max, models, search-cortex-a72, …; all by default
#
# Pixels, decoders, suppression and the search's bounds run on one processor. The others, one older and one with everything that qemu knows (dot products, half floats,
# SVE), run those of the vector kernels, because only these, .NET and ONNX Runtime choose their code by the processor.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=artifacts/arm64/results
program=artifacts/tests-linux-arm64/EdgeVision.Tests
search=artifacts/retrieval-tests-linux-arm64/EdgeVision.Retrieval.Tests
fidelity=tests/EdgeVision.Fidelity/bin/Release/net10.0/EdgeVision.Fidelity
longest=1500 # seconds, to end what hangs; minutes are usual on a busy machine
tests=EdgeVision.Tests

# Kinds of filters are joined by "and": classes alone are named here, and methods left out. What counts allocations, threads against one thread, or places in a batch
# tests no code that a processor chooses, and x64 has shown it already.
anywhere=(-method- "*allocat*" -method- "*.Threads_change_nothing")
all=(-class "$tests.Preprocessing.*" -class "$tests.Decoding.*" -class "$tests.Suppression.*"
  -class $tests.Inference.InferenceEngineTests
  -method- $tests.Decoding.DecoderFactoryTests.Broken_scores_are_refused_wherever_they_lie # thousands of exceptions
  -method- $tests.Decoding.BatchPropertyTests.Decoding_follows_the_order_of_the_batch
  -method- $tests.Decoding.MinimalRectangleTests.No_direction_gives_a_smaller_one_and_all_points_lie_inside # long, and without code of its own for ARM
  -method- $tests.Inference.InferenceEngineTests.YuNet_runs_at_sizes_of_one_s_choice # minutes in ONNX Runtime's own code; "models" runs networks
  "${anywhere[@]}")
kernels=(-class $tests.Preprocessing.KernelTests -class $tests.Preprocessing.FrameConverterTests -class $tests.Preprocessing.PreprocessorGoldenTests
  -class $tests.Decoding.ClassScanTests -class $tests.Decoding.YoloDflDecoderTests -class $tests.Decoding.SegmentationDecoderTests
  -class $tests.Decoding.HeatmapDecoderTests -class $tests.Decoding.PrototypeMasksTests -class $tests.Decoding.MaskPasteTests
  -class $tests.Suppression.RotatedNmsTests -class $tests.Suppression.MatrixNmsTests -class $tests.Suppression.SuppressionPropertyTests
  "${anywhere[@]}")
bounds=(-class EdgeVision.Retrieval.Tests.CodedQueryTests
  -method- EdgeVision.Retrieval.Tests.CodedQueryTests.A_row_may_always_reach_its_own_score "${anywhere[@]}")

# Names that match nothing would leave their tests out without a word.
unmatched() { # REPORT ARGUMENT …
  local report=$1
  shift
  while [ $# -gt 1 ]; do
    if [ "$1" = -class ]; then
      case $2 in
        *'*') grep -qF "type=\"${2%'*'}" "$report" || echo "$2" ;;
        *) grep -qF "type=\"$2\"" "$report" || echo "$2" ;;
      esac
    fi
    shift
  done
}

# Tiered code is not instrumented: emulated, that costs as much as the tests themselves.
one() { # NAME
  local name=$1 begin=$SECONDS status=0
  local report=(-noColor -result-xml "$results/$name.xml")
  case $name in
    models) EDGEVISION_ARM64="cortex-a72 cortex-a53 max" timeout $longest "$fidelity" -class EdgeVision.Fidelity.Arm64Tests "${report[@]}" ;;
    cortex-a72) DOTNET_TieredPGO=0 timeout $longest tools/arm64-run.sh "$name" "$program" "${all[@]}" "${report[@]}" ;;
    search-*) DOTNET_TieredPGO=0 timeout $longest tools/arm64-run.sh "${name#search-}" "$search" "${bounds[@]}" "${report[@]}" ;;
    *) DOTNET_TieredPGO=0 timeout $longest tools/arm64-run.sh "$name" "$program" "${kernels[@]}" "${report[@]}" ;;
  esac > "$results/$name.log" 2>&1 || status=$?
  echo "$status $((SECONDS - begin))" > "$results/$name.status"
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(models cortex-a72 cortex-a53 max search-cortex-a72 search-cortex-a53 search-max) # the longest first
tools/arm64-run.sh --check || exit 1
rm -rf "$results"
mkdir -p "$results"
for name in "${names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  one "$name" &
done
wait

attribute() { sed -nE "s/.*<assembly [^>]*\\b$2=\"([0-9]+)\".*/\\1/p" "$1" | head -1; }
passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
  file=$results/$name.xml
  read -r status seconds < "$results/$name.status"
  p=0 f=0 s=0
  if [ -s "$file" ]; then
    p=$(attribute "$file" passed) f=$(($(attribute "$file" failed) + $(attribute "$file" errors))) s=$(attribute "$file" skipped)
  fi
  case $name in models) named="" ;; search-*) named=$(unmatched "$file" "${bounds[@]}") ;; cortex-a72) named=$(unmatched "$file" "${all[@]}") ;; *) named=$(unmatched "$file" "${kernels[@]}") ;; esac
  if [ -n "$named" ]; then
    echo "arm64 $name: no test is named" $named
    f=$((f + 1))
  fi

  # A program that ended before its report, or found nothing to run, failed.
  if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; }; then f=1; fi
  echo "arm64 $name: $p passed, $f failed, $s skipped, $seconds s"
  [ "$f" -eq 0 ] || tail -n 60 "$results/$name.log"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "arm64: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
