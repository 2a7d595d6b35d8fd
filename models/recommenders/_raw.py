"""Pictures and texts as models read them that learn to: by networks of their own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.modality import Modality
from models.pictures import cropped, picture_dim, picture_network, scaled
from models.reading import PAD, UNKNOWN, LstmNetwork, TextNetwork, TransformerNetwork
from models.recommenders._base import FeatureTable, TrainingData
from models.recommenders._content import ContentInput, ItemContent

_PIECE: Final = 256
"""Items read at once where nothing is learned; fixed, so that the numbers never depend on it."""
_FEW: Final = 8
"""Fewer items do not tell how much the network's numbers spread."""
_LEAST: Final = 1e-5
_HIDDEN_WORDS: Final = 0.1
"""Share of words that training hides from a text."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The networks: `dim` numbers of each modality come out."""

    dim: int
    picture_width: int
    word_width: int
    transformer: bool
    layers: int


class RawContent(ItemContent):
    """Raw content of the catalogue and what the networks make of it.

    Vectors that came ready-made (other modalities, features of a source) are read as
    `ContentInput` reads them. Otherwise reading costs far more than everything after it, so a
    step of training reads only some items anew (`learning`); of the others it takes what was read
    when `read_all` was last called, without a gradient, as Wang et al. 2020
    (https://arxiv.org/abs/1912.06798) do for negatives: within an epoch networks move slowly.
    Outside of training everything is read once and kept until the networks change.
    """

    def __init__(self, data: TrainingData, reading: Reading) -> None:
        super().__init__()
        self.modalities = tuple(data.features)
        self.n_items = data.n_items
        device = data.items.device
        ready = {m: table for m, table in data.features.items() if not table.raw}
        self.ready = ContentInput(replace(data, features=ready), reading.dim) if ready else None
        self.readers = nn.ModuleDict()
        for modality, table in data.features.items():
            if table.raw:
                self.readers[modality] = _reader(table, reading).to(device)
                self.register_buffer(f"{modality}_raw", table.values, persistent=False)
                nothing = torch.zeros(data.n_items, reading.dim, device=device)
                self.register_buffer(f"{modality}_read", nothing, persistent=False)
        present = torch.stack([t.present for t in data.features.values()], dim=1)
        self.register_buffer("present", present, persistent=False)
        self._current = False
        self._live: dict[Modality, Tensor] | None = None
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda module, keys: module._outdate()
        )

    @staticmethod
    def dims(data: TrainingData, dim: int) -> dict[Modality, int]:
        """Length of each modality's vectors."""
        ready = {m: t for m, t in data.features.items() if not t.raw}
        known = ContentInput.dims(replace(data, features=ready), dim)
        return {m: known.get(m, dim) for m in data.features}

    @property
    def tables(self) -> dict[Modality, Tensor]:
        if self._live is None:
            self.read_all()
        return {m: self.table(m) for m in self.modalities}

    def projected(
        self, features: Mapping[Modality, FeatureTable]
    ) -> tuple[dict[Modality, Tensor], Tensor]:
        self.read_all()  # the catalogue fixes the scale
        return super().projected(features)

    def read_all(self) -> None:
        """Everything, as it is read outside of training; nothing is done where nothing changed."""
        if self._current:
            return
        was_training = self.training
        self.eval()
        with torch.inference_mode(False), torch.no_grad():
            for modality, reader in self._readers():
                rows = torch.nonzero(self._there(modality)).flatten()
                read = torch.zeros(self.n_items, reader.out_dim, device=rows.device)
                read[rows] = reader.catalogue(self._raw(modality), rows)
                setattr(self, f"{modality}_read", read)
        self.train(was_training)
        self._current = True

    @contextmanager
    def learning(self, rows: Tensor) -> Iterator[None]:
        """Inside, `tables` has the items i64[R] as the networks read them now, with a gradient."""
        live = {}
        for modality, reader in self._readers():
            here = rows[self._there(modality)[rows]]
            if len(here):
                read = reader(self._raw(modality)[here]).float()
                kept = cast(Tensor, getattr(self, f"{modality}_read"))
                live[modality] = kept.index_copy(0, here, read)
        self._live = live
        self._outdate()
        try:
            yield
        finally:
            self._live = None

    def project(self, modality: Modality, table: FeatureTable) -> Tensor:
        if self.ready is not None and modality in self.ready.modalities:
            return self.ready.project(modality, table)
        rows = torch.nonzero(table.present).flatten()
        reader = cast(_Reader, self.readers[modality])
        nothing = torch.zeros(len(table.present), reader.out_dim, device=rows.device)
        # As the catalogue is read: with a gradient torch may take another way to the same numbers.
        with torch.no_grad():
            return nothing.index_copy(0, rows, _in_pieces(reader, table.values, rows))

    def _outdate(self) -> None:
        self._current = False

    def table(self, modality: Modality) -> Tensor:
        if self.ready is not None and modality in self.ready.modalities:
            return self.ready.table(modality)
        kept = cast(Tensor, getattr(self, f"{modality}_read"))
        return kept if self._live is None else self._live.get(modality, kept)

    def _there(self, modality: Modality) -> Tensor:
        return self.present[:, self.modalities.index(modality)]

    def _raw(self, modality: Modality) -> Tensor:
        return cast(Tensor, getattr(self, f"{modality}_raw"))

    def _readers(self) -> list[tuple[Modality, "_Reader"]]:
        return [(Modality(m), cast(_Reader, reader)) for m, reader in self.readers.items()]


