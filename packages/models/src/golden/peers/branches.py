"""The branch of preferences and projected features that DualGNN and MENTOR share."""
import torch
from torch.nn.functional import leaky_relu, normalize

from common import USERS, drawn


def branch(p, name, features, a, after=lambda layer: layer):
    wide = leaky_relu(features @ p[f"{name}.widen.weight"] + p[f"{name}.widen.bias"])
    projected = wide @ p[f"{name}.narrow.weight"] + p[f"{name}.narrow.bias"]
    x = normalize(torch.cat([p[f"{name}.preference"], projected]))
    once = after(a @ x)
    return x + once + after(a @ once)


def branch_parameters(name, width, d):
    return {
        f"{name}.preference": drawn(USERS, d, scale=0.5),
        f"{name}.widen.weight": drawn(width, 4 * d, scale=0.5),
        f"{name}.widen.bias": drawn(1, 4 * d, scale=0.1),
        f"{name}.narrow.weight": drawn(4 * d, d, scale=0.5),
        f"{name}.narrow.bias": drawn(1, d, scale=0.1),
    }
