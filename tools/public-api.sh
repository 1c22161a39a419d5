#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt: what a library's public API has beyond PublicAPI.Shipped.txt, and what it has no more (*REMOVED*).
#
#   tools/public-api.sh [PROJECT...]      such as EdgeVision.Imaging; without one, every library that is packed
#
# A project without the files gets them; the build then compares its API with them. At a release: move the lines to PublicAPI.Shipped.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

projects=("$@")
if [ ${#projects[@]} -eq 0 ]; then
  for file in src/*/*.csproj; do
    # Libraries: packed, and with code of their own.
    asked=$(dotnet msbuild "$file" -nologo -getProperty:IsPackable -getProperty:IncludeBuildOutput -getProperty:OutputType)
    [[ $asked = *'"IsPackable": "true"'* && $asked != *'"IncludeBuildOutput": "false"'* && $asked = *'"OutputType": "Library"'* ]] && projects+=("$(basename "$file" .csproj)")
  done
fi

for project in "${projects[@]}"; do
  folder=src/$project log=src/$project/obj/public-api.sarif
  [ -f "$folder/$project.csproj" ] || { echo "public-api: there is no project $folder" >&2; exit 2; }
  [ -f "$folder/PublicAPI.Shipped.txt" ] || echo "#nullable enable" > "$folder/PublicAPI.Shipped.txt"
  echo "#nullable enable" > "$folder/PublicAPI.Unshipped.txt"
  rm -f "$log"
  dotnet build "$folder" -c Release -v q -nologo -clp:ErrorsOnly\;NoSummary -p:PublicApiLog="$project"
  [ -f "$log" ] || { echo "public-api: the compiler wrote no $log" >&2; exit 1; }
  python3 - "$log" "$folder/PublicAPI.Unshipped.txt" <<'PYTHON'
import json, re, sys

log, path = sys.argv[1:]
with open(log, encoding="utf-8-sig") as file:
    results = [r for run in json.load(file)["runs"] for r in run["results"]]
name = lambda r: r.get("properties", {}).get("customProperties", {}).get("APIName") or re.search("'(.*)'", r["message"]["text"])[1]
names = lambda rule: {name(r) for r in results if r["ruleId"] == rule}
added, removed = names("RS0016"), names("RS0017")
with open(path, "w", encoding="utf-8") as file:
    file.write("#nullable enable\n" + "".join(f"{line}\n" for line in sorted(added) + sorted(f"*REMOVED*{line}" for line in removed)))
print(f"{path}: {len(added)} added, {len(removed)} removed")
PYTHON
done
