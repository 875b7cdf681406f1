"""One head of attention, continued: without the mask, at another text, backwards, in a batch."""

from minigpt.lessons.head_variants import kinds
from minigpt.lessons.head_variants.kinds import (
    CrossAttention,
    MaskTaken,
    ReversedTokens,
    TextsApart,
)
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Tokens
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Slider, Step, Stops, Way
from ui.wording import scientific

LENGTH, TEXTS = 8, 4


def _numbered(count: int) -> list[str]:
    return [str(place + 1) for place in range(count)]


def _weights(title: str, values: list[list[float]], row: int | None = None) -> Figure:
    columns = range(len(values[0]))
    return NumberTable(
        title=title, values=values, rows=_numbered(len(values)), columns=_numbered(len(columns)),
        high=1.0, marked=() if row is None else {(row, column) for column in columns},
    )  # fmt: skip


def _with_mask(seen: MaskTaken) -> list[Figure]:
    return [
        _weights(
            _("Decoder: weights with the mask; the row of token {token} is marked",
              token=seen.token + 1),
            seen.decoder.tolist(), seen.token,
        )
    ]  # fmt: skip


KINDS = Step(
    name="kinds",
    title=N_("Encoder and decoder"),
    words=N_(
        "So far every head had a mask: each token looks at itself and at what came before. Such a "
        "head belongs to a decoder, a model that writes, as GPT does: what comes later is not "
        "there yet. An encoder reads a text that is there as a whole, say to sort mails by what "
        "they are about. Its heads are the same, but without the mask."
    ),
    question=Amount(
        text=N_("Without the mask, at how many of the eight tokens does the first one look?"),
        low=0,
        high=LENGTH,
        unit=N_("tokens"),
    ),
    compute=lambda scene: kinds.mask_taken(int(scene["token"]) - 1),
    before=_with_mask,
    after=lambda seen, guess: [
        *_with_mask(seen),
        _weights(_("Encoder: weights without the mask"), seen.encoder.tolist(), seen.token),
    ],
    truth=lambda seen: seen.seen_by,
    result=lambda seen: _(
        "Token {token} now looks at {seen} tokens. With the mask {with_mask} of its weight lies on "
        "itself, without it {without}.",
        token=seen.token + 1,
        seen=seen.seen_by,
        with_mask=numeral(seen.decoder[seen.token, seen.token].item(), ".2f"),
        without=numeral(seen.encoder[seen.token, seen.token].item(), ".2f"),
    ),
    because=N_(
        "The softmax gives every score a weight above 0; only minus infinity gets none. So an "
        "encoder's token collects from both sides. That helps to understand a text, and it cannot "
        "write one: it would have to read what it is about to say. GPT has decoder heads alone."
    ),
    code=lambda scene: kinds.MASK_TAKEN.filled(token=int(scene["token"]) - 1),
    names=kinds.MASK_TAKEN.names,
    knobs=(Slider(name="token", label=N_("Token that looks"), low=1, high=LENGTH, start=1),),
)

SQUARE, WIDE, SMALL = "square", "wide", "small"


def _own(seen: CrossAttention) -> list[Figure]:
    return [_weights(_("Self-attention: 8 tokens look at the same 8"), seen.own.tolist())]


CROSS = Step(
    name="cross",
    title=N_("Looking at another text"),
    words=N_(
        "In self-attention queries, keys and values come from the same text. They need not: a "
        "model that translates looks from the sentence that it writes at the one that it reads. "
        "The queries come from the first, keys and values from the second. This is "
        "cross-attention. Here eight tokens look at another text, of five."
    ),
    question=Choice(
        text=N_("How large is the table of weights then?"),
        options={
            SQUARE: N_("8 rows and 8 columns, as before"),
            WIDE: N_("8 rows and 5 columns"),
            SMALL: N_("5 rows and 5 columns"),
        },
    ),
    compute=lambda scene: kinds.cross_attention(int(scene["length"])),
    before=_own,
    after=lambda seen, guess: [
        *_own(seen),
        _weights(
            _("Cross-attention: 8 tokens look at {count} of another text", count=seen.length),
            seen.cross.tolist(),
        ),
    ],
    truth=lambda seen: WIDE if seen.shape == (LENGTH, seen.length) else SQUARE,
    result=lambda seen: _(
        "It has {rows} rows, one for each token that looks, and {columns} columns, one for each "
        "token that is looked at. Each row adds up to 1.",
        rows=seen.shape[0],
        columns=seen.shape[1],
    ),
    because=N_(
        "A row belongs to a query, a column to a key. Nothing asks for as many of one as of the "
        "other. No mask is needed: the other text is there as a whole. GPT has one text only, so "
        "all its attention is self-attention."
    ),
    code=lambda scene: kinds.CROSS_ATTENTION.filled(length=int(scene["length"])),
    names=kinds.CROSS_ATTENTION.names,
    knobs=(Slider(name="length", label=N_("Tokens of the other text"), low=1, high=12, start=5),),
)

