import torch
from torch.nn.functional import leaky_relu, logsigmoid, normalize

from common import BATCH, ITEMS, USERS, drawn, features, interactions, inverse, run, write

D, PROFILE, ATTRIBUTE = 3, 5, 4
PROFILES = drawn(USERS, PROFILE)
ATTRIBUTES = {name: drawn(ITEMS, ATTRIBUTE) for name in ("maker", "kind")}
LIKED, DISLIKED = [5, 0, 1, -1, 3, 4, 8], [6, 3, 7, -1, 0, 0, 2]


def triples(augmented):
    """The batch, and where edges are added those of all its places: one part, so that no order matters."""
    users, positives, negatives = (list(BATCH[name]) for name in ("users", "positives", "negatives"))
    for user in list(users) if augmented else []:
        if LIKED[user] >= 0:
            users.append(user), positives.append(LIKED[user]), negatives.append(DISLIKED[user])
    return torch.tensor(users), torch.tensor(positives), torch.tensor(negatives)


def llmrec(modalities, known, layers, feature_weight, profile_weight, attribute_weight, augmented, pruned, kept,
           modality_loss, augmentation_loss, restoration, l2, feature_l2):
    r = interactions()
    to_users = inverse(r.sum(1), -0.5)[:, None] * r
    to_items = inverse(r.sum(0), -0.5)[:, None] * r.T
    x = {m: features()[m] for m in modalities}
    profiles = torch.tensor(PROFILES)
    attributes = {name: torch.tensor(rows) for name, rows in ATTRIBUTES.items()} if known else {}

    def pruned_loss(u, i, j):
        losses = -logsigmoid(((u * i).sum(1) - (u * j).sum(1)))
        count = int((1 - pruned) * len(losses))
        return torch.sort(losses, descending=kept == "largest").values[:count].mean()

    def loss(p):
        linear = lambda name, v: v @ p[f"{name}.weight"] + p[f"{name}.bias"]
        users, positives, negatives = triples(known and augmented)
        from_items = lambda v: (to_users @ v, to_items @ (to_users @ v))
        content = {m: from_items(linear(f"projection.{m}", v)) for m, v in x.items()}
        u, i = p["ids"][:USERS], p["ids"][USERS:]
        all_users, all_items = [u], [i]
        for layer in range(1, layers + 1):
            after = (lambda v: torch.softmax(v, 1)) if layer == layers else (lambda v: v)
            u = after(to_users @ i)
            i = after(to_items @ u)
            all_users.append(u), all_items.append(i)
        u, i = torch.stack(all_users).mean(0), torch.stack(all_items).mean(0)
        for of_users, of_items in content.values():
            u, i = u + feature_weight * normalize(of_users), i + feature_weight * normalize(of_items)
        total, of_attributes = 0, {}
        if known:
            hide = lambda v: v.mean(0, keepdim=True).expand_as(v) if restoration > 0 else v  # all are masked
            profile_items = to_items @ linear("projection.profile", hide(profiles))
            profile_users = to_users @ profile_items
            u, i = u + profile_weight * normalize(profile_users), i + profile_weight * normalize(profile_items)
            for name, v in attributes.items():
                of_attributes[name] = from_items(linear("projection.attribute", hide(v)))
                u = u + attribute_weight * normalize(of_attributes[name][0])
                i = i + attribute_weight * normalize(of_attributes[name][1])
            for _, of_items in of_attributes.values():
                total = total + augmentation_loss * pruned_loss(profile_users[users], of_items[positives], of_items[negatives])
            if restoration > 0:
                away = lambda a, b: ((1 - (normalize(a) * normalize(b)).sum(1)) ** 2).mean()
                total = total + restoration * away(leaky_relu(linear("decoder.profile", profile_users)), profiles)
                for name, v in attributes.items():
                    total = total + restoration * away(leaky_relu(linear("decoder.attribute", of_attributes[name][1])), v)
        rows = u[users], i[positives], i[negatives]
        total = total + pruned_loss(*rows) + l2 / (2 * len(users)) * sum((row ** 2).sum() for row in rows)
        for of_users, of_items in content.values():
            total = total + feature_l2 / (2 * ITEMS) * ((of_users ** 2).sum() + (of_items ** 2).sum())
            total = total + modality_loss * pruned_loss(of_users[users], of_items[positives], of_items[negatives])
        return total

    linear = lambda name, inputs, outputs: {
        f"{name}.weight": drawn(inputs, outputs, scale=0.5), f"{name}.bias": drawn(1, outputs, scale=0.2)
    }
    parameters = {"ids": drawn(USERS + ITEMS, D, scale=0.7)}
    for m in modalities:
        parameters |= linear(f"projection.{m}", x[m].shape[1], D)
    if known:
        parameters |= linear("projection.profile", PROFILE, D) | linear("projection.attribute", ATTRIBUTE, D)
        if restoration > 0:
            parameters |= linear("decoder.profile", D, PROFILE) | linear("decoder.attribute", D, ATTRIBUTE)
    options = dict(dimensions=D, layers=layers, featureWeight=feature_weight, profileWeight=profile_weight,
                   attributeWeight=attribute_weight, augmented=1 if augmented else 0, pruned=pruned, kept=kept,
                   modalityLoss=modality_loss, augmentationLoss=augmentation_loss, restoration=restoration, masked=1,
                   l2=l2, featureL2=feature_l2, weightDecay=0, dropout=0)
    return dict(modalities=modalities, augmented=known, **run(options, parameters, loss))


write("llmrec", "dense matrices; every place of the batch brings its added edges, and every row is masked",
      [llmrec(["image", "text"], True, 2, 0.02, 2.8, 0.3, True, 0.71, "smallest", 0.1, 0.2, 0, 0.1, 0.05),
       llmrec(["image", "text"], True, 1, 0.5, 0.7, 0.2, True, 0.4, "largest", 0.3, 0.5, 0.6, 0.01, 0.1),
       llmrec(["text"], False, 3, 0.4, 0, 0, False, 0, "smallest", 0.2, 0, 0, 0.1, 0.05)],
      augmentation=dict(profiles=PROFILES, attributes=ATTRIBUTES, liked=LIKED, disliked=DISLIKED))
