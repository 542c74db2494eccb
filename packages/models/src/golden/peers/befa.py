import torch

from common import ITEMS, USERS, adjacency, batch, bpr, cosine_graph, drawn, features, layer_mean, run, write

D = 3


def befa(layers, item_layers, k, widening, l2):
    x = features()
    a = adjacency()
    graphs = {m: cosine_graph(rows, k) for m, rows in x.items()}
    r = a[:USERS, USERS:]

    def loss(p):
        users, positives, negatives = batch()
        linear = lambda name, rows: rows @ p[f"{name}.weight"] + p[f"{name}.bias"]
        e = layer_mean(a, p["embedding"], layers)
        views = []
        for m in x:
            h = linear(f"{m}.project", p[f"features.{m}"])
            h = torch.tanh(torch.relu(linear(f"{m}.gate1", h)))
            gate = torch.sigmoid(linear(f"{m}.gate3", torch.relu(linear(f"{m}.gate2", h))))
            items = p["embedding"][USERS:] * gate
            for _ in range(item_layers):
                items = graphs[m] @ items
            views.append(torch.cat([r @ items, items]))
        e = e + sum(views) / len(views)
        u, i, j = e[:USERS][users], e[USERS:][positives], e[USERS:][negatives]
        return bpr(u, i, j) + l2 / (2 * len(users)) * ((u**2).sum() + (i**2).sum() + (j**2).sum())

    parameters = {"embedding": drawn(USERS + ITEMS, D, scale=0.5)}
    for m, rows in x.items():
        parameters[f"features.{m}"] = rows.tolist()
        shapes = dict(project=(rows.shape[1], D), gate1=(D, D * widening), gate2=(D * widening, D * widening), gate3=(D * widening, D))
        for name, shape in shapes.items():
            parameters |= {f"{m}.{name}.weight": drawn(*shape, scale=0.5), f"{m}.{name}.bias": drawn(1, shape[1], scale=0.1)}
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, widening=widening, dropout=0, l2=l2)
    return run(options, parameters, loss)


write("befa", "dense matrices; no dropout", [befa(2, 1, 3, 2, 0.1), befa(1, 2, 2, 1, 0.3)])
