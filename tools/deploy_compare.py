"""Compares two files of JSON lines by edgevision run, but for their times: deploy_compare.py HERE THERE."""
import json
import sys

TOLERANCE = 1e-3  # boxes in pixels, scores; the same program on the same processor gives the same numbers


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key in ("timing_ms", "source", "timestamp_ms"):
                continue
            if key not in one or key not in other:
                yield f"{path}.{key} is in one alone", float("inf")
            else:
                yield from differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path} has {len(one)} items and {len(other)}", float("inf")
        for i, (a, b) in enumerate(zip(one, other)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(one, float) or isinstance(other, float):
        yield path, abs(one - other)
    elif one != other:
        yield f"{path} is {one!r} and {other!r}", float("inf")


here, there = ([json.loads(line) for line in open(name)] for name in sys.argv[1:3])
found = list(differences(here, there))
if not here or not any(frame.get("detections") or frame.get("classes") for frame in here):
    sys.exit("nothing was found, so nothing was compared")
worst = max(found, key=lambda f: f[1], default=("", 0.0))
print(f"{sum(len(f.get('detections', f.get('classes', []))) for f in here)} results, {len(found)} numbers, largest difference {worst[1]:g}")
if worst[1] > TOLERANCE:
    sys.exit(f"they differ: {worst[0]}")
