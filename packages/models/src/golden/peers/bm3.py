import torch

from common import ITEMS, USERS, adjacency, batch, drawn, features, layer_mean, run, write

D = 3


def distance(a, b):
    return 1 - torch.nn.functional.cosine_similarity(a, b, dim=1).mean()


def bm3(layers, modality_loss, l2):
    x, a = features(), adjacency()

    def loss(p):
        users, items, _ = batch()
        e = layer_mean(a, p["embedding"], layers)
        u, i = e[:USERS], e[USERS:] + p["embedding"][USERS:]
        predict = lambda rows: rows @ p["predictor.weight"] + p["predictor.bias"]
        target_user, target_item = u.detach()[users], i.detach()[items]
        total = distance(predict(u)[users], target_item) + distance(predict(i)[items], target_user)
        for m in x:
            projected = p[f"features.{m}"] @ p[f"projection.{m}.weight"] + p[f"projection.{m}.bias"]
            online = predict(projected)[items]
            total = total + modality_loss * (distance(online, target_item) + distance(online, projected.detach()[items]))
        return total + l2 * (u.norm() + i.norm()) / ITEMS

    parameters = {
        "embedding": drawn(USERS + ITEMS, D, scale=0.5),
        "predictor.weight": drawn(D, D, scale=0.5), "predictor.bias": drawn(1, D, scale=0.1),
        **{f"features.{m}": v.tolist() for m, v in x.items()},
        **{f"projection.{m}.weight": drawn(v.shape[1], D, scale=0.5) for m, v in x.items()},
        **{f"projection.{m}.bias": drawn(1, D, scale=0.1) for m, v in x.items()},
    }
    return run(dict(dimensions=D, layers=layers, dropout=0, modalityLoss=modality_loss, l2=l2), parameters, loss)


write("bm3", "dense matrices; nothing dropped from the targets", [bm3(1, 2.0, 0.1), bm3(2, 0.5, 1.0)])
