# Small U-Nets of every kind that diffusers' UNet2DModel can be: drawn from a seed, then saved.
#
# Each option takes each of its values within a few dozen draws. Sizes stay small: what is checked is
# what an option means, not how fast it is.
import random

import torch
from diffusers import UNet2DModel

DOWN = ["DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D"]
UP = ["UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"]
ACTIVATIONS = ["silu", "swish", "mish", "gelu", "relu"]
MOST_TOKENS = 300  # of an attention block: it takes the square of it


def draw_config(seed):
    """Keyword arguments of UNet2DModel."""
    draw = random.Random(seed)
    levels = 1 + seed % 6
    groups = draw.choice([1, 2, 3, 4, 5])
    channels = [groups * draw.randint(1, 10 // groups + 1) for _ in range(levels)]
    unit = 2 ** (levels - 1)
    sizes = [k * unit for k in (1, 2, 3, 5) if k * unit <= max(unit, 24)]
    height, width = draw.choice(sizes), draw.choice(sizes)
    mid = draw.choice(["UNetMidBlock2D", "UNetMidBlock2D", None])
    add_attention = draw.choice([True, True, False])
    attends = [height * width / 4**i <= MOST_TOKENS for i in range(levels)]
    down = [draw.choice(DOWN) if fits else draw.choice([DOWN[0], DOWN[2]]) for fits in attends]
    up = [draw.choice(UP) if fits else draw.choice([UP[0], UP[2]]) for fits in reversed(attends)]
    image_channels = draw.randint(1, 4)
    config = {
        "sample_size": height if height == width else (height, width),
        "in_channels": image_channels,
        "out_channels": image_channels,
        "center_input_sample": draw.choice([False, True]),
        "time_embedding_dim": draw.choice([None, None, 7, 12]),
        "down_block_types": tuple(down),
        "mid_block_type": mid,
        "up_block_types": tuple(up),
        "block_out_channels": tuple(channels),
        "layers_per_block": draw.choice([1, 1, 2, 3]),
        "mid_block_scale_factor": draw.choice([1, 1, 1.4142135, 0.5]),
        "downsample_padding": draw.choice([0, 1]),
        "downsample_type": draw.choice(["conv", "resnet"]),
        "upsample_type": draw.choice(["conv", "resnet"]),
        "dropout": draw.choice([0.0, 0.1]),
        "act_fn": draw.choice(ACTIVATIONS),
        "attention_head_dim": draw.choice([None, 1, min(channels), max(1, min(channels) // 2)]),
        "norm_num_groups": groups,
        "attn_norm_num_groups": draw.choice([None, None, groups, 1, channels[-1]]),
        "norm_eps": draw.choice([1e-5, 1e-6, 1e-3]),
        "resnet_time_scale_shift": draw.choice(["default", "scale_shift"]),
        "add_attention": add_attention,
    }
    return {**config, **draw_time(draw, channels[0]), **draw_classes(draw)}


def draw_time(draw, channels):
    kind = draw.choice(["positional", "positional", "fourier", "learned"])
    shift = draw.choice([0, 1]) if channels // 2 > 1 else 0
    return {
        "time_embedding_type": kind,
        "freq_shift": shift,
        "flip_sin_to_cos": draw.choice([True, False]),
        "num_train_timesteps": 1000 if kind == "learned" else None,
    }


def draw_classes(draw):
    kind = draw.choice([None, None, "table", "timestep", "identity"])
    if kind == "table":
        return {"num_class_embeds": draw.randint(1, 10)}
    return {"class_embed_type": kind}


def draw_model(config, seed):
    """The network, with no weight left at a value that hides it (norms start at 1 and 0)."""
    torch.manual_seed(seed)
    model = UNet2DModel(**config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def draw_inputs(config, seed, images=2):
    """x0, noise [N, C, H, W], timestep [N], class_labels where the network takes them."""
    draw = torch.Generator().manual_seed(seed)
    size = config["sample_size"]
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    shape = (images, config["in_channels"], height, width)
    inputs = {
        "x0": torch.rand(shape, generator=draw) * 2 - 1,
        "noise": torch.randn(shape, generator=draw),
        "timestep": torch.randint(1, 1000, (images,), generator=draw),
    }
    kind = config.get("class_embed_type")
    if kind == "identity":
        width = config["time_embedding_dim"] or 4 * config["block_out_channels"][0]
        inputs["class_labels"] = torch.randn((images, width), generator=draw)
    elif kind == "timestep":
        inputs["class_labels"] = torch.randint(1, 1000, (images,), generator=draw)
    elif config.get("num_class_embeds"):
        inputs["class_labels"] = torch.randint(0, config["num_class_embeds"], (images,), generator=draw)
    return inputs
