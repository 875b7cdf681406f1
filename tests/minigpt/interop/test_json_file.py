import pytest

from minigpt.errors import CheckpointError, TokenizerError
from minigpt.interop.json_file import read_object, require_size


def test_an_object_is_read(tmp_path):
    (tmp_path / "x.json").write_text('{"a": "é"}', encoding="utf-8")
    assert read_object(tmp_path / "x.json", CheckpointError, largest_bytes=100) == {"a": "é"}


@pytest.mark.parametrize("error", [CheckpointError, TokenizerError])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a": 1}'])
def test_anything_else_is_an_error_of_the_wanted_kind(error, content, tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(error, match=r"x\.json"):
        read_object(path, error, largest_bytes=7)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "x.json", tmp_path):
        with pytest.raises(CheckpointError, match=f"no {path.name}"):
            read_object(path, CheckpointError, largest_bytes=100)


def test_the_size_is_part_of_the_message(tmp_path):
    (tmp_path / "x").write_bytes(bytes(2_000))
    require_size(tmp_path / "x", CheckpointError, largest_bytes=2_000)
    with pytest.raises(CheckpointError, match="2,000 bytes; at most 1,999"):
        require_size(tmp_path / "x", CheckpointError, largest_bytes=1_999)
