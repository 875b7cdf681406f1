"""What stands around a head: more heads, a part in which each token works alone, and the rest."""

from minigpt.lessons.one_head import LENGTH, WIDTH
from minigpt.lessons.whole_gpt import many_heads
from minigpt.lessons.whole_gpt.many_heads import ByItself, SeveralHeads
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Tokens
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Slider, Step, Stops, Way
from ui.screens.learn.lessons.whole_gpt.block_parts import BEFORE_AFTER, DROPOUT, NORM, RESIDUAL

FEWER, SAME, MORE = "fewer", "same", "more"
TOKENS = tuple(str(place + 1) for place in range(LENGTH))


def _before_heads(seen: SeveralHeads) -> list[Figure]:
    return [
        NumberTable(
            title=_("One head that has the width for itself, its mixing matrix included"),
            values=[[WIDTH, seen.alone]],
            columns=[_("width"), _("parameters")],
        )
    ]


def _after_heads(seen: SeveralHeads, guess: Guess) -> list[Figure]:
    heads = [_("head {number}", number=head + 1) for head in range(len(seen.weights))]
    return [
        NumberTable(
            title=_("What the last token looks at, head by head"),
            values=seen.weights[:, -1].tolist(), rows=heads, columns=TOKENS, high=1.0,
        ),
        NumberTable(
            title=_("Sizes"),
            values=[[seen.head_size, str(seen.shape), seen.parameters]],
            columns=[_("channels of a head"), _("shape of the output"), _("parameters")],
        ),
    ]  # fmt: skip


HEADS = Step(
    name="heads",
    title=N_("Several heads"),
    words=N_(
        "A head has one set of weights for each token: it can look for one thing. Several heads "
        "look for several. They share the width between them, each works on its own channels, and "
        "what they bring is put side by side and mixed by one more matrix."
    ),
    question=Choice(
        text=N_("Four heads in place of one, in the same width: how many parameters?"),
        options={FEWER: N_("Fewer"), SAME: N_("Just as many"), MORE: N_("More of them")},
    ),
    compute=lambda scene: many_heads.several_heads(int(scene["heads"])),
    before=_before_heads,
    after=_after_heads,
    truth=lambda seen: _compared(seen.parameters, seen.alone),
    result=lambda seen: _(
        "{heads} heads of {size} channels have {parameters} parameters; one head with the whole "
        "width has {alone}.",
        heads=len(seen.weights), size=seen.head_size,
        parameters=numeral(seen.parameters, ",d"), alone=numeral(seen.alone, ",d"),
    ),
    because=N_(
        "The heads divide the width: twice as many heads are half as wide each. So they cost the "
        "same, and bring more than one view of the past, each a little coarser."
    ),
    code=lambda scene: many_heads.SEVERAL_HEADS.filled(heads=int(scene["heads"])),
    names=many_heads.SEVERAL_HEADS.names,
    knobs=(
        Stops(
            name="heads", label=N_("Heads"), options={one: one for one in ("1", "2", "4", "8")},
            start="4",
        ),
    ),
    way=Way(page="attention", label=N_("See the heads of a trained model")),
    formula=r"\text{Concat}(\text{head}_1, \dots, \text{head}_h)\, W^O",
)  # fmt: skip


def _compared(found: int, alone: int) -> str:
    if found == alone:
        return SAME
    return FEWER if found < alone else MORE


def _before_alone(seen: ByItself) -> list[Figure]:
    return [
        Tokens(
            title=_("The marked token is turned round: each number of its vector changes its sign"),
            tokens=TOKENS, marked={seen.token},
        ),
        Bars(
            title=_("For comparison: change of what attention, with a mask, brings to each token"),
            labels=TOKENS, values=seen.attended.tolist(),
        ),
    ]  # fmt: skip


def _after_alone(seen: ByItself, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Change of what the feed-forward part makes of each token"),
            labels=TOKENS, values=seen.fed.tolist(),
        ),
        *_before_alone(seen),
        NumberTable(
            title=_("Parameters"),
            values=[[seen.attention_parameters, seen.fed_parameters]],
            columns=[_("attention"), _("feed-forward")],
        ),
    ]  # fmt: skip


FEED_FORWARD = Step(
    name="feed-forward",
    title=N_("Each token by itself"),
    words=N_(
        "After the heads comes a feed-forward part: a linear map to four times the width, a "
        "function that cuts off what is negative, and a map back. Take a text of eight tokens, "
        "turn the vector of the third one round, and see whose output becomes another."
    ),
    question=Amount(
        text=N_("How many of the eight tokens does the feed-forward part give another output?"),
        low=0, high=8,
    ),
    compute=lambda scene: many_heads.by_itself(int(scene["token"]) - 1),
    before=_before_alone,
    after=_after_alone,
    truth=lambda seen: seen.changed,
    result=lambda seen: _(
        "Token {token} was turned round. The feed-forward part changes {fed} output, "
        "attention {attended}: that of this token and of all after it.",
        token=seen.token + 1, fed=seen.changed,
        attended=int((seen.attended > 0).sum()),
    ),
    because=N_(
        "Attention is where tokens talk; the feed-forward part is where each one works on what it "
        "heard. It uses the same maps for all of them and never looks sideways. Here, as in GPT-2, "
        "it holds about two thirds of the parameters of a block."
    ),
    code=lambda scene: many_heads.BY_ITSELF.filled(token=int(scene["token"]) - 1),
    names=many_heads.BY_ITSELF.names,
    knobs=(Slider(name="token", label=N_("Token that is turned round"), low=1, high=8, start=3),),
)  # fmt: skip

LESSON = Lesson(
    name="blocks",
    title=N_("A whole block"),
    goal=N_(
        "Afterwards you can say what each part of a block is for: heads, feed-forward part, the "
        "way around, the norm, dropout."
    ),
    steps=(HEADS, FEED_FORWARD, RESIDUAL, NORM, BEFORE_AFTER, DROPOUT),
)
