# What wgsl-diffusion draws for a step, recomputed: its noise, timesteps and order of images.
#
# All of it is counted, not remembered: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
# easy as 1, 2, 3") of the counter (element / 4, stream, step, 0) under the seed. So a run that goes on
# here sees the images, timesteps and noise that it would have seen there, on any number of processes.
# Normals are within 1e-6 of the kernels'. The same functions: src/core/philox.ts, permutation.ts.
import numpy as np
import torch

NOISE, TIMESTEP, INITIAL_NOISE, REVERSE_STEP, LABEL_DROPOUT = 0, 1, 2, 3, 5  # src/kernels/diffusion.ts
ORDER = 0xFFFFFFFF


def philox(counters, stream, step, seed):
    """uint32 values [n, 4]: the words of the counters (c, stream, step, 0) under a seed below 2^64."""
    word, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    counters = np.asarray(counters, np.uint64)
    c = [counters, *(np.full(len(counters), value, np.uint64) for value in (stream, step, 0))]
    low, high = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        first, third = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (third >> shift) ^ c[1] ^ np.uint64(low),
            third & word,
            (first >> shift) ^ c[3] ^ np.uint64(high),
            first & word,
        ]
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1)


def words(first, count, stream, step, seed):
    """uint32 values [count]: element e is word e mod 4 of counter e / 4."""
    skipped = first % 4
    counters = np.arange(first // 4, (first + count + 3) // 4)
    return philox(counters, stream, step, seed).reshape(-1)[skipped : skipped + count]


def normals(shape, stream, step, seed, first=0):
    """float32 tensor, by Box-Muller: words (x, y) of a counter give two numbers, (z, w) the others."""
    size, skipped = int(np.prod(shape)), first % 4
    four = philox(np.arange(first // 4, (first + size + 3) // 4), stream, step, seed)
    radius = np.sqrt(-2 * np.log(((four[:, 0::2] >> np.uint64(9)) + 0.5) * 2.0**-23))
    # 24 bits of angle: the nearest quarter turn, and what is left of it
    turned = four[:, 1::2].astype(np.int64)
    quadrant = ((turned + 0x20000000) >> 30) & 3
    residue = (turned - (quadrant << 30) + 0x80000000) % 2**32 - 0x80000000
    angle = 2 * np.pi * (quadrant / 4 + ((residue >> 8) + 0.5) * 2.0**-24)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    chosen = pairs.reshape(-1)[skipped : skipped + size]
    return torch.from_numpy(chosen.reshape(shape).astype(np.float32))


def timesteps(first, count, step, seed, train_steps):
    """int64 tensor: ⌊word · T / 2³²⌋, of the images `first` … of a step."""
    drawn = words(first, count, TIMESTEP, step, seed) * np.uint64(train_steps) >> np.uint64(32)
    return torch.from_numpy(drawn.astype(np.int64))


def left_out(first, count, step, seed, probability):
    """bool tensor: whose labels a step leaves out, for classifier-free guidance."""
    drawn = (words(first, count, LABEL_DROPOUT, step, seed) >> np.uint64(8)) * 2.0**-24
    return torch.from_numpy(drawn < probability)


def permutation(n, seed, epoch):
    """The order of an epoch, int64 [n]: Fisher and Yates', draw i below n - i."""
    draws = (words(0, n, ORDER, epoch, seed) * np.arange(n, 0, -1, dtype=np.uint64) >> np.uint64(32)).tolist()
    order = list(range(n))
    for i in range(n - 1):
        j = i + draws[i]
        order[i], order[j] = order[j], order[i]
    return np.array(order)
