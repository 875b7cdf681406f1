"""A decoder-only transformer; with GPTConfig's defaults it is GPT-2 (Radford et al. 2019)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from minigpt.models.configs import GPTConfig
from minigpt.models.language_model import EmbeddedPart, LanguageModel
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.block import Block, PostNormBlock, PreNormBlock
from minigpt.models.layers.embeddings import (
    LearnedPositions,
    NGramEmbedding,
    RotaryPositions,
    SinusoidalPositions,
)
from minigpt.models.layers.feed_forward import FeedForward
from minigpt.models.layers.norms import RootMeanSquareNorm, UnitLength, build_norm
from minigpt.shapes import Logits, Positions, Residual, Tokens

INITIAL_STANDARD_DEVIATION = 0.02


class GPT(LanguageModel):
    """Token and position embeddings, a stack of blocks, a final norm, the way back to tokens."""

    config: GPTConfig

    def __init__(self, config: GPTConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.token_embedding = nn.Embedding(vocabulary_size, config.width)
        self.position_embedding = _position_embedding(config)
        self.ngram_embedding = _ngram_embedding(config)
        self.embedding_dropout = nn.Dropout(config.dropout)
        self.blocks.extend(_block(config) for _ in range(config.num_layers))
        self.final_norm = _norm(config) if config.norm_position == "pre" else nn.Identity()
        self.output = (
            None if config.tied_embeddings else nn.Linear(config.width, vocabulary_size, bias=False)
        )
        self.output_bias = (
            nn.Parameter(torch.zeros(vocabulary_size)) if config.output_bias else None
        )
        self.apply(_initialise)
        _initialise_projections(self, config)

    @property
    def embedding_reach(self) -> int:
        """As many tokens as the longest run that has a vector."""
        return self.config.ngram_order

    def embed(self, tokens: Tokens, positions: Positions | None = None) -> Residual:
        """Token vectors, plus those of positions and of n-grams where there are any."""
        token, *others = self.embed_parts(tokens, positions).values()
        dropped: Tensor = self.embedding_dropout(sum(others, start=token))
        return dropped

    def embed_parts(
        self, tokens: Tokens, positions: Positions | None = None
    ) -> dict[EmbeddedPart, Residual]:
        """Each kind of vectors by itself."""
        parts: dict[EmbeddedPart, Residual] = {"token": self.token_embedding(tokens)}
        if self.ngram_embedding is not None:
            parts["ngrams"] = self.ngram_embedding(tokens)
        if self.position_embedding is not None:
            stands = self.position_embedding(tokens.shape[1], positions)
            parts["position"] = stands.expand_as(parts["token"])
        return parts

    def unembed(self, residual: Residual) -> Logits:
        """Normalise and compare with every token's vector; perhaps add a number for each token."""
        matrix = self.token_embedding if self.output is None else self.output
        return functional.linear(self.final_norm(residual), matrix.weight, self.output_bias)


def _position_embedding(config: GPTConfig) -> nn.Module | None:
    match config.position:
        case "learned":
            return LearnedPositions(config.context_length, config.width)
        case "sinusoidal":
            # At full height the waves would drown token vectors that begin this small.
            return SinusoidalPositions(
                config.context_length, config.width, amplitude=INITIAL_STANDARD_DEVIATION
            )
        case "rotary" | "none":
            return None  # rotary positions act inside attention


def _ngram_embedding(config: GPTConfig) -> NGramEmbedding | None:
    if config.ngram_order == 1:
        return None
    return NGramEmbedding(order=config.ngram_order, rows=config.ngram_rows, width=config.width)


def _block(config: GPTConfig) -> Block:
    kind = PreNormBlock if config.norm_position == "pre" else PostNormBlock
    return kind(
        attention_norm=_norm(config),
        attention=_attention(config),
        feed_forward_norm=_norm(config),
        feed_forward=FeedForward(
            width=config.width,
            activation=config.activation,
            bias=config.bias,
            dropout=config.dropout,
        ),
    )


def _norm(config: GPTConfig) -> nn.Module:
    return build_norm(config.norm, config.width, bias=config.bias)


def _attention(config: GPTConfig) -> CausalSelfAttention:
    return CausalSelfAttention(
        width=config.width,
        num_heads=config.num_heads,
        bias=config.bias,
        qkv_bias=config.qkv_bias,
        scale=_score_scale(config),
        dropout=config.dropout,
        before_comparison=nn.Sequential(*_before_comparison(config)),
        rotation=_rotation(config),
    )


def _rotation(config: GPTConfig) -> RotaryPositions | None:
    if config.position != "rotary":
        return None
    return RotaryPositions(config.context_length, config.head_size)


def _score_scale(config: GPTConfig) -> float | None:
    match config.attention_score:
        case "scaled_dot":
            return None
        case "dot":
            return 1.0
        case "cosine":
            # Cosines stay within [-1, 1]; this range lets the softmax become sharp again.
            return math.sqrt(config.head_size)


def _before_comparison(config: GPTConfig) -> list[nn.Module]:
    steps: list[nn.Module] = []
    if config.query_key_norm:
        steps.append(RootMeanSquareNorm(config.head_size))
    if config.attention_score == "cosine":
        steps.append(UnitLength())
    return steps


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding | LearnedPositions):
        nn.init.normal_(module.weight, std=INITIAL_STANDARD_DEVIATION)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def _initialise_projections(module: nn.Module, config: GPTConfig) -> None:
    """The matrices through which blocks add to the stream."""
    # The stream sums two additions a block; without this its variance grows with depth.
    deviation = INITIAL_STANDARD_DEVIATION / math.sqrt(2 * config.num_layers)
    if config.zero_projections:
        deviation = 0.0
    for part in module.modules():
        if isinstance(part, CausalSelfAttention):
            nn.init.normal_(part.output.weight, std=deviation)
        if isinstance(part, FeedForward):
            nn.init.normal_(part.narrow.weight, std=deviation)
