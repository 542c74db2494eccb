import torch
from torch.nn.functional import leaky_relu, normalize

from common import ITEMS, USERS, batch, bpr, drawn, features, interactions, inverse, run, write

D, IMAGE = 3, 4


def mean_graph():
    a = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    a[:USERS, USERS:] = interactions()
    a = a + a.T
    return inverse(a.sum(1), -1)[:, None] * a


def mmgcn(layers, concatenate, l2):
    x = features()
    mean = mean_graph()

    def convolve(p, m):
        own = x[m]
        if m == "image":
            own = own @ p["image.project.weight"] + p["image.project.bias"]
        h = normalize(torch.cat([p[f"{m}.preference"], own]))
        for l in range(1, layers + 1):
            of = lambda part: p[f"{m}.layer{l}.{part}"]
            around = leaky_relu(mean @ (h @ of("neighbours.weight")))
            self = leaky_relu(h @ of("self.weight") + of("self.bias")) + p["id"]
            joined = torch.cat([around, self], 1) if concatenate else around
            out = joined @ of("join.weight") + of("join.bias")
            h = leaky_relu(out if concatenate else out + self)
        return h

    def loss(p):
        users, positives, negatives = batch()
        e = (convolve(p, "image") + convolve(p, "text")) / 2
        u, i = e[:USERS], e[USERS:]
        ids = torch.cat([p["id"][USERS:][positives], p["id"][USERS:][negatives]])
        regulariser = (p["id"][users] ** 2).mean() + (ids**2).mean() + (p["image.preference"] ** 2).mean()
        return bpr(u[users], i[positives], i[negatives]) + l2 * regulariser

    parameters = {"id": drawn(USERS + ITEMS, D, scale=0.5)}
    for m, rows in x.items():
        width = IMAGE if m == "image" else rows.shape[1]
        parameters[f"{m}.preference"] = drawn(USERS, width, scale=0.5)
        if m == "image":
            parameters["image.project.weight"] = drawn(rows.shape[1], IMAGE, scale=0.5)
            parameters["image.project.bias"] = drawn(1, IMAGE, scale=0.1)
        for l in range(1, layers + 1):
            inputs = width if l == 1 else D
            parameters[f"{m}.layer{l}.neighbours.weight"] = drawn(inputs, inputs, scale=0.5)
            parameters[f"{m}.layer{l}.self.weight"] = drawn(inputs, D, scale=0.5)
            parameters[f"{m}.layer{l}.self.bias"] = drawn(1, D, scale=0.1)
            parameters[f"{m}.layer{l}.join.weight"] = drawn(inputs + D if concatenate else inputs, D, scale=0.5)
            parameters[f"{m}.layer{l}.join.bias"] = drawn(1, D, scale=0.1)
    options = dict(dimensions=D, layers=layers, imageWidth=IMAGE, concatenate=concatenate, l2=l2)
    return run(options, parameters, loss)


write("mmgcn", "dense matrices; ids and preferences trained", [mmgcn(3, True, 0.3), mmgcn(2, False, 0.1)])
