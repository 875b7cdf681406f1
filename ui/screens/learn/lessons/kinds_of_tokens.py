"""Text to tokens, continued: words, pieces and characters, and what is unknown to each."""

from minigpt.lessons import token_ids
from minigpt.lessons.token_ids import Kinds
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Text, Tokens, Value
from ui.i18n import _, translated
from ui.screens.learn.lesson import Choice, Guess, Step, Typed, Way

SENTENCE = "hello surabaya, my name is lisa"
KIND_NAMES = {
    "word": N_("words"),
    "bpe": N_("pieces (byte pair encoding, BPE)"),
    "character": N_("characters"),
    "byte": N_("bytes"),
}


def _after_kinds(seen: Kinds, guess: Guess) -> list[Figure]:
    names = [translated(KIND_NAMES[kind.kind]) for kind in seen.kinds]
    chosen = [kind.kind for kind in seen.kinds].index(guess) if isinstance(guess, str) else None
    return [
        Bars(
            title=_("How many tokens the sentence becomes"),
            labels=names,
            values=seen.counts,
            digits=0,
            chosen=chosen,
        ),
        Bars(
            title=_("How many different tokens each kind knows, its vocabulary"),
            labels=names,
            values=seen.sizes,
            digits=0,
        ),
        *(
            Tokens(
                title=_("{kind}; the dashed ones have no id", kind=name) if kind.unknown else name,
                tokens=kind.pieces,
                guessed=[place for place, piece in enumerate(kind.pieces) if piece in kind.unknown],
            )
            for name, kind in zip(names, seen.kinds, strict=True)
        ),
    ]


KINDS = Step(
    name="kinds",
    title=N_("Words, pieces, characters"),
    words=N_(
        "A token may also be a whole word, or a piece of one: byte pair encoding (BPE) joins what "
        "often stands together. Words, pieces and characters learnt their vocabulary here from "
        "short sentences about names, roads and trains; bytes are always the same."
    ),
    question=Choice(
        text=N_("Which kind cuts this sentence into the fewest tokens?"), options=KIND_NAMES
    ),
    compute=lambda scene: token_ids.kinds_of_tokens(scene["sentence"]),
    before=lambda seen: [
        Text(title=_("To be cut"), text="".join(seen.of("word").pieces)),
    ],
    after=_after_kinds,
    truth=lambda seen: seen.kinds[seen.counts.index(min(seen.counts))].kind,
    result=lambda seen: _(
        "As words the sentence has {words} tokens, as pieces {pieces}, as characters {characters}. "
        "The vocabularies have {known_words}, {known_pieces} and {known_characters} tokens.",
        words=len(seen.of("word").pieces),
        pieces=len(seen.of("bpe").pieces),
        characters=len(seen.of("character").pieces),
        known_words=seen.of("word").vocabulary_size,
        known_pieces=seen.of("bpe").vocabulary_size,
        known_characters=seen.of("character").vocabulary_size,
    ),
    because=N_(
        "Large tokens make texts short, but there are very many different ones, and each is seen "
        "rarely. Here the words are few only because the sentences are. Small tokens are few, and "
        "a strange one is rare (of bytes none is), but texts become long. Use characters for small "
        "models on small texts, words for a handful of sentences, pieces for much text."
    ),
    code=lambda scene: token_ids.KINDS_OF_TOKENS.filled(sentence=scene["sentence"]),
    names=token_ids.KINDS_OF_TOKENS.names,
    knobs=(Typed(name="sentence", label=N_("Cut another sentence"), start=SENTENCE, longest=120),),
    way=Way(
        page="corpus",
        label=N_("Try tokenizers on a text in the app"),
        query={"corpus": "sentences"},
    ),
)


UNKNOWN, REFUSED, SPELT = "unknown", "refused", "spelt"


def _after_unknown(seen: Kinds, guess: Guess) -> list[Figure]:
    rows: list[list[Value]] = [
        [
            translated(KIND_NAMES[kind.kind]),
            " ".join(piece.strip() for piece in kind.unknown) or _("nothing"),
            len(kind.pieces),
        ]
        for kind in seen.kinds
    ]
    table = NumberTable(
        title=_("What each kind cannot read of this text"),
        values=rows,
        columns=[_("tokens are"), _("unknown"), _("number of tokens")],
    )
    word = seen.of("word")
    unknown = [place for place, piece in enumerate(word.pieces) if piece in word.unknown]
    return [
        Tokens(
            title=_("As words; the dashed ones have no id"), tokens=word.pieces, guessed=unknown
        ),
        table,
    ]


UNKNOWN_WORDS = Step(
    name="unknown",
    title=N_("Words nobody knows"),
    words=N_(
        "A tokenizer of words has read some short sentences. Each word in them got an id, and when "
        "training begins there are no other ids. Now it meets a word that is not in the sentences. "
        "Such a word is said to be out of vocabulary."
    ),
    question=Choice(
        text=N_("What does the tokenizer of words do with a word that it never saw?"),
        options={
            UNKNOWN: N_("It puts one and the same mark for all unknown words in its place"),
            SPELT: N_("It spells the word, letter by letter"),
            REFUSED: N_("It makes a new id for the word"),
        },
    ),
    compute=lambda scene: token_ids.kinds_of_tokens(scene["sentence"]),
    before=lambda seen: [
        Text(title=_("The sentence"), text="".join(seen.of("word").pieces)),
    ],
    after=_after_unknown,
    truth=lambda seen: UNKNOWN,
    result=lambda seen: _(
        "Unknown as words: {words}. For the model they are all the same mark, <unk>. Unknown as "
        "characters: {characters}. As bytes and as pieces nothing is unknown.",
        words=", ".join(piece.strip() for piece in seen.of("word").unknown) or _("nothing"),
        characters=" ".join(seen.of("character").unknown) or _("nothing"),
    ),
    because=N_(
        "The number of ids is fixed before training: the model has a row of weights for each. "
        "Bytes can spell everything, since every text is stored as bytes. Pieces are built from "
        "bytes, so they can always fall back on them."
    ),
    code=lambda scene: token_ids.KINDS_OF_TOKENS.filled(sentence=scene["sentence"]),
    names=token_ids.KINDS_OF_TOKENS.names,
    knobs=(
        Typed(name="sentence", label=N_("Try your own words"), start="hello jakarta", longest=120),
    ),
)
