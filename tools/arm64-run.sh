#!/usr/bin/env bash
# Runs a linux-arm64 program on this machine, whatever its own processor, under qemu's user emulation.
#   tools/arm64-run.sh CPU PROGRAM [ARGUMENT …]      # CPU: cortex-a53, cortex-a72, max, or any other that qemu knows; max,sve=off takes something away
#   tools/arm64-run.sh --check                       # says what is missing, and ends with 1 if anything is
#
# The program sees a prefix of its own under artifacts/arm64: the cross compiler's C library; libssl for ARM64, which .NET takes hashes
# from; and /proc/cpuinfo of an ARM processor, because ONNX Runtime reads it and ends the process where it tells of an x64 one.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
base=$root/artifacts/arm64
libraries=/usr/aarch64-linux-gnu/lib
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)

missing() { echo "arm64-run.sh: $1" >&2; exit 1; }

# libssl comes from the distribution's own ARM64 archive, through lists of its own: the machine's packages stay as they are.
fetch_libssl() {
  local work=$base/apt
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  : > "$work/status"
  local own=(-qq -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache"
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root)
  # Some sources have no ARM64 part, which ends the update with an error though the others were read.
  apt-get "${own[@]}" update >/dev/null 2>&1 || true
  local name
  for name in libssl3 libssl3t64; do
    (cd "$work" && apt-get "${own[@]}" download "$name" >/dev/null 2>&1) && break
  done
  ls "$work"/libssl3*.deb >/dev/null 2>&1 || return 1
  rm -rf "$base/ssl.part"
  dpkg -x "$(ls "$work"/libssl3*.deb | head -1)" "$base/ssl.part" && mv -T "$base/ssl.part" "$base/ssl"
  rm -rf "$work"
}

prepare() {
  [ -n "$qemu" ] || missing "qemu is missing (qemu-user-static)"
  [ -e $libraries/ld-linux-aarch64.so.1 ] && [ -e $libraries/libstdc++.so.6 ] ||
    missing "the C and C++ libraries for ARM64 are missing (libc6-dev-arm64-cross, libstdc++6-arm64-cross)"
  [ -d "$base/ssl" ] || fetch_libssl || missing "libssl for ARM64 could not be fetched from the distribution's archive"
}

# What Linux writes for an ARM64 processor, as arch/arm64/kernel/cpuinfo.c does: one block a core. Features are the names of the hardware
# capabilities that qemu's processor of that name reports; implementer and part are those of its MIDR register.
processor() { # CPU
  local part=0xd08 revision=3 implementer=0x41 features="fp asimd aes pmull sha1 sha2 crc32 cpuid" core
  case $1 in
    cortex-a53) part=0xd03 revision=4 ;;
    max*) implementer=0x00 part=0x051 revision=0
      features="fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma dcpop sha3 sm3 sm4 asimddp sha512" ;;
  esac
  for ((core = 0; core < $(nproc); core++)); do
    printf 'processor\t: %d\nBogoMIPS\t: 125.00\nFeatures\t: %s\nCPU implementer\t: %s\n' "$core" "$features" "$implementer"
    printf 'CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: %s\nCPU revision\t: %s\n\n' "$part" "$revision"
  done
}

case ${1:-} in
  --check) prepare; exit 0 ;;
  "" | -*) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
[ $# -ge 2 ] || missing "say which program to run"
cpu=$1
shift
prepare
prefix=$base/$cpu
if [ ! -e "$prefix/proc/cpuinfo" ]; then
  mkdir -p "$prefix/proc"
  ln -sfn $libraries "$prefix/lib"
  processor "$cpu" > "$prefix/proc/cpuinfo.$$"
  mv "$prefix/proc/cpuinfo.$$" "$prefix/proc/cpuinfo"
fi

# Just-in-time code is mapped once, writable and executable: with the second mapping that .NET otherwise makes, emulated programs were
# seen to end with a segmentation fault.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableWriteXorExecute=0
exec "$qemu" -cpu "$cpu" -E LD_LIBRARY_PATH="$base/ssl/usr/lib/aarch64-linux-gnu" -L "$prefix" "$@"
