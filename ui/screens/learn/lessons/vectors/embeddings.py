"""Embeddings and positions: tokens as vectors, and how a model knows where they stand."""

from minigpt.lessons.vectors import letters, token_and_place
from minigpt.lessons.vectors.letters import LettersOverTraining, ThreeMeasures
from minigpt.lessons.vectors.token_and_place import TokenAndPlace
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.charts.vectors.points import Points
from ui.charts.vectors.token_map import Frame, Kind, Placed
from ui.i18n import _, numeral
from ui.screens.learn.lesson import (
    Choice,
    Guess,
    Lesson,
    Moments,
    Scene,
    Step,
    Stops,
    Typed,
    Way,
)
from ui.screens.learn.lessons.vectors.places import ORDER, PLACES
from ui.screens.learn.lessons.vectors.words import WORDS
from ui.services.models import kept_steps, trained_model
from ui.wording import count, glyph, number

RUN = "demo-shakespeare"
SAME, DIFFERENT = "same", "different"
ADDED = {
    "learned": N_("learned vectors"), "waves": N_("waves"), "none": N_("nothing"),
}  # fmt: skip


def _rows(title: str, word: str, values: list[list[float]], marked: set[int]) -> Figure:
    cells = {(row, column) for row in marked for column in range(len(values[0]))}
    return NumberTable(title=title, values=values, rows=list(word), digits=1, low=-3.0, high=3.0,
                       marked=cells)  # fmt: skip


def _before_sum(seen: TokenAndPlace) -> list[Figure]:
    return [
        _rows(_("The vector of each letter"), seen.word, seen.token.tolist(),
              set(seen.twice or ())),
        NumberTable(
            title=_("The vector of each place"), values=seen.position.tolist(), digits=1, low=-3.0,
            high=3.0, rows=[str(at + 1) for at in range(len(seen.word))],
        ),
    ]  # fmt: skip


def _after_sum(seen: TokenAndPlace, guess: Guess) -> list[Figure]:
    return [
        *_before_sum(seen),
        _rows(_("x = letter + place: what the model reads"), seen.word, seen.x.tolist(),
              set(seen.twice or ())),
    ]  # fmt: skip


def _sum_truth(seen: TokenAndPlace) -> str:
    if seen.twice is None:
        return DIFFERENT
    first, second = seen.twice
    return SAME if seen.x[first].equal(seen.x[second]) else DIFFERENT


def _sum_result(seen: TokenAndPlace) -> str:
    if seen.twice is None:
        return _("In “{word}” no letter comes twice. Type a word where one does.", word=seen.word)
    first, second = seen.twice
    apart = (seen.x[first] - seen.x[second]).norm().item()
    return _(
        "“{letter}” stands at places {first} and {second}. What was added there makes its two "
        "vectors differ by a vector that is {apart} long.",
        letter=seen.word[first], first=first + 1, second=second + 1, apart=numeral(apart, ".2f"),
    )  # fmt: skip


SUM = Step(
    name="sum",
    title=N_("What, plus where"),
    words=N_(
        "A model cannot calculate with letters. It keeps a table with a row of numbers for each "
        "token, the embedding, and reads a token as its row. A second table has a row for each "
        "place. Both rows are added, number by number. Here are eight numbers each, as they are "
        "drawn before any training."
    ),
    formula=r"x = \text{token} + \text{position}",
    question=Choice(
        text=N_("A letter stands at two places of the word: is it read as the same x twice?"),
        options={
            SAME: N_("Yes, it is the same letter"),
            DIFFERENT: N_("No, each place adds its own"),
        },
    ),
    compute=lambda scene: token_and_place.token_and_place(scene["word"], scene["added"]),
    before=_before_sum,
    after=_after_sum,
    truth=_sum_truth,
    result=_sum_result,
    because=N_(
        "Attention compares vectors and knows nothing of an order. A vector that says what stands "
        "there and where in one sum lets every later part ask for either. The sum loses nothing "
        "that matters: in many directions two vectors hardly get into each other's way."
    ),
    code=lambda scene: token_and_place.TOKEN_AND_PLACE.filled(
        word=token_and_place.letters_of(scene["word"]), kind=scene["added"]
    ),
    names=token_and_place.TOKEN_AND_PLACE.names,
    knobs=(
        Typed(name="word", label=N_("Another word"), start="anna", longest=12),
        Stops(name="added", label=N_("What is added for the place"), options=ADDED,
              start="learned"),
    ),
    way=Way(page="inside", label=N_("See what both bring to a prediction"),
            query={"run": RUN, "section": "receipt"}),
)  # fmt: skip


