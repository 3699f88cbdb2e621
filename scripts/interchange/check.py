# Every direction in which models and runs travel between here and diffusers, checked one after the
# other: python check.py results.json [draws]. run.mjs makes the environment for it.
#
# Errors are the largest difference, relative to the largest magnitude.
import json
import sys
import tempfile

import accelerate
import diffusers
import torch
from files import unequal_files
from published import published_errors
from ours import ADAPTERS
from random_configs import draw_inputs
from random_schedulers import drawn_scheduler_error
from random_training import drawn_training_errors
from training import CONFIG, training_errors
from trajectories import trajectory_errors
from travel import travel_errors
from unets import drawn_network_errors, network_errors

BAR, LOSS_BAR = 2e-5, 1e-4


class Table:
    """Rows as they are found; a row is good where its error is at most its bar."""

    def __init__(self):
        self.rows = []

    def add(self, direction, check, error, bar, **more):
        self.rows.append({"direction": direction, "check": check, "error": error, "bar": bar, **more})
        mark = "ok" if error <= bar else "WRONG"
        print(f"{mark:5}  {error:8.1e}  ≤ {bar:7.0e}  {direction}: {check}", flush=True)

    @property
    def good(self):
        return all(row["error"] <= row["bar"] for row in self.rows)


def main(results, draws):
    torch.set_num_threads(2)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        curves, run = training_errors(folder)
        check_training(table, curves["errors"])
        check_drawn_training(table, draws, folder)
        check_ours(table, f"{run}/model", folder)
        check_drawn_schedulers(table, draws, f"{run}/model", folder)
        check_theirs(table, draws, folder)
        detour = travel_errors(folder)
        check_travel(table, detour["errors"])
    versions = {module.__name__: module.__version__ for module in (torch, diffusers, accelerate)}
    report = {"schema": 1, "adapters": sorted(ADAPTERS), "versions": versions, "rows": table.rows}
    report["losses"] = {"training": losses_of(curves), "here, torchrun, here": losses_of(detour)}
    with open(results, "w") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    return 0 if table.good else 1


def check_training(table, errors):
    direction = "PyTorch | here"
    table.add(direction, "loss of 100 training steps", errors["loss"], LOSS_BAR)
    table.add(direction, "weights after them", errors["weights"], LOSS_BAR)
    table.add(direction, "their average after them", errors["average"], LOSS_BAR)


def check_drawn_training(table, draws, folder):
    drawn = [drawn_training_errors(seed, folder) for seed in range(draws)]
    for check in ("loss", "weights", "average"):
        worst = max(errors[check] for errors in drawn)
        table.add("PyTorch | here", f"{check} of {draws} drawn trainings", worst, LOSS_BAR)


def check_drawn_schedulers(table, draws, trained, folder):
    worst = max(drawn_scheduler_error(seed, trained, folder) for seed in range(draws))
    table.add("here → diffusers", f"trajectories of {draws} drawn schedulers", worst, BAR)


def check_ours(table, trained, folder):
    errors = network_errors(trained, draw_inputs(CONFIG, seed=2))
    direction = "here → diffusers"
    table.add(direction, "output", errors["output"], BAR, pytorch=errors["output_float32"])
    table.add(direction, "gradients", errors["gradients"], BAR, pytorch=errors["gradients_float32"])
    for name, error in trajectory_errors(trained, folder).items():
        table.add(direction, f"trajectory, {name}", error, BAR)
    for name, count in unequal_files(trained, folder).items():
        table.add("files", f"{name}: what differs", count, 0)


def check_theirs(table, draws, folder):
    direction = "diffusers → here"
    drawn = [drawn_network_errors(seed, folder) for seed in range(draws)]
    for check in ("output", "gradients"):
        worst = max(errors[check] for errors in drawn)
        theirs = max(errors[f"{check}_float32"] for errors in drawn)
        table.add(direction, f"{check} of {draws} drawn networks", worst, BAR, pytorch=theirs)
    errors = published_errors(folder)
    table.add(direction, "output, CIFAR-10 size", errors["output"], BAR, pytorch=errors["output_float32"])


def check_travel(table, errors):
    direction = "here → torchrun, 2 processes → here"
    table.add(direction, "loss of 15 steps", errors["loss"], LOSS_BAR)
    table.add(direction, "weights after them", errors["model"], LOSS_BAR)
    table.add(direction, "their average after them", errors["ema"], LOSS_BAR)


def losses_of(curves):
    return {side: [round(loss, 7) for loss in curves[side]] for side in ("here", "pytorch")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 24))
