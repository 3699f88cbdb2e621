# diffusers' own networks in float64, the time embedding too: what both sides are compared with.
#
# diffusers computes the time embedding in float32 whatever the model's type is; here that function is
# replaced by its own text in float64. Weights and inputs are float32 numbers, taken exactly.
import copy
import math

import torch
from diffusers import UNet2DModel
from diffusers.models import embeddings

TRAIN_STEPS = 1000


def timestep_embedding(timesteps, embedding_dim, flip_sin_to_cos=False, downscale_freq_shift=1, scale=1, max_period=10000):
    half = embedding_dim // 2
    exponent = -math.log(max_period) * torch.arange(half, dtype=torch.float64) / (half - downscale_freq_shift)
    angle = scale * timesteps.double()[:, None] * torch.exp(exponent)[None, :]
    parts = [torch.cos(angle), torch.sin(angle)] if flip_sin_to_cos else [torch.sin(angle), torch.cos(angle)]
    if embedding_dim % 2 == 1:
        parts.append(torch.zeros(len(timesteps), 1, dtype=torch.float64))
    return torch.cat(parts, dim=1)


def in_float64(model):
    """A copy that computes in float64."""
    exact = copy.deepcopy(model).double().eval()
    embeddings.get_timestep_embedding = timestep_embedding
    return exact


def in_float32(model):
    """diffusers as it is."""
    embeddings.get_timestep_embedding = _AS_IT_IS
    return model.float().eval()


_AS_IT_IS = embeddings.get_timestep_embedding


def open_model(folder):
    return UNet2DModel.from_pretrained(folder).eval()


def alpha_bars():
    """Of DDPM's linear schedule, in float64."""
    betas = torch.linspace(1e-4, 0.02, TRAIN_STEPS, dtype=torch.float64)
    return torch.cumprod(1 - betas, dim=0)


def loss_of(model, inputs):
    """mean (eps - eps_theta(x_t, t))^2, x_t by DDPM's linear schedule; in the model's type."""
    dtype = next(model.parameters()).dtype
    bars = alpha_bars()[inputs["timestep"]].to(dtype)[:, None, None, None]
    x0, noise = inputs["x0"].to(dtype), inputs["noise"].to(dtype)
    noised = bars.sqrt() * x0 + (1 - bars).sqrt() * noise
    output = model(noised, inputs["timestep"], class_labels=labels_of(inputs, dtype)).sample
    return ((output - noise) ** 2).mean()


def labels_of(inputs, dtype):
    labels = inputs.get("class_labels")
    return labels.to(dtype) if labels is not None and labels.is_floating_point() else labels


def relative_error(ours, exact):
    """Largest difference, relative to the largest magnitude."""
    exact = exact.double()
    return ((ours.double() - exact).abs().max() / exact.abs().max().clamp_min(1e-300)).item()