UNCHANGED, CHANGED = "same", "changed"
WITHOUT, WITH = "without", "with"


def _orders(seen: ReversedTokens) -> list[Figure]:
    return [
        Tokens(title=_("First so"), tokens=_numbered(LENGTH)),
        Tokens(title=_("Then so: the same vectors, the last in front"),
               tokens=_numbered(LENGTH)[::-1]),
    ]  # fmt: skip


REVERSED = Step(
    name="order",
    title=N_("Does a head notice the order?"),
    words=N_(
        "An encoder's head, without a mask, gets eight tokens, and we keep what it brings to each. "
        "Then it gets the same eight vectors in the reverse order, and nobody tells it so. We find "
        "each token again in its new place and look at what it is brought now."
    ),
    question=Choice(
        text=N_("Does each token get the same as before?"),
        options={
            UNCHANGED: N_("Yes, exactly the same, but for rounding"),
            CHANGED: N_("No, it gets something else"),
        },
    ),
    compute=lambda scene: kinds.reverse_tokens(has_mask=scene["mask"] == WITH),
    before=_orders,
    after=lambda seen, guess: [
        *_orders(seen),
        Bars(
            title=_("Change of what each token is brought, with the mask")
            if seen.has_mask
            else _("Change of what each token is brought, without a mask"),
            labels=_numbered(LENGTH),
            values=seen.change.tolist(),
            lines={_("length of what it is brought, on average"): seen.length},
        ),
    ],
    truth=lambda seen: UNCHANGED if seen.largest < kinds.ROUNDING else CHANGED,
    result=lambda seen: (
        _(
            "With the mask, what a token is brought changes by up to {largest}: it now sees "
            "others.",
            largest=numeral(seen.largest, ".2f"),
        )
        if seen.has_mask
        else _(
            "Nothing changes by more than {largest}, which is rounding. Now put the mask back, "
            "below.",
            largest=scientific(seen.largest),
        )
    ),
    because=N_(
        "A head compares vectors and adds up values; nowhere does it ask where a token stands. "
        "With the mask it knows a little of the order: who came before whom. That is too little to "
        "tell a sentence from a shuffled one, so a model also adds its position to each token, "
        "which is a lesson of its own."
    ),
    code=lambda scene: kinds.BACKWARDS.filled(has_mask=scene["mask"] == WITH),
    names=kinds.BACKWARDS.names,
    knobs=(
        Stops(
            name="mask",
            label=N_("The mask"),
            options={WITHOUT: N_("without: encoder"), WITH: N_("with: decoder")},
            start=WITHOUT,
        ),
    ),
)


def _batch(seen: TextsApart) -> list[Figure]:
    texts = [_("text {number}", number=text) for text in _numbered(TEXTS)]
    stays = [
        _("stays") if text == seen.kept else _("is replaced") for text in range(TEXTS)
    ]  # fmt: skip
    return [NumberTable(title=_("The batch"), values=[[one] for one in stays], rows=texts)]


NOTHING, LITTLE, MUCH = "nothing", "little", "much"

APART = Step(
    name="batch",
    title=N_("Texts of a batch"),
    words=N_(
        "A head works on a batch of four texts at once. Now all texts but the first are replaced "
        "by others, and the head works on the batch again, with its mask."
    ),
    question=Choice(
        text=N_("How much does that change what the tokens of the first text are brought?"),
        options={
            NOTHING: N_("Not at all"),
            LITTLE: N_("A little: it now has other neighbours"),
            MUCH: N_("As much as in the texts that were replaced"),
        },
    ),
    compute=lambda scene: kinds.texts_apart(int(scene["kept"]) - 1),
    before=_batch,
    after=lambda seen, guess: [
        Bars(
            title=_("Largest change of a number that the head brings, text by text"),
            labels=[_("text {number}", number=text) for text in _numbered(TEXTS)],
            values=seen.change,
        )
    ],
    truth=lambda seen: (
        NOTHING
        if seen.of_kept < kinds.ROUNDING
        else MUCH
        if seen.of_kept >= max(seen.change)
        else LITTLE
    ),
    result=lambda seen: _(
        "In text {number}, which stayed, nothing changes by more than {kept}. In the others "
        "numbers change by up to {largest}.",
        number=seen.kept + 1,
        kept=scientific(seen.of_kept),
        largest=numeral(max(seen.change), ".2f"),
    ),
    because=N_(
        "A batch is there for speed alone: each text is worked on as if the others were not there. "
        "All they have in common are the weights. So a row of attention never reaches from one "
        "text into another."
    ),
    code=lambda scene: kinds.TEXTS_APART.filled(kept=int(scene["kept"]) - 1),
    names=kinds.TEXTS_APART.names,
    knobs=(Slider(name="kept", label=N_("Text that stays"), low=1, high=TEXTS, start=1),),
    way=Way(page="attention", label=N_("See the heads of a trained decoder, on your text")),
)
