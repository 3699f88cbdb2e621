# Goes on with a run of wgsl-diffusion on as many processes as torchrun starts, and leaves a
# checkpoint that `wgsl-diffusion train --resume` takes up again. README.md beside it says how.
import argparse
import csv
import os

import torch
from accelerate import Accelerator
from checkpoint import Checkpoint, ema_decay_at, latest, learning_rate_at, place_in_data, write
from draws import NOISE, left_out, normals, permutation, timesteps
from images import open_images


def main():
    told = arguments()
    accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=told.mixed_precision)
    checkpoint = Checkpoint(latest(told.run))
    require_known(checkpoint)
    config = checkpoint.model.config
    height, width = config.sample_size if isinstance(config.sample_size, (list, tuple)) else (config.sample_size,) * 2
    images = open_images(told.data, (config.in_channels, height, width), told.labels)
    if checkpoint.state.get("data", {}).get("sha256", images.sha256) != images.sha256:
        raise SystemExit(f"{told.data} is not what the run was trained on")
    trainer = Trainer(accelerator, checkpoint, images, told.micro_batch)

    losses = []
    for step in range(checkpoint.step, checkpoint.step + told.steps):
        loss, norm = trainer.step(step)
        losses.append((step + 1, loss, norm))
        if accelerator.is_main_process and ((step + 1) % told.log_every == 0 or step == checkpoint.step):
            print(f"step {step + 1}: loss {loss:.6f}, gradient norm {norm:.4f}", flush=True)
        if told.save_every and (step + 1 - checkpoint.step) % told.save_every == 0:
            trainer.save(told.out or told.run, losses)
    if losses:
        trainer.save(told.out or told.run, losses)
    accelerator.wait_for_everyone()
    accelerator.end_training()


class Trainer:
    """Steps as wgsl-diffusion makes them: the same images, timesteps, noise, clipping, average."""

    def __init__(self, accelerator, checkpoint, images, micro_batch):
        self.accelerator, self.checkpoint, self.images = accelerator, checkpoint, images
        self.options, self.done = checkpoint.options, checkpoint.step
        self.batch = self.options["batch"] * self.options.get("accumulate", 1)  # images a step
        share, rest = divmod(self.batch, accelerator.num_processes)
        if rest:
            raise SystemExit(f"{self.batch} images a step cannot be shared by {accelerator.num_processes} processes")
        self.first, self.share = accelerator.process_index * share, share
        self.micro_batch = min(micro_batch or share, share)
        model = checkpoint.model.to(accelerator.device).train()
        optimizer = checkpoint.optimizer(model)
        for state in optimizer.state.values():
            state.update({key: state[key].to(accelerator.device) for key in ("exp_avg", "exp_avg_sq")})
        self.model, self.optimizer = accelerator.prepare(model, optimizer)
        self.average = {name: t.to(accelerator.device) for name, t in checkpoint.sets["ema"].items()}
        self.place = place_in_data(checkpoint.state, len(images))
        self.bars = checkpoint.scheduler.alphas_cumprod.to(accelerator.device)
        self.order = (None, None)  # epoch, its permutation

    def step(self, step):
        """One step of the optimiser; the loss of all processes' images, and the gradient's norm."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(step, self.options)
        total = torch.zeros((), device=self.accelerator.device)
        starts = range(self.first, self.first + self.share, self.micro_batch)
        for start in starts:
            count = min(self.micro_batch, self.first + self.share - start)
            is_last = start == starts[-1]
            with torch.enable_grad() if is_last else self.accelerator.no_sync(self.model):
                loss = self.loss(step, start, count) * count / self.share
                self.accelerator.backward(loss)
            total += loss.detach()
        clip = self.options["clip"] or float("inf")
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.follow(ema_decay_at(step, self.options))
        self.place += self.batch
        self.done = step + 1
        return self.accelerator.reduce(total, "mean").item(), float(norm)

    def loss(self, step, first, count):
        """mean (output - target)^2 of images first … of a step."""
        device, seed, train_steps = self.accelerator.device, self.checkpoint.seed, len(self.bars)
        places = self.places(first, count)
        x0 = self.images.batch(places).to(device)
        noise = normals(x0.shape, NOISE, step, seed, first=first * x0[0].numel()).to(device)
        t = timesteps(first, count, step, seed, train_steps).to(device)
        bar = self.bars[t][:, None, None, None]
        noised = bar.sqrt() * x0 + (1 - bar).sqrt() * noise
        output = self.model(noised, t, class_labels=self.labels(places, step, first)).sample
        kind = self.checkpoint.scheduler.config.prediction_type
        velocity = bar.sqrt() * noise - (1 - bar).sqrt() * x0
        target = {"epsilon": noise, "sample": x0, "v_prediction": velocity}[kind]
        return torch.nn.functional.mse_loss(output.float(), target)

    def places(self, first, count):
        """Which images these are: epochs follow one another, each in its own order."""
        numbers = range(self.place + first, self.place + first + count)
        return [self.image_at(*divmod(number, len(self.images))) for number in numbers]

    def image_at(self, epoch, position):
        if self.order[0] != epoch:
            self.order = (epoch, permutation(len(self.images), self.checkpoint.seed, epoch))
        return self.order[1][position]

    def labels(self, places, step, first):
        classes = self.checkpoint.model.config.num_class_embeds
        if classes is None:
            return None
        if self.images.labels is None:
            raise SystemExit("the network is class-conditional: name the labels with --labels")
        labels = torch.from_numpy(self.images.labels[places].astype("int64"))
        dropped = left_out(first, len(places), step, self.checkpoint.seed, self.options["labelDropout"])
        return labels.masked_fill(dropped, classes - 1).to(self.accelerator.device)

    @torch.no_grad()
    def follow(self, decay):
        for name, p in self.accelerator.unwrap_model(self.model).named_parameters():
            if name in self.average:
                self.average[name].lerp_(p.detach().float(), 1 - decay)

    def save(self, out, losses):
        """A checkpoint, and the steps in the run's loss.csv."""
        self.accelerator.wait_for_everyone()
        if not self.accelerator.is_main_process:
            return
        model = self.accelerator.unwrap_model(self.model)
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        last = [loss for _, loss, _ in losses[-50:]]
        place = (self.place, len(self.images))
        mean = sum(last) / len(last)
        folder = write(self.checkpoint, out, self.done, model, optimizer, self.average, place, mean)
        add_losses(os.path.join(out, "loss.csv"), losses)
        print(f"wrote {folder}", flush=True)


