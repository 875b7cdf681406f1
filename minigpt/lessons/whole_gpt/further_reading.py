"""Papers, lectures and pages to go on with: where what the lessons show comes from."""

from dataclasses import dataclass

from minigpt.sentences import N_


@dataclass(frozen=True)
class Source:
    """Something to read or to watch."""

    title: str
    """As it stands there, in its own language."""
    who: str
    """The one who is named first."""
    year: int
    link: str
    about: str
    others: bool = False
    """Whether more people wrote it."""


_ARXIV = "https://arxiv.org/abs/"
PAPERS = (
    Source("Attention Is All You Need", "Vaswani", 2017, f"{_ARXIV}1706.03762",
           N_("the transformer"), others=True),
    Source("Improving Language Understanding by Generative Pre-Training", "Radford", 2018,
           "https://cdn.openai.com/research-covers/language-unsupervised/"
           "language_understanding_paper.pdf", N_("the first GPT"), others=True),
    Source("Language Models are Unsupervised Multitask Learners", "Radford", 2019,
           "https://cdn.openai.com/better-language-models/"
           "language_models_are_unsupervised_multitask_learners.pdf", N_("GPT-2"), others=True),
    Source("Language Models are Few-Shot Learners", "Brown", 2020, f"{_ARXIV}2005.14165",
           N_("GPT-3"), others=True),
    Source("Neural Machine Translation of Rare Words with Subword Units", "Sennrich", 2015,
           f"{_ARXIV}1508.07909", N_("byte-pair encoding"), others=True),
    Source("Deep Residual Learning for Image Recognition", "He", 2015,
           f"{_ARXIV}1512.03385", N_("the way around"), others=True),
    Source("Layer Normalization", "Ba", 2016, f"{_ARXIV}1607.06450", N_("LayerNorm"), others=True),
    Source("On Layer Normalization in the Transformer Architecture", "Xiong", 2020,
           f"{_ARXIV}2002.04745", N_("the norm before or after"), others=True),
    Source("Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
           "Srivastava", 2014, "https://jmlr.org/papers/v15/srivastava14a.html",
           N_("dropout"), others=True),
    Source("Scaling Laws for Neural Language Models", "Kaplan", 2020,
           f"{_ARXIV}2001.08361", N_("size, data and loss"), others=True),
    Source("Training Compute-Optimal Large Language Models", "Hoffmann", 2022,
           f"{_ARXIV}2203.15556", N_("how much data for which size"), others=True),
    Source("A Mathematical Framework for Transformer Circuits", "Elhage", 2021,
           "https://transformer-circuits.pub/2021/framework/index.html",
           N_("what heads add up to"), others=True),
    Source("In-context Learning and Induction Heads", "Olsson", 2022,
           "https://transformer-circuits.pub/2022/in-context-learning-and-induction-heads/"
           "index.html", N_("heads that copy"), others=True),
)  # fmt: skip
LECTURES = (
    Source("Let's build GPT: from scratch, in code, spelled out", "Andrej Karpathy", 2023,
           "https://www.youtube.com/watch?v=kCc8FmEb1nY",
           N_("the lecture whose figures come out here")),
    Source("Let's reproduce GPT-2 (124M)", "Andrej Karpathy", 2024,
           "https://www.youtube.com/watch?v=l8pRSuU81PU", N_("the smallest GPT-2, trained")),
    Source("The Illustrated Transformer", "Jay Alammar", 2018,
           "https://jalammar.github.io/illustrated-transformer/",
           N_("the transformer in pictures")),
)  # fmt: skip
