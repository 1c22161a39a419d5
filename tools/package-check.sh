#!/usr/bin/env bash
# Uses the packages as a stranger would: in an empty folder, with the SDK, the packages that ./build.sh pack made, and the default feeds.
#
#   tools/package-check.sh [--packages DIR] [--cuda] [--keep]
#
# --cuda restores EdgeVision.Runtime.Cuda too (900 MB). --keep leaves the folder. Ends with "N passed, N failed".
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=$root/artifacts/packages cuda= keep=
while [ $# -gt 0 ]; do
  case $1 in
    --packages) packages=$(cd "${2:?--packages needs a folder}" && pwd); shift ;;
    --cuda) cuda=yes ;;
    --keep) keep=yes ;;
    *) echo "package-check: unknown option $1; see the head of this script" >&2; exit 2 ;;
  esac
  shift
done
for program in dotnet curl python3; do command -v "$program" >/dev/null || { echo "package-check: $program is needed" >&2; exit 2; }; done
version=$(ls "$packages"/EdgeVision.Templates.*.nupkg 2>/dev/null | sed -E 's/.*EdgeVision\.Templates\.(.*)\.nupkg/\1/' | tail -n 1)
[ -n "$version" ] || { echo "package-check: there are no packages in $packages; make them with ./build.sh pack" >&2; exit 2; }
model=$root/models/shapes-fpn.onnx image=$root/samples/scene.png

work=$(mktemp -d "${TMPDIR:-/tmp}/edgevision-packages.XXXXXX")
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null
  [ -n "$keep" ] && echo "left: $work" || rm -rf "$work"
}
trap finish EXIT
cd "$work"

# Templates, tools and packages of this run are its own. Other people's packages are taken out of the usual folder where it has them, unless it also
# has ours: those could be older ones of the same version.
cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
fallback=
if [ -d "$cache" ] && ! compgen -G "$cache/edgevision*" >/dev/null; then
  fallback="<fallbackPackageFolders><add key=\"cache\" value=\"$cache\" /></fallbackPackageFolders>"
fi
unset CI MSBUILDDEBUGPATH
export NUGET_PACKAGES=$work/nuget DOTNET_CLI_HOME=$work/home DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
mkdir -p home/.nuget/NuGet
[ ! -e "$HOME/.nuget/NuGet/NuGet.Config" ] || cp "$HOME/.nuget/NuGet/NuGet.Config" home/.nuget/NuGet/ # the default feeds
cat > nuget.config <<CONFIG
<configuration>
  <packageSources><add key="edgevision" value="$packages" /></packageSources>
  $fallback
</configuration>
CONFIG

passed=0 failed=0
# check NAME COMMAND...: passes where the command does; shows the end of its output where it does not.
check() {
  local name=$1
  shift
  if "$@" > "$work/check.log" 2>&1; then
    passed=$((passed + 1)) && echo "ok      $name"
  else
    failed=$((failed + 1)) && echo "FAILED  $name" && tail -n 15 "$work/check.log" | sed 's/^/        /'
  fi
}
build=(-c Release -v q -m:1 -nodeReuse:false -warnaserror)
new() { dotnet new "$@"; }
build() { dotnet build "$1" "${build[@]}"; }
add() { local project=$1; shift; for id in "$@"; do dotnet add "$project" package "$id" --version "$version" || return; done; }
says() { local text=$1; shift; "$@" > "$work/said" 2>&1; local status=$?; cat "$work/said"; grep -q -- "$text" "$work/said" && return $status; }

# --- what is in the packages
check "packages have a README, an icon, a licence and their symbols" python3 - "$packages" "$(git -C "$root" remote 2>/dev/null)" <<'PYTHON'
import re, sys, zipfile
from pathlib import Path

