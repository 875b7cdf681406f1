"""Text to tokens: a number for each piece of text, and back."""

from minigpt.lessons import token_ids
from minigpt.lessons.excerpts import CHARACTERS
from minigpt.lessons.token_ids import Alphabet, EncodedLetters, WholeText
from minigpt.sentences import N_
from ui.charts.figures import Figure, NumberTable, Text, Tokens
from ui.i18n import _
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Scene, Step, Texts, Typed, Way
from ui.screens.learn.lessons.kinds_of_tokens import KINDS, UNKNOWN_WORDS
from ui.services import runs
from ui.wording import count

HELLO = "hii there"
TYPED = "39 40 41"


def _id_table(title: str, characters: tuple[str, ...]) -> Figure:
    return Tokens(title=title, tokens=characters, below=range(len(characters)))


def _alphabet(scene: Scene) -> Alphabet:
    return token_ids.alphabet(runs.corpus(scene["corpus"]).text)


ALPHABET = Step(
    name="alphabet",
    title=N_("The alphabet"),
    words=N_(
        "A model computes with numbers, so text has to become numbers first. The pieces that get a "
        "number are called tokens. In the simplest way each different character is a token: the "
        "characters are sorted and numbered from 0. All of them together are the vocabulary."
    ),
    question=Amount(
        text=N_("How many different characters does this whole text have?"),
        low=10,
        high=150,
        unit=N_("characters"),
    ),
    compute=_alphabet,
    before=lambda seen: [Text(title=_("How the text begins"), text=seen.opening)],
    after=lambda seen, guess: [
        _id_table(_("Each character over its number, the id"), seen.characters)
    ],
    truth=lambda seen: len(seen.characters),
    result=lambda seen: _(
        "The text is {length} characters long and uses only {different} different ones. Capital "
        "and small letters count apart, and so do the space ␣ and the line break ↵.",
        length=count(seen.length),
        different=len(seen.characters),
    ),
    because=N_(
        "A text repeats few characters very often. For the model the alphabet is all there is: a "
        "character that the text does not have gets no number and cannot be read later."
    ),
    code=lambda scene: token_ids.ALPHABET.filled(corpus=scene["corpus"]),
    names=token_ids.ALPHABET.names,
    knobs=(Texts(),),
    way=Way(page="corpus", label=N_("Look at the texts in the app")),
)


def _after_encoding(seen: EncodedLetters, guess: Guess) -> list[Figure]:
    return [
        Tokens(title=_("The text over its ids"), tokens=tuple(seen.text), below=seen.ids),
        _id_table(_("The alphabet of tiny Shakespeare"), tuple(CHARACTERS)),
    ]


ENCODE = Step(
    name="encode",
    title=N_("Text to ids"),
    words=N_(
        "To encode a text, look up the id of each character. The alphabet here is that of tiny "
        "Shakespeare, a file with scenes of his plays that many small models begin with."
    ),
    question=Amount(
        text=N_("The text “hii there” has nine characters. How many different ids will it have?"),
        low=1,
        high=9,
        unit=N_("different ids"),
    ),
    compute=lambda scene: token_ids.encode_text(scene["text"]),
    before=lambda seen: [
        Text(title=_("To be encoded"), text=seen.text),
        _id_table(_("The alphabet of tiny Shakespeare"), tuple(CHARACTERS)),
    ],
    after=_after_encoding,
    truth=lambda seen: seen.different,
    result=lambda seen: _unknown_first(
        seen.unknown,
        _(
            "{length} characters became the ids {ids}; {different} of them are different.",
            length=len(seen.ids),
            ids=_listed(seen.ids),
            different=seen.different,
        ),
    ),
    because=N_(
        "Equal characters always get equal ids, wherever they stand. The id says which character "
        "it is and nothing else: 47 is not more than 46, it is only another one."
    ),
    code=lambda scene: token_ids.ENCODED.filled(text=scene["text"]),
    names=token_ids.ENCODED.names,
    knobs=(Typed(name="text", label=N_("Encode something else"), start=HELLO),),
)


def _listed(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids))


def _unknown_first(unknown: tuple[str, ...], sentence: str) -> str:
    if not unknown:
        return sentence
    left_out = _(
        "Left out, since this alphabet does not have it: {characters}.",
        characters=" ".join(unknown),
    )
    return f"{left_out} {sentence}"


