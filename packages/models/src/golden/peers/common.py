"""What the golden numbers of the published models share: small data, graphs as dense float64 matrices, ten steps of Adam, the file.

A peer writes a model out in torch from its equations, with the choices of its source's code, and calls `write`. Run one with
`python <model>.py` (torch 2.13); it writes ../published/<model>.json, which golden.test.ts holds the product against.
"""
import json
import pathlib

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

USERS, ITEMS = 7, 9
ROWS = [[0, 1, 4, 8], [1, 2, 7], [0, 3, 4, 5], [2, 6], [], [5, 6, 7, 8], [1, 3]]
BATCH = dict(users=[0, 2, 2, 1, 3, 6], positives=[1, 5, 0, 2, 2, 3], negatives=[3, 1, 2, 4, 0, 8])
_random = np.random.default_rng(31)


def drawn(*shape, scale=1.0):
    """Normal numbers of three places, written out in the file."""
    return np.round(_random.normal(size=shape) * scale, 3).tolist()


FEATURES = {"image": drawn(ITEMS, 5), "text": drawn(ITEMS, 4)}


def features():
    return {name: torch.tensor(rows) for name, rows in FEATURES.items()}


def interactions():
    matrix = torch.zeros(USERS, ITEMS)
    for user, row in enumerate(ROWS):
        matrix[user, row] = 1
    return matrix


def inverse(values, power):
    """values ** power, 0 where there is nothing."""
    return torch.where(values > 0, values.clamp(min=1e-300) ** power, torch.zeros_like(values))


def adjacency():
    """The symmetrically normalised user-item graph [users + items, users + items]."""
    a = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    a[:USERS, USERS:] = interactions()
    a = a + a.T
    d = inverse(a.sum(1), -0.5)
    return d[:, None] * a * d[None, :]


def cosines(x):
    unit = x / x.norm(dim=1, keepdim=True)
    return unit @ unit.T


def nearest(x, k):
    """[items, items] with ones at the k rows of highest cosine."""
    return torch.zeros(len(x), len(x)).scatter_(1, torch.topk(cosines(x), k, dim=1).indices, 1.0)


def cosine_graph(x, k):
    """The cosines of the k nearest rows as weights, normalised by the sums of the rows on both sides."""
    values, places = torch.topk(cosines(x), k, dim=1)
    w = torch.zeros(len(x), len(x)).scatter_(1, places, values)
    d = inverse(w.sum(1), -0.5)
    return d[:, None] * w * d[None, :]


def layer_mean(a, x, layers):
    total, layer = x, x
    for _ in range(layers):
        layer = a @ layer
        total = total + layer
    return total / (layers + 1)


def batch():
    return (torch.tensor(BATCH[name]) for name in ("users", "positives", "negatives"))


def dot(a, b):
    return (a * b).sum(1)


def bpr(user, positive, negative):
    return torch.nn.functional.softplus(-(dot(user, positive) - dot(user, negative))).mean()


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


def run(options, parameters, loss, steps=10):
    """Ten steps on the one batch; `loss(parameters)` is a scalar."""
    return run_updates(options, parameters, [(list(parameters), loss, adam)], steps)


def run_updates(options, parameters, updates, steps=10):
    """The same with several updates a step, each (names of what it moves, its loss, its optimizer) and one after the other."""
    tensors = {name: torch.tensor(rows, requires_grad=True) for name, rows in parameters.items()}
    optimizers = [make([tensors[name] for name in names]) for names, _, make in updates]
    losses, norms = [], {}
    for step in range(steps):
        for (names, loss, _), optimizer in zip(updates, optimizers):
            for t in tensors.values():
                t.grad = None
            value = loss(tensors)
            value.backward()
            if step == 0:
                norms |= {name: 0.0 if tensors[name].grad is None else tensors[name].grad.norm().item() for name in names}
            optimizer.step()
            losses.append(value.item())
    return dict(options=options, parameters=parameters, losses=losses, gradientNorms=norms)


def write(model, how, runs, **more):
    """`more`: what the data have besides."""
    provenance = dict(
        tool="torch", version=torch.__version__, dtype="float64", script=f"peers/{model}.py", how=how,
        optimizer="torch.optim.Adam, learning rate 0.01, ten steps on the one batch",
    )
    data = dict(users=USERS, items=ITEMS, rows=ROWS, features=FEATURES, knowledge=None, k=0, **more)
    content = dict(provenance=provenance, data=data, batch=BATCH, runs=[dict(model=model, knowledge=False, **r) for r in runs])
    path = pathlib.Path(__file__).parent.parent / "published" / f"{model}.json"
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    print(path.name, [r["losses"][0] for r in runs])
