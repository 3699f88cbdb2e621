# 100 steps of training from the same start with the same images, noise and timesteps: here
# (`train --batches`) and in PyTorch float32.
import csv
import gzip
import os

import numpy as np
import torch
from diffusers import DDPMScheduler
from exact import alpha_bars, in_float32, open_model
from ours import ROOT, run
from random_configs import draw_model
from safetensors.torch import save_file

STEPS, BATCH = 100, 8
LEARNING_RATE, BETAS, WEIGHT_DECAY, CLIP, EMA = 1e-3, (0.9, 0.999), 0.01, 1.0, 0.99
CONFIG = {
    "sample_size": 16,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": (8, 16),
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "norm_num_groups": 4,
    "layers_per_block": 1,
}


def draw_batches(seed=11):
    """x0, noise [S, B, 1, 16, 16], timestep [S, B], of the middle of Fashion-MNIST's test images."""
    with gzip.open(os.path.join(ROOT, "data/fashion-mnist/t10k-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    draw = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(pixels), (STEPS, BATCH), generator=draw)
    x0 = torch.from_numpy(pixels[chosen.numpy()][..., 6:22, 6:22]).float() / 127.5 - 1
    noise = torch.randn(x0.shape, generator=draw)
    return {"x0": x0, "noise": noise, "timestep": torch.randint(1000, (STEPS, BATCH), generator=draw)}


def train_here(folder, batches):
    """The losses of the steps; the run's folder."""
    given, out = os.path.join(folder, "batches.safetensors"), os.path.join(folder, "run")
    save_file(batches, given)
    start = os.path.join(folder, "start")
    draw_model(CONFIG, seed=5).save_pretrained(start)
    DDPMScheduler().save_pretrained(start)
    numbers = {"lr": LEARNING_RATE, "betas": ",".join(map(str, BETAS)), "weight-decay": WEIGHT_DECAY, "clip": CLIP, "ema": EMA}
    options = [part for name, value in numbers.items() for part in (f"--{name}", value)]
    run("train", "--model", start, "--batches", given, "--out", out, *options)
    with open(os.path.join(out, "loss.csv")) as file:
        return [float(row["loss"]) for row in csv.DictReader(file)], out


def train_in_pytorch(folder, batches):
    """The losses; the trained weights and their average, by name."""
    model = in_float32(open_model(os.path.join(folder, "start"))).train()
    average = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, BETAS, weight_decay=WEIGHT_DECAY)
    bars = alpha_bars()
    losses = []
    for x0, noise, timestep in zip(batches["x0"], batches["noise"], batches["timestep"]):
        bar = bars[timestep].float()[:, None, None, None]
        output = model(bar.sqrt() * x0 + (1 - bar).sqrt() * noise, timestep).sample
        loss = torch.nn.functional.mse_loss(output, noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        optimizer.zero_grad()
        for name, p in model.named_parameters():
            average[name].lerp_(p.detach(), 1 - EMA)
        losses.append(loss.item())
    return losses, {name: p.detach() for name, p in model.named_parameters()}, average


def training_errors(folder):
    """Both loss curves and what differs; the folder of our run."""
    batches = draw_batches()
    ours, out = train_here(folder, batches)
    theirs, weights, average = train_in_pytorch(folder, batches)
    differences = [abs(a - b) / b for a, b in zip(ours, theirs, strict=True)]
    errors = {
        "loss": max(differences),
        "weights": weight_error(os.path.join(out, "model"), weights),
        "average": weight_error(os.path.join(out, "ema"), average),
    }
    return {"errors": errors, "here": ours, "pytorch": theirs}, out


def weight_error(folder, expected):
    """Largest difference, relative to the largest weight. A key's bias has no gradient but rounding,
    of which Adam makes steps: it is left out."""
    ours = dict(open_model(folder).named_parameters())
    names = [name for name in expected if not name.endswith("to_k.bias")]
    join = lambda tensors: torch.cat([tensors[name].detach().flatten() for name in names])
    a, b = join(ours), join(expected)
    return ((a - b).abs().max() / b.abs().max()).item()
