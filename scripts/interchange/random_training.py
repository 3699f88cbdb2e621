# What `train` can be told of objective, optimiser, learning rate and average: drawn from a seed. A few
# steps on given batches are compared with PyTorch's in float64.
import csv
import math
import os
import random

import torch
from diffusers import UNet2DModel
from diffusers.training_utils import EMAModel
from exact import in_float64
from ours import run
from random_configs import draw_model
from safetensors.torch import save_file
from training import CONFIG as LARGER
from training import weight_error

TRAIN_STEPS = 1000
CONFIG = {**LARGER, "sample_size": 8}


def drawn_training_errors(seed, folder):
    """Of the losses, the weights and their average."""
    told = draw_options(seed)
    path = os.path.join(folder, f"training-{seed}")
    draw_model(CONFIG, seed).save_pretrained(os.path.join(path, "start"))
    batches = draw_batches(told, seed)
    losses, weights, average = train_in_pytorch(os.path.join(path, "start"), batches, told)
    ours = train_here(path, batches, told)
    return {
        "loss": max(abs(a / b - 1) for a, b in zip(ours, losses, strict=True)),
        "weights": weight_error(os.path.join(path, "run", "model"), weights),
        "average": weight_error(os.path.join(path, "run", "ema"), average),
    }


def draw_options(seed):
    """Options of `train`, by name."""
    draw = random.Random(seed)
    objective = draw.choice(["simple", "min-snr", "soft-min-snr", "p2"])
    warms_up = draw.choice([False, True])
    return {
        "objective": objective,
        **({"gamma": draw.choice([1, 5])} if objective != "simple" else {}),
        **({"p2-k": draw.choice([0.5, 1])} if objective == "p2" else {}),
        "loss": draw.choice(["mse", "mse", "l1", "huber"]),
        "schedule": draw.choice(["linear", "scaled_linear", "squaredcos_cap_v2"]),
        "prediction": draw.choice(["epsilon", "v_prediction", "sample"]),
        "optimizer": draw.choice(["adamw", "adam"]),
        "betas": draw.choice(["0.9,0.999", "0.95,0.99", "0.5,0.9"]),
        "weight-decay": draw.choice([0, 0.01, 0.3]),
        "clip": draw.choice([0, 0.2, 1]),
        "lr": draw.choice([1e-3, 2e-4]),
        "warmup": draw.choice([0, 3]),
        "lr-decay": draw.choice(["constant", "cosine", "linear"]),
        "ema": draw.choice([0.9, 0.99]),
        **({"ema-power": 0.75, "ema-inv-gamma": 2, "ema-min": 0.1} if warms_up else {}),
        **({"ema-update-after": draw.choice([0, 2])} if warms_up else {}),
        "accumulate": draw.choice([1, 1, 2]),
        "steps": draw.choice([6, 10]),
    }


def draw_batches(told, seed, images=2):
    """x0, noise [S, B, 1, 8, 8], timestep [S, B]; S counts the batches of all steps."""
    draw = torch.Generator().manual_seed(seed)
    count = told["steps"] * told["accumulate"]
    x0 = torch.randn((count, images, 1, 8, 8), generator=draw)
    noise = torch.randn(x0.shape, generator=draw)
    return {"x0": x0, "noise": noise, "timestep": torch.randint(TRAIN_STEPS, (count, images), generator=draw)}