faults = []
for path in sorted(Path(sys.argv[1]).glob("*.nupkg")):
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        spec = package.read(next(n for n in names if n.endswith(".nuspec") and "/" not in n)).decode()
    name = re.search("<id>(.*?)</id>", spec)[1]
    expected = ["README.md", "icon.png"]
    if any(n.startswith("lib/") for n in names):
        expected.append(f"lib/net10.0/{name}.xml")
        if not path.with_suffix(".snupkg").exists():
            faults.append(f"{path.name} has no snupkg")
    faults += [f"{path.name} lacks {e}" for e in expected if e not in names]
    faults += [f"{path.name} says no {e}" for e in ("<license", "<description>", "<tags>") if e not in spec]
    if sys.argv[2] and "<repository" not in spec: # without a remote there is no address to say
        faults.append(f"{path.name} says no <repository")
    if name.startswith("EdgeVision.Runtime."):
        print(name, re.findall('<dependency id="(.*?)" version="(.*?)"', spec))
print(*faults, sep="\n")
sys.exit(len(faults) > 0)
PYTHON

# --- templates
check "templates install" dotnet new install "EdgeVision.Templates@$version" --add-source "$packages"

check "edgevision-console: new" new edgevision-console -o Find
check "edgevision-console: build" build Find
check "edgevision-console: run" says star dotnet Find/bin/Release/net10.0/Find.dll "$model" "$image"

check "edgevision-worker: new" new edgevision-worker -o Camera
cp "$model" Camera/model.onnx
check "edgevision-worker: build" build Camera
worker() { (cd Camera && timeout -s INT 8 dotnet bin/Release/net10.0/Camera.dll); [ $? -eq 124 ] && grep -q '"label"' Camera/found.jsonl; }
check "edgevision-worker: run" says "frames captured" worker

