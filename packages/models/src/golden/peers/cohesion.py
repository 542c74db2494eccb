import math

import torch

from common import ITEMS, USERS, adjacency, batch, dot, drawn, features, interactions, nearest, run, write

D = 3


def alike(k):
    """Row u: softmax of the counts of k places that go round the list of the k users with most items in common."""
    x = interactions()
    counts = x @ x.T
    counts.fill_diagonal_(0)
    graph = torch.zeros(USERS, USERS)
    for u in range(USERS):
        order = sorted((v for v in range(USERS) if counts[u, v] > 0), key=lambda v: (-counts[u, v].item(), v))[:k]
        if not order:
            continue
        places = [order[at % len(order)] for at in range(k)]
        weights = torch.softmax(torch.stack([counts[u, v] for v in places]), 0)
        for v, w in zip(places, weights):
            graph[u, v] += w
    return graph


def cohesion(modalities, layers, item_layers, k, neighbours, image_weight, train_ids, l2):
    x = {m: features()[m] for m in modalities}
    weights = {"image": image_weight, "text": 1 - image_weight} if len(modalities) > 1 else {modalities[0]: 1.0}
    items_graph = sum(weights[m] * nearest(x[m], k) / k for m in modalities)
    users_graph, a = alike(neighbours), adjacency()
    mlp = lambda name, width: {
        f"{name}.preference": drawn(USERS, D, scale=0.5),
        f"{name}.widen.weight": drawn(width, 4 * D, scale=0.5), f"{name}.widen.bias": drawn(1, 4 * D, scale=0.1),
        f"{name}.narrow.weight": drawn(4 * D, D, scale=0.5), f"{name}.narrow.bias": drawn(1, D, scale=0.1),
    }
    parameters = {"ids": drawn(ITEMS, D)}
    for m in modalities:
        parameters |= mlp(m, x[m].shape[1])
    id_block, state = mlp("id", D), {}
    if train_ids:
        parameters |= id_block
    else:
        state = id_block
    fixed = {name: torch.tensor(rows) for name, rows in state.items()}

    def loss(p):
        p = {**p, **fixed}

        def block(name, values):
            hidden = torch.nn.functional.leaky_relu(values @ p[f"{name}.widen.weight"] + p[f"{name}.widen.bias"], 0.01)
            projected = hidden @ p[f"{name}.narrow.weight"] + p[f"{name}.narrow.bias"]
            fused = torch.sqrt((p["ids"] ** 2 + projected ** 2) / 2 + 1e-8)
            ego = torch.nn.functional.normalize(torch.cat([p[f"{name}.preference"], fused]))
            total, layer = ego, ego
            for _ in range(layers):
                layer = a @ layer
                layer = torch.nn.functional.cosine_similarity(layer, ego, dim=1)[:, None] * layer
                total = total + layer
            return total

        ids = block("id", p["ids"])
        e = torch.cat([ids if train_ids else ids.detach(), *(block(m, x[m]) for m in modalities)], dim=1)
        u, i = e[:USERS], e[USERS:]
        h = i
        for _ in range(item_layers):
            h = items_graph @ h
        u, i = u + users_graph @ u, i + h
        users, positives, negatives = batch()
        difference = i[positives] - i[negatives]
        blocks = [dot(u[users][:, b:b + D], difference[:, b:b + D]) for b in range(0, e.shape[1], D)]
        d = torch.stack(blocks, dim=1)
        indicator = 1 - torch.softmax(d, dim=1).detach()
        total = torch.nn.functional.softplus(-(indicator * d).sum(1)).mean() / math.log(2)
        return total + l2 * sum((p[f"{m}.preference"][users] ** 2).mean() for m in modalities)

    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, userNeighbours=neighbours,
                   imageWeight=image_weight, dropout=0, trainIdBlock=train_ids, l2=l2)
    return dict(modalities=modalities, state=state, **run(options, parameters, loss))


write("cohesion", "dense matrices; no edges dropped; repeats of neighbours go round instead of being drawn; without weight_u", [
    cohesion(["image", "text"], 1, 1, 3, 3, 0.1, False, 0.1),
    cohesion(["image", "text"], 2, 2, 2, 5, 0.3, True, 0.3),
    cohesion(["text"], 2, 1, 3, 2, 0.1, False, 0.1),
])
