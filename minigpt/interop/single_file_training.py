"""The training of a model in one file, as it will stand there: loop, loss, optimizers."""

TRAINING = '''

def batch(data, step):
    """Random windows, and the same moved on by one."""
    digest = hashlib.blake2b(repr((SEED, step, 0)).encode(), digest_size=4).digest()
    chance = torch.Generator().manual_seed(int.from_bytes(digest, "big"))
    starts = torch.randint(len(data) - CONTEXT_LENGTH, ($batch_size,), generator=chance)
    windows = data[starts[:, None] + torch.arange(CONTEXT_LENGTH + 1)]
    return windows[:, :-1], windows[:, 1:]


def learning_rate(step, steps):
    """Rises in a line, then follows the schedule "$schedule"."""
    if step < $warmup_steps:
        return $learning_rate * step / $warmup_steps
    done = min(1.0, (step - $warmup_steps) / max(1, steps - $warmup_steps))
    height = $height
    return $learning_rate * ($final + (1 - $final) * height)


def train(text, steps=$steps):
    """Train a model of this shape on a text; returns it."""
    torch.manual_seed(SEED)
    model, data = Model(), torch.tensor(encode(text))
    cut = len(data) * 9 // 10
    training, validation = data[:cut], data[cut:]
$optimizers    for step in range(1, steps + 1):
        inputs, targets = batch(training, step)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        model.zero_grad()
        loss.backward()
$clip        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps)
            optimizer.step()
        if step % $evaluation_interval == 0 or step == steps:
            print(f"step {step}: loss {loss.item():.4f}, validation {judge(model, validation):.4f}")
    return model.eval()


@torch.no_grad()
def judge(model, data):
    """The mean loss on the part that is never trained on."""
    model.eval()
    count = (len(data) - 1) // CONTEXT_LENGTH
    windows = data[: count * CONTEXT_LENGTH + 1]
    inputs = windows[:-1].view(count, CONTEXT_LENGTH).split(64)
    targets = windows[1:].view(count, CONTEXT_LENGTH).split(64)
    total = sum(
        F.cross_entropy(model(one).flatten(0, 1), other.flatten(), reduction="sum").item()
        for one, other in zip(inputs, targets)
    )
    model.train()
    return total / (count * CONTEXT_LENGTH)
'''

ADAMW = """    decaying = [one for one in $rest if one.dim() >= 2]
    free = [one for one in $rest if one.dim() < 2]
    groups = [{"params": decaying, "weight_decay": $weight_decay}, {"params": free, "weight_decay": 0.0}]
    optimizers = [torch.optim.AdamW(groups, betas=($momentum, $beta2))]
"""  # noqa: E501 - as long as it will be there

MUON = """    inner = [one for one in model.blocks.parameters() if one.dim() == 2]
    rest = [one for one in model.parameters() if not any(one is matrix for matrix in inner)]
"""

MUON_CLASS = '''

class Muon(torch.optim.Optimizer):
    """Momentum whose direction is made orthogonal, for the matrices inside the blocks."""

    def __init__(self, matrices):
        super().__init__(matrices, {"lr": 0.0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for matrix in group["params"]:
                average = self.state[matrix].setdefault("average", torch.zeros_like(matrix))
                average.lerp_(matrix.grad, 1 - $momentum)
                ahead = orthogonal(matrix.grad.lerp(average, $momentum))
                matrix.mul_(1 - group["lr"] * $weight_decay)
                matrix.sub_(ahead, alpha=group["lr"] * 0.2 * math.sqrt(max(matrix.shape)))


def orthogonal(x):
    """About the nearest matrix whose singular values are all one (Newton-Schulz)."""
    is_tall = x.shape[0] > x.shape[1]
    x = x.T if is_tall else x
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if is_tall else x
'''
