"""Near-copies among texts: content hash, MinHash and LSH on character 5-grams.

Character n-grams need no tokeniser, so they are right for Chinese. Candidates found by LSH are
confirmed by the exact Jaccard similarity. Source: Broder 1997, On the resemblance and containment
of documents; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

GRAM: Final = 5
"""Characters of a shingle."""
HASHES: Final = 128
BANDS: Final = 16
ROWS: Final = 8
"""16 bands of 8 rows: a pair of Jaccard .8 is found with probability .947, one of .5 with .061."""
COPY: Final = 0.7
"""Exact Jaccard similarity from which two texts count as copies."""

Signature = npt.NDArray[np.uint64]


def normalise(text: str) -> str:
    """Fold width and case (NFKC, casefold) and drop all white space.

    >>> normalise("Ａ b　c")
    'abc'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split())


def content_hash(text: str) -> str:
    """SHA-256, in hexadecimal, of the normalised text in UTF-8: equal for plain copies.

    >>> content_hash("村务 公开") == content_hash("村务公开")
    True
    """
    return sha256(normalise(text).encode()).hexdigest()


def shingles(text: str, k: int = GRAM) -> frozenset[str]:
    """The distinct runs of ``k`` characters; a shorter text is its own only shingle.

    Raises ValueError for k < 1.

    >>> sorted(shingles("abcdabd", 2))
    ['ab', 'bc', 'bd', 'cd', 'da']
    """
    if k < 1:
        raise ValueError("k: a shingle has at least one character")
    if len(text) < k:
        return frozenset({text}) if text else frozenset()
    return frozenset(text[start : start + k] for start in range(len(text) - k + 1))


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    """Shared over all elements of two sets, 0 to 1; of two empty sets 1.

    The caller refuses empty deliverables before this.

    >>> jaccard({"a", "b"}, {"b", "c", "d"})
    0.25
    """
    left, right = set(one), set(other)
    union = left | right
    return len(left & right) / len(union) if union else 1.0


def minhash(grams: Collection[str], n: int = HASHES, seed: int = 0) -> Signature:
    """MinHash signature [n]: of each of ``n`` hash functions the least value over ``grams``.

    A function hashes the shingle (BLAKE2b, 64 bits) and mixes it with a key of its own
    (SplitMix64). The same seed gives the same functions everywhere. Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError("n: at least one hash function")
    least = np.full(n, np.iinfo(np.uint64).max, dtype=np.uint64)
    keys = _mix(np.arange(n, dtype=np.uint64) + np.uint64(n) * np.uint64(seed))
    for gram in grams:
        digest = int.from_bytes(blake2b(gram.encode(), digest_size=8).digest())
        np.minimum(least, _mix(keys ^ np.uint64(digest)), out=least)
    return least


def _mix(values: Signature) -> Signature:
    """SplitMix64's finaliser, modulo 2^64 (Steele, Lea and Flood 2014)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def estimate(one: Signature, other: Signature) -> float:
    """Estimated Jaccard similarity: the share of equal places, sd √(J(1 − J)/n).

    Raises ValueError for signatures of different length.
    """
    if one.shape != other.shape:
        raise ValueError("signatures: made with the same number of hash functions")
    return float(np.mean(one == other))


def candidate_probability(s: float, r: int = ROWS, b: int = BANDS) -> float:
    """Probability 1 − (1 − s^r)^b that LSH finds a pair of similarity ``s``.

    >>> round(candidate_probability(0.8, r=5, b=20), 4)
    0.9996
    """
    return 1.0 - (1.0 - s**r) ** b


def candidates(
    signatures: Mapping[str, Signature], bands: int = BANDS, rows: int = ROWS
) -> set[tuple[str, str]]:
    """Pairs of names (each in order) whose signatures agree in all rows of some band.

    Raises ValueError for signatures shorter than bands × rows.
    """
    buckets: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for name in sorted(signatures):
        signature = signatures[name]
        if len(signature) < bands * rows:
            raise ValueError("signatures: shorter than bands x rows")
        for band in range(bands):
            buckets[band, signature[band * rows : (band + 1) * rows].tobytes()].append(name)
    return {pair for names in buckets.values() for pair in combinations(names, 2)}


@dataclass(frozen=True)
class Copy:
    """Two texts that are copies: their exact similarity; ``identical`` after normalising."""

    one: str
    other: str
    similarity: float
    identical: bool


def find_copies(
    texts: Mapping[str, str], templates: Sequence[str] = (), threshold: float = COPY
) -> list[Copy]:
    """Pairs of ``texts`` (by name) at least ``threshold`` similar, most similar first.

    ``templates`` are the portal's own forms: what they contain does not count as copied. A text
    without anything of its own is left out.
    """
    known = frozenset().union(*(shingles(normalise(text)) for text in templates))
    grams = {name: shingles(normalise(text)) - known for name, text in texts.items()}
    kept = {name: found for name, found in grams.items() if found}
    pairs = candidates({name: minhash(found) for name, found in kept.items()})
    confirmed = [
        Copy(one, other, similarity, content_hash(texts[one]) == content_hash(texts[other]))
        for one, other in pairs
        if (similarity := jaccard(kept[one], kept[other])) >= threshold
    ]
    return sorted(confirmed, key=lambda copy: (-copy.similarity, copy.one, copy.other))