CAB, ABC, DEF = "cab", "abc", "def"

DECODE = Step(
    name="decode",
    title=N_("Ids to text"),
    words=N_(
        "The same table, read the other way, turns ids back into text. That is how the numbers "
        "that a model gives become something to read."
    ),
    question=Choice(
        text=N_("Which text do the ids 39, 40, 41 stand for, if “b” has the id 40?"),
        options={CAB: N_("cab"), ABC: N_("abc"), DEF: N_("def")},
    ),
    compute=lambda scene: token_ids.decode_typed(scene["ids"]),
    before=lambda seen: [Tokens(title=_("To be decoded"), tokens=tuple(map(str, seen.ids)))],
    after=lambda seen, guess: [
        Tokens(
            title=_("The ids over their characters"),
            tokens=tuple(map(str, seen.ids)),
            below=tuple(seen.text),
        ),
        _id_table(_("The alphabet of tiny Shakespeare"), tuple(CHARACTERS)),
    ],
    truth=lambda seen: seen.text,
    result=lambda seen: _unknown_first(
        seen.refused,
        _(
            "The ids {ids} are the text “{text}”.",
            ids=_listed(seen.ids),
            text=seen.text,
        ),
    ),
    because=N_(
        "Sorted characters have neighbouring ids, so 39, 40, 41 are three letters in the order of "
        "the alphabet. Encoding and decoding lose nothing: text to ids to text is the same text."
    ),
    code=lambda scene: token_ids.DECODED.filled(typed=scene["ids"]),
    names=token_ids.DECODED.names,
    knobs=(Typed(name="ids", label=N_("Ids to decode, with spaces between them"), start=TYPED),),
)


FLAT, ONE_HOT, BY_LINE = "flat", "one-hot", "lines"


def _whole_text(scene: Scene) -> WholeText:
    return token_ids.whole_text(runs.corpus(scene["corpus"]).text)


def _after_whole(seen: WholeText, guess: Guess) -> list[Figure]:
    table = NumberTable(
        title=_("The tensor"),
        rows=[_("shape"), _("kind of number (dtype)")],
        values=[[str(seen.shape)], [seen.dtype]],
    )
    return [
        table,
        Tokens(
            title=_(
                "Its first {count} ids, each under its character; here a line break ends a line",
                count=count(len(seen.first)),
            ),
            tokens=[seen.characters[one] for one in seen.first],
            below=seen.first,
            is_long=True,
        ),
    ]


WHOLE = Step(
    name="tensor",
    title=N_("A text as one tensor"),
    words=N_(
        "For training, the ids of the whole text go into a tensor: a block of numbers of one kind. "
        "Its shape says how many rows it has, and how many numbers a row. V is the number of "
        "different characters, T the length of the text."
    ),
    question=Choice(
        text=N_("What is the shape of that tensor?"),
        options={
            FLAT: N_("One row of T numbers"),
            ONE_HOT: N_("T rows of V numbers, all 0 but one"),
            BY_LINE: N_("A row of numbers for each line of the text"),
        },
    ),
    compute=_whole_text,
    before=lambda seen: [
        Tokens(
            title=_("The first characters, each over its id"),
            tokens=[seen.characters[one] for one in seen.first[:9]],
            below=seen.first[:9],
        ),
    ],
    after=_after_whole,
    truth=lambda seen: FLAT if len(seen.shape) == 1 else ONE_HOT,
    result=lambda seen: _(
        "The shape is {shape}: one long row. The numbers are of the kind {dtype}, whole numbers of "
        "64 bits.",
        shape=str(seen.shape),
        dtype=seen.dtype,
    ),
    because=N_(
        "An id is enough: the model uses it to look up a row of its first table. Whole numbers of "
        "64 bits are what PyTorch wants for looking up. Lines do not matter, since the line break "
        "is a token like any other."
    ),
    code=lambda scene: token_ids.WHOLE_TEXT.filled(corpus=scene["corpus"]),
    names=token_ids.WHOLE_TEXT.names,
    knobs=(Texts(),),
)

LESSON = Lesson(
    name="tokens",
    title=N_("Text to tokens"),
    goal=N_(
        "Afterwards you can turn a text into ids and back by hand, and say when tokens are better "
        "words, pieces or characters."
    ),
    steps=(ALPHABET, ENCODE, DECODE, KINDS, UNKNOWN_WORDS, WHOLE),
)
