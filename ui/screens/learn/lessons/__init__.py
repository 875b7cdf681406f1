"""The lessons: a module for each, and an entry in LESSONS.

tokens           text to tokens
kinds_of_tokens  its steps on words, pieces and characters
examples         contexts and targets
bigram           a table of pairs
bigram_training  its steps on training it
averages         averaging the past
one_head         one head of attention
head_variants    its steps on the root, what goes wrong, likeness and other kinds
whole_gpt        what makes a whole GPT of heads
vectors          tokens and places as vectors
playing          guessing against a model
whole_runs       whole models that are trained, or broken
birth            how a head comes to copy
choosing         choosing the next token
beams            its step on beams
"""

from ui.screens.learn.lesson import Lesson
from ui.screens.learn.lessons.averages import LESSON as AVERAGES
from ui.screens.learn.lessons.bigram import LESSON as BIGRAM
from ui.screens.learn.lessons.birth import LESSON as BIRTH
from ui.screens.learn.lessons.choosing import LESSON as CHOOSING
from ui.screens.learn.lessons.examples import LESSON as EXAMPLES
from ui.screens.learn.lessons.one_head import LESSON as ONE_HEAD
from ui.screens.learn.lessons.playing.shannon import LESSON as SHANNON
from ui.screens.learn.lessons.playing.tuning import LESSON as TUNING
from ui.screens.learn.lessons.tokens import LESSON as TOKENS
from ui.screens.learn.lessons.vectors.embeddings import LESSON as EMBEDDINGS
from ui.screens.learn.lessons.whole_gpt.blocks import LESSON as BLOCKS
from ui.screens.learn.lessons.whole_gpt.gpt2 import LESSON as GPT2
from ui.screens.learn.lessons.whole_runs.break_it import LESSON as BREAK_IT
from ui.screens.learn.lessons.whole_runs.ladder import LESSON as LADDER

ORDER = (
    TOKENS, EXAMPLES, BIGRAM, AVERAGES, ONE_HEAD, BLOCKS, EMBEDDINGS, LADDER, CHOOSING, BREAK_IT,
    SHANNON, TUNING, BIRTH, GPT2,
)  # fmt: skip
LESSONS: dict[str, Lesson] = {lesson.name: lesson for lesson in ORDER}
"""By the name in the address, in the order in which they are taken."""
