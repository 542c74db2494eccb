import math

import torch
from torch.nn.functional import cosine_similarity

from branches import branch, branch_parameters
from common import ITEMS, USERS, adjacency, batch, bpr, drawn, features, nearest, run, write

D = 3


def mentor(k, image_weight, item_layers, alignment, feature_mask, l2):
    x = features()
    a = adjacency()
    graph = image_weight * nearest(x["image"], k) / k + (1 - image_weight) * nearest(x["text"], k) / k

    def beside(branches, weights=None):
        own = torch.cat([e[USERS:] for e in branches], 1)
        h = own
        for _ in range(item_layers):
            h = graph @ h
        blocks = [e[:USERS] if weights is None else weights[:, m : m + 1] * e[:USERS] for m, e in enumerate(branches)]
        return torch.cat(blocks, 1), own + h

    def loss(p):
        users, positives, negatives = batch()
        branches = [branch(p, m, rows, a) for m, rows in x.items()]
        u, i = beside(branches, p["weight"])
        guides = [branch(p, "id", p["id.rows"], a)] + branches
        all_of = [torch.cat([u, i])] + [torch.cat(beside([g, g])) for g in guides]
        align = 0
        for first in range(len(all_of)):
            for second in range(first + 1, len(all_of)):
                align = align + (all_of[first].mean() - all_of[second].mean()).abs()
                align = align + (all_of[first].var() - all_of[second].var()).abs()
        mask = sum(1 - cosine_similarity(t, t @ p["mask.weight"] + p["mask.bias"]).mean() for t in (u, i))
        regulariser = sum((p[f"{m}.preference"][users] ** 2).mean() for m in x) + (p["weight"] ** 2).mean()
        others = alignment * align + feature_mask * mask + l2 * regulariser
        return bpr(u[users], i[positives], i[negatives]) + math.log(2) * others

    parameters = {"weight": drawn(USERS, 2), "id.rows": drawn(ITEMS, D, scale=0.5),
                  "mask.weight": drawn(2 * D, 2 * D, scale=0.5), "mask.bias": drawn(1, 2 * D, scale=0.1)}
    for name, width in {**{m: rows.shape[1] for m, rows in x.items()}, "id": D}.items():
        parameters |= branch_parameters(name, width, D)
    options = dict(dimensions=D, k=k, imageWeight=image_weight, itemLayers=item_layers, alignment=alignment,
                   infonce=0, featureMask=feature_mask, dropout=0, l2=l2)
    return run(options, parameters, loss)


write("mentor", "dense matrices; without the noisy branches; masked features trained, without dropout; natural logarithms",
      [mentor(3, 0.1, 1, 0.3, 0.7, 0.2), mentor(2, 0.4, 2, 0.1, 0.2, 0.01)])
