#!/usr/bin/env python3
"""Draws docs/images/architecture.svg: the libraries, each row referencing only rows above it. Usage: tools/draw-architecture.py"""
import pathlib

ROWS = [
    ("no reference to another library", ["EdgeVision", "Onnx"]),
    ("on the runtime", ["Imaging", "Tracking", "Retrieval", "Profiling"]),
    ("on these", ["Evaluation", "Pipeline"]),
    ("on the pipeline", ["Pipeline.Skia", "OpenCv", "Messaging"]),
    ("", ["Live"]),
    ("", ["Configuration"]),
    ("applications and hosts", ["Cli", "Hosting", "Exporter"]),
]
WIDTH, STEP, BOX = 860, 62, 138
out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {STEP * len(ROWS) + 30}" font-family="sans-serif" font-size="14">',
       '<rect width="100%" height="100%" fill="#ffffff"/>']
for i, (note, names) in enumerate(ROWS):
    y = 15 + i * STEP
    out.append(f'<text x="15" y="{y + 27}" fill="#555555" font-size="12">{note}</text>')
    for j, name in enumerate(names):
        x = 225 + j * (BOX + 14)
        fill = "#cfe3ff" if name == "EdgeVision" else "#eef2f7"
        out.append(f'<rect x="{x}" y="{y}" width="{BOX}" height="42" rx="5" fill="{fill}" stroke="#56708f"/>')
        out.append(f'<text x="{x + BOX / 2}" y="{y + 26}" text-anchor="middle" fill="#1c2733">{name}</text>')
out.append("</svg>")
path = pathlib.Path(__file__).resolve().parent.parent / "docs/images/architecture.svg"
path.write_text("\n".join(out) + "\n", encoding="utf-8")
