from common import ITEMS, USERS, adjacency, batch, bpr, drawn, features, layer_mean, nearest, run, write

D = 3


def freedom(layers, item_layers, k, image_weight, modality_loss):
    x = features()
    graph = image_weight * nearest(x["image"], k) / k + (1 - image_weight) * nearest(x["text"], k) / k
    a = adjacency()

    def loss(p):
        users, positives, negatives = batch()
        e = layer_mean(a, p["embedding"], layers)
        h = p["embedding"][USERS:]
        for _ in range(item_layers):
            h = graph @ h
        u, i = e[:USERS], e[USERS:] + h
        total = bpr(u[users], i[positives], i[negatives])
        for modality in x:
            projected = p[f"features.{modality}"] @ p[f"projection.{modality}.weight"]
            total = total + modality_loss * bpr(u[users], projected[positives], projected[negatives])
        return total

    parameters = {
        "embedding": drawn(USERS + ITEMS, D, scale=0.5),
        **{f"features.{m}": v.tolist() for m, v in x.items()},
        **{f"projection.{m}.weight": drawn(v.shape[1], D, scale=0.5) for m, v in x.items()},
    }
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, imageWeight=image_weight, dropout=0,
                   modalityLoss=modality_loss)
    return run(options, parameters, loss)


write("freedom", "dense matrices; no edges dropped", [freedom(2, 1, 3, 0.1, 0.3), freedom(1, 2, 2, 0.4, 1.0)])
