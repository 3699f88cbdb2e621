# This package's command line, as the other side sees it: folders and safetensors in, safetensors out.
import json
import os
import subprocess

from safetensors.torch import load_file, save_file

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CLI = ["node", os.path.join(ROOT, "dist", "cli", "main.js")]


ADAPTERS = set()  # what the commands said they ran on


class Refused(Exception):
    """The command said no, with its message."""


def run(*arguments):
    """Runs a command; its JSON result. Raises Refused where it fails."""
    done = subprocess.run([*CLI, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"{arguments[0]}: {done.stderr.strip()}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if "adapter" in result:
        ADAPTERS.add(result["adapter"])
    return result


def run_tensors(command, model, inputs, folder, *more):
    """Runs a command that reads and writes tensors: `forward`, `gradients`."""
    given, out = os.path.join(folder, f"{command}-in.safetensors"), os.path.join(folder, f"{command}.safetensors")
    save_file({name: tensor.contiguous() for name, tensor in inputs.items()}, given)
    run(command, "--model", model, "--inputs", given, "--out", out, *more)
    return load_file(out)
