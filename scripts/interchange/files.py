# Folders that travel: weights bit for bit in both directions, configs and schedulers key for key.
import copy
import glob
import os

import diffusers
import torch
from diffusers import DDPMPipeline, UNet2DModel
from exact import open_model
from ours import run
from random_configs import draw_config, draw_model
from safetensors.torch import load_file

SCHEDULERS = [
    diffusers.DDPMScheduler,
    diffusers.DDIMScheduler,
    diffusers.DPMSolverMultistepScheduler,
    diffusers.EulerDiscreteScheduler,
    diffusers.HeunDiscreteScheduler,
]


def unequal_files(trained, folder):
    """check → how many tensors or keys differ: none may."""
    there = draw_model(draw_config(8), seed=8)
    source = os.path.join(folder, "files-source")
    there.save_pretrained(source)
    return {
        "diffusers → here → diffusers": from_diffusers(there, source, folder),
        "here → diffusers → here": from_here(trained, folder),
        "pipeline and shards → DDPMPipeline": through_pipeline(trained, folder),
        "float16": through_halves(there, source, folder, torch.float16, "float16"),
        "bfloat16": through_halves(there, source, folder, torch.bfloat16, "bfloat16"),
        "config.json": differing_keys(open_model(trained).config, {**draw_free(trained)}),
        "scheduler_config.json, 5 classes": through_schedulers(trained, folder),
    }


def exported(model, folder, name, *options):
    out = os.path.join(folder, name)
    run("export", "--model", model, "--out", out, *options)
    return out


def from_diffusers(there, source, folder):
    again = open_model(exported(source, folder, "files-again", "--unet"))
    return differing_tensors(again.state_dict(), there.state_dict())


def from_here(trained, folder):
    """Our weights, opened and saved by diffusers, and read and written here again."""
    theirs = os.path.join(folder, "files-theirs")
    open_model(trained).save_pretrained(theirs, max_shard_size="20KB")
    back = exported(theirs, folder, "files-back", "--unet")
    return differing_tensors(weights_of(back), weights_of(trained))


def through_pipeline(trained, folder):
    out = exported(trained, folder, "files-pipeline", "--max-shard-size", "20KB")
    if len(glob.glob(os.path.join(out, "unet", "*-of-*.safetensors"))) < 2:
        raise AssertionError("export: no shards were written")
    pipeline = DDPMPipeline.from_pretrained(out)
    scheduler = diffusers.DDPMScheduler.from_pretrained(trained)
    differing = differing_keys(pipeline.scheduler.config, scheduler.config)
    return differing + differing_tensors(pipeline.unet.state_dict(), weights_of(trained))


def through_halves(there, source, folder, dtype, name):
    """Rounded here and by PyTorch; and what diffusers stored so, read here."""
    rounded = {key: value.to(dtype) for key, value in there.state_dict().items()}
    ours = weights_of(exported(source, folder, f"files-{name}", "--unet", "--dtype", name))
    theirs = os.path.join(folder, f"files-{name}-theirs")
    copy.deepcopy(there).to(dtype).save_pretrained(theirs)
    wide = exported(theirs, folder, f"files-{name}-wide", "--unet", "--dtype", "float32")
    widened = {key: value.float() for key, value in rounded.items()}
    return differing_tensors(ours, rounded) + differing_tensors(weights_of(wide), widened)


def through_schedulers(trained, folder):
    own = diffusers.DDPMScheduler.from_pretrained(trained)
    differing = 0
    for kind in SCHEDULERS:
        out = exported(trained, folder, f"files-{kind.__name__}", "--scheduler", kind.__name__)
        opened = kind.from_pretrained(os.path.join(out, "scheduler"))
        saved = os.path.join(folder, f"files-{kind.__name__}-saved")
        own.save_pretrained(saved)
        differing += differing_keys(opened.config, kind.from_pretrained(saved).config)
    return differing


def draw_free(folder):
    """The config that diffusers makes of our file, by its own constructor."""
    return UNet2DModel.from_config(UNet2DModel.load_config(folder)).config


def weights_of(folder):
    return load_file(os.path.join(folder, "diffusion_pytorch_model.safetensors"))


def differing_tensors(ours, theirs):
    same = [name for name in theirs if name in ours and identical(ours[name], theirs[name])]
    return len(set(ours) | set(theirs)) - len(same)


def identical(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)


def differing_keys(ours, theirs):
    known = lambda config: {key: plain(value) for key, value in config.items() if not key.startswith("_")}
    a, b = known(ours), known(theirs)
    return sum(a.get(key, "absent") != b.get(key, "absent") for key in a.keys() | b.keys())


def plain(value):
    return list(value) if isinstance(value, tuple) else value
