#!/usr/bin/env bash
# Proves that what "edgevision deploy" writes runs where nothing else is: unpacks it into a Debian of its bare minimum, without a network, checks
# and installs it there, and compares what the program finds there with what it finds here.
#   tools/deploy-check.sh [linux-x64|linux-arm64] [MODEL [PICTURE]]
# Needs root, the .NET SDK, debootstrap and python3; for linux-arm64 also what tools/arm64-run.sh does, since it runs under qemu.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-linux-x64}
model=${2:-models/shapes-fpn.onnx}
picture=${3:-samples/scene.png}
work=artifacts/deploy
cpu=cortex-a72

fail() { echo "deploy-check.sh: $*" >&2; exit 1; }
say() { echo "== $*"; }

[ "$(id -u)" = 0 ] || fail "needs root, for a file system of its own"
case $target in
  linux-x64) launcher="" emulated=() ;;
  linux-arm64)
    [ -x tools/arm64-run.sh ] || fail "tools/arm64-run.sh is missing"
    tools/arm64-run.sh --check
    launcher="/emulator/qemu -cpu $cpu -L /emulator" emulated=(tools/arm64-run.sh $cpu) ;;
  *) fail "there is no check for '$target'; use linux-x64 or linux-arm64" ;;
esac

program=artifacts/edgevision-$target
if [ ! -x "$program/edgevision" ]; then
  say "compiling ahead of time for $target"
  ./build.sh aot --rid="$target" >/dev/null
fi

say "writing the package, twice"
mkdir -p $work
dotnet build src/EdgeVision.Cli -c Release -v q >/dev/null
deploy() { dotnet src/EdgeVision.Cli/bin/Release/net10.0/EdgeVision.Cli.dll deploy --target "$target" --model "$model" --program "$program" --force --out "$1"; }
package=$work/$target.tar.gz
deploy "$package"
deploy $work/again.tar.gz >/dev/null
cmp "$package" $work/again.tar.gz || fail "the same inputs gave other bytes"
rm $work/again.tar.gz

say "writing it to a disk that is too small"
mkdir -p $work/small
unshare --mount bash -c 'mount -t tmpfs -o size=8m tmpfs "$0/small"; for to in a.tar.gz a.zip a; do
  dotnet src/EdgeVision.Cli/bin/Release/net10.0/EdgeVision.Cli.dll deploy --target "$1" --model "$2" --program "$3" --out "$0/small/$to" && exit 1
  [ -z "$(ls -A "$0/small")" ] || { ls -A "$0/small"; exit 1; }
done' $work "$target" "$model" "$program" || fail "a full disk was not noticed, or something was left on it"

# The distribution's own mirror, whichever this machine uses.
root=$work/root
if [ ! -e $root/.whole ]; then
  say "making a Debian of its bare minimum"
  command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -1)
  rm -rf $root
  debootstrap --variant=minbase bookworm $root "$mirror" > $work/debootstrap.log || fail "debootstrap failed; $work/debootstrap.log says why"
  touch $root/.whole
fi
rm -rf $root/emulator $root/check
mkdir $root/check
if [ -n "$launcher" ]; then
  "${emulated[@]}" "$program/edgevision" doctor >/dev/null # writes the emulator's /proc/cpuinfo
  mkdir -p $root/emulator/proc $root/emulator/lib
  cp "$(command -v qemu-aarch64-static)" $root/emulator/qemu
  cp artifacts/arm64/$cpu/proc/cpuinfo $root/emulator/proc/
  # What Debian's bare minimum for ARM64 holds of these too.
  for library in ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libstdc++.so.6 libgcc_s.so.1; do
    cp -L /usr/aarch64-linux-gnu/lib/$library $root/emulator/lib/
  done
fi
tar xzf "$package" -C $root/check
cp "$picture" "$root/check/picture.${picture##*.}"

there() { # a shell command, in the bare Debian, with nothing but loopback for a network
  unshare --mount --net --pid --fork sh -c 'mount -t proc proc "$1/proc" && mount -t sysfs -o ro sysfs "$1/sys" && exec chroot "$1" /usr/bin/env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin EDGEVISION_LAUNCHER="$2" /bin/sh -c "$3"' sh $root "$launcher" "$1"
}

say "verify.sh there"
there '/check/edgevision/verify.sh' || fail "the package does not verify there"

say "run there and here"
name=$(basename "$model")
there "cd /check/edgevision && \$EDGEVISION_LAUNCHER ./bin/edgevision run --model models/$name --source /check/picture.${picture##*.} --json - --save /check/found.png" > $work/there.json
"${emulated[@]}" "$program/edgevision" run --model "$model" --source "$picture" --json - > $work/here.json
[ -s $root/check/found.png ] || fail "no picture was drawn there"
python3 tools/deploy_compare.py $work/here.json $work/there.json

say "the pipeline there, for three seconds"
there 'cd /check/edgevision && $EDGEVISION_LAUNCHER ./bin/edgevision pipeline run pipeline.yaml --duration 3s --quiet --stats && wc -l output/found.jsonl'
[ -s $root/check/edgevision/output/found.jsonl ] || fail "the pipeline found nothing there"

say "install.sh, again, and uninstall.sh there"
if [ -z "$launcher" ]; then
  there '/check/edgevision/install.sh && /check/edgevision/install.sh && /opt/edgevision/verify.sh >/dev/null && /opt/edgevision/uninstall.sh --purge && [ ! -e /opt/edgevision ] && [ ! -e /etc/edgevision ]' || fail "it does not install there"
else
  echo "this machine's processor is another: install.sh refuses, as it should"
  ! there '/check/edgevision/install.sh' || fail "install.sh took a package for another processor"
fi

say "damage is seen there"
there 'echo x >> /check/edgevision/pipeline.yaml; ! /check/edgevision/verify.sh' | grep 'FAILED  files' || fail "verify.sh did not see a changed file"
rm -rf $root/check $root/emulator
say "$target: all is well"
