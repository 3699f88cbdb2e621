# Our checkpoint → accelerate under torchrun with two processes → ours, beside the run that stayed.
import csv
import json
import os
import subprocess
import sys

from exact import open_model
from ours import ROOT, Refused, run
from training import CONFIG, weight_error

EACH = 5  # steps here, then there, then here again
SCRIPT = os.path.join(ROOT, "demo", "accelerate", "train.py")
DATA = os.path.join(ROOT, "data", "fashion-mnist", "t10k-images-idx3-ubyte.gz")
OPTIONS = "--batch 4 --lr 1e-3 --warmup 4 --clip 1 --ema 0.9 --weight-decay 0.01 --seed 3 --samples 0".split()


def travel_errors(folder):
    """What differs after a detour through two processes of PyTorch; and both curves."""
    stayed, went = (os.path.join(folder, name) for name in ("stayed", "went"))
    config = os.path.join(folder, "travel.json")
    with open(config, "w") as file:
        json.dump({"_class_name": "UNet2DModel", **CONFIG, "sample_size": 28}, file)
    start = ["--config", config, *OPTIONS]
    run("train", *start, "--steps", 3 * EACH, "--out", stayed)
    run("train", *start, "--steps", EACH, "--out", went, "--save-every", EACH)
    under_torchrun(went, EACH)
    run("train", "--resume", went, "--steps", 3 * EACH)
    here, there = losses_of(stayed), losses_of(went)
    if len(there) != 3 * EACH:
        raise Refused(f"train --resume: {len(there)} steps in loss.csv, not {3 * EACH}")
    errors = {"loss": max(abs(a - b) / b for a, b in zip(there, here, strict=True))}
    for part in ("model", "ema"):
        expected = dict(open_model(os.path.join(stayed, part)).named_parameters())
        errors[part] = weight_error(os.path.join(went, part), expected)
    return {"errors": errors, "here": here, "pytorch": there}


def under_torchrun(folder, steps):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    arguments = [SCRIPT, folder, "--data", DATA, "--steps", str(steps)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode != 0:
        raise Refused(f"torchrun: {done.stderr[-2000:]}")


def losses_of(folder):
    with open(os.path.join(folder, "loss.csv")) as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]
