import math

import torch
from torch.nn.functional import leaky_relu, normalize

import draws
from common import BATCH, ITEMS, USERS, adam, batch, bpr, drawn, features, interactions, run_updates, write

D = 4
DROP = (0.31, 0.5)


def over_root(rows):
    count = rows.sum(1, keepdim=True)
    return torch.where(count > 0, rows / count.clamp(min=1).sqrt(), rows)


def mmssl(modalities, layers, heads, attention, adversarial, slope, share, lists=None, infonce=0.3, l2=0.1, feature_l2=0.2):
    x = {m: features()[m] for m in modalities}
    seen = interactions()
    to_users, to_items = over_root(seen), over_root(seen.T)
    found = None
    if lists:
        found = [torch.zeros(USERS, ITEMS).scatter_(1, torch.tensor(rows), 1.0) for rows in lists]
    ids = sorted(set(BATCH["users"]))
    hidden = [ITEMS // 2, ITEMS // 4]
    w = dict(idWeight=0.36, featureWeight=0.55, dropout=0.2, temperature=0.5, weightDecay=0.05, adversarialWeight=0.01,
             penalty=0.3, criticRate=0.003, noise=0.05, predictionWeight=10)

    def attend(p, views):
        n, width = len(views[0]), D // heads
        stack = torch.stack(views)  # [views, n, D]
        if attention:
            q = (stack @ p["attention.queries"]).reshape(len(views), n, heads, width)
            k = (stack @ p["attention.keys"]).reshape(len(views), n, heads, width)
            weights = torch.softmax(torch.einsum("anhc,bnhc->nhab", q, k) / math.sqrt(width), -1)
        else:
            weights = torch.eye(len(views)).expand(n, heads, len(views), len(views))
        z = torch.einsum("nhab,bnd->anhd", weights, stack).reshape(len(views), n, heads * D)
        return (z @ p["attention.output"]).mean(0)

    def represent(p, use):
        content, views = [], []
        u, i = p["ids"][:USERS], p["ids"][USERS:]
        for m, name in enumerate(modalities):
            projected = x[name] @ p[f"{name}.project.weight"] + p[f"{name}.project.bias"]
            users = to_users @ draws.dropout(projected, w["dropout"], f"{name}, {use}")
            content.append((users, to_items @ users))
            graph = found[m] if found else seen
            views.append((over_root(graph) @ i, over_root(graph.T) @ u))
        u = u + w["idWeight"] * normalize(attend(p, [v[0] for v in views]))
        i = i + w["idWeight"] * normalize(attend(p, [v[1] for v in views]))
        all_u, all_i = [u], [i]
        for layer in range(layers):
            last = layer == layers - 1
            u = to_users @ i
            u = torch.softmax(u, 1) if last else u
            i = to_items @ u
            i = torch.softmax(i, 1) if last else i
            all_u.append(u)
            all_i.append(i)
        u, i = torch.stack(all_u).mean(0), torch.stack(all_i).mean(0)
        for users, items in content:
            u, i = u + w["featureWeight"] * normalize(users), i + w["featureWeight"] * normalize(items)
        return u, i, content, views

    def cosines(users, items):
        return normalize((users[ids] @ items.T) * (1 - seen[ids]))

    def discriminate(p, rows, use):
        for layer in range(2):
            rows = leaky_relu(rows @ p[f"critic.weight{layer + 1}"] + p[f"critic.bias{layer + 1}"], slope)
            rows = torch.nn.functional.batch_norm(rows, None, None, p[f"critic.scale{layer + 1}"][0],
                                                  p[f"critic.shift{layer + 1}"][0], training=True)
            rows = draws.dropout(rows, DROP[layer], f"critic, dropout {layer + 1} of {use}")
        return 100 * torch.sigmoid(rows @ p["critic.weight3"] + p["critic.bias3"])

    def critic_loss(p):
        with torch.no_grad():
            u, i, content, _ = represent(p, "critic")
            fake = torch.cat([cosines(*of) for of in content])
            likely = torch.softmax(seen[ids] + w["noise"] * draws.gumbel("noise on interactions", len(ids), ITEMS), 1)
            real = normalize(likely + w["predictionWeight"] * cosines(u, i)).repeat(len(content), 1)
        mix = draws.uniform("critic, mix", len(real), 1)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        gradient = torch.autograd.grad(discriminate(p, between, "mixed").sum(), between, create_graph=True)[0]
        penalty = ((gradient.norm(dim=1) - 1) ** 2).mean()
        return discriminate(p, fake, "fake").mean() - discriminate(p, real, "real").mean() + w["penalty"] * penalty

    def contrast(a, b):
        a, b = normalize(a), normalize(b)
        own, between = torch.exp(a @ a.T / w["temperature"]), torch.exp(a @ b.T / w["temperature"])
        return -torch.log(between.diagonal() / (own.sum(1) + between.sum(1) - own.diagonal())).mean()

    def model_loss(p):
        u, i, content, views = represent(p, "model")
        users, positives, negatives = batch()
        rows = u[users], i[positives], i[negatives]
        loss = bpr(*rows) + l2 / (2 * len(users)) * sum((r**2).sum() for r in rows)
        loss = loss + feature_l2 / (2 * ITEMS) * sum((t**2).sum() for of in content for t in of)
        loss = loss + infonce * sum(contrast(view[0][ids], u[ids]) for view in views)
        if adversarial:
            fake = torch.cat([cosines(*of) for of in content])
            loss = loss - w["adversarialWeight"] * discriminate(p, fake, "judged").mean()
        return loss

    parameters = {"ids": drawn(USERS + ITEMS, D, scale=0.5), "attention.output": drawn(heads * D, D, scale=0.5)}
    if attention:
        parameters |= {"attention.queries": drawn(D, D), "attention.keys": drawn(D, D)}
    for m in modalities:
        parameters |= {f"{m}.project.weight": drawn(x[m].shape[1], D, scale=0.5), f"{m}.project.bias": drawn(1, D, scale=0.1)}
    critic = {}
    if adversarial:
        for layer, (inputs, outputs) in enumerate(zip([ITEMS, *hidden], [*hidden, 1]), 1):
            critic |= {f"critic.weight{layer}": drawn(inputs, outputs), f"critic.bias{layer}": drawn(1, outputs, scale=0.1)}
        for layer, width in enumerate(hidden, 1):
            critic |= {f"critic.scale{layer}": (1 + torch.tensor(drawn(1, width, scale=0.1))).tolist(),
                       f"critic.shift{layer}": drawn(1, width, scale=0.1)}
    updates = [(list(parameters), model_loss, lambda of: torch.optim.AdamW(of, lr=0.01, weight_decay=w["weightDecay"]))]
    if adversarial:
        adversary = lambda of: torch.optim.Adam(of, lr=w["criticRate"], betas=(0.5, 0.9))
        updates = [(list(critic), critic_loss, adversary), *updates]
    options = dict(dimensions=D, layers=layers, heads=heads, attention=attention, adversarial=adversarial, slope=slope,
                   graphShare=share, criticDivisor=2, criticDropout=DROP[0], criticDropout2=DROP[1], infonce=infonce, l2=l2,
                   featureL2=feature_l2, **w)
    state = {} if lists is None else dict(state=dict(lists=[row for rows in lists for row in rows]))
    return dict(modalities=modalities, **state, **run_updates(options, parameters | critic, updates))


LISTS = [[[2, 3], [0, 3], [1, 2], [0, 8], [4, 5], [0, 1], [0, 5]], [[3, 5], [0, 4], [1, 8], [3, 5], [0, 8], [2, 4], [2, 6]]]

write("mmssl", "dense matrices; dropout, noise and mixing from the product's streams; torch.optim.AdamW for the model, Adam for the critic", [
    mmssl(["image", "text"], 2, 2, True, True, 0.01, 1e-4),
    mmssl(["image", "text"], 2, 4, True, True, 0.5, 0.25, LISTS),
    mmssl(["text"], 1, 1, False, True, 0.2, 0.25, LISTS[:1]),
    mmssl(["image", "text"], 3, 2, True, False, 0.01, 0.25, LISTS),
])
