"""Personal data is unreadable without the ring, unchangeable, and readable after rotation."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shared.crypto import CIPHERS, DecryptionError, Keyring, rotate

TEXTS = ["", "321202194001010018", "张三丰", "𠮷" * 500, "a\nb"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_encrypted_is_read_again_and_is_not_the_text(file: Path, cipher: str, text: str) -> None:
    ring = Keyring.load(file, cipher)
    first, second = ring.encrypt(text), ring.encrypt(text)
    assert ring.decrypt(first) == ring.decrypt(second) == text
    assert first != second
    assert not text or text.encode() not in first


def test_one_ring_reads_both_ciphers(file: Path) -> None:
    aes, sm4 = (Keyring.load(file, cipher) for cipher in ("aes-256-gcm", "sm4-gcm"))
    assert sm4.decrypt(aes.encrypt("张三")) == aes.decrypt(sm4.encrypt("张三")) == "张三"
    assert not sm4.is_current(aes.encrypt("张三"))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_change_of_any_byte_is_noticed(file: Path, cipher: str) -> None:
    ring = Keyring.load(file, cipher)
    blob = ring.encrypt("张三")
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(DecryptionError):
            ring.decrypt(bytes(changed))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_cut_or_empty_ciphertext_is_refused(file: Path, cipher: str) -> None:
    ring = Keyring.load(file, cipher)
    blob = ring.encrypt("张三")
    for length in range(len(blob)):
        with pytest.raises(DecryptionError):
            ring.decrypt(blob[:length])


def test_after_rotation_new_values_use_the_new_key_and_old_ones_stay_readable(file: Path) -> None:
    before = Keyring.load(file)
    old, blind = before.encrypt("张三"), before.blind("张三", "name")
    assert rotate(file) == 2
    after = Keyring.load(file)
    assert after.decrypt(old) == "张三"
    assert (after.is_current(old), after.is_current(after.encrypt("x"))) == (False, True)
    assert after.blind("张三", "name") == blind
    with pytest.raises(DecryptionError):
        before.decrypt(after.encrypt("张三"))


def test_another_ring_reads_nothing_and_finds_nothing(file: Path, tmp_path: Path) -> None:
    mine, other = Keyring.load(file), Keyring.load(tmp_path / "other.json")
    with pytest.raises(DecryptionError):
        other.decrypt(mine.encrypt("张三"))
    assert other.blind("张三", "name") != mine.blind("张三", "name")


def test_a_blind_index_is_stable_and_differs_by_text_and_purpose(file: Path) -> None:
    ring = Keyring.load(file)
    values = {ring.blind(text, purpose) for text in ("a", "b") for purpose in ("identity", "phone")}
    assert len(values) == 4
    assert {len(value) for value in values} == {16}
    assert ring.blind("a", "identity") == Keyring.load(file).blind("a", "identity")


def test_the_key_file_is_its_owner_s_only_also_after_rotation_and_no_draft_is_left(file: Path) -> None:
    Keyring.load(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rotate(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_processes_that_start_at_once_agree_on_one_ring(file: Path) -> None:
    """Each waits for a common signal, makes or reads the file, and says what it holds."""
    script = (
        "import sys, pathlib; from shared.crypto import Keyring; file = pathlib.Path(sys.argv[1]);"
        "sys.stdin.readline(); print(Keyring.load(file).blind('x', 'y').hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate(b"\n")[0] for process in started}
    assert len(answers) == 1
    assert answers == {Keyring.load(file).blind("x", "y").hex().encode() + b"\n"}


def test_a_process_that_comes_second_while_the_file_is_made_takes_the_first_one_s(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.exists
    winner: list[str] = []

    def exists_not_yet(path: Path, *args: object, **more: object) -> bool:
        if path == file and not winner:
            winner.append("made")
            Keyring.load(file)
            winner.append(file.read_text(encoding="utf-8"))
            return False
        return original(path)

    monkeypatch.setattr(Path, "exists", exists_not_yet)
    Keyring.load(file)
    assert file.read_text(encoding="utf-8") == winner[1]


def test_the_command_rotates_and_says_so(file: Path) -> None:
    Keyring.load(file)
    done = subprocess.run([sys.executable, "-m", "shared.crypto", "rotate", str(file)], capture_output=True, check=True)
    assert b"active key is now 2" in done.stdout
    assert json.loads(file.read_text(encoding="utf-8"))["active"] == 2
    refused = subprocess.run([sys.executable, "-m", "shared.crypto"], capture_output=True, check=False)
    assert b"usage" in refused.stderr