class _Reader(nn.Module, ABC):
    """Raw content [B, W] to f32[B, `out_dim`], centred and of mean square 1 as `ContentInput`
    gives vectors: a fresh network says nearly the same of everything, and what differs between
    items would be lost beside it."""

    mean: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, inner: int, out_dim: int) -> None:
        super().__init__()
        self.network, self.out_dim = network, out_dim
        self.out = nn.Linear(inner, out_dim)
        self.register_buffer("mean", torch.zeros(out_dim))
        self.register_buffer("scale", torch.ones(out_dim))

    def forward(self, values: Tensor) -> Tensor:
        found: Tensor = self.out(self.read(values)).float()
        if self.training and len(found) >= _FEW:
            return functional.batch_norm(found, None, None, training=True, eps=_LEAST)
        return (found - self.mean) * self.scale

    def catalogue(self, values: Tensor, rows: Tensor) -> Tensor:
        """f32[R, D] of all rows i64[R] that have something; what is new is measured by them."""
        self.mean.zero_()
        self.scale.fill_(1.0)
        found = _in_pieces(self, values, rows)
        if len(found):
            self.mean.copy_(found.mean(0))
            self.scale.copy_((found.var(0, correction=0) + _LEAST).rsqrt())
        return (found - self.mean) * self.scale

    @abstractmethod
    def read(self, values: Tensor) -> Tensor:
        """f32[B, inner]; in training from content that is slightly changed."""


class _Picture(_Reader):
    def read(self, values: Tensor) -> Tensor:
        side = round((values.shape[1] / 3) ** 0.5)
        pictures = values.to(torch.uint8).view(-1, 3, side, side).float().div_(255)
        if self.training:
            pictures = cropped(pictures, _generator())
        return cast(Tensor, self.network(scaled(pictures)))


class _Text(_Reader):
    def read(self, values: Tensor) -> Tensor:
        longest = int((values != PAD).sum(1).max().clamp_min(1))
        numbers = values[:, :longest].long()
        if self.training:
            hidden = torch.rand(numbers.shape, device=numbers.device) < _HIDDEN_WORDS
            numbers = torch.where(hidden & (numbers != PAD), UNKNOWN, numbers)
        whole: Tensor = self.network(numbers)[1]
        return whole


def _reader(table: FeatureTable, reading: Reading) -> _Reader:
    if table.values.dtype == torch.uint8:
        width = reading.picture_width
        return _Picture(picture_network(width), picture_dim(width), reading.dim)
    words, width = max(table.words, 2), reading.word_width
    network: TextNetwork = LstmNetwork(words, width)
    if reading.transformer:
        network = TransformerNetwork(words, width, reading.layers, table.values.shape[1])
    return _Text(network, network.dim, reading.dim)


def _in_pieces(reader: _Reader, values: Tensor, rows: Tensor) -> Tensor:
    """f32[R, D] of the rows i64[R]."""
    if not len(rows):
        return torch.zeros(0, reader.out_dim, device=rows.device)
    return torch.cat([reader(values[piece]).float() for piece in torch.split(rows, _PIECE)])


def _generator() -> torch.Generator:
    """On the CPU, its seed drawn from torch's global one."""
    return torch.Generator().manual_seed(int(torch.randint(2**31, ())))
