"""From a trained model to lists of items."""
