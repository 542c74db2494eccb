import torch
from torch.nn.functional import cross_entropy, normalize

from common import ITEMS, USERS, adjacency, batch, drawn, features, layer_mean, run, write

D = 4


def slmrec(layers, alpha, l2, temperature=0.2, self_temperature=0.5):
    x = features()
    a = adjacency()

    def in_batch(first, second, t):
        return cross_entropy(first @ second.T / t, torch.arange(len(first)))

    def linear(p, name, rows):
        return rows @ p[f"{name}.weight"] + p[f"{name}.bias"]

    def loss(p):
        users, positives, _ = batch()
        tables = [p["id"]] + [torch.cat([p["id"][:USERS], linear(p, f"{m}.project", normalize(rows))]) for m, rows in x.items()]
        views = [layer_mean(a, table, layers) for table in tables]
        u = linear(p, "fuse.users", torch.cat([v[:USERS] for v in views], 1))
        i = linear(p, "fuse.items", torch.cat([v[USERS:] for v in views], 1))
        main = in_batch(normalize(u[users]), normalize(i[positives]), temperature)
        ids, first, second = (v[USERS:][positives] for v in views)
        space = linear(p, "fac.chain1", ids)
        side = in_batch(space, linear(p, "fac.side1", first), self_temperature)
        coarse = linear(p, "fac.chain2", linear(p, "fac.absent", space))
        side = side + in_batch(coarse, linear(p, "fac.side2", second), self_temperature)
        return main + alpha * side + l2 / 2 * sum((t**2).sum() for t in p.values())

    shapes = {f"{m}.project": (rows.shape[1], D) for m, rows in x.items()}
    shapes |= {"fuse.users": (3 * D, D), "fuse.items": (3 * D, D), "fac.chain1": (D, D), "fac.side1": (D, D),
               "fac.absent": (D, D), "fac.chain2": (D, D // 2), "fac.side2": (D, D // 2)}
    parameters = {"id": drawn(USERS + ITEMS, D, scale=0.5)}
    for name, shape in shapes.items():
        parameters |= {f"{name}.weight": drawn(*shape, scale=0.5), f"{name}.bias": drawn(1, shape[1], scale=0.1)}
    options = dict(dimensions=D, layers=layers, temperature=temperature, task="fac", selfSupervision=alpha,
                   selfTemperature=self_temperature, l2=l2)
    return run(options, parameters, loss)


write("slmrec", "dense matrices; task fac; the optimizer's weight decay as half the squared norm in the loss", [slmrec(3, 0.5, 0.01), slmrec(1, 0.1, 1e-4)])
