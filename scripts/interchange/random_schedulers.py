# Schedulers of the samplers without noise, as diffusers can be told to make them: drawn from a seed.
# The whole trajectory from the same noise is compared, on a trained network.
#
# Left out are draws on which float32 says nothing, whoever computes it: predicted noise, or steps of
# x / √ᾱ, from where ᾱ is below 1e-4 multiply a network's rounding by a hundred and more.
import os
import random

import diffusers
import torch
from exact import in_float64, open_model
from ours import run
from safetensors.torch import load_file, save_file
from trajectories import SHAPE, denoised

LEAST_ALPHA_BAR = 1e-4


def drawn_scheduler_error(seed, trained, folder):
    """Largest difference of the last images, relative to their largest magnitude."""
    scheduler, steps = draw_scheduler(seed)
    path = os.path.join(folder, f"scheduler-{seed}")
    model = open_model(trained)
    model.save_pretrained(path)
    scheduler.save_pretrained(path)
    noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))
    given, out = os.path.join(path, "noise.safetensors"), os.path.join(path, "sample.safetensors")
    save_file({"noise": noise}, given)
    tables = ("--precision", "diffusers-f32")
    run("sample", "--model", path, "--steps", steps, "--initial-noise", given, "--out", out, *tables)
    theirs = denoised(in_float64(model), scheduler, noise.double(), {})
    return ((load_file(out)["sample"] - theirs).abs().max() / theirs.abs().max()).item()


def draw_scheduler(seed):
    """A scheduler, its timesteps set, and how many they are."""
    draw = random.Random(seed)
    while True:
        kind = draw.choice([draw_ddim, draw_dpm_solver, draw_euler, draw_heun])
        steps = draw.choice([1, 3, 5, 8, 13, 20])
        scheduler = kind(draw, draw_process(draw))
        scheduler.set_timesteps(steps)
        if scheduler.alphas_cumprod[int(scheduler.timesteps[0])] >= LEAST_ALPHA_BAR:
            return scheduler, steps


def draw_process(draw):
    return {
        "num_train_timesteps": draw.choice([1000, 1000, 400]),
        "beta_start": draw.choice([1e-4, 0.00085]),
        "beta_end": draw.choice([0.02, 0.012]),
        "beta_schedule": draw.choice(["linear", "scaled_linear", "squaredcos_cap_v2"]),
        "prediction_type": draw.choice(["epsilon", "v_prediction", "sample"]),
        "timestep_spacing": draw.choice(["leading", "linspace", "trailing"]),
        "steps_offset": draw.choice([0, 1]),
    }


def draw_ddim(draw, process):
    clipping = {"clip_sample": draw.choice([True, False]), "clip_sample_range": draw.choice([1.0, 2.0])}
    return diffusers.DDIMScheduler(**process, **clipping, set_alpha_to_one=draw.choice([True, False]))


def draw_dpm_solver(draw, process):
    return diffusers.DPMSolverMultistepScheduler(
        **process,
        solver_order=draw.choice([1, 2]),
        solver_type=draw.choice(["midpoint", "heun"]),
        lower_order_final=draw.choice([True, False]),
        euler_at_final=draw.choice([True, False]),
        use_karras_sigmas=draw.choice([True, False]),
        final_sigmas_type=draw.choice(["zero", "sigma_min"]),
    )


def draw_euler(draw, process):
    return diffusers.EulerDiscreteScheduler(
        **process,
        use_karras_sigmas=draw.choice([True, False]),
        final_sigmas_type=draw.choice(["zero", "sigma_min"]),
    )


def draw_heun(draw, process):
    return diffusers.HeunDiscreteScheduler(**process, use_karras_sigmas=draw.choice([True, False]))
