# A network of google/ddpm-cifar10-32's size (35.7 million numbers), weights drawn, on one image.
import json
import os

import torch
from diffusers import UNet2DModel
from ours import ROOT
from unets import output_errors


def published_errors(folder):
    with open(os.path.join(ROOT, "tests/fixtures/names/ddpm-cifar10-32.json")) as file:
        config = json.load(file)["config"]
    torch.manual_seed(1)
    path = os.path.join(folder, "cifar")
    UNet2DModel.from_config(config).save_pretrained(path)
    return output_errors(path, {"sample": torch.randn(1, 3, 32, 32), "timestep": torch.tensor([500])})
