# Sampling from a diffusers folder, here and with diffusers' scheduler, from the same noise.
#
# Noise of a step is what our kernel draws for it, recomputed in draws.py. The end of a trajectory
# depends on all of it.
import os

import diffusers
import torch
from diffusers.schedulers import scheduling_ddpm
from exact import in_float32, open_model
from ours import run
from draws import REVERSE_STEP, normals
from safetensors.torch import load_file, save_file

SEED, STEPS, SHAPE = 7, 10, (2, 1, 16, 16)
CASES = {
    "DDPM, fixed_small": (diffusers.DDPMScheduler(), {}),
    "DDPM, fixed_large, cosine": (
        diffusers.DDPMScheduler(variance_type="fixed_large", beta_schedule="squaredcos_cap_v2"),
        {},
    ),
    "DDIM, eta 0": (diffusers.DDIMScheduler(), {"eta": 0.0}),
    "DDIM, eta 0.5": (diffusers.DDIMScheduler(), {"eta": 0.5}),
    "DPM-Solver++": (diffusers.DPMSolverMultistepScheduler(), {}),
    "Euler": (diffusers.EulerDiscreteScheduler(), {}),
    "Heun": (diffusers.HeunDiscreteScheduler(), {}),
}


def trajectory_errors(trained, folder):
    """name → largest difference of the last images, relative to their largest magnitude.

    The network is one that was trained: a drawn one does not pull a trajectory back, and multiplies
    each rounding error of the first steps by up to 157.
    """
    model = open_model(trained)
    noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(SEED))
    given = os.path.join(folder, "noise.safetensors")
    save_file({"noise": noise}, given)
    errors = {}
    for i, (name, (scheduler, options)) in enumerate(CASES.items()):
        path = os.path.join(folder, f"sampler-{i}")
        model.save_pretrained(path)
        scheduler.save_pretrained(path)
        scheduler.set_timesteps(STEPS)
        theirs = denoised(in_float32(model), scheduler, noise, options)
        out = os.path.join(path, "sample.safetensors")
        eta = [part for key, value in options.items() for part in (f"--{key}", value)]
        run("sample", "--model", path, "--steps", STEPS, "--seed", SEED, "--initial-noise", given, "--out", out, *eta)
        ours = load_file(out)["sample"]
        errors[name] = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    return errors


def denoised(model, scheduler, noise, options):
    """diffusers' loop (pipelines/ddpm, ddim) over the timesteps that are set, with the noise of our steps."""
    x = noise * scheduler.init_noise_sigma
    for i, t in enumerate(scheduler.timesteps):
        drawn = normals(noise.shape, REVERSE_STEP, i, SEED)
        scheduling_ddpm.randn_tensor = lambda *args, **kwargs: drawn
        given = {**options, "variance_noise": drawn} if options.get("eta") else options
        with torch.no_grad():
            output = model(scheduler.scale_model_input(x, t), t).sample
        x = scheduler.step(output, t, x, **given).prev_sample
    return x
