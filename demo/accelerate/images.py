# Training images: an IDX file (MNIST's format, gzipped or not), or a folder of pictures.
import gzip
import hashlib
import os

import numpy as np
import torch


class Images:
    """uint8 pixels [N, C, H, W], labels [N] or None, and the hash by which a checkpoint knows them."""

    def __init__(self, pixels, labels):
        self.pixels, self.labels = pixels, labels
        told = hashlib.sha256(np.ascontiguousarray(pixels).tobytes())
        if labels is not None:
            told.update(labels.astype(np.uint8).tobytes())
        self.sha256 = told.hexdigest()

    def __len__(self):
        return len(self.pixels)

    def batch(self, places):
        """float32 in [-1, 1]."""
        return torch.from_numpy(self.pixels[places]).float() / 127.5 - 1


def open_images(path, shape, labels=None):
    """The images of a file or folder as [N, *shape]; smaller ones are padded with 0, as there."""
    channels, height, width = shape
    pixels = from_folder(path, shape) if os.path.isdir(path) else read_idx(path)[:, None]
    top, left = (height - pixels.shape[2]) // 2, (width - pixels.shape[3]) // 2
    if pixels.shape[1] != channels or top < 0 or left < 0:
        raise SystemExit(f"{path}: images {pixels.shape[1:]} do not fit the network's {tuple(shape)}")
    fitted = np.zeros((len(pixels), channels, height, width), np.uint8)
    fitted[:, :, top : top + pixels.shape[2], left : left + pixels.shape[3]] = pixels
    return Images(fitted, read_idx(labels) if labels else None)


def read_idx(path):
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        data = file.read()
    rank = data[3]
    sizes = np.frombuffer(data, ">u4", count=rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(sizes)


def from_folder(folder, shape):
    """Pictures in the order of their names, cropped to the network's proportions and scaled."""
    from PIL import Image, ImageOps

    channels, height, width = shape
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith((".png", ".jpg", ".jpeg", ".webp")))
    mode = "L" if channels == 1 else "RGB"
    fit = lambda name: ImageOps.fit(Image.open(os.path.join(folder, name)).convert(mode), (width, height))
    pictures = np.stack([np.asarray(fit(name)).reshape(height, width, channels) for name in names])
    return pictures.transpose(0, 3, 1, 2)
