from minigpt.tokenizers.subword import BpeTokenizer


def test_the_example_of_wikipedia():
    tokenizer = BpeTokenizer.train("aaabdaaabac", vocabulary_size=256 + 3)
    assert tokenizer.vocabulary[256:] == ("aa", "ab", "aaab")
    assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert tokenizer.decode([258, 100, 258, 97, 99]) == "aaabdaaabac"


def test_a_pair_that_occurs_once_is_not_merged():
    assert BpeTokenizer.train("abcdef", vocabulary_size=300).vocabulary_size == 256


def test_the_first_merge_is_the_most_frequent_pair():
    assert BpeTokenizer.train("xyxyxy abc abc", vocabulary_size=257).vocabulary[256] == "xy"


def test_the_default_size(shakespeare):
    assert BpeTokenizer.train(shakespeare[:100_000]).vocabulary_size == 512
