#!/usr/bin/env python3
"""Writes tests/EdgeVision.Tests/Decoding/Data/db-text.json: text regions of drawn probability maps as OpenCV and Clipper find them.

    python3 tools/db-text-goldens.py      # needs numpy, opencv 4.6, pyclipper, shapely

A map is 0.02 and its shapes are rectangles drawn one over the other: with (u, v) = the pixel less (x, y), turned by (cos, sin), a pixel with
|u| <= w / 2 and |v| <= h / 2 is float32(value * (0.9 + 0.01 * ((7 * column + 13 * row) % 11))). A region is what PaddleOCR's DBPostProcess with box_type
"quad" and score_mode "fast" does, step by step: findContours (RETR_LIST) of map > threshold, minAreaRect with a short side of at least 3, the
mean over fillPoly of the corners cut to whole numbers, at least box_threshold, corners moved outwards by area * ratio / perimeter (round joins), minAreaRect
again with a short side of at least 5. "corners" come from Clipper on 1024ths of a pixel, "whole" from Clipper on whole pixels, as
PaddleOCR calls it; corners cut to whole numbers there lie up to a pixel off.
"""
import json
import math
import pathlib

import cv2
import numpy as np
import pyclipper
from shapely.geometry import Polygon


def draw(width, height, shapes):
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    value = np.full((height, width), 0.02, np.float32)
    wave = 0.9 + 0.01 * ((7 * columns + 13 * rows) % 11)
    for s in shapes:
        dx, dy = columns - s["x"], rows - s["y"]
        u, v = dx * s["cos"] + dy * s["sin"], dy * s["cos"] - dx * s["sin"]
        inside = (np.abs(u) <= s["w"] / 2) & (np.abs(v) <= s["h"] / 2)
        value[inside] = (s["value"] * wave).astype(np.float32)[inside]
    return value


def mean_inside(value, corners):
    height, width = value.shape
    low = np.clip(np.floor(corners.min(0)).astype(int), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(corners.max(0)).astype(int), 0, [width - 1, height - 1])
    mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - low.astype(np.float32)).astype(np.int32)], 1)
    return cv2.mean(value[low[1]:high[1] + 1, low[0]:high[0] + 1], mask)[0]


def ordered(rectangle):
    """Corners clockwise from the upper left, for a path without crossings."""
    points = sorted(cv2.boxPoints(rectangle).tolist())
    left, right = sorted(points[:2], key=lambda p: p[1]), sorted(points[2:], key=lambda p: p[1])
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def grow(corners, ratio, scale):
    polygon = Polygon(corners)
    offset = pyclipper.PyclipperOffset(2.0, 0.25)
    offset.AddPath([[int(c * scale) for c in p] for p in corners.tolist()], pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    paths = offset.Execute(polygon.area * ratio / polygon.length * scale)
    return cv2.minAreaRect(np.array(paths[0], np.float32) / np.float32(scale))


def regions(value, threshold, box_threshold, ratio, most):
    found = []
    contours, _ = cv2.findContours((value > threshold).astype(np.uint8) * 255, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[:most]:
        rectangle = cv2.minAreaRect(contour)
        if min(rectangle[1]) < 3:
            continue
        corners = ordered(rectangle)
        score = mean_inside(value, corners)
        if score < box_threshold:
            continue
        exact, whole = grow(corners, ratio, 1024), grow(corners, ratio, 1)
        if min(exact[1]) < 5:
            continue
        found.append({"score": score, "corners": cv2.boxPoints(exact).tolist(), "whole": cv2.boxPoints(whole).tolist()})
    return found


def shape(x, y, w, h, degrees=0.0, value=0.9):
    a = math.radians(degrees)
    return {"x": x, "y": y, "w": w, "h": h, "cos": math.cos(a), "sin": math.sin(a), "value": value}


CASES = [
    ("one line", 96, 64, 1.5, 1000, [shape(48, 30, 60, 12)]),
    ("turned lines", 160, 120, 1.5, 1000, [
        shape(40.3, 25.1, 50, 11, 7), shape(120.2, 30.7, 44, 9, -12), shape(40.9, 80.4, 40, 14, 30), shape(110.6, 85.8, 55, 10, -41), shape(150.1, 95.2, 30, 8, 90)]),
    ("steep and nearly upright", 120, 120, 2.0, 1000, [shape(30.2, 60.3, 80, 9, 83), shape(60.7, 58.1, 70, 12, -88), shape(95.4, 61.9, 66, 10, 62)]),
    ("touching at a corner and merged", 120, 80, 1.5, 1000, [
        shape(20, 20, 20, 10), shape(40.5, 30.5, 20, 10), shape(85.3, 30.2, 40, 10, 15), shape(88.1, 40.9, 40, 10, 15)]),
    ("a hole, a hole with an island, a hole that the mean passes", 140, 100, 1.5, 1000, [
        shape(30, 30, 44, 36), shape(30, 30, 20, 12, 0, 0.1), shape(100, 35, 60, 50), shape(100, 35, 40, 30, 0, 0.05), shape(100, 35, 24, 14),
        shape(60, 82, 70, 24), shape(60, 82, 8, 8, 0, 0.29)]),
    ("specks and thin lines", 100, 80, 1.5, 1000, [
        shape(10, 10, 0, 0), shape(20, 10, 2, 2), shape(30, 10, 3, 3), shape(42, 10, 4, 4), shape(54, 10, 12, 2), shape(70, 10, 12, 3), shape(30.4, 40.2, 40, 2.5, 20), shape(70.2, 60.8, 30, 6, -10)]),
    ("weak ones below the score", 120, 60, 1.5, 1000, [shape(30, 20, 40, 12, 0, 0.55), shape(90, 20, 40, 12, 0, 0.66), shape(60, 45, 60, 10, 3, 0.7)]),
    ("at the edges", 80, 60, 1.5, 1000, [shape(0, 10, 30, 10), shape(79, 30, 30, 12, 25), shape(40, 59, 40, 8), shape(10.2, 50.6, 40, 9, -35)]),
    ("the first three", 120, 60, 1.5, 3, [shape(20, 12, 24, 8), shape(60, 14, 24, 8), shape(100, 16, 24, 8), shape(40, 40, 24, 8), shape(80, 42, 24, 8)]),
    ("nothing", 64, 48, 1.5, 1000, []),
    ("everything", 64, 48, 1.5, 1000, [shape(32, 24, 200, 200)]),
    ("one pixel", 1, 1, 1.5, 1000, [shape(0, 0, 1, 1)]),
]


def main():
    cases = [{"name": name, "width": width, "height": height, "ratio": ratio, "most": most, "shapes": shapes,
              "regions": regions(draw(width, height, shapes), 0.3, 0.6, ratio, most)} for name, width, height, ratio, most, shapes in CASES]
    path = pathlib.Path(__file__).resolve().parent.parent / "tests/EdgeVision.Tests/Decoding/Data/db-text.json"
    lines = [json.dumps(c) for c in cases]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    for c in cases:
        print(c["name"], len(c["regions"]), [round(r["score"], 3) for r in c["regions"]])


if __name__ == "__main__":
    main()
