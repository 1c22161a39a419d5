#!/usr/bin/env bash
# Looks at the live page with a browser: starts `edgevision live` on a test pattern, opens the page in headless Chromium, waits, and writes
# pictures of it, wide and as on a phone, light and dark. Fails where the page's counters did not move or its pictures stayed empty.
#   tools/live-screenshot.sh [FOLDER [SOURCE [MODEL]]]
#   tools/live-screenshot.sh FOLDER PIPELINE.yaml
# Needs Chromium (Debian: chromium) and Python 3.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."
folder=${1:-artifacts/live}
source=${2:-test:640x480@25?objects=5&live=true}
model=${3:-models/shapes-fpn.onnx}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "live-screenshot.sh: please install chromium" >&2; exit 1; }
mkdir -p "$folder"
work=$(mktemp -d)
live= chrome=
finish() {
  for process in $live $chrome; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT

what=(--model "$model" --source "$source" --track bytetrack)
[[ "$source" != *.yaml ]] || what=(--config "$source")
[ -n "${NO_BUILD:-}" ] || dotnet build src/EdgeVision.Cli -c Release -v q >/dev/null
dotnet src/EdgeVision.Cli/bin/Release/net10.0/EdgeVision.Cli.dll live "${what[@]}" --address 127.0.0.1:0 >"$work/live" 2>&1 &
live=$!
for _ in $(seq 300); do
  page=$(sed -n 's/^live page: //p' "$work/live")
  [ -z "$page" ] || break
  kill -0 $live 2>/dev/null || { cat "$work/live" >&2; exit 1; }
  sleep 0.1
done

"$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --user-data-dir="$work/profile" --remote-debugging-port=0 about:blank >"$work/chrome" 2>&1 &
chrome=$!
for _ in $(seq 300); do
  [ ! -s "$work/profile/DevToolsActivePort" ] || break
  kill -0 $chrome 2>/dev/null || { cat "$work/chrome" >&2; exit 1; }
  sleep 0.1
done
python3 tools/live_screenshot.py "$(head -1 "$work/profile/DevToolsActivePort")" "$page" "$folder"
begin=$(date +%s%N)
kill -TERM $live
wait $live || true
echo "stopped in $((($(date +%s%N) - begin) / 1000000)) ms"
cat "$work/live"
live=
