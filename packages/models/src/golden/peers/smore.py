import torch

from common import ITEMS, USERS, adjacency, batch, bpr, cosine_graph, drawn, features, layer_mean, run, write

D = 4


def larger(a, b):
    """The larger weight where both have an edge, else the one that is there."""
    return torch.where(a == 0, b, torch.where(b == 0, a, torch.maximum(a, b)))


def infonce(a, b, temperature):
    a, b = (x / x.norm(dim=1, keepdim=True) for x in (a, b))
    logits = a @ b.T / temperature
    return (torch.logsumexp(logits, 1) - logits.diagonal()).mean()


def smore(modalities, layers, item_layers, k, weight, temperature, l2):
    x = {m: features()[m] for m in modalities}
    a = adjacency()
    graphs = {m: cosine_graph(v, k) for m, v in x.items()}
    graphs["fused"] = graphs[modalities[0]]
    for m in modalities[1:]:
        graphs["fused"] = larger(graphs["fused"], graphs[m])
    rfft = lambda v: torch.fft.rfft(v, dim=1, norm="ortho")
    irfft = lambda v: torch.fft.irfft(v, n=D, dim=1, norm="ortho")

    def loss(p):
        linear = lambda name, v: v @ p[f"{name}.weight"] + p[f"{name}.bias"]
        complex_row = lambda m: torch.complex(p[f"filter.{m}.real"], p[f"filter.{m}.imaginary"])
        spectra = {m: rfft(linear(f"projection.{m}", p[f"features.{m}"])) for m in modalities}
        product = spectra[modalities[0]]
        for m in modalities[1:]:
            product = product * spectra[m]
        spectra["fused"] = product
        content = layer_mean(a, p["embedding"], layers)
        h = {}
        for m in spectra:
            rows = p["embedding"][USERS:] * torch.sigmoid(linear(f"gate.{m}", irfft(spectra[m] * complex_row(m))))
            for _ in range(item_layers):
                rows = graphs[m] @ rows
            h[m] = torch.cat([a[:USERS, USERS:] @ rows, rows])
        parts = [torch.sigmoid(linear("preference.fused", content)) * h["fused"]]
        for m in modalities:
            attention = torch.tanh(linear(f"query1.{m}", h["fused"])) @ p[f"query2.{m}.weight"]
            parts.append(torch.sigmoid(linear(f"preference.{m}", content)) * torch.softmax(attention, dim=1) * h[m])
        side = torch.stack(parts).mean(0)
        users, positives, negatives = batch()
        u, i = (content + side)[:USERS], (content + side)[USERS:]
        rows = u[users], i[positives], i[negatives]
        total = bpr(*rows) + l2 / (2 * len(users)) * sum((r ** 2).sum() for r in rows)
        for nodes in (users, USERS + positives):
            total = total + weight * infonce(side[nodes], content[nodes], temperature)
        return total

    views = ["fused", *modalities]
    square = lambda name, bias=True: {
        f"{name}.weight": drawn(D, D, scale=0.5), **({f"{name}.bias": drawn(1, D, scale=0.2)} if bias else {})
    }
    parameters = {"embedding": drawn(USERS + ITEMS, D, scale=0.7), **{f"features.{m}": v.tolist() for m, v in x.items()}}
    for m in modalities:
        parameters |= {f"projection.{m}.weight": drawn(x[m].shape[1], D, scale=0.5),
                       f"projection.{m}.bias": drawn(1, D, scale=0.2)}
        parameters |= square(f"query1.{m}") | square(f"query2.{m}", bias=False)
    for m in views:
        parameters |= square(f"gate.{m}") | square(f"preference.{m}")
        parameters |= {f"filter.{m}.{part}": drawn(1, D // 2 + 1) for part in ("real", "imaginary")}
    options = dict(dimensions=D, layers=layers, itemLayers=item_layers, k=k, infonce=weight, temperature=temperature,
                   dropout=0, l2=l2)
    return dict(modalities=modalities, **run(options, parameters, loss))


write("smore", "dense matrices, torch.fft; no dropout", [
    smore(["image", "text"], 3, 1, 3, 0.2, 0.2, 0.1),
    smore(["image", "text"], 2, 2, 4, 1.0, 0.5, 0.01),
    smore(["text"], 1, 1, 2, 0.5, 0.3, 0.1),
])