check "edgevision-web: new" new edgevision-web -o Api
cp "$model" Api/model.onnx
check "edgevision-web: build" build Api
(cd Api && exec dotnet bin/Release/net10.0/Api.dll --urls http://127.0.0.1:0) > web.log 2>&1 &
server=$!
url=
for _ in $(seq 100); do
  url=$(sed -n 's/.*Now listening on: //p' web.log)
  [ -z "$url" ] && kill -0 "$server" 2>/dev/null || break
  sleep 0.2
done
post() { local status=$1 data=$2; [ "$(curl -s -m 30 -o answer -w '%{http_code}' -H 'Content-Type: application/octet-stream' --data-binary "$data" "$url/detect")" = "$status" ]; local result=$?; cat answer web.log; return $result; }
found() { post 200 "@$image" && grep -q '"label":"star"' answer; }
head -c 11000000 /dev/zero > large
head -c 1000 "$image" > truncated.png
check "edgevision-web: an image" found
check "edgevision-web: a truncated image is 400" post 400 @truncated.png
check "edgevision-web: text is 400" post 400 "not an image"
check "edgevision-web: nothing is 400" post 400 ""
check "edgevision-web: too long is 413" post 413 @large
together() { local pids=(); for _ in 1 2 3 4; do curl -sf -m 30 -o /dev/null --data-binary "@$image" "$url/detect" & pids+=($!); done; local bad=0; for p in "${pids[@]}"; do wait "$p" || bad=1; done; return $bad; }
check "edgevision-web: four requests at once" together
kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
server=

# --- the README's five lines
check "five lines: new" new console -o Five
check "five lines: add package" add Five EdgeVision.Runtime.Cpu EdgeVision.Imaging
awk '/^## Five lines/ {on = 1} on && /^```$/ {exit} code {print} on && /^```csharp/ {code = 1}' "$root/README.md" |
  sed "s|\"yolov8n.onnx\"|\"$model\"|; s|\"street.jpg\"|\"$image\"|" > Five/Program.cs
check "five lines: build" build Five
check "five lines: run" says star dotnet Five/bin/Release/net10.0/Five.dll
check "five lines: publish for one system" dotnet publish Five -c Release -r linux-x64 --self-contained false -o five-published -v q -m:1 -nodeReuse:false
foreign() { ! find five-published -iname 'onnxruntime*.dll' -o -iname 'onnxruntime*.lib' | grep .; }
check "five lines: the publish has no Windows library" foreign
[ "$(uname -sm)" != "Linux x86_64" ] || check "five lines: run what was published" says star dotnet five-published/Five.dll

# --- the tool
check "tool: install" dotnet tool install EdgeVision.Cli --version "$version" --tool-path tool --add-source "$packages"
first=$(sed -n 's|^dotnet run .*--project src/EdgeVision.Cli -- ||p' "$root/README.md" | head -n 1)
ln -s "$root/models" models && ln -s "$root/samples" samples
first_command() { [ -n "$first" ] && tool/edgevision $first && [ -s out.png ]; }
check "tool: the README's first command" says star first_command
check "tool: doctor" tool/edgevision doctor

# --- the runtime alone
check "runtime alone: new" new console -o Alone
check "runtime alone: add package" add Alone EdgeVision
cat > Alone/Program.cs <<'CODE'
using EdgeVision;

try
{
    using var model = VisionModel.Load(args[0]);
}
catch (EdgeVisionException e)
{
    Console.Error.WriteLine(e.Message);
}
CODE
check "runtime alone: build" build Alone
lean() { ! { ls -R Alone/bin/Release/net10.0; cat Alone/bin/Release/net10.0/Alone.deps.json Alone/bin/Release/net10.0/Alone.runtimeconfig.json; } | grep -i -E 'skia|yaml|aspnetcore|kestrel|mqtt|nats|opencv'; }
check "runtime alone: no images, YAML, web, brokers or OpenCV in its output" lean
check "runtime alone: says which package is missing" says "dotnet add package EdgeVision.Runtime.Cpu" dotnet Alone/bin/Release/net10.0/Alone.dll "$model"

# --- the READMEs' code, all of it in one project
check "READMEs' code: new" new console -o Snippets
rm -f Snippets/Program.cs
ids=()
for readme in "$root"/src/*/README.md; do
  id=$(basename "$(dirname "$readme")")
  [ -e "$packages/$id.$version.nupkg" ] || { check "READMEs' code: $id is packed" false; continue; }
  case $id in EdgeVision.Cli | EdgeVision.Runtime.Cuda | EdgeVision.Runtime.DirectML) ;; *) ids+=("$id") ;; esac # one native library
  awk -v name="Snippet_${id//./_}" '/^```$/ && code {code = 0; done = 1} code && /^using [A-Za-z.]+;$/ {print > "/dev/stdout"; next} code {body = body "        " $0 "\n"} /^```csharp/ && !done {code = 1}
    END {if (body != "") printf "internal static class %s\n{\n    public static async Task Run(string[] args)\n    {\n%s        await Task.CompletedTask;\n    }\n}\n", name, body}' "$readme" > "Snippets/$id.cs"
  [ -s "Snippets/$id.cs" ] || rm "Snippets/$id.cs"
done
echo 'Console.WriteLine("compiled");' > Snippets/Program.cs
hosting=$(sed -n 's/.*Include="Microsoft.Extensions.Hosting" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props")
snippet_packages() { add Snippets "${ids[@]}" && dotnet add Snippets package Microsoft.Extensions.Hosting --version "$hosting" && dotnet add Snippets package Microsoft.Extensions.Diagnostics.HealthChecks --version "$hosting"; }
check "READMEs' code: add packages" snippet_packages
check "READMEs' code: build" build Snippets

# --- CUDA
if [ -n "$cuda" ]; then
  check "EdgeVision.Runtime.Cuda: new" new edgevision-console -o Gpu --native Cuda
  check "EdgeVision.Runtime.Cuda: publish" dotnet publish Gpu -c Release -r linux-x64 --self-contained false -o gpu-published -v q -m:1 -nodeReuse:false
  check "EdgeVision.Runtime.Cuda: has the provider" test -s gpu-published/libonnxruntime_providers_cuda.so
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
