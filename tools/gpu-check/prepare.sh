#!/usr/bin/env bash
# Makes the folder that gpu-check.sh runs out of, and its archive, on a machine with the .NET SDK: the program ahead of time, models, scripts, and a provider
# library where one is given.
#
#   tools/gpu-check/prepare.sh [--out DIR] [--native Cpu|Cuda] [--ort DIR] [--models FILES]
#
# --native Cuda takes the Gpu package's library. --ort names a folder with libonnxruntime_providers_cuda.so and _shared.so of the core's release, and
# libonnxruntime.so where the core is another than the package's. Without --models: each architecture at its usual size, with random weights, and the bundles in models/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/artifacts/gpu-check native=Cpu ort= models=
while [ $# -gt 1 ]; do
  case $1 in
    --out) out=$2 ;;
    --native) native=$2 ;;
    --ort) ort=$2 ;;
    --models) models=$2 ;;
    *) echo "prepare: unknown option $1; see the head of this script" >&2; exit 2 ;;
  esac
  shift 2
done
[ $# -eq 0 ] || { echo "prepare: $1 needs a value" >&2; exit 2; }

mkdir -p "$out/bin" "$out/models"
dotnet publish "$root/src/EdgeVision.Cli" -c Release -r linux-x64 -p:EdgeVisionAot=true -p:EdgeVisionNative="$native" -o "$out/bin"
rm -f "$out"/bin/EdgeVision.Cli* "$out"/bin/*.dbg
if [ -n "$models" ]; then
  for model in $models; do cp "$model" "$out/models/"; done
else
  for sized in resnet18:224 mobilenetv2:224 vit:224 unet:256 retinanet:320 yolo:320 heatmap-pose:192; do
    dotnet run -c Release --project "$root/src/EdgeVision.Exporter" -- sweep --out "$out/models" --architectures "${sized%:*}" --channels 1 --sizes "${sized#*:}" --force
  done
  cp "$root"/models/*.onnx "$out/models/"
fi

cp "$root/tools/gpu-check/gpu-check.sh" "$root/tools/gpu-check/gpu_check_torch.py" "$out/"
if [ -n "$ort" ]; then
  mkdir -p "$out/ort"
  cp -L "$ort"/libonnxruntime*.so* "$out/ort/"
fi
tar -C "$(dirname "$out")" -czf "$out.tar.gz" "$(basename "$out")"
echo "made: $out.tar.gz; on the machine: tar xzf $(basename "$out").tar.gz && $(basename "$out")/gpu-check.sh"
