"""Errors of the model layer; each message is a sentence that a user can act on."""


class ModelError(Exception):
    """Base of everything that `models` raises on purpose."""


class ConfigError(ModelError, ValueError):
    """A setting is unknown or outside its range."""


class WeightsUnavailable(ModelError):
    """Pretrained weights are neither installed, nor cached, nor reachable."""
