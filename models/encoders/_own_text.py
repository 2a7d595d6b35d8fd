"""What encoders share that learn words and sentences from the catalogue's texts alone."""

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.config import setting
from models.encoders._base import (
    Checkpoint,
    Content,
    Progress,
    Reading,
    TrainableConfig,
    TrainableEncoder,
)
from models.encoders._learning import Schedule, learn, nt_xent, seeded
from models.encoders._words import MASK, Vocabulary, padded, word_places, words
from models.modality import Modality
from models.reading import PAD, UNKNOWN, TextNetwork

_SHORTEST_PART: Final = 0.5
"""A view is at least this part of the text."""
_MASKED: Final = 0.2
_TEMPERATURE: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class OwnTextConfig(TrainableConfig):
    """How large the network is, and how long it learns."""

    vocabulary: int = setting(20_000, help="Words that are known.", low=100, high=200_000)
    longest: int = setting(96, help="Words of a text that are read.", low=8, high=1024)
    width: int = setting(64, help="Numbers per word.", low=16, high=512)
    epochs: int = setting(8, help="Passes over all texts.", low=1, high=200)
    batch: int = setting(128, help="Texts told from each other at once.", low=8, high=1024)
    rate: float = setting(0.002, help="Learning rate.", low=1e-5, high=0.1, expert=True)


class OwnText(TrainableEncoder):
    """Learns three things at once: to tell from two masked parts of a text that they belong
    together, which words the whole text has, and which words were masked. No label is seen."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT, Modality.REVIEWS})
    config: OwnTextConfig

    def __init__(self, config: OwnTextConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._vocabulary: Vocabulary | None = None
        self._network: TextNetwork | None = None

    @abstractmethod
    def build(self, words: int) -> TextNetwork:
        """A fresh network for a vocabulary of so many words."""

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("counts words", 0.0)
        texts = [words(str(text)) for text in contents]
        vocabulary = Vocabulary.of(texts, self.config.vocabulary)
        rows = [vocabulary.numbers(text, self.config.longest) for text in texts]
        with seeded(seed, "weights"):
            learner = _Learner(self.build(len(vocabulary)), _rarity(rows, len(vocabulary)))
        learner = learner.to(self.device)

        def loss_of(batch: Tensor, chance: torch.Generator) -> Tensor:
            return cast(Tensor, learner([rows[at] for at in batch.tolist()], chance))

        learn(
            learner,
            loss_of,
            len(rows),
            Schedule(self.config.epochs, self.config.batch, self.config.rate),
            seed=seed,
            what="learns words",
            progress=progress,
            checkpoint=checkpoint,
        )
        self._vocabulary, self._network = vocabulary, learner.network

    def state(self) -> dict[str, Tensor]:
        vocabulary, network = self._learned()
        learned = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
        return {"words": vocabulary.tensor(), **learned}

    @torch.inference_mode(False)  # gradients go through these weights
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._vocabulary = Vocabulary.from_tensor(state["words"])
        network = self.build(len(self._vocabulary))
        network.load_state_dict({name: t for name, t in state.items() if name != "words"})
        self._network = network.eval().to(self.device)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        vocabulary, network = self._learned()
        if not batch:
            return torch.zeros(0, self.dim)
        rows = [vocabulary.numbers(words(str(text)), self.config.longest) for text in batch]
        _, whole = network(padded(rows).to(self.device))
        return cast(Tensor, whole).float().cpu()

    def reading(self, content: Content) -> Reading | None:
        """A vector f32[L, width] per word that is read."""
        vocabulary, network = self._learned()
        spans = word_places(str(content))[: self.config.longest]
        numbers = torch.tensor(
            [vocabulary.numbers(words(str(content)), self.config.longest)], device=self.device
        )

        def vectors(some: Tensor) -> Tensor:
            _, whole = network.read(some.to(self.device), numbers.expand(len(some), -1))
            return whole.float().cpu()

        with torch.no_grad():
            inputs = network.words(numbers)[0].cpu()
            nothing = network.words(torch.full_like(numbers, UNKNOWN))[0].cpu()
        return Reading(inputs, tuple(spans) or ((0, len(str(content))),), vectors, nothing)

    def _learned(self) -> tuple[Vocabulary, TextNetwork]:
        if self._vocabulary is None or self._network is None:
            raise RuntimeError("no word is known before fit or load_state")
        return self._vocabulary, self._network


class _Learner(nn.Module):
    """The network with the three tasks around it, which are dropped when it has learned."""

    rarity: Tensor

    def __init__(self, network: TextNetwork, rarity: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("rarity", rarity)
        count = len(rarity)
        self.project = nn.Sequential(nn.Linear(network.dim, 128), nn.ReLU(), nn.Linear(128, 64))
        self.bag = nn.Linear(network.dim, count)
        self.word = nn.Linear(network.width, count)

    def forward(self, rows: Sequence[Sequence[int]], chance: torch.Generator) -> Tensor:
        device = self.rarity.device
        views = [_part(row, chance) for row in (*rows, *rows)]
        numbers = padded([view for view, _ in views]).to(device)
        hidden = padded([target for _, target in views]).to(device)
        states, whole = self.network(numbers)
        left, right = self.project(whole).chunk(2)
        everything = padded(rows).to(device).repeat(2, 1)
        loss = nt_xent(left, right, _TEMPERATURE) + self._bag_loss(whole, everything)
        asked = hidden > 0
        if asked.any():
            loss = loss + functional.cross_entropy(self.word(states[asked]), hidden[asked])
        return loss

    def _bag_loss(self, whole: Tensor, numbers: Tensor) -> Tensor:
        """Cross entropy of the text's words, rare ones counting more."""
        likely = functional.log_softmax(self.bag(whole), dim=1).gather(1, numbers)
        weight = self.rarity[numbers]
        return -(likely * weight).sum() / weight.sum()


def _part(row: Sequence[int], chance: torch.Generator) -> tuple[list[int], list[int]]:
    """(a contiguous part with masked words, the words behind the masks and 0 elsewhere)."""
    share, place, *_ = torch.rand(2, generator=chance).tolist()
    size = max(1, math.ceil(len(row) * (_SHORTEST_PART + (1 - _SHORTEST_PART) * share)))
    start = int(place * (len(row) - size + 1))
    part = list(row[start : start + size])
    masked = (torch.rand(size, generator=chance) < _MASKED).tolist()
    shown = [MASK if hide else number for number, hide in zip(part, masked, strict=True)]
    asked = [number if hide else PAD for number, hide in zip(part, masked, strict=True)]
    return shown, asked


def _rarity(rows: Sequence[Sequence[int]], count: int) -> Tensor:
    """f32[V]: how much a word says, 0 for the filling."""
    containing = Counter(number for row in rows for number in set(row))
    weights = [math.log((1 + len(rows)) / (1 + containing[n])) + 0.1 for n in range(count)]
    return torch.tensor([0.0, *weights[1:]])
