"""Written from docs/reconstructions.md#even alone."""
import torch
from torch.nn.functional import logsigmoid

from common import ITEMS, ROWS, USERS, adjacency, batch, bpr, cosines, drawn, features, interactions, inverse, layer_mean, run, write

D = 3


def item_graph(x, k, behaviour, pruned):
    bought = interactions()
    popularity = bought.sum(0)
    common = bought.T @ bought
    scores, places = torch.topk(cosines(x), k, dim=1)
    entries = []
    for i in range(ITEMS):
        for s, j in zip(scores[i].tolist(), places[i].tolist()):
            c = max(s, 0)
            if i != j and popularity[i] > 0 and popularity[j] > 0:
                c = (1 - behaviour) * c + behaviour * (common[i, j] / (popularity[i] * popularity[j]).sqrt()).item()
            entries.append((c, i, j))
    others = sorted((e for e in entries if e[1] != e[2]), key=lambda e: -e[0])
    kept = others[: len(others) - int(len(others) * pruned)] + [e for e in entries if e[1] == e[2]]
    graph = torch.zeros(ITEMS, ITEMS)
    for c, i, j in kept:
        graph[i, j] = c
    d = inverse(graph.sum(1), -0.5)
    return d[:, None] * graph * d[None, :]


def pruned_adjacency(weights, part):
    """The adjacency of the `part` of the interactions with the largest weights."""
    edges = [(u, i) for u, row in enumerate(ROWS) for i in row]
    edges = sorted(edges, key=lambda e: -weights[e].item())[: int(len(edges) * part)]
    a = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    for u, i in edges:
        a[u, USERS + i] = a[USERS + i, u] = 1
    d = inverse(a.sum(1), -0.5)
    return d[:, None] * a * d[None, :]


def infonce(a, b, ids, temperature):
    ids = torch.unique(ids)
    a, b = (x[ids] / x[ids].norm(dim=1, keepdim=True) for x in (a, b))
    logits = a @ b.T / temperature
    return (torch.logsumexp(logits, 1) - logits.diagonal()).mean()


def even(modalities, layers, item_layers, k, behaviour, item_pruning, dropout, weight, alignment, temperature, l2):
    whole = adjacency()
    graphs = [item_graph(features()[m], k, behaviour, item_pruning) for m in modalities]
    pruned = []

    def represented(p, a):
        e = layer_mean(a, p["embedding"], layers)
        views = []
        for graph in graphs:
            h = p["embedding"][USERS:]
            for _ in range(item_layers):
                h = graph @ h
            views.append(h)
        shares = torch.softmax(p["modalWeight"], 1)[0]
        return e[:USERS], e[USERS:] + sum(w * h for w, h in zip(shares, views)), e[USERS:], views

    def contributions(p):
        with torch.no_grad():
            u, i, _, _ = represented(p, whole)
        i.requires_grad_()
        bought = interactions()
        distances = u @ (i - i.detach().mean(0)).T
        (bought * -logsigmoid(distances)).sum().backward()
        degrees = bought.sum(1)[:, None] * bought.sum(0)[None, :]
        return i.grad.norm(dim=1)[None, :] / degrees.sqrt()

    def loss(p):
        if not pruned:  # as the epoch begins
            pruned.append(pruned_adjacency(contributions(p), 1 - dropout))
        users, positives, negatives = batch()
        u, i, behavioural, views = represented(p, pruned[0])
        rows = u[users], i[positives], i[negatives]
        total = bpr(*rows) + l2 / (2 * len(users)) * sum((r ** 2).sum() for r in rows)
        if dropout > 0:
            total = total + weight * infonce(u, represented(p, whole)[0], users, temperature)
        return total + alignment * sum(infonce(view, behavioural, positives, temperature) for view in views)

    parameters = {"embedding": drawn(USERS + ITEMS, D, scale=0.7), "modalWeight": drawn(1, len(modalities))}
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, behaviour=behaviour,
                   itemPruning=item_pruning, dropout=dropout, pruning="lowest", infonce=weight, viewAlignment=alignment,
                   temperature=temperature, l2=l2)
    return dict(modalities=modalities, **run(options, parameters, loss))


write("even", "dense matrices; contributions by autograd, the lowest edges pruned once", [
    even(["image", "text"], 2, 1, 4, 0.5, 0.3, 0.25, 0.2, 0.1, 0.2, 0.1),
    even(["image", "text"], 1, 2, 3, 0.8, 0.5, 0.4, 1.0, 0.5, 0.5, 0.01),
    even(["text"], 3, 1, 4, 0.2, 0, 0, 0, 0.3, 0.3, 0.1),
])
