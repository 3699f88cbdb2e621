"""PyTorch's time for the training step that `wgsl-diffusion inspect --config` profiles.

    python bench/pytorch/train_step.py CONFIG.json [--batch 8] [--samples 20]

A U-Net of diffusers on random images: forward, mean squared error, backward, clipping and AdamW, eager,
with PyTorch's defaults, with TF32 off (float32 throughout) and under AMP. Prints one JSON object: median
milliseconds, and the device's name. Needs torch and diffusers.
"""

import argparse
import json
import statistics
import time

import torch
from diffusers import UNet2DModel

MODES = {
    "float32": {"tf32": False, "amp": None},
    "float32, TF32 allowed": {"tf32": True, "amp": None},
    "AMP float16": {"tf32": True, "amp": torch.float16},
    "AMP bfloat16": {"tf32": True, "amp": torch.bfloat16},
}


def set_tf32(allowed):
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def make_step(config, batch, amp):
    torch.manual_seed(0)
    model = UNet2DModel.from_config(config).cuda().train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    scaler = torch.amp.GradScaler(enabled=amp is torch.float16)
    shape = (batch, config["in_channels"], config["sample_size"], config["sample_size"])
    x, noise = torch.randn(shape).cuda(), torch.randn(shape).cuda()
    t = torch.randint(0, 1000, (batch,)).cuda()

    def step():
        with torch.autocast("cuda", dtype=amp, enabled=amp is not None):
            loss = torch.nn.functional.mse_loss(model(x, t).sample, noise)
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimiser)
        scaler.update()
        optimiser.zero_grad()
        return loss

    return step


def median_ms(step, samples):
    for _ in range(5):
        step().item()
    times = []
    for _ in range(samples):
        torch.cuda.synchronize()
        start = time.perf_counter()
        step()
        torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start))
    return round(statistics.median(times), 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--samples", type=int, default=20)
    given = parser.parse_args()
    with open(given.config) as file:
        config = json.load(file)
    times = {}
    for name, mode in MODES.items():
        set_tf32(mode["tf32"])
        times[name] = median_ms(make_step(config, given.batch, mode["amp"]), given.samples)
    device = torch.cuda.get_device_name()
    print(json.dumps({"device": device, "torch": torch.__version__, "batch": given.batch, "ms": times}))


if __name__ == "__main__":
    main()
