"""Models and tokenizers that come from elsewhere or go there. Knows folders, but no runs.

huggingface       GPT-2's folder form, there and back
gpt2              GPT-2's config.json
nanogpt           nanoGPT's checkpoints
state_dict        any model's weights for PyTorch alone
weights           weights that others wrote, checked
tokenizer_export  our tokenizers as tokenizer.json
tokenizer_import  the tokenizer in others' folder
single_file       a model, its training and its writing as one file
single_file_parts     what such a file is put together from
single_file_training  its training
json_file         JSON that others wrote, of bounded size
"""
