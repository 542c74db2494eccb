import torch
from torch.nn.functional import normalize

from common import ITEMS, USERS, adjacency, batch, bpr, drawn, features, interactions, inverse, layer_mean, run, write

D = 3


def lgmrec(layers, modality_layers, hyper_layers, hyperedges, alpha, infonce, l2, temperature=0.2):
    x = features()
    a, r = adjacency(), interactions()
    mean = inverse(r.sum(1), -1)[:, None] * r

    def contrast(first, second, ids):
        logits = normalize(first[ids]) @ normalize(second).T / temperature
        return torch.nn.functional.cross_entropy(logits, ids, reduction="sum")

    def loss(p):
        users, positives, negatives = batch()
        c = layer_mean(a, p["embedding"], layers)
        total, spreads = c, []
        for m, rows in x.items():
            items = rows @ p[f"{m}.project"]
            layer = torch.cat([mean @ items, items])
            for _ in range(modality_layers):
                layer = a @ layer
            total = total + normalize(layer)
            logits = rows @ p[f"{m}.hyperedges"]
            of_items = torch.softmax(logits / temperature, 1)
            of_users = torch.softmax(r @ logits / temperature, 1)
            h = c[USERS:]
            for _ in range(hyper_layers):
                edge = of_items.T @ h
                h, u = of_items @ edge, of_users @ edge
            spreads.append((u, h))
        together = sum(torch.cat(s) for s in spreads)
        e = total + alpha * normalize(together)
        u, i = e[:USERS][users], e[USERS:][positives]
        j = e[USERS:][negatives]
        (u1, i1), (u2, i2) = spreads
        value = bpr(u, i, j) + infonce * (contrast(u1, u2, users) + contrast(i1, i2, positives))
        return value + l2 * (u.norm() + i.norm() + j.norm()) / len(users)

    parameters = {"embedding": drawn(USERS + ITEMS, D, scale=0.5)}
    for m, rows in x.items():
        parameters[f"{m}.project"] = drawn(rows.shape[1], D, scale=0.5)
        parameters[f"{m}.hyperedges"] = drawn(rows.shape[1], hyperedges, scale=0.2)
    options = dict(dimensions=D, layers=layers, modalityLayers=modality_layers, hyperLayers=hyper_layers,
                   hyperedges=hyperedges, temperature=temperature, gumbel=False, dropout=0, alpha=alpha, infonce=infonce, l2=l2)
    return run(options, parameters, loss)


write("lgmrec", "dense matrices; no Gumbel noise, no dropout", [lgmrec(2, 2, 1, 4, 0.3, 0.05, 0.2), lgmrec(1, 1, 2, 2, 0.8, 0.01, 0.01)])
