"""The parts that a model in one file is put together from, as they will stand there.

What depends on a run's settings is a place such as $bias; whole parts are chosen or left out.
"""

HEAD = '''"""The model of the run $run in one file: its parts, its training and its writing.

It was made by MiniGPT and needs nothing but PyTorch. The weights of step $step lie beside it.

Continue a text:       python $file$argument
Train one like it:     python $file --train text.txt
"""

import hashlib
import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

CONTEXT_LENGTH, WIDTH = $context_length, $width
WEIGHTS = Path(__file__).with_suffix(".pt")
SEED = $seed
'''

CHARACTERS = '''
VOCABULARY = $vocabulary
ID_OF = {character: number for number, character in enumerate(VOCABULARY)}


def encode(text):
    """A text as ids, one for each character."""
    return [ID_OF[character] for character in text]


def decode(ids):
    """Ids as text."""
    return "".join(VOCABULARY[number] for number in ids)
'''

BYTES = '''
VOCABULARY = range(256)


def encode(text):
    """A text as ids, one for each byte."""
    return list(text.encode("utf-8"))


def decode(ids):
    """Ids as text; bytes that form no character become a replacement mark."""
    return bytes(ids).decode("utf-8", errors="replace")
'''

POSITIONS = '''

class Positions(nn.Module):
    """A trained vector for each place in the text."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CONTEXT_LENGTH, WIDTH))

    def forward(self, length):
        return self.weight[:length]
'''

WAVES = '''

class Positions(nn.Module):
    """Fixed waves for each place in the text: sines and cosines, slower and slower."""

    def forward(self, length):
        pairs = torch.arange(0, WIDTH, 2, dtype=torch.float32)
        angles = torch.arange(length)[:, None] * 10_000.0 ** (-pairs / WIDTH)
        waves = torch.zeros(length, WIDTH)
        waves[:, 0::2], waves[:, 1::2] = angles.sin(), angles[:, : WIDTH // 2].cos()
        return 0.02 * waves
'''

ROTATE = '''

def rotate(x):  # (B, H, T, D)
    """Turn pairs of channels by an angle that grows with the place in the text."""
    length, size = x.shape[-2:]
    pairs = torch.arange(0, size, 2, dtype=torch.float32)
    angles = torch.arange(length)[:, None] * 10_000.0 ** (-pairs / size)
    cosine, sine = angles.cos(), angles.sin()
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)
'''

NGRAMS = '''

class NGrams(nn.Module):
    """A vector for each run of 2 to $ngram_order tokens, found by a hash and added up."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(($ngram_order - 1) * $ngram_rows, WIDTH))

    def forward(self, tokens):
        key, total = tokens + 1, 0
        for back in range(1, $ngram_order):
            earlier = F.pad(tokens[:, :-back] + 1, (min(back, tokens.shape[1]), 0))
            key = (key * 747_796_405 + earlier) % (2**31 - 1)
            total = total + self.weight[key % $ngram_rows + (back - 1) * $ngram_rows]
        return total
'''

RMS_NORM = '''

class Norm(nn.Module):
    """Divides each vector by its root mean square."""

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:])
'''

LAYER_NORM = '''

def Norm():
    """Each vector gets mean 0 and variance 1, then a trained scale and shift."""
    return nn.LayerNorm(WIDTH, bias=$bias)
'''

ATTENTION = '''

class Attention(nn.Module):
    """Each token collects from itself and from those before it, $num_heads heads at a time."""

    def __init__(self):
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH, bias=$qkv_bias)
        self.output = nn.Linear(WIDTH, WIDTH, bias=$bias)

    def forward(self, x):  # (B, T, C)
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, $num_heads, width // $num_heads).transpose(1, 2)
            for part in self.query_key_value(x).chunk(3, dim=-1)
        )  # (B, H, T, D) each
$compared        scores = q @ k.transpose(-2, -1) * $scale
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        mixed = F.dropout(weights, $dropout, self.training) @ v
        joined = self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return F.dropout(joined, $dropout, self.training)
'''

ONE_HEAD = '''

class Attention(nn.Module):
    """One head: each token collects from itself and from those before it."""

    def __init__(self):
        super().__init__()
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)
        self.query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x):  # (B, T, C)
        length = x.shape[1]
        scores = self.query(x) @ self.key(x).transpose(-2, -1) / math.sqrt(WIDTH)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        return scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ self.value(x)
'''

AVERAGE = '''

class Attention(nn.Module):
    """Each token gets the average of itself and of those before it."""

    def forward(self, x):  # (B, T, C)
        counts = torch.arange(1, x.shape[1] + 1)[:, None]
        return x.cumsum(dim=1) / counts
'''

FEED_FORWARD = '''

class FeedForward(nn.Module):
    """Each token by itself: wider, an activation, and back."""

    def __init__(self):
        super().__init__()
        self.widen = nn.Linear(WIDTH, $expanded, bias=$bias)
        self.narrow = nn.Linear($activated, WIDTH, bias=$bias)

    def forward(self, x):
        x = self.widen(x)
$activate        return F.dropout(self.narrow(x), $dropout, self.training)
'''

PRE_NORM_BLOCK = '''

class Block(nn.Module):
    """Attention and feed-forward; each reads a normalised copy and adds to the stream."""

    def __init__(self):
        super().__init__()
        self.attention_norm, self.attention = Norm(), Attention()
        self.feed_forward_norm, self.feed_forward = Norm(), FeedForward()

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.feed_forward_norm(x))
'''

POST_NORM_BLOCK = '''

class Block(nn.Module):
    """Attention and feed-forward; what each adds to the stream is normalised with it."""

    def __init__(self):
        super().__init__()
        self.attention_norm, self.attention = Norm(), Attention()
        self.feed_forward_norm, self.feed_forward = Norm(), FeedForward()

    def forward(self, x):
        x = self.attention_norm(x + self.attention(x))
        return self.feed_forward_norm(x + self.feed_forward(x))
'''

ATTENTION_ALONE = '''

class Block(nn.Module):
    """Attention alone; what it finds takes the place of the stream."""

    def __init__(self):
        super().__init__()
        self.attention = Attention()

    def forward(self, x):
        return self.attention(x)
'''

MODEL = '''

class Model(nn.Module):
    """From ids to a score for each token of the vocabulary, at every place."""

    def __init__(self):
        super().__init__()
$parts
    def forward(self, tokens):  # (B, T) -> (B, T, V)
$forward
'''

WRITING = '''

@torch.no_grad()
def generate(model, prompt, tokens=200, temperature=0.8, seed=SEED):
    """The prompt and what the model makes of it, one token after the other."""
    chance, ids = torch.Generator().manual_seed(seed), encode(prompt)
    for _ in range(tokens):
        logits = model(torch.tensor([ids[-CONTEXT_LENGTH:]]))[0, -1]
        odds = (logits / temperature).softmax(dim=-1)
        ids.append(torch.multinomial(odds, 1, generator=chance).item())
    return decode(ids)


def load():
    """The model with the weights that lie beside this file."""
    model = Model()
    model.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return model.eval()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        trained = train(Path(sys.argv[2]).read_text(encoding="utf-8"))
        torch.save(trained.state_dict(), WEIGHTS.with_suffix(".trained.pt"))
    else:
        print(generate(load(), sys.argv[1] if len(sys.argv) > 1 else $prompt))
'''
