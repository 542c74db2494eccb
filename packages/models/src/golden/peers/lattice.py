import torch

from common import ITEMS, USERS, batch, bpr, cosines, drawn, features, interactions, inverse, layer_mean, run, write

D = 3


def nearest_cosines(x, k):
    values, places = torch.topk(cosines(x), k, dim=1)
    return torch.zeros(ITEMS, ITEMS).scatter(1, places, values)


def normalized(w):
    d = inverse(w.sum(1), -0.5)
    return d[:, None] * w * d[None, :]


def lattice(modalities, layers, item_layers, k, frozen, l2):
    x = {m: features()[m] for m in modalities}
    a = torch.eye(USERS + ITEMS)
    a[:USERS, USERS:] += interactions()
    a[USERS:, :USERS] += interactions().T
    a = a / a.sum(1, keepdim=True)
    original = {m: normalized(nearest_cosines(v, k)) for m, v in x.items()}
    kept = []  # the graph of the first step, without gradient afterwards

    def item_graph(p):
        if kept:
            return kept[0]
        w = torch.softmax(p["modalWeight"][0], 0)
        learned = {m: p[f"features.{m}"] @ p[f"projection.{m}.weight"] + p[f"projection.{m}.bias"] for m in modalities}
        learned = normalized(sum(w[n] * nearest_cosines(learned[m], k) for n, m in enumerate(modalities)))
        graph = (1 - frozen) * learned + frozen * sum(w[n] * original[m] for n, m in enumerate(modalities))
        kept.append(graph.detach())
        return graph

    def loss(p):
        graph, h = item_graph(p), p["embedding"][USERS:]
        for _ in range(item_layers):
            h = graph @ h
        e = layer_mean(a, p["embedding"], layers)
        u, i = e[:USERS], e[USERS:] + h / h.norm(dim=1, keepdim=True)
        users, positives, negatives = batch()
        rows = u[users], i[positives], i[negatives]
        return bpr(*rows) + l2 / (2 * len(users)) * sum((r ** 2).sum() for r in rows)

    parameters = {
        "embedding": drawn(USERS + ITEMS, D, scale=0.7),
        "modalWeight": drawn(1, len(modalities)),
        **{f"features.{m}": v.tolist() for m, v in x.items()},
        **{f"projection.{m}.weight": drawn(v.shape[1], D, scale=0.5) for m, v in x.items()},
        **{f"projection.{m}.bias": drawn(1, D, scale=0.2) for m, v in x.items()},
    }
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, frozen=frozen, l2=l2)
    return dict(modalities=modalities, **run(options, parameters, loss))


write("lattice", "dense matrices; the graph learned in step 1 and kept after it", [
    lattice(["image", "text"], 2, 1, 3, 0.9, 0.1),
    lattice(["image", "text"], 1, 2, 4, 0.4, 0.01),
    lattice(["text"], 2, 1, 3, 0.5, 0.1),
])