def add_losses(path, losses):
    """The steps' lines, in place of what the file holds from the first of them on."""
    columns, lines = ["step", "loss", "gradient_norm"], []
    if os.path.exists(path):
        with open(path) as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or columns
            lines = [line for line in reader if int(line["step"]) < losses[0][0]]
    lines += [dict(zip(("step", "loss", "gradient_norm"), line)) for line in losses]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def require_known(checkpoint):
    """Refuses what a run may ask for and this script does not do."""
    options = checkpoint.options
    known = {"loss": "mse", "timesteps": "uniform"}
    for name, value in known.items():
        if options.get(name, value) != value:
            raise SystemExit(f"{name} {options[name]} is not known here, only {value}")
    if options["objective"]["name"] != "simple":
        raise SystemExit(f"objective {options['objective']['name']} is not known here, only simple")
    if checkpoint.scheduler.config.variance_type in ("learned", "learned_range"):
        raise SystemExit("a learned variance is not known here")


def arguments():
    parser = argparse.ArgumentParser(description="Goes on with a run of wgsl-diffusion under torchrun.")
    parser.add_argument("run", help="a run's folder, or one checkpoint's")
    parser.add_argument("--data", required=True, help="IDX file of the run's images, or a folder of pictures")
    parser.add_argument("--labels", help="IDX file of their classes")
    parser.add_argument("--steps", type=int, required=True, help="how many more")
    parser.add_argument("--out", help="the run's folder to write to; default: the run")
    parser.add_argument("--save-every", type=int, help="write a checkpoint every so many steps, too")
    parser.add_argument("--log-every", type=int, default=10)
    parser.add_argument("--micro-batch", type=int, help="images a process computes at once; default: its share")
    parser.add_argument("--mixed-precision", choices=["no", "fp16", "bf16"], default="no")
    return parser.parse_args()


if __name__ == "__main__":
    main()
