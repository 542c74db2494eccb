"""Written from docs/reconstructions.md#frerec alone."""
import math

import torch
from torch.nn.functional import softplus

from common import ITEMS, USERS, adjacency, batch, bpr, cosine_graph, drawn, features, run, write

D = 4


def haar(x, levels):
    """Approximation and details, coarse to fine."""
    parts = []
    for _ in range(levels):
        even, odd = x[:, 0::2], x[:, 1::2]
        parts.insert(0, (even - odd) / math.sqrt(2))
        x = (even + odd) / math.sqrt(2)
    return x, parts


def haar_back(approximation, details):
    x = approximation
    for part in details:
        both = torch.stack([(x + part) / math.sqrt(2), (x - part) / math.sqrt(2)], dim=2)
        x = both.reshape(len(x), -1)
    return x


def shrunk(x, raw, levels):
    approximation, details = haar(x, levels)
    thresholds = torch.split(softplus(raw), [part.shape[1] for part in details], dim=1)
    soft = [part.sign() * (part.abs() - t).clamp(min=0) for part, t in zip(details, thresholds)]
    return haar_back(approximation, soft)


def filtered(a, x, theta):
    """Chebyshev polynomials by eigenvalues: T_k(cos w) = cos(k w)."""
    # not by the recurrence: a's eigenvectors, as a normalised graph with positive weights need not be symmetric
    values, vectors = torch.linalg.eig(a)
    angles = torch.arccos(values)
    response = sum(theta[0, k] * torch.cos(k * angles) for k in range(theta.shape[1]))
    return (vectors @ (response[:, None] * torch.linalg.solve(vectors, x.to(vectors.dtype)))).real


def infonce(a, b, temperature):
    a, b = (x / x.norm(dim=1, keepdim=True) for x in (a, b))
    logits = a @ b.T / temperature
    return (torch.logsumexp(logits, 1) - logits.diagonal()).mean()


def frerec(modalities, layers, item_layers, levels, k, weight, temperature, l2):
    x = {m: features()[m] for m in modalities}
    a = adjacency()
    graphs = {m: cosine_graph(v, k) for m, v in x.items()}

    def loss(p):
        linear = lambda name, v: v @ p[f"{name}.weight"] + p[f"{name}.bias"]
        content = filtered(a, p["embedding"], p["content.response"])
        views = []
        for m in modalities:
            z = shrunk(linear(f"projection.{m}", x[m]), p[f"wavelet.{m}.threshold"], levels)
            h = filtered(graphs[m], p["embedding"][USERS:] * torch.sigmoid(linear(f"gate.{m}", z)), p[f"filter.{m}.response"])
            views.append(torch.cat([a[:USERS, USERS:] @ h, h]))
        scores = torch.cat([torch.tanh(linear("attention.query", v)) @ p["attention.key"] for v in views], 1)
        weights = torch.softmax(scores, 1)
        side = sum(weights[:, m : m + 1] * v for m, v in enumerate(views))
        users, positives, negatives = batch()
        represented = content + side
        rows = represented[users], represented[USERS + positives], represented[USERS + negatives]
        total = bpr(*rows) + l2 / (2 * len(users)) * sum((r ** 2).sum() for r in rows)
        for nodes in (users, USERS + positives):
            total = total + weight * infonce(side[nodes], content[nodes], temperature)
        return total

    parameters = {"embedding": drawn(USERS + ITEMS, D, scale=0.7), "content.response": drawn(1, layers + 1, scale=0.5),
                  "attention.query.weight": drawn(D, D, scale=0.5), "attention.query.bias": drawn(1, D, scale=0.2),
                  "attention.key": drawn(D, 1)}
    for m in modalities:
        parameters |= {f"projection.{m}.weight": drawn(x[m].shape[1], D, scale=0.5),
                       f"projection.{m}.bias": drawn(1, D, scale=0.2),
                       f"wavelet.{m}.threshold": drawn(1, D - D // 2 ** levels, scale=1.0),
                       f"gate.{m}.weight": drawn(D, D, scale=0.5), f"gate.{m}.bias": drawn(1, D, scale=0.2),
                       f"filter.{m}.response": drawn(1, item_layers + 1, scale=0.5)}
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, levels=levels, k=k, infonce=weight,
                   temperature=temperature, l2=l2)
    return dict(modalities=modalities, **run(options, parameters, loss))


write("frerec", "dense matrices; wavelets by sums and differences of neighbours, filters by eigenvalues", [
    frerec(["image", "text"], 3, 1, 1, 3, 0.2, 0.2, 0.1),
    frerec(["image", "text"], 2, 2, 2, 4, 1.0, 0.5, 0.01),
    frerec(["text"], 4, 0, 1, 2, 0.5, 0.3, 0.1),
])