def train_here(path, batches, told):
    given, out = os.path.join(path, "batches.safetensors"), os.path.join(path, "run")
    save_file(batches, given)
    options = [part for name, value in told.items() for part in (f"--{name}", value)]
    run("train", "--model", os.path.join(path, "start"), "--batches", given, "--out", out, "--samples", 0, *options)
    with open(os.path.join(out, "loss.csv")) as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def train_in_pytorch(start, batches, told):
    """Losses; weights and their average, by name."""
    model = in_float64(UNet2DModel.from_pretrained(start)).train()
    kind = torch.optim.AdamW if told["optimizer"] == "adamw" else torch.optim.Adam
    betas = tuple(map(float, told["betas"].split(",")))
    optimizer = kind(model.parameters(), told["lr"], betas, weight_decay=told["weight-decay"])
    average = Average(model, told)
    bars, accumulate = alpha_bars_of(told["schedule"]), told["accumulate"]
    losses = []
    for step in range(told["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(step, told)
        parts = range(step * accumulate, (step + 1) * accumulate)
        batch_losses = [loss_of(model, bars, told, {k: v[i] for k, v in batches.items()}) / accumulate for i in parts]
        for loss in batch_losses:
            loss.backward()
        if told["clip"]:
            torch.nn.utils.clip_grad_norm_(model.parameters(), told["clip"])
        optimizer.step()
        optimizer.zero_grad()
        average.step()
        losses.append(sum(loss.item() for loss in batch_losses))
    return losses, {name: p.detach() for name, p in model.named_parameters()}, average.named()


def alpha_bars_of(schedule):
    first, last, T = 1e-4, 0.02, TRAIN_STEPS
    if schedule == "linear":
        betas = torch.linspace(first, last, T, dtype=torch.float64)
    elif schedule == "scaled_linear":
        betas = torch.linspace(first**0.5, last**0.5, T, dtype=torch.float64) ** 2
    else:
        bar = lambda u: math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
        betas = [min(1 - bar((t + 1) / T) / bar(t / T), 0.999) for t in range(T)]
        betas = torch.tensor(betas, dtype=torch.float64)
    return torch.cumprod(1 - betas, 0)


def loss_of(model, bars, told, batch):
    """Mean over the images of w_t · l(prediction − target)."""
    x0, noise, timestep = batch["x0"].double(), batch["noise"].double(), batch["timestep"]
    bar = bars[timestep][:, None, None, None]
    signal, spread = bar.sqrt(), (1 - bar).sqrt()
    targets = {"epsilon": noise, "sample": x0, "v_prediction": signal * noise - spread * x0}
    gap = model(signal * x0 + spread * noise, timestep).sample - targets[told["prediction"]]
    kinds = {"mse": gap**2, "l1": gap.abs(), "huber": torch.where(gap.abs() < 1, gap**2 / 2, gap.abs() - 0.5)}
    weights = loss_weights(bars[timestep] / (1 - bars[timestep]), told)
    return (weights * kinds[told["loss"]].mean((1, 2, 3))).mean()


def loss_weights(snr, told):
    """Of ‖ε − ε̂‖² the objective's, in terms of what is predicted."""
    gamma = told.get("gamma")
    weights = {
        "simple": lambda: torch.ones_like(snr),
        "min-snr": lambda: snr.clamp(max=gamma) / snr,
        "soft-min-snr": lambda: gamma / (snr + gamma),
        "p2": lambda: (told["p2-k"] + snr) ** -gamma,
    }[told["objective"]]()
    if told["objective"] == "simple":
        return weights
    return weights * {"epsilon": 1, "sample": snr, "v_prediction": snr / (snr + 1)}[told["prediction"]]


def learning_rate_at(step, told):
    rate, warmup = told["lr"], told["warmup"]
    if step < warmup:
        return rate * (step + 1) / warmup
    part = (step - warmup) / (told["steps"] - warmup)
    decays = {"constant": 1, "linear": 1 - part, "cosine": (1 + math.cos(math.pi * part)) / 2}
    return rate * decays[told["lr-decay"]]


class Average:
    """diffusers' EMAModel where the average warms up, else one of constant decay."""

    def __init__(self, model, told):
        self.model, self.decay = model, told["ema"]
        self.values = [p.detach().clone() for p in model.parameters()]
        self.theirs = None
        if "ema-power" in told:
            rise = {"inv_gamma": told["ema-inv-gamma"], "power": told["ema-power"], "min_decay": told["ema-min"]}
            after = {"update_after_step": told["ema-update-after"], "use_ema_warmup": True}
            self.theirs = EMAModel(model.parameters(), decay=self.decay, **rise, **after)

    def step(self):
        if self.theirs:
            self.theirs.step(self.model.parameters())
            self.values = self.theirs.shadow_params
            return
        for value, p in zip(self.values, self.model.parameters()):
            value.lerp_(p.detach(), 1 - self.decay)

    def named(self):
        return dict(zip((name for name, _ in self.model.named_parameters()), self.values))
