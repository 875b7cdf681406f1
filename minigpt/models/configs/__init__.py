"""The configuration of every rung, one module a rung, and what follows from it. Knows no torch.

base         what every configuration answers: shapes, parameters, operations, activations
parts        the arrays and the kept activations of the parts that rungs are made of
bigram       the first rung
averaging    the second rung
single_head  the third rung
multi_head   the fourth rung
transformer  the fifth rung
gpt          the last rung

A form and the command line ask these before anything is built; torch takes seconds to import.
"""

from minigpt.models.configs.averaging import AveragingConfig as AveragingConfig
from minigpt.models.configs.base import ModelConfig as ModelConfig
from minigpt.models.configs.bigram import BigramConfig as BigramConfig
from minigpt.models.configs.gpt import GPTConfig as GPTConfig
from minigpt.models.configs.multi_head import MultiHeadConfig as MultiHeadConfig
from minigpt.models.configs.single_head import SingleHeadConfig as SingleHeadConfig
from minigpt.models.configs.transformer import TransformerConfig as TransformerConfig
