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

# What can be wrong is said before minutes of compiling.
case $native in Cpu | Cuda) ;; *) echo "prepare: --native is Cpu or Cuda; '$native' is neither" >&2; exit 2 ;; esac
if [ -n "$ort" ]; then
  for library in libonnxruntime_providers_cuda.so libonnxruntime_providers_shared.so; do
    [ -f "$ort/$library" ] || { echo "prepare: there is no $library in '$ort'" >&2; exit 2; }
  done
fi
for model in $models; do [ -f "$model" ] || { echo "prepare: there is no model '$model'" >&2; exit 2; }; done

cli=$root/src/EdgeVision.Cli
settings=(-r linux-x64 -p:EdgeVisionAot=true -p:EdgeVisionNative="$native")
if ! restored=$(dotnet restore "$cli" "${settings[@]}" 2>&1); then
  echo "$restored" >&2
  if [[ "$restored" = *Microsoft.ML.OnnxRuntime.Gpu* ]]; then
    echo "prepare: the feed does not serve Microsoft.ML.OnnxRuntime.Gpu of the pinned release (OnnxRuntimeCudaVersion in Directory.Packages.props). Take onnxruntime-linux-x64-gpu of the CPU flavour's release," >&2
    echo "prepare: unpack it, and give its folder: tools/gpu-check/prepare.sh --ort onnxruntime-linux-x64-gpu-…/lib" >&2
  fi
  exit 1
fi

# Nothing of an earlier call is taken along; "models" may have been others.
mkdir -p "$out"
rm -rf "$out/bin" "$out/models" "$out/ort"
mkdir "$out/bin" "$out/models"
dotnet publish "$cli" -c Release --no-restore "${settings[@]}" -o "$out/bin"
rm -f "$out"/bin/EdgeVision.Cli* "$out"/bin/*.dbg "$out"/bin/*.pdb "$out"/bin/*.xml
if [ -n "$ort" ]; then
  mkdir "$out/ort"
  find "$ort/" -maxdepth 1 -name "libonnxruntime*.so*" ! -name "*.meta" -exec cp -L {} "$out/ort/" \;
  # Libraries of two releases do not run together, which is better known here than there; whether they find a GPU is not asked.
  core=$out/bin/libonnxruntime.so
  [ ! -f "$out/ort/libonnxruntime.so" ] || core=$out/ort/libonnxruntime.so
  said=$(EDGEVISION_ORT_PATH=$core "$out/bin/edgevision" doctor --provider-library "$out/ort/libonnxruntime_providers_cuda.so" 2>&1) || true
  if [[ "$said" = *"and the core is"* ]]; then
    grep "and the core is" <<< "$said" >&2
    exit 1
  fi
fi
if [ -n "$models" ]; then
  for model in $models; do cp "$model" "$out/models/"; done
else
  for sized in resnet18:224 mobilenetv2:224 vit:224 unet:256 retinanet:320 yolo:320 heatmap-pose:192; do
    dotnet run -c Release --project "$root/src/EdgeVision.Exporter" -- sweep --out "$out/models" --architectures "${sized%:*}" --channels 1 --sizes "${sized#*:}" --force
  done
  cp "$root"/models/*.onnx "$out/models/"
fi

cp "$root/tools/gpu-check/gpu-check.sh" "$root/tools/gpu-check/gpu_check_torch.py" "$out/"
tar -C "$(dirname "$out")" -czf "$out.tar.gz" "$(basename "$out")"
echo "made: $out.tar.gz; on the machine: tar xzf $(basename "$out").tar.gz && $(basename "$out")/gpu-check.sh"
