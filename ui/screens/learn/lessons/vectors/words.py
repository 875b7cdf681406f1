"""Embeddings and positions, continued: words that can stand in each other's place."""

from minigpt.lessons.vectors import words
from minigpt.lessons.vectors.words import WordVectors
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, Text
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Choice, Guess, Slider, Step, Typed, Way
from ui.wording import count, glyph

NAME, NEXT, OFTEN = "name", "next", "often"


def _after_words(seen: WordVectors, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Nearest to “{word}” after {steps} steps, by the cosine", word=seen.word,
                    steps=count(seen.steps)),
            labels=[glyph(one) for one in seen.nearest], values=seen.cosines,
            lines={_("any two words, on average"): seen.chance},
        ),
    ]  # fmt: skip


WORDS = Step(
    name="words",
    title=N_("Words of a kind"),
    words=N_(
        "The same works for words. Here a tiny model learns, while you wait, to guess each next "
        "word of some short sentences from the word before it. Anna, Ben, Clara and David live in "
        "them, say hello and walk by the river. Each word is a vector of eight numbers."
    ),
    question=Choice(
        text=N_("Whose vector ends up nearest to that of “anna”?"),
        options={
            NAME: N_("Another person's name"),
            NEXT: N_("A word that often stands beside it, such as lives"),
            OFTEN: N_("The most frequent word, such as the"),
        },
    ),
    compute=lambda scene: words.word_vectors(scene["word"], int(scene["steps"])),
    before=lambda seen: [Text(title=_("How the sentences begin"), text=seen.opening)],
    after=_after_words,
    truth=lambda seen: NAME if seen.nearest[0] in seen.names else NEXT,
    result=lambda seen: _(
        "After {steps} steps the nearest to “{word}” are {nearest}. Their cosines are {first} and "
        "less; two words of the {size} have {chance} on average.",
        steps=count(seen.steps), word=seen.word, nearest=", ".join(map(glyph, seen.nearest[:3])),
        first=numeral(seen.cosines[0], ".2f"), size=seen.size,
        chance=numeral(seen.chance, ".2f"),
    ),
    because=N_(
        "Training makes two vectors alike where the model has to guess the same after both: after "
        "any name come the same words. So nearness means that words can stand in each other's "
        "place. It says nothing of words that often stand side by side. Without training, at 0 "
        "steps, the nearest word is whatever chance has put there."
    ),
    code=lambda scene: words.WORD_VECTORS.filled(
        word=words.known_word(scene["word"]), steps=int(scene["steps"])
    ),
    names=words.WORD_VECTORS.names,
    knobs=(
        Slider(name="steps", label=N_("Steps of training"), low=0, high=200, start=100, step=20),
        Typed(name="word", label=N_("Another word of the sentences"), start="anna", longest=20),
    ),
    way=Way(page="train", label=N_("Train a model that reads words"),
            query={"corpus": "sentences", "tokenizer.kind": "word"}),
)  # fmt: skip
