# The normals of (seed, stream, step) that this package's kernels draw, recomputed from their
# definition: Philox4x32-10 (Salmon et al. 2011), then Box-Muller, here in float64.
import numpy as np
import torch

INITIAL_NOISE, REVERSE_STEP = 2, 3  # streams, src/kernels/diffusion.ts


def philox(counters, stream, step, seed):
    """uint32 [n, 4]: the words of the counters (c, stream, step, 0) under a seed below 2^64."""
    word = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    c = [counters.astype(np.uint64), *(np.full(len(counters), value, np.uint64) for value in (stream, step, 0))]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, third = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (third >> shift) ^ c[1] ^ np.uint64(key[0]),
            third & word,
            (first >> shift) ^ c[3] ^ np.uint64(key[1]),
            first & word,
        ]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, axis=1)


def normals(shape, stream, step, seed):
    """float32 tensor: element e is word e mod 4 of counter e / 4."""
    size = int(np.prod(shape))
    words = philox(np.arange((size + 3) // 4), stream, step, seed)
    radius = np.sqrt(-2 * np.log(((words[:, 0::2] >> np.uint64(9)) + 0.5) * 2.0**-23))
    # the angle has 24 bits, of which a quarter turn and what is left of it are told apart exactly
    turned = words[:, 1::2].astype(np.int64)
    quadrant = ((turned + 0x20000000) >> 30) & 3
    residue = (turned - (quadrant << 30) + 0x80000000) % 2**32 - 0x80000000
    turns = quadrant / 4 + ((residue >> 8) + 0.5) * 2.0**-24
    pairs = np.stack([radius * np.cos(2 * np.pi * turns), radius * np.sin(2 * np.pi * turns)], axis=2)
    return torch.from_numpy(pairs.reshape(-1)[:size].reshape(shape).astype(np.float32))
