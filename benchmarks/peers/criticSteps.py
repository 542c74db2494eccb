"""Steps of an adversarial critic of interactions written in torch with dense rows: processor seconds and peak memory.

What MMSSL (Wei et al. 2023, section 3.1) adds to a step: the critic's own update with its gradient penalty, then what it says of
the content. The rest of the model is left out. Beside it stands `dist/publishedSteps.js mmssl DATA 5 '{}' 1024`, which makes whole steps.

  python criticSteps.py --data ../shared/data/tiktok --steps 3
"""
import argparse
import json
import os
import resource
import time

import numpy
import torch
from torch import nn


def interactions(data):
    name = next(file for file in os.listdir(data) if file.endswith(".inter"))
    rows = [line.rstrip("\n").split("\t") for line in open(os.path.join(data, name))]
    head, rows = rows[0], rows[1:]
    user, item, label = (head.index(column) for column in ("userID", "itemID", "x_label"))
    pairs = numpy.array([(int(row[user]), int(row[item]), int(row[label])) for row in rows])
    return pairs[pairs[:, 2] == 0, :2], pairs[:, :2].max(0) + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--modalities", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    pairs, (users, items) = interactions(given.data)
    seen = torch.sparse_coo_tensor(torch.tensor(pairs.T), torch.ones(len(pairs)), (int(users), int(items))).to_sparse_csr()
    tables = [(torch.randn(int(users), 64), torch.randn(int(items), 64)) for _ in range(given.modalities + 1)]
    content = [tuple(side.requires_grad_() for side in sides) for sides in tables[1:]]
    width = int(items) // 4
    layers = []
    for inputs, outputs, drop in [(int(items), width, 0.31), (width, width // 2, 0.5)]:
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.01), nn.BatchNorm1d(outputs), nn.Dropout(drop)]
    critic = nn.Sequential(*layers, nn.Linear(width // 2, 1), nn.Sigmoid())
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-4, betas=(0.5, 0.9))

    def cosines(sides, ids, unseen):
        return nn.functional.normalize((sides[0][ids] @ sides[1].T) * unseen)

    def step(ids):
        rows = torch.stack([seen[int(user)].to_dense() for user in ids])
        unseen = 1 - rows
        with torch.no_grad():
            gumbel = -torch.log(-torch.log(torch.rand_like(rows).clamp(1e-20)).clamp(1e-20))
            real = nn.functional.normalize(torch.softmax(rows + 0.002 * gumbel, 1) + 100 * cosines(tables[0], ids, unseen))
            real = real.repeat(len(content), 1)
            fake = torch.cat([cosines(sides, ids, unseen) for sides in content])
            mix = torch.rand(len(real), 1)
            between = mix * real + (1 - mix) * fake
        between.requires_grad_()
        slopes = torch.autograd.grad(100 * critic(between).sum(), between, create_graph=True)[0]
        penalty = ((slopes.norm(dim=1) - 1) ** 2).mean()
        loss = 100 * critic(fake).mean() - 100 * critic(real).mean() + 0.3 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        del real, fake, between, slopes, penalty, loss
        judged = torch.cat([cosines(sides, ids, unseen) for sides in content])
        (-1e-4 * 100 * critic(judged).mean()).backward()

    seconds = []
    for _ in range(given.steps):
        ids = torch.unique(torch.tensor(pairs[numpy.random.default_rng(1).choice(len(pairs), given.batch, replace=False), 0]))
        begin = time.process_time()
        step(ids)
        seconds.append(time.process_time() - begin)
    print(json.dumps({
        "steps": seconds, "users": len(ids), "width": width,
        "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
