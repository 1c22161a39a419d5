#!/usr/bin/env python3
"""PyTorch's times on the architectures that gpu-check measures: ResNet-18, MobileNetV2, ViT and U-Net, written in plain torch.

Takes what `edgevision gpu-check --list` writes, and writes what `edgevision gpu-check --torch` reads. Each network runs with its copies there and
back, as gpu-check's do: from pinned memory to the device, and the result to the processor's memory. Weights are random; times do not depend on them.
"""
import argparse
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional


def conv_norm(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([activation(inplace=True)] if activation else []))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else conv_norm(inputs, outputs, 1, stride, activation=None)
        self.body = nn.Sequential(conv_norm(inputs, outputs, 3, stride), conv_norm(outputs, outputs, activation=None))

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


def resnet18(classes=1000):
    layers, inputs = [conv_norm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], 64
    for stage, outputs in enumerate((64, 128, 256, 512)):
        for block in range(2):
            layers.append(BasicBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        layers = [] if expansion == 1 else [conv_norm(inputs, wide, 1, activation=nn.ReLU6)]
        layers += [conv_norm(wide, wide, 3, stride, groups=wide, activation=nn.ReLU6), conv_norm(wide, outputs, 1, activation=None)]
        self.body = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


def mobilenetv2(classes=1000):
    layers, inputs = [conv_norm(3, 32, 3, 2, activation=nn.ReLU6)], 32
    for expansion, outputs, blocks, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for block in range(blocks):
            layers.append(InvertedResidual(inputs, outputs, stride if block == 0 else 1, expansion))
            inputs = outputs
    return nn.Sequential(*layers, conv_norm(320, 1280, 1, activation=nn.ReLU6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))


class EncoderBlock(nn.Module):
    def __init__(self, dimension, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dimension, eps=1e-6), nn.LayerNorm(dimension, eps=1e-6)
        self.qkv, self.out = nn.Linear(dimension, 3 * dimension), nn.Linear(dimension, dimension)
        self.mlp = nn.Sequential(nn.Linear(dimension, 4 * dimension), nn.GELU(), nn.Linear(4 * dimension, dimension))

    def forward(self, x):
        batch, tokens, dimension = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, tokens, 3, self.heads, dimension // self.heads).permute(2, 0, 3, 1, 4)
        if hasattr(functional, "scaled_dot_product_attention"):  # PyTorch 2
            seen = functional.scaled_dot_product_attention(q, k, v)
        else:
            seen = ((q @ k.transpose(-2, -1)) * (dimension // self.heads) ** -0.5).softmax(-1) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(batch, tokens, dimension))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """Patches of 16, 384 numbers a token, 12 blocks of 6 heads."""

    def __init__(self, width, height, classes=1000, patch=16, dimension=384, depth=12, heads=6):
        super().__init__()
        self.patches = nn.Conv2d(3, dimension, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, dimension))
        self.position = nn.Parameter(torch.randn(1, (width // patch) * (height // patch) + 1, dimension) * 0.02)
        self.blocks = nn.Sequential(*(EncoderBlock(dimension, heads) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(dimension, eps=1e-6), nn.Linear(dimension, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), 1) + self.position
        return self.head(self.norm(self.blocks(x))[:, 0])


class UNet(nn.Module):
    def __init__(self, classes=21, width=64):
        super().__init__()
        sizes = [width << i for i in range(5)]
        double = lambda inputs, outputs: nn.Sequential(conv_norm(inputs, outputs), conv_norm(outputs, outputs))
        self.down = nn.ModuleList(double(3 if i == 0 else sizes[i - 1], sizes[i]) for i in range(5))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(sizes[i + 1], sizes[i], 2, 2) for i in range(4))
        self.up = nn.ModuleList(double(2 * sizes[i], sizes[i]) for i in range(4))
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        skips = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        for i in (3, 2, 1, 0):
            x = self.up[i](torch.cat((skips[i], self.enlarge[i](x)), 1))
        return self.head(x)


NETWORKS = {
    "resnet18": lambda width, height: resnet18(),
    "mobilenetv2": lambda width, height: mobilenetv2(),
    "vit": VisionTransformer,
    "unet": lambda width, height: UNet(),
}


def measure(network, device, width, height, runs, warmup):
    """Sorted times of runs in milliseconds."""
    host = torch.rand(1, 3, height, width)
    host = host.pin_memory() if device == "cuda" else host
    times = []
    with torch.inference_mode():
        for i in range(warmup + runs):
            began = time.perf_counter()
            network(host.to(device, non_blocking=True)).cpu()  # waits for the device
            if i >= warmup:
                times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def row(item, mode, device, runs, warmup):
    found = {"architecture": item["architecture"], "width": item["width"], "height": item["height"], "mode": mode, "p50_ms": 0, "p99_ms": 0, "error": None}
    try:
        network = NETWORKS[item["architecture"]](item["width"], item["height"]).eval().to(device)
        if mode == "compiled":
            if not hasattr(torch, "compile"):
                raise RuntimeError(f"PyTorch {torch.__version__} does not compile")
            network = torch.compile(network, mode="reduce-overhead")
        times = measure(network, device, item["width"], item["height"], runs, warmup)
        found["p50_ms"], found["p99_ms"] = (times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.99))
    except Exception as error:  # a compiler that is missing costs its own row
        found["error"] = " ".join(str(error).split())[:300]
    print(f"{item['architecture']} {item['width']}x{item['height']} {mode}: {found['error'] or '%.3f ms' % found['p50_ms']}", file=sys.stderr)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", required=True, help="what edgevision gpu-check --list wrote")
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--warmup", type=int, default=50)
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.exit("gpu_check_torch: this PyTorch finds no CUDA device")
    with open(arguments.list, encoding="utf-8") as file:
        wanted = {(i["architecture"], i["width"], i["height"]): i for i in json.load(file) if i["architecture"] in NETWORKS}
    rows = [row(item, mode, arguments.device, arguments.runs, arguments.warmup) for item in wanted.values() for mode in ("eager", "compiled")]
    name = torch.cuda.get_device_name() if arguments.device == "cuda" else "the CPU"
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__, "device": name, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