def _kept() -> list[int]:
    return kept_steps(RUN)


def _step(scene: Scene) -> int:
    return int(scene["moment"])


def _letters(scene: Scene) -> LettersOverTraining:
    opened = [(step, trained_model(RUN, step)) for step in _kept()]
    models = [(step, one.model) for step, one in opened]
    return letters.letters_over_training(models, opened[-1][1].tokenizer, _step(scene))


def _kind(letter: str) -> Kind:
    return "vowel" if letter in "aeiou" else "letter"


def _placed(letters: str, places: list[list[float]]) -> list[Placed]:
    return [
        Placed(label=letter, x=x, y=y, kind=_kind(letter))
        for letter, (x, y) in zip(letters, places, strict=True)
    ]


def _map(seen: LettersOverTraining) -> Figure:
    first, second = seen.shares.tolist()
    return Points(
        title=_("The small letters at step {step}", step=count(seen.step)),
        tokens=_placed(seen.letters, seen.places.tolist()),
        frame=Frame.around(list(seen.all_places.numpy())),
        shares=(first, second),
    )


def _before_letters(seen: LettersOverTraining) -> list[Figure]:
    step, first = seen.over_training[0]
    return [
        Points(
            title=_("The small letters at step {step}", step=count(step)),
            tokens=_placed(seen.letters, seen.all_places[0].tolist()),
            frame=Frame.around(list(seen.all_places[:1].numpy())),
            shares=(seen.first_shares[0].item(), seen.first_shares[1].item()),
        ),
        NumberTable(
            title=_("Mean cosine, at step {step}", step=count(step)),
            rows=[_("two vowels"), _("any two letters")],
            values=[[first.within], [first.all_pairs]],
        ),
    ]


def _after_letters(seen: LettersOverTraining, guess: Guess) -> list[Figure]:
    steps = [step for step, _one in seen.over_training]
    at = steps.index(seen.step)
    return [
        _map(seen),
        NumberTable(
            title=_("Mean cosine at each step that was kept; the chosen one is marked"),
            values=[
                [one.within for _step, one in seen.over_training],
                [one.all_pairs for _step, one in seen.over_training],
            ],
            rows=[_("two vowels"), _("any two letters")],
            columns=[count(step) for step in steps],
            marked={(0, at), (1, at)},
        ),
    ]


GATHERED, ANYWHERE, APART = "gathered", "anywhere", "apart"
RARE = 5
"""Percent of all groups: who is among so few is gathered."""


def _letters_truth(seen: LettersOverTraining) -> str:
    if seen.percent < RARE:
        return GATHERED
    return APART if seen.percent > 100 - RARE else ANYWHERE


LETTERS = Step(
    name="letters",
    title=N_("Vowels gather"),
    words=N_(
        "A small model has read Shakespeare letter by letter. Nobody told it what a vowel is. The "
        "vector of each letter has 48 numbers, drawn at random at first and moved by training. A "
        "map has two directions; it shows the two along which the letters differ most."
    ),
    question=Choice(
        text=N_("After training, how do a, e, i, o and u lie among the small letters?"),
        options={
            GATHERED: N_("Closer together than other groups of five"),
            ANYWHERE: N_("Like any five letters"),
            APART: N_("Further apart than other groups of five"),
        },
    ),
    compute=_letters,
    before=_before_letters,
    after=_after_letters,
    truth=_letters_truth,
    result=lambda seen: _(
        "At step {step} two vowels have a cosine of {within} on average, any two letters "
        "{chance}. Of {groups} groups of five letters {as_close} are as close or closer: {share} "
        "%. Move the step and see when they gather, and that later they part a little again.",
        step=count(seen.step), within=numeral(seen.within, ".2f"),
        chance=numeral(seen.all_pairs, ".2f"), groups=count(seen.groups),
        as_close=count(seen.as_close), share=number(seen.percent),
    ),
    because=N_(
        "What comes before and after a vowel is much alike for all vowels. So training pulls them "
        "the same way, and early on that is most of what there is to learn. Later each vowel's "
        "own habits count, too. A cosine is 1 for vectors that point the same way, 0 for vectors "
        "at right angles."
    ),
    code=lambda scene: letters.LETTERS.filled(run=RUN, last=_kept()[-1], step=_step(scene)),
    names=letters.LETTERS.names,
    knobs=(Moments(name="moment", label=N_("The model at step"), steps=_kept),),
    way=Way(page="inside", label=N_("See the map of all tokens, on any of your models"),
            query={"run": RUN, "section": "embeddings"}),
)  # fmt: skip

