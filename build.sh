#!/usr/bin/env bash
# ./build.sh [test|arm64|build|bench|aot|pack|docs|clean]   (test by default)
#
# Installs what the tests need on a Debian or Ubuntu machine (as root, or through sudo), then runs the target of
# build.cake. Only .NET SDK 10 must be there beforehand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case "${1:-test}" in
  test) target=Test ;;
  arm64) target=Arm64 ;;
  build) target=Build ;;
  bench) target=Bench ;;
  aot) target=PublishAot ;;
  pack) target=Pack ;;
  docs) target=Docs ;;
  clean) target=Clean ;;
  -h | --help | help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "build.sh: unknown target '$1'; use test, arm64, build, bench, aot, pack, docs or clean" >&2; exit 2 ;;
esac
shift || true

command -v dotnet >/dev/null || { echo "build.sh: .NET SDK 10 is needed ('dotnet' is not on the PATH)" >&2; exit 1; }

# What NuGet packages do not bring: OpenCV's native library needs GTK 3; ahead-of-time compilation needs clang and zlib; tests of cameras,
# streams and brokers run real ones (ffmpeg, GStreamer's RTSP server, mosquitto, nats-server), on loopback and on ports of their own.
need=()
if [ "$target" = Test ]; then
  ldconfig -p 2>/dev/null | grep -q 'libgtk-3\.so' || need+=(libgtk-3-0)
  for program in ffmpeg mosquitto nats-server; do
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$program" >/dev/null || need+=("$program")
  done
  /usr/bin/python3 -c "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer" 2>/dev/null ||
    need+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)
fi
arm64=""
if [ "$(uname -m)" != aarch64 ] && [[ "$target" = Arm64 || "$*" = *linux-arm64* ]]; then arm64=yes; fi
if [ "$target" = Test ] || [ "$target" = PublishAot ] || [ "$target" = Arm64 ]; then
  command -v clang >/dev/null || need+=(clang)
  [ -e /usr/include/zlib.h ] || need+=(zlib1g-dev)
fi
if [ -n "$arm64" ]; then
  command -v ld.lld >/dev/null || need+=(lld)
  command -v aarch64-linux-gnu-gcc >/dev/null || need+=(gcc-aarch64-linux-gnu)
  [ -e /usr/aarch64-linux-gnu/include/stdio.h ] || need+=(libc6-dev-arm64-cross)
  [ -e /usr/aarch64-linux-gnu/lib/libstdc++.so.6 ] || need+=(libstdc++6-arm64-cross)
  [ "$target" != Arm64 ] || command -v qemu-aarch64-static >/dev/null || command -v qemu-aarch64 >/dev/null || need+=(qemu-user-static)
fi
skip_arm64() { echo "arm64: 0 passed, 0 failed, 1 skipped (${need[*]} cannot be installed here)"; exit 0; }
if [ ${#need[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    echo "build.sh: installing ${need[*]}"
    install() { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null; }
    if ! install; then
      [ "$target" = Arm64 ] || exit 1
      skip_arm64
    fi
  elif [ "$target" = Arm64 ]; then
    skip_arm64
  else
    echo "build.sh: please install ${need[*]} (tests that need them are skipped or fail)" >&2
  fi
fi

dotnet tool restore >/dev/null
exec dotnet cake build.cake --target="$target" "$@"
