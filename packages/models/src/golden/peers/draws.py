"""The product's named random streams (Philox 4x32-10), so that a peer drops and adds exactly what the product does.

A tape without a seed of its own draws from seed 0; number i of a stream is word i % 4 of counter i / 4.
"""
import json

import numpy as np
import torch
from scipy.special import ndtri

M = 0xFFFFFFFF


def _key(name, seed, ids):
    h = 0xCBF29CE484222325
    for byte in json.dumps([seed, name, *ids], separators=(",", ":"), ensure_ascii=False).encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h & M, h >> 32


def words(name, count, seed=0, ids=()):
    """The first `count` unsigned 32-bit words of the stream of a name and numbers."""
    drawn = []
    for counter in range((count + 3) // 4):
        k0, k1 = _key(name, seed, ids)
        c0, c1, c2, c3 = counter & M, counter >> 32, 0, 0
        for _ in range(10):
            left, right = 0xD2511F53 * c0, 0xCD9E8D57 * c2
            c0, c1, c2, c3 = (right >> 32) ^ c1 ^ k0, right & M, (left >> 32) ^ c3 ^ k1, left & M
            k0, k1 = (k0 + 0x9E3779B9) & M, (k1 + 0xBB67AE85) & M
        drawn += [c0, c1, c2, c3]
    return drawn[:count]


def integers(name, count, below, seed=0, ids=()):
    """Host draws of whole numbers: the high word of word times `below`."""
    return [(word * below) >> 32 for word in words(name, count, seed, ids)]


def uniform(name, *shape):
    numbers = [((word >> 9) + 0.5) / 2**23 for word in words(name, int(np.prod(shape)))]
    return torch.tensor(numbers).reshape(shape)


def normal(name, *shape):
    return torch.tensor(ndtri(uniform(name, *shape).numpy()))


def gumbel(name, *shape):
    return -torch.log(-torch.log(uniform(name, *shape)))


def dropout(x, rate, name):
    kept = uniform(name, *x.shape) >= float(np.float32(rate))
    return x * kept / (1 - rate)