DOT, COSINE, BOTH = "dot", "cosine", "both"


def _measured(seen: ThreeMeasures, by: str, title: str, chance: float) -> Figure:
    names = {"dot": seen.dot, "cosine": seen.cosine, "scaled_dot": seen.scaled_dot}[by]
    return Bars(
        title=title, labels=[glyph(one) for one in names], values=seen.likeness[by], digits=2,
        lines={_("any two tokens, on average"): chance},
    )  # fmt: skip


def _before_measures(seen: ThreeMeasures) -> list[Figure]:
    rows = {seen.dot[0]: seen.both[:2], seen.cosine[0]: seen.both[2:]}
    return [
        NumberTable(
            title=_("The two letters that are named, each by both measures beside {token}",
                    token=glyph(seen.token)),
            values=[list(pair) for pair in rows.values()],
            rows=list(map(glyph, rows)),
            columns=[_("dot product"), _("cosine")],
        )
    ]  # fmt: skip


def _after_measures(seen: ThreeMeasures, guess: Guess) -> list[Figure]:
    dot, cosine, scaled = seen.chance
    return [
        _measured(seen, "dot", _("Nearest by the dot product"), dot),
        _measured(seen, "cosine", _("Nearest by the cosine"), cosine),
        _measured(seen, "scaled_dot", _("Nearest by the scaled dot product"), scaled),
        Bars(
            title=_("How long the vectors are"),
            labels=[glyph(seen.token), *(
                glyph(one) for one in dict.fromkeys((seen.dot[0], seen.cosine[0]))
            )],
            values=[seen.length, *dict.fromkeys(seen.lengths[:2])],
        ),
    ]  # fmt: skip


def _longest(seen: ThreeMeasures) -> str:
    by_dot, by_cosine, _scaled = seen.lengths
    if seen.dot[0] == seen.cosine[0]:
        return BOTH
    return DOT if by_dot > by_cosine else COSINE


MEASURES = Step(
    name="measures",
    title=N_("Three ways to be near"),
    words=N_(
        "Who is the nearest to a letter? The dot product multiplies two vectors number by number "
        "and adds. The cosine divides that by both lengths. The scaled dot product divides it by "
        "the root of how many numbers there are. In the demo model's table, q has one nearest by "
        "the dot product and another by the cosine."
    ),
    question=Choice(
        text=N_("Which of the two measures names the longer vector?"),
        options={DOT: N_("The dot product"), COSINE: N_("The cosine"),
                 BOTH: N_("They name the same one")},
    ),
    compute=lambda scene: letters.three_measures(
        trained_model(RUN, _kept()[-1]).model, trained_model(RUN, _kept()[-1]).tokenizer,
        scene["letter"],
    ),
    before=_before_measures,
    after=_after_measures,
    truth=_longest,
    result=lambda seen: _(
        "Nearest to “{token}” by the dot product is “{dot}”, {dot_length} long; by the cosine "
        "“{cosine}”, {cosine_length} long. The scaled dot product has the order of the dot "
        "product.",
        token=glyph(seen.token), dot=glyph(seen.dot[0]), cosine=glyph(seen.cosine[0]),
        dot_length=numeral(seen.lengths[0], ".2f"), cosine_length=numeral(seen.lengths[1], ".2f"),
    ),
    because=N_(
        "A dot product is the cosine times both lengths, so a long vector is near to many. The "
        "cosine asks for the direction alone. Dividing all by the same root changes no order: it "
        "only keeps the softmax of attention soft. And a number says little by itself: the line "
        "is what any two tokens have on average."
    ),
    code=lambda scene: letters.THREE_MEASURES.filled(
        run=RUN, step=_kept()[-1],
        token=letters.known_token(
            scene["letter"], trained_model(RUN, _kept()[-1]).tokenizer
        ),
    ),
    names=letters.THREE_MEASURES.names,
    knobs=(Typed(name="letter", label=N_("Another letter or mark"), start="q", longest=10),),
    way=Way(page="inside", label=N_("Compare the measures for any token"),
            query={"run": RUN, "section": "embeddings", "measure": "dot"}),
)  # fmt: skip

LESSON = Lesson(
    name="embeddings",
    title=N_("Embeddings and positions"),
    goal=N_(
        "Afterwards you can say what a token's vector means, when two are alike and by which "
        "measure, and how a model knows the order of its tokens."
    ),
    steps=(SUM, LETTERS, MEASURES, WORDS, PLACES, ORDER),
)
