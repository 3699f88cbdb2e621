# wgsl-diffusion's checkpoints, read and written. The format: src/train/README.md.
import glob
import hashlib
import json
import os
import shutil
from math import cos, pi

import torch
from diffusers import DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

WEIGHTS, STATE, TENSORS = "diffusion_pytorch_model.safetensors", "training_state.json", "training_state.safetensors"
SETS = ("ema", "exp_avg", "exp_avg_sq")


def latest(run):
    """The folder of a run's latest checkpoint; a checkpoint's own folder is itself."""
    if os.path.exists(os.path.join(run, STATE)):
        return run
    folder = os.path.join(run, "checkpoints")
    with open(os.path.join(folder, "latest.json")) as file:
        return os.path.join(folder, json.load(file)["latest"])


class Checkpoint:
    """A checkpoint's network, noise schedule, optimiser's and average's tensors, and its state."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, STATE)) as file:
            self.state = json.load(file)
        if self.state["format"] != 1:
            raise SystemExit(f"{folder}: format {self.state['format']} is newer than this script")
        self._verify()
        self.model = UNet2DModel.from_pretrained(folder)
        has_scheduler = os.path.exists(os.path.join(folder, "scheduler_config.json"))
        config = DDPMScheduler.load_config(folder) if has_scheduler else {}
        self.scheduler = DDPMScheduler.from_config(config)
        tensors = load_file(os.path.join(folder, TENSORS))
        names = [name for name, p in self.model.named_parameters() if p.requires_grad]
        self.sets = {of: {name: tensors[f"{of}.{name}"] for name in names} for of in SETS}

    def _verify(self):
        for name, told in self.state.get("files", {}).items():
            if sha256(os.path.join(self.folder, name)) != told["sha256"]:
                raise SystemExit(f"{self.folder}/{name} is damaged: take the checkpoint before it")

    @property
    def options(self):
        return self.state["hyper_parameters"]

    @property
    def step(self):
        return self.state["step"]

    @property
    def seed(self):
        return int(self.state["seed"])

    def optimizer(self, model):
        """PyTorch's, with both moments and its count of steps."""
        options = self.options
        kind = torch.optim.Adam if options.get("optimizer") == "adam" else torch.optim.AdamW
        named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        optimizer = kind(
            named.values(), options["learningRate"], options["betas"], options["eps"], options["weightDecay"]
        )
        for name, p in named.items():
            optimizer.state[p] = {
                "step": torch.tensor(float(self.step)),
                "exp_avg": self.sets["exp_avg"][name].clone(),
                "exp_avg_sq": self.sets["exp_avg_sq"][name].clone(),
            }
        return optimizer


def learning_rate_at(step, options):
    """Of step s = 0, 1, …: a rise, then constant, a half cosine or a line down."""
    rate, warmup, decay = options["learningRate"], options["warmup"], options["decay"]
    if step < warmup:
        return rate * (step + 1) / warmup
    if decay == "constant":
        return rate
    part = min(1, (step - warmup) / max(1, options["decaySteps"] - warmup))
    return rate * (1 - part if decay == "linear" else (1 + cos(pi * part)) / 2)


def ema_decay_at(step, options):
    """The average's decay at step s = 0, 1, …, as diffusers' EMAModel has it."""
    since = step - options["emaUpdateAfter"]
    if since < 0:
        return 0
    if not options["emaWarmup"]:
        return options["ema"]
    if since == 0:
        return 0
    power = options["emaPower"]
    rise = 1 - (1 + since / options["emaInvGamma"]) ** -power if power > 0 else (1 + since) / (10 + since)
    return max(options["emaMin"], min(options["ema"], rise))


def place_in_data(state, images):
    """How many images the run has seen: where the next step begins in the epochs' orders."""
    told, options = state.get("data_order"), state["hyper_parameters"]
    if told is None:
        return state["step"] * options["batch"] * options.get("accumulate", 1)
    if told["images"] != images:
        raise SystemExit(f"the run's data has {told['images']} images, this has {images}")
    return told["epoch"] * images + told["position"]


def write(checkpoint, out, step, model, optimizer, average, place, loss):
    """Adds the folder of a step to a run's checkpoints, whole, then names it the latest."""
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    tensors = {f"ema.{name}": average[name] for name in named}
    for kind in ("exp_avg", "exp_avg_sq"):
        tensors |= {f"{kind}.{name}": optimizer.state[p][kind] for name, p in named.items()}
    folder = os.path.join(out, "checkpoints", f"step-{step:06d}")
    unfinished = f"{folder}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished)
    checkpoint.scheduler.save_pretrained(unfinished)
    save_file({name: t.detach().float().cpu().contiguous() for name, t in tensors.items()}, os.path.join(unfinished, TENSORS))
    state = {key: value for key, value in checkpoint.state.items() if key not in ("adapter", "kernels", "loss_scale")}
    images = checkpoint.state.get("data", {}).get("images") or place[1]
    order = {"epoch": place[0] // place[1], "position": place[0] % place[1], "images": images}
    files = {os.path.basename(path): told_of(path) for path in glob.glob(os.path.join(unfinished, "*"))}
    write_json(os.path.join(unfinished, STATE), {**state, "step": step, "data_order": order, "files": files})
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(unfinished, folder)
    name_latest(out, folder, step, loss)
    return folder


def name_latest(out, folder, step, loss):
    pointer = os.path.join(out, "checkpoints", "latest.json")
    known = []
    if os.path.exists(pointer):
        with open(pointer) as file:
            known = [one for one in json.load(file)["checkpoints"] if one["step"] < step]
    own = {"folder": os.path.basename(folder), "step": step, "loss": loss, "sha256": sha256(os.path.join(folder, STATE))}
    kept = [own, *known]
    best = min(kept, key=lambda one: one.get("validation_loss", one["loss"]))
    write_json(pointer, {"format": 1, "latest": own["folder"], "best": best["folder"], "checkpoints": kept})


def write_json(path, value):
    with open(f"{path}.unfinished", "w") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.unfinished", path)


def told_of(path):
    return {"bytes": os.path.getsize(path), "sha256": sha256(path)}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
