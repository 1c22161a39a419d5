"""Writes tests/EdgeVision.Tests/Goldens: what torchvision and OpenCV return for small inputs of fixed seeds.

Needs torchvision (0.14.1 wrote the files), numpy and cv2 (4.6.0), on Debian 12 the packages python3-torchvision and
python3-opencv:

    /usr/bin/python3 tools/make_goldens.py
"""
import json
import pathlib
import types

import cv2
import numpy
import torch
import torchvision
from torchvision.models.detection._utils import BoxLinearCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.image_list import ImageList

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/EdgeVision.Tests/Goldens"


def write(name, **values):
    def plain(value):
        if isinstance(value, (torch.Tensor, numpy.ndarray)):
            return plain(value.tolist())
        if isinstance(value, float):
            return float(repr(numpy.float32(value)) if abs(value) < 3e38 else value)  # the shortest text of a float32
        return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value

    values = {key: plain(value) for key, value in values.items()}
    values["made_by"] = f"torchvision {torchvision.__version__}, OpenCV {cv2.__version__}"
    (FOLDER / f"{name}.json").write_text(json.dumps(values, separators=(",", ":")) + "\n")


def fcos():
    torch.manual_seed(1)
    height, width, strides, classes = 64, 96, [8, 16, 32], 3
    grids = [(height // s, width // s) for s in strides]
    counts = [h * w for h, w in grids]
    logits = [torch.randn(1, n, classes) * 1.5 - 1 for n in counts]
    distances = [torch.rand(1, n, 4) * 3 for n in counts]
    centreness = [torch.randn(1, n, 1) for n in counts]
    images = ImageList(torch.zeros(1, 3, height, width), [(height, width)])
    generator = AnchorGenerator(tuple((s,) for s in strides), ((1.0,),) * len(strides))
    anchors = generator(images, [torch.zeros(1, 1, h, w) for h, w in grids])
    model = types.SimpleNamespace(
        score_thresh=0.2, topk_candidates=60, nms_thresh=0.6, detections_per_img=40, box_coder=BoxLinearCoder(normalize_by_size=True))
    found = FCOS.postprocess_detections(
        model, {"cls_logits": logits, "bbox_regression": distances, "bbox_ctrness": centreness},
        [list(anchors[0].split(counts))], [(height, width)])[0]
    write(
        "fcos", height=height, width=width, strides=strides, score=0.2, topk=60, iou=0.6, most=40,
        cls_logits=torch.cat(logits, 1).flatten(), bbox_regression=torch.cat(distances, 1).flatten(), centreness=torch.cat(centreness, 1).flatten(),
        boxes=found["boxes"].flatten(), scores=found["scores"], labels=found["labels"])


def boxes_of(count, seed, whole=False):
    random = numpy.random.RandomState(seed)
    corner, side = random.rand(count, 2) * 60, random.rand(count, 2) * 30 + 2
    boxes = numpy.concatenate([corner, side], 1).astype(numpy.float32)
    scores = random.permutation(numpy.linspace(0.05, 0.99, count)).astype(numpy.float32)
    return (numpy.floor(boxes).astype(numpy.float32) if whole else boxes), scores


def overlaps():
    boxes, _ = boxes_of(24, 2)
    boxes[:, 2:] += boxes[:, :2]
    boxes = torch.from_numpy(boxes)
    write(
        "box_overlap", boxes=boxes.flatten(), iou=torchvision.ops.box_iou(boxes, boxes).flatten(),
        giou=torchvision.ops.generalized_box_iou(boxes, boxes).flatten(), diou=torchvision.ops.distance_box_iou(boxes, boxes).flatten())


def nms():
    cases = []
    for seed, count, score, iou, eta, top_k in [(3, 60, 0.2, 0.4, 1.0, 0), (4, 80, 0.1, 0.7, 0.9, 0), (5, 80, 0.3, 0.5, 1.0, 20), (6, 40, 0.0, 0.8, 0.8, 30), (7, 1, 0.5, 0.5, 1.0, 0)]:
        boxes, scores = boxes_of(count, seed)
        keep = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), score, iou, eta, top_k)
        cases.append(dict(boxes_xywh=[float(str(v)) for v in boxes.flatten()], scores=[float(str(v)) for v in scores], score=score, iou=iou, eta=eta, top_k=top_k, keep=[int(k) for k in numpy.array(keep).flatten()]))
    write("nms_boxes", cases=cases)


def soft_nms():
    cases = []
    for seed, method, score, iou, sigma in [(8, 1, 0.1, 0.3, 0.5), (9, 2, 0.1, 0.3, 0.5), (10, 2, 0.3, 0.3, 0.2), (11, 1, 0.04, 0.5, 0.5)]:
        boxes, scores = boxes_of(50, seed, whole=True)  # OpenCV takes whole pixels here; it keeps a score at the threshold, ours does not
        lowered, keep = cv2.dnn.softNMSBoxes([[int(v) for v in b] for b in boxes], scores.tolist(), score, iou, 0, sigma, method)
        cases.append(dict(
            boxes_xywh=[int(v) for v in boxes.flatten()], scores=[float(str(v)) for v in scores], gaussian=method == 2, score=score, iou=iou, sigma=sigma,
            keep=[int(k) for k in numpy.array(keep).flatten()], lowered=[float(str(numpy.float32(v))) for v in numpy.array(lowered).flatten()]))
    write("soft_nms", cases=cases)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    fcos()
    overlaps()
    nms()
    soft_nms()
