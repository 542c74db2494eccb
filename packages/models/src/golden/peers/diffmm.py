import math

import torch
from torch.nn.functional import leaky_relu, normalize

import draws
from common import BATCH, ITEMS, USERS, adam, batch, bpr, drawn, features, interactions, run_updates, write

D = 4
SEED = 1  # of the model's own draws, in golden.test.ts


def with_self(rows):
    """D^-1/2 (A + I) D^-1/2 of interactions [users, items]."""
    a = torch.eye(USERS + ITEMS)
    a[:USERS, USERS:] += rows
    a[USERS:, :USERS] += rows.T
    d = a.sum(1) ** -0.5
    return d[:, None] * a * d[None, :]


def diffmm(modalities, layers, linear, k, edge_dropout, contrast, steps, time_width, hidden, least=1e-4, infonce=0.3, l2=0.01):
    x, seen, a = {m: features()[m] for m in modalities}, interactions(), with_self(interactions())
    w = dict(rebuiltWeight=0.2, modalWeight=0.5, temperature=0.5, noiseScale=0.1, noiseMost=0.02, dropout=0.5, contentWeight=0.7)
    users, positives, negatives = batch()

    # the schedule, straight from its definition
    share = torch.linspace(w["noiseScale"] * least, w["noiseScale"] * w["noiseMost"], steps)
    betas = torch.tensor([1e-4] + [min(1 - (1 - share[t].item()) / (1 - share[t - 1].item()), 0.999) for t in range(1, steps)])
    bar = torch.cumprod(1 - betas, 0)
    before = torch.cat([torch.ones(1), bar[:-1]])
    ratio = bar / (1 - bar)
    weight = torch.cat([torch.ones(1), ratio[:-1] - ratio[1:]])
    start, current = betas * before.sqrt() / (1 - bar), (1 - before) * (1 - betas).sqrt() / (1 - bar)

    def denoised(p, m, rows, t):
        frequencies = torch.exp(-math.log(10000) * torch.arange(time_width // 2) / (time_width // 2))
        angles = t[:, None] * frequencies[None]
        time = torch.cat([angles.cos(), angles.sin(), torch.zeros(len(t), time_width % 2)], 1)
        name = f"{m}.denoiser"
        time = time @ p[f"{name}.time.weight"] + p[f"{name}.time.bias"]
        h = torch.tanh(torch.cat([rows, time], 1) @ p[f"{name}.in.weight"] + p[f"{name}.in.bias"])
        return h @ p[f"{name}.out.weight"] + p[f"{name}.out.bias"]

    def content(p, m):
        if linear:
            return x[m] @ p[f"{m}.project.weight"] + p[f"{m}.project.bias"]
        return leaky_relu(x[m] @ p[f"{m}.project.weight"], 0.2)

    def diffusion_loss(m):
        def loss(p):
            name = f"{m}.denoiser"
            t = torch.tensor(draws.integers(f"{name}, steps", len(users), steps))
            noise = draws.normal(f"{name}, noise 0", len(users), ITEMS)
            row = seen[users]
            noisy = bar[t].sqrt()[:, None] * row + (1 - bar[t]).sqrt()[:, None] * noise
            made = denoised(p, m, draws.dropout(noisy, w["dropout"], f"{name}, dropout 0"), t)
            apart = made @ content(p, m).detach() - row @ p["ids"][USERS:].detach()
            return (weight[t] * ((row - made) ** 2).mean(1) + w["contentWeight"] * (apart**2).mean(1)).mean()

        return loss

    rebuilt = {m: torch.zeros(USERS, ITEMS) for m in modalities}
    first, second = draws.integers("entries left out", 2, 2**24, SEED, [0])

    def rebuild(p):
        with torch.no_grad():
            ids = users.unique()
            for m in modalities:
                rows = seen[ids]
                for t in reversed(range(steps)):
                    rows = start[t] * denoised(p, m, rows, torch.full((len(ids),), t)) + current[t] * rows
                rebuilt[m][ids] = torch.zeros(len(ids), ITEMS).scatter_(1, torch.topk(rows, k, 1).indices, 1.0)
        return (p["ids"] * 0).sum()

    def rebuilt_graph(m):
        g = with_self(rebuilt[m])
        places = g.nonzero()  # by rows, columns ascend
        kept = torch.tensor([word / 2**32 >= edge_dropout for word in
                             draws.words("entries left out", len(places), first, [second, modalities.index(m)])])
        return g * torch.zeros_like(g).index_put_((places[:, 0], places[:, 1]), kept.double()) / (1 - edge_dropout)

    def readout(e):
        total, layer = e, e
        for _ in range(layers):
            layer = a @ layer
            total = total + layer
        return total

    def model_loss(p):
        u, i = p["ids"][:USERS], p["ids"][USERS:]
        graphs = {m: rebuilt_graph(m) for m in modalities}
        x_m = {m: torch.cat([u, normalize(content(p, m))]) for m in modalities}
        shares = torch.softmax(p["modalWeights"][0], 0)
        joined = 0
        for n, m in enumerate(modalities):
            once = a @ x_m[m]
            e = once + a @ torch.cat([once[:USERS], i]) + w["rebuiltWeight"] * graphs[m] @ p["ids"]
            joined = joined + shares[n] * e
        whole = readout(joined) + w["modalWeight"] * normalize(joined)
        loss = bpr(whole[users], whole[USERS + positives], whole[USERS + negatives]) + l2 * (p["ids"] ** 2).sum()
        views = [readout(graphs[m] @ x_m[m]) for m in modalities]
        pairs = [(whole, v) for v in views]
        if contrast == "modalities":
            pairs = [(views[f], views[s]) for f in range(len(views)) for s in range(f + 1, len(views))]
        for one, other in pairs:
            one, other = normalize(one), normalize(other)
            for rows, of in ((slice(0, USERS), users), (slice(USERS, None), positives)):
                logits = one[rows][of] @ other[rows].T / w["temperature"]
                loss = loss + infonce * torch.nn.functional.cross_entropy(logits, of)
        return loss

    parameters = {"ids": drawn(USERS + ITEMS, D, scale=0.5), "modalWeights": drawn(1, len(modalities))}
    for m in modalities:
        parameters |= {f"{m}.project.weight": drawn(x[m].shape[1], D, scale=0.5)}
        if linear:
            parameters |= {f"{m}.project.bias": drawn(1, D, scale=0.1)}
    updates, denoisers = [], {}
    for m in modalities:
        sizes = dict(time=(time_width, time_width), out=(hidden, ITEMS)) | {"in": (ITEMS + time_width, hidden)}
        own = {}
        for of, (rows, columns) in sizes.items():
            own |= {f"{m}.denoiser.{of}.weight": drawn(rows, columns, scale=0.4),
                    f"{m}.denoiser.{of}.bias": drawn(1, columns, scale=0.1)}
        denoisers |= own
        updates.append((list(own), diffusion_loss(m), adam))
    updates += [([], rebuild, lambda _: torch.optim.SGD([torch.zeros(1)])), (list(parameters), model_loss, adam)]
    options = dict(dimensions=D, layers=layers, linear=linear, k=k, edgeDropout=edge_dropout, contrast=contrast, infonce=infonce,
                   l2=l2, steps=steps, timeWidth=time_width, hidden=hidden, noiseLeast=least, **w)
    return dict(modalities=modalities, **run_updates(options, parameters | denoisers, updates))


write("diffmm", "dense matrices; steps, noise, dropout and dropped entries from the product's streams; one Adam for each update", [
    diffmm(["image", "text"], 1, False, 1, 0.3, "modalities", 5, 10, 6),
    diffmm(["image", "text"], 2, True, 2, 0.0, "main", 3, 5, 4),
    diffmm(["text"], 0, False, 3, 0.5, "main", 1, 2, 5, least=0.01),
])
