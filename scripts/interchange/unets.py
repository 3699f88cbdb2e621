# One network on one batch, here and in diffusers: its output and every gradient.
import os

import torch
from exact import in_float32, in_float64, labels_of, loss_of, open_model, relative_error
from ours import run_tensors
from random_configs import draw_config, draw_inputs, draw_model


def drawn_network_errors(seed, folder):
    """diffusers → here: a drawn network that diffusers saved."""
    config = draw_config(seed)
    path = os.path.join(folder, f"unet-{seed}")
    draw_model(config, seed).save_pretrained(path)
    return network_errors(path, draw_inputs(config, seed))


def network_errors(path, inputs):
    """Errors of a folder's network: ours, and diffusers' own in float32."""
    model = open_model(path)
    given = given_of(inputs)
    exact = evaluate(in_float64(model), given), gradients(in_float64(model), inputs)
    float32 = evaluate(in_float32(model), given), gradients(in_float32(model), inputs)
    output = run_tensors("forward", path, given, path)["sample"]
    ours = run_tensors("gradients", path, inputs, path)
    trained = {"loss", *(name for name, p in model.named_parameters() if p.requires_grad)}
    if set(ours) - {"time_proj.weight"} != trained - {"time_proj.weight"}:
        raise AssertionError(f"gradients: names differ: {sorted(set(ours) ^ trained)[:5]}")
    return {
        "output": relative_error(output, exact[0]),
        "gradients": gradient_error(ours, exact[1]),
        "output_float32": relative_error(float32[0], exact[0]),
        "gradients_float32": gradient_error(float32[1], exact[1]),
    }


def output_errors(path, given):
    """Of the output alone: ours, and diffusers' own in float32."""
    model = open_model(path)
    exact = evaluate(in_float64(model), given)
    ours = run_tensors("forward", path, given, path)["sample"]
    theirs = evaluate(in_float32(model), given)
    return {"output": relative_error(ours, exact), "output_float32": relative_error(theirs, exact)}


def given_of(inputs):
    """What `forward` takes, of a batch that `gradients` takes."""
    labels = {"class_labels": inputs["class_labels"]} if "class_labels" in inputs else {}
    return {"sample": inputs["noise"], "timestep": inputs["timestep"], **labels}


def evaluate(model, given):
    dtype = next(model.parameters()).dtype
    with torch.no_grad():
        labels = labels_of(given, dtype)
        return model(given["sample"].to(dtype), given["timestep"], class_labels=labels).sample


def gradients(model, inputs):
    """The loss and every parameter's gradient, by name."""
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
