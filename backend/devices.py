"""What this machine can compute on."""

import torch

from backend.errors import InvalidInput


def torch_device(device: str | torch.device = "auto") -> torch.device:
    """The device of that name, "auto" meaning the first GPU, else the CPU.

    Raises InvalidInput for a device that is not there.
    """
    if isinstance(device, torch.device):
        return device
    if device in ("auto", "cuda"):
        device = "cuda:0" if device == "cuda" or torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InvalidInput("There is no CUDA device here. Use --device cpu or auto.")
    try:
        return torch.device(device)
    except RuntimeError:
        raise InvalidInput(f"'{device}' is no device. Use auto, cpu, cuda or cuda:0.") from None


def devices() -> tuple[str, ...]:
    """All of them; the queue runs one job on each at a time."""
    gpus = tuple(f"cuda:{n}" for n in range(torch.cuda.device_count()))
    return ("cpu", *gpus)
