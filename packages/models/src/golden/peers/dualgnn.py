import math

import torch

from branches import branch, branch_parameters
from common import ITEMS, USERS, adjacency, batch, bpr, drawn, features, interactions, run, write

D = 3


def alike(k):
    """Row u: softmax over the counts of the k users with most items in common, repeated in turn where there are fewer."""
    shared = interactions() @ interactions().T
    shared.fill_diagonal_(0)
    graph = torch.zeros(USERS, USERS)
    for u in range(USERS):
        found = sorted((v for v in range(USERS) if shared[u, v] > 0), key=lambda v: (-shared[u, v].item(), v))[:k]
        if found:
            places = [found[i % len(found)] for i in range(k)]
            for v, w in zip(places, torch.softmax(shared[u, places], 0)):
                graph[u, v] += w
    return graph


def dualgnn(k, l2):
    x = features()
    a = adjacency()
    graph = alike(k)

    def loss(p):
        users, positives, negatives = batch()
        made = [branch(p, m, rows, a) for m, rows in x.items()]
        own = sum(p["weight"][:, m : m + 1] * e[:USERS] for m, e in enumerate(made))
        u, i = own + graph @ own, sum(e[USERS:] for e in made)
        regulariser = sum((p[f"{m}.preference"][users] ** 2).mean() for m in x) + (p["weight"] ** 2).mean()
        return bpr(u[users], i[positives], i[negatives]) + math.log(2) * l2 * regulariser

    parameters = {"weight": drawn(USERS, 2)}
    for m, rows in x.items():
        parameters |= branch_parameters(m, rows.shape[1], D)
    return run(dict(dimensions=D, k=k, l2=l2), parameters, loss)


write("dualgnn", "dense matrices; natural logarithms", [dualgnn(3, 0.3), dualgnn(8, 0.1)])
