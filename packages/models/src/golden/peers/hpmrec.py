import torch

from common import ITEMS, USERS, adjacency, batch, bpr, drawn, features, nearest, run, write

D = 3


def product(x, y, components):
    """Cayley and Dickson without conjugations: (a, b)(c, e) = (a c - e b, a e + b c)."""
    if components == 1:
        return x * y
    a, b = torch.chunk(x, 2, dim=1)
    c, e = torch.chunk(y, 2, dim=1)
    of = lambda left, right: product(left, right, components // 2)
    return torch.cat([of(a, c) - of(e, b), of(a, e) + of(b, c)], dim=1)


def hpmrec(modalities, components, layers, item_layers, k, image_weight, weight, alignment, l2):
    x = {m: features()[m] for m in modalities}
    weights = {"image": image_weight, "text": 1 - image_weight} if len(modalities) > 1 else {modalities[0]: 1.0}
    items_graph = sum(weights[m] * nearest(x[m], k) / k for m in modalities)
    a, blocks = adjacency(), ["id", *modalities]
    parameters = {"ids": drawn(ITEMS, D)}
    for name in blocks:
        width = D if name == "id" else x[name].shape[1]
        parameters |= {f"{name}.user{c}": drawn(USERS, D, scale=0.5) for c in range(components)}
        parameters |= {
            f"{name}.prompt": drawn(USERS + ITEMS, components * D, scale=0.5),
            f"{name}.widen.weight": drawn(width, 4 * D, scale=0.5), f"{name}.widen.bias": drawn(1, 4 * D, scale=0.1),
            f"{name}.narrow.weight": drawn(4 * D, D, scale=0.5), f"{name}.narrow.bias": drawn(1, D, scale=0.1),
        }

    def loss(p):
        def block(name, values):
            hidden = torch.nn.functional.leaky_relu(values @ p[f"{name}.widen.weight"] + p[f"{name}.widen.bias"], 0.01)
            projected = hidden @ p[f"{name}.narrow.weight"] + p[f"{name}.narrow.bias"]
            unit = [torch.nn.functional.normalize(torch.cat([p[f"{name}.user{c}"], projected])) for c in range(components)]
            layer, total = torch.cat(unit, dim=1), p[f"{name}.prompt"]
            for _ in range(layers):
                layer = a @ layer
                total = total + layer
            return total

        ids = block("id", p["ids"])
        numbers = [ids]
        for m in modalities:
            rows = block(m, x[m])
            numbers.append(rows + weight * product(ids, rows, components))
        e = torch.cat(numbers, dim=1)
        u, i = e[:USERS], e[USERS:]
        h = i
        for _ in range(item_layers):
            h = items_graph @ h
        i = i + h
        users, positives, negatives = batch()
        total = bpr(u[users], i[positives], i[negatives])
        for name in blocks:
            for c in range(components):
                total = total + l2 * (p[f"{name}.user{c}"][users] ** 2).mean()
        for b, first in enumerate(numbers):
            for second in numbers[b + 1:]:
                total = total + alignment * (first[USERS:] - second[USERS:]).abs().mean()
        for rows in numbers:
            parts = torch.chunk(rows, components, dim=1)
            total = total - alignment * (parts[0] - torch.stack(parts[1:]).mean(0)).abs().mean()
        return total

    options = dict(dimensions=D, components=str(components), layers=layers, itemLayers=item_layers, k=k,
                   imageWeight=image_weight, product=weight, alignment=alignment, l2=l2)
    return dict(modalities=modalities, **run(options, parameters, loss))


write("hpmrec", "dense matrices; the corrected loss: every two blocks aligned, every component trained, layers differentiated", [
    hpmrec(["image", "text"], 2, 1, 1, 3, 0.1, 0.1, 0.2, 0.1),
    hpmrec(["image", "text"], 4, 2, 1, 2, 0.3, 0.5, 0.1, 0.2),
    hpmrec(["text"], 2, 2, 2, 3, 0.1, 0.3, 0.1, 0.1),
])
