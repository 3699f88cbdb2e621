# Drawn U-Nets, diffusers → here: output and every gradient.
import os

import torch
from exact import in_float32, in_float64, labels_of, loss_of, relative_error
from ours import Refused, run_tensors
from random_configs import draw_config, draw_inputs, draw_model


def check_network(seed, folder):
    """Errors of one drawn network: ours, and diffusers' own in float32."""
    config = draw_config(seed)
    model, inputs = draw_model(config, seed), draw_inputs(config, seed)
    path = os.path.join(folder, f"unet-{seed}")
    model.save_pretrained(path)
    given = {"sample": inputs["noise"], "timestep": inputs["timestep"]}
    if "class_labels" in inputs:
        given["class_labels"] = inputs["class_labels"]
    exact = evaluate(in_float64(model), given), gradients(in_float64(model), inputs)
    float32 = evaluate(in_float32(model), given), gradients(in_float32(model), inputs)
    output = run_tensors("forward", path, given, path)["sample"]
    ours = run_tensors("gradients", path, inputs, path)
    names = {"loss", *(name for name, p in model.named_parameters() if p.requires_grad)}
    if set(ours) - {"time_proj.weight"} != names - {"time_proj.weight"}:
        raise Refused(f"gradients: names differ: {sorted(set(ours) ^ names)[:5]}")
    return {
        "output": relative_error(output, exact[0]),
        "gradients": gradient_error(ours, exact[1]),
        "output_float32": relative_error(float32[0], exact[0]),
        "gradients_float32": gradient_error(float32[1], exact[1]),
    }


def evaluate(model, given):
    dtype = next(model.parameters()).dtype
    with torch.no_grad():
        labels = labels_of(given, dtype)
        return model(given["sample"].to(dtype), given["timestep"], class_labels=labels).sample


def gradients(model, inputs):
    model.zero_grad()
    loss = loss_of(model, inputs)
    loss.backward()
    grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    return {"loss": loss.detach().reshape(1), **grads}


def gradient_error(ours, exact):
    """Of all gradients together: largest difference, relative to the largest magnitude."""
    names = [name for name in exact if name in ours]
    join = lambda tensors: torch.cat([tensors[name].double().flatten() for name in names])
    return relative_error(join(ours), join(exact))


if __name__ == "__main__":
    import sys
    import tempfile

    first, last = map(int, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            try:
                errors = check_network(seed, folder)
                bad = "BAD " if max(errors["output"], errors["gradients"]) > 2e-5 else ""
                print(seed, bad, " ".join(f"{k} {v:.1e}" for k, v in errors.items()), flush=True)
            except Refused as e:
                print(seed, "REFUSED", e, flush=True)
