#!/usr/bin/env bash
# Checks a GPU: the models beside this script on it and on the CPU, and their times in each way to run them. Needs neither .NET nor the internet; runs out of
# the folder that prepare.sh makes. Beside PyTorch where python3 has it.
#
#   ./gpu-check.sh [--device cuda|tensorrt|cpu] [--runs N] [--warmup N] [--models FILES] [--out DIR] [--provider-option NAME=VALUE]...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
device=cuda runs=200 warmup=50 models=$here/models out=$PWD/gpu-check-results options=()
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || { echo "gpu-check: $1 needs a value" >&2; exit 2; }
  case $1 in
    --device) device=$2 ;;
    --runs) runs=$2 ;;
    --warmup) warmup=$2 ;;
    --models) models=$2 ;;
    --out) out=$2 ;;
    --provider-option) options+=(--provider-option "$2") ;;
    *) echo "gpu-check: unknown option $1; see the head of this script" >&2; exit 2 ;;
  esac
  shift 2
done

edgevision=${EDGEVISION:-$here/bin/edgevision}
[ -x "$edgevision" ] || { echo "gpu-check: there is no $edgevision; prepare.sh makes the folder, or let EDGEVISION name the program" >&2; exit 2; }
mkdir -p "$out"

# A provider library lies beside the core that it belongs to, with libonnxruntime_providers_shared.so; the Gpu package's flavour has it built in.
library=()
if [ "$device" = cuda ] && [ -f "$here/ort/libonnxruntime_providers_cuda.so" ]; then
  if [ -f "$here/ort/libonnxruntime.so" ]; then
    export EDGEVISION_ORT_PATH=$here/ort
  elif [ ! -e "$here/bin/libonnxruntime_providers_shared.so" ] && [ -f "$here/ort/libonnxruntime_providers_shared.so" ]; then
    ln -s ../ort/libonnxruntime_providers_shared.so "$here/bin/libonnxruntime_providers_shared.so"
  fi
  library=(--provider-library "$here/ort/libonnxruntime_providers_cuda.so")
fi

"$edgevision" doctor "${library[@]}" | tee "$out/doctor.txt"
torch=()
if python3 -c 'import torch' 2>/dev/null; then
  "$edgevision" gpu-check --models "$models" --list "$out/architectures.json"
  torch_device=cuda
  [ "$device" = cpu ] && torch_device=cpu
  if python3 "$here/gpu_check_torch.py" --list "$out/architectures.json" --out "$out/torch.json" --device "$torch_device" --runs "$runs" --warmup "$warmup"; then
    torch=(--torch "$out/torch.json")
  fi
else
  echo "gpu-check: python3 has no torch, so nothing stands beside" >&2
fi

"$edgevision" gpu-check --models "$models" --device "$device" --runs "$runs" --warmup "$warmup" --out "$out" "${library[@]}" "${options[@]}" "${torch[@]}"
